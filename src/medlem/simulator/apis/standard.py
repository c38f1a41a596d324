"""Another provider on the same phones: plain OpenID CIBA, below `/op`, with nothing of the platform's own.

It is here to show that a client needs the standard only. Its paths are others, its answer to the ask names no
interval (so five seconds hold, Core section 7.3), its tokens come without `expires_in`, its scopes and claims are those
of OpenID Connect. It has no access tokens for merchants, no QR, no user-exists and no webhooks.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from medlem.simulator.apis.ciba import GRANT, collect, unheard
from medlem.simulator.apis.client_auth import basic_or_post, form
from medlem.simulator.apis.id_token import ELSEWHERE, login_claims, signed
from medlem.simulator.apis.refusals import bare, oauth
from medlem.simulator.apis.userinfo import current_login
from medlem.simulator.requests import LoginRequest
from medlem.simulator.wire import Answer, Call, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.people import Person
    from medlem.simulator.world import World

DEFAULT_INTERVAL = 5.0
LIFETIME = 120
LONGEST_MESSAGE = 64
HINTS = ("login_hint", "login_hint_token", "id_token_hint")
SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "offline_access"})
AUDIENCE = "standard provider"
NUMBER = re.compile(r"(?:tel:|urn:msisdn:)?\+?([1-9]\d{6,14})", re.ASCII)


def issuer(call: Call) -> str:
    """Name the issuer: no slash at the end, here."""
    return f"{call.base}/op"


def discovery(_world: World, call: Call) -> Answer:
    """Say where everything is."""
    us = issuer(call)
    return json_answer(
        {
            "issuer": ELSEWHERE if call.twist == "wrong_issuer" else us,
            "token_endpoint": f"{us}/token",
            "userinfo_endpoint": f"{us}/userinfo",
            "jwks_uri": f"{us}/jwks",
            "backchannel_authentication_endpoint": f"{us}/bc-authorize",
            "backchannel_token_delivery_modes_supported": ["poll"],
            "grant_types_supported": [GRANT],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": [],
            "subject_types_supported": ["pairwise"],
            "scopes_supported": sorted(SCOPES),
        }
    )


def jwks(world: World, call: Call) -> Answer:
    """Publish the keys."""
    if call.twist == "rotated_key":
        world.keys.rotate()
    return json_answer(world.keys.published())


def backchannel(world: World, call: Call) -> Answer:
    """Put a question on the phone (Core section 7)."""
    fields = form(call)
    client = basic_or_post(world, call, fields)
    if sum(hint in fields for hint in HINTS) != 1 or "login_hint" not in fields:
        raise oauth("invalid_request", "Exactly one hint is required, and it must be a login_hint.")
    scopes = fields.get("scope", "").split()
    if "openid" not in scopes:
        raise oauth("invalid_scope", "The scope must contain openid.")
    if len(fields.get("binding_message", "")) > LONGEST_MESSAGE:
        raise oauth("invalid_binding_message", f"No more than {LONGEST_MESSAGE} characters can be shown.")
    wanted = fields.get("requested_expiry", str(LIFETIME))
    if not re.fullmatch(r"[1-9][0-9]{0,5}", wanted):
        raise oauth("invalid_request", "The requested_expiry must be a positive integer.")
    number = NUMBER.fullmatch(fields["login_hint"])
    person = world.people.at(number[1]) if number else None
    if person is None or person.ineligible():
        raise oauth("unknown_user_id", "Nobody can be asked at this login_hint.")
    request = world.ask(
        person,
        LoginRequest(
            auth_req_id=secrets.token_urlsafe(24),
            provider="standard",
            client_id=client,
            person=person.id,
            msisdn=person.msisdn,
            scope=" ".join(scope for scope in scopes if scope in SCOPES),
            binding_message=fields.get("binding_message", ""),
            asked_at=call.at,
            expires_at=call.at + int(wanted),
            interval=DEFAULT_INTERVAL,
        ),
    )
    return json_answer({"auth_req_id": request.auth_req_id, "expires_in": int(wanted)})


def token(world: World, call: Call) -> Answer:
    """Collect the answer (Core section 10.1)."""
    fields = form(call)
    client = basic_or_post(world, call, fields)
    request = collect(world, call, fields, client, "standard")
    claims = login_claims(call, request, issuer(call), world.people.known(request.person).subject(AUDIENCE))
    return json_answer(
        {
            "access_token": request.access_token,
            "token_type": "Bearer",
            "id_token": signed(world, call, claims | {"aud": client}),
        },
        headers={"Cache-Control": "no-store"},
    )


def userinfo(world: World, call: Call) -> Answer:
    """Tell what was shared (OpenID Connect Core section 5.4)."""
    request = current_login(world, call)
    if request.provider != "standard":
        raise bare(401)
    return json_answer(_claims(world.people.known(request.person), request))


def _claims(person: Person, request: LoginRequest) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": person.subject(AUDIENCE)}
    if "profile" in request.scopes:
        claims["name"] = person.traits.name
    if "phone" in request.scopes:
        claims |= {"phone_number": f"+{person.msisdn}", "phone_number_verified": True}
    if "email" in request.scopes and person.traits.email:
        claims |= {"email": person.traits.email, "email_verified": True}
    if "address" in request.scopes and person.traits.address:
        claims["address"] = {"street_address": person.traits.address.street_address}
    return claims


ROUTES = (
    Route("GET", "/op/.well-known/openid-configuration", "discovery", discovery),
    Route("GET", "/op/jwks", "jwks", jwks),
    Route("POST", "/op/bc-authorize", "backchannel", backchannel),
    Route("POST", "/op/token", "token", token, unheard),
    Route("GET", "/op/userinfo", "userinfo", userinfo),
)
