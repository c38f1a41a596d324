"""What one phone shows at one moment, and the codes it holds up.

Scopes are told by their names; the page has words for them. A person whose app cannot be asked never saw a question,
so none is listed, whatever the platform told its caller.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
import segno

from medlem.simulator.apis.qr import clear_code, tokenised_code
from medlem.simulator.apis.redirect import opened
from medlem.simulator.consents import CONSENT_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medlem.simulator.people import Person
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.world import World

REMEMBERED = 5
"""Answers that a phone still shows."""


def picture(world: World, person_id: str) -> dict[str, Any]:
    """Look at a phone; times are seconds since 1970 by the clock."""
    person = world.people.known(person_id)
    traits = msgspec.to_builtins(person.traits)
    return {
        "person": {
            name: traits[name] for name in ("msisdn", "name", "story", "age", "app", "push", "answers", "after")
        },
        "usable": person.ineligible() is None,
        "merchant": world.unit.name,
        "turned": world.clock.advanced,
        "requests": [_question(world, request) for request in world.requests.pending(person)],
        "stickers": [
            {"code": code.name, "location": code.location, "hangs": code.hangs}
            for code in [*world.stickers.everyone(), *world.stickers.taken_down()]
        ],
        "scans": [
            {"id": scan.id, "location": scan.location, "state": scan.state, "at": scan.at}
            for scan in world.stickers.scans_of(person.id)
        ],
        "past": [_outcome(world, request) for request in world.requests.ended(person, REMEMBERED)],
    }


def code(world: World, person: Person, kind: str) -> dict[str, Any]:
    """Draw a personal QR: its text, and a path of squares in a field of `size` by `size`."""
    tokenised = kind == "token"
    content = tokenised_code(world, person) if tokenised else clear_code(person)
    rows = segno.make(content, error="m", micro=False).matrix
    return {
        "content": content,
        "size": len(rows),
        "path": "".join(_strokes(y, row) for y, row in enumerate(rows)),
        "expires_at": world.clock.now() + world.switches.personal_qr_lifetime if tokenised else None,
    }


def _strokes(y: int, row: Iterable[int]) -> str:
    strokes, x = [], 0
    for dark, run in groupby(row):
        length = sum(1 for _ in run)
        if dark:
            strokes.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return "".join(strokes)


def _question(world: World, request: LoginRequest) -> dict[str, Any]:
    return {
        "id": request.auth_req_id,
        "code": request.binding_message,
        "shares": _shared(request),
        "consents": [msgspec.to_builtins(box) for box in world.consent_screen.shown(request, world.switches)],
        "expires_at": request.expires_at,
    }


def _outcome(world: World, request: LoginRequest) -> dict[str, Any]:
    titles = {box.id: box.title for box in world.switches.consents}
    return {
        "id": request.auth_req_id,
        "state": request.state,
        "at": request.decided_at,
        "opens": opened(world, request),
        "shares": _shared(request),
        "consents": [
            {"title": titles.get(name, name), "given": given} for name, given in (request.consents or {}).items()
        ],
    }


def _shared(request: LoginRequest) -> list[str]:
    """List the scopes in the order asked; the boxes have their own place on the screen."""
    return [scope for scope in request.scope.split() if scope != "openid" and scope not in CONSENT_SCOPES]
