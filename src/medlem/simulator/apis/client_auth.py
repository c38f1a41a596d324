"""Who calls the login endpoints: the three ways in which a client proves itself there.

A sales unit uses `client_secret_basic`, or `client_secret_post` if that was switched on for it, and then only that. A
partner uses its access token and names the sales unit. Subscription keys play no part here.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from medlem.simulator.apis.merchants import SALES_UNIT, bearer_is_good
from medlem.simulator.apis.refusals import oauth, wrong_keys

if TYPE_CHECKING:
    from medlem.simulator.wire import Call, Refused
    from medlem.simulator.world import World

FORM = "application/x-www-form-urlencoded"


def form(call: Call) -> dict[str, str]:
    """Read the form; a parameter may come once only (RFC 6749 section 3.2)."""
    if call.header("Content-Type").partition(";")[0].strip().lower() != FORM:
        raise oauth("invalid_request", f"The body must be {FORM}.")
    try:
        pairs = parse_qsl(call.body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise oauth("invalid_request", "The form cannot be read.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise oauth("invalid_request", "A parameter came more than once.")
    return {name: value for name, value in fields.items() if value}


def authenticated(world: World, call: Call, fields: dict[str, str]) -> str:
    """Let only our client pass; answers its id."""
    scheme, _, credentials = call.header("Authorization").partition(" ")
    wanted = world.switches.client_auth
    if scheme == "Bearer":
        _partner(world, call)
    elif scheme == "Basic":
        if "client_secret" in fields:
            raise oauth("invalid_request", "The client must authenticate in one way only.")
        if wanted != "client_secret_basic" or _basic(credentials) != _own_keys(world):
            raise _refused(world, f"The sales unit uses {wanted}, and the credentials must be its own.")
    elif wanted != "client_secret_post" or (fields.get("client_id"), fields.get("client_secret")) != _own_keys(world):
        raise _refused(world, f"The sales unit uses {wanted}, and the credentials must be its own.")
    return world.unit.client_id


def basic_or_post(world: World, call: Call, fields: dict[str, str]) -> str:
    """Let our client pass by either standard way, as the plain provider does."""
    scheme, _, credentials = call.header("Authorization").partition(" ")
    given = _basic(credentials) if scheme == "Basic" else (fields.get("client_id"), fields.get("client_secret"))
    if given != _own_keys(world):
        raise _refused(world, "The client is not known, or its secret is wrong.")
    return world.unit.client_id


def _partner(world: World, call: Call) -> None:
    if not bearer_is_good(world, call):
        raise _refused(world, "The access token is not valid.")
    if not call.header(SALES_UNIT):
        raise _refused(world, f"A partner must name the sales unit in {SALES_UNIT}.")
    if call.header(SALES_UNIT) != world.unit.msn or world.switches.client_auth != "client_secret_basic":
        raise oauth("access_denied", "The partner may not act for this sales unit.", status=403)


def _basic(credentials: str) -> tuple[str, str] | None:
    """Take Basic credentials apart; both halves are form-encoded (RFC 6749 section 2.3.1)."""
    try:
        name, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None


def _own_keys(world: World) -> tuple[str, str]:
    return world.unit.client_id, world.unit.client_secret


def _refused(world: World, description: str) -> Refused:
    return wrong_keys(description, shape=world.switches.client_refused_in)
