"""Endpoints over HTTP: who of the merchant's systems hears of members, and what became of what they were told."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from medlem.club.endpoint import Endpoint, NoticeState
from medlem.club.errors import Flaw, IdempotencyConflict, InvalidRequest, NotFound
from medlem.flows import outbox
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.endpoint_wire import (
    EndpointInFull,
    EndpointMade,
    EndpointsFound,
    NewEndpoint,
    NewReplay,
    NoticeInFull,
    NoticesPage,
    Replayed,
)
from medlem.web.operation import Door, Query, Reply, operation
from medlem.web.reading import id_of
from medlem.web.repeats import keep, once

PATH: Final = "/v1/webhook-endpoints/{endpoint}"
PAGE: Final = 50

_CURSOR = re.compile(r"[1-9][0-9]{0,17}")

STATE: Final = Query(
    name="state",
    description="Only notices in that state.",
    schema=lambda _: {"type": "string", "enum": [state.value for state in NoticeState]},
)
CURSOR: Final = Query(
    name="cursor",
    description="The `cursor` of the page before.",
    schema=lambda _: {"type": "string", "pattern": f"^{_CURSOR.pattern}$"},
)


@operation(
    "GET",
    "/v1/webhook-endpoints",
    door=Door.ADMIN,
    replies={200: Reply(description="All endpoints, without their secrets.", body=EndpointsFound)},
)
async def page(call: Call) -> Answer:
    """List the addresses that hear of members."""
    found = await call.ports.storage.reading.outbox.endpoints(call.key.club)
    return json(200, EndpointsFound([EndpointInFull.of(endpoint) for endpoint in found]))


@operation(
    "POST",
    "/v1/webhook-endpoints",
    door=Door.ADMIN,
    body=NewEndpoint,
    replies={201: Reply(description="The endpoint; a repeat shows `secret` as null.", body=EndpointMade)},
    refuses=(IdempotencyConflict,),
    repeatable=True,
)
async def create(call: Call) -> Answer:
    """Let an address hear from now on. Its secret is shown this once; every message is signed with it.

    It is called by https at a public address, and follows no redirect. Messages come in the Standard Webhooks format,
    in their order, at least once each; `docs/integrating.md` shows how to verify them.
    """

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewEndpoint)
        made = await outbox.add_endpoint(call.ports, call.key.club, said.url, said.kinds(), repeat)
        return json(201, EndpointMade.of(made, secret=True))

    async def again(name: str) -> Answer:
        return json(201, EndpointMade.of(await outbox.endpoint(call.ports, call.key.club, name), secret=False))

    return await once(call, first, again)


@operation(
    "GET",
    PATH,
    door=Door.ADMIN,
    replies={200: Reply(description="The endpoint, without its secret.", body=EndpointInFull)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Show one endpoint: whether it hears, since when not, and whether it is paused."""
    return json(200, EndpointInFull.of(await outbox.endpoint(call.ports, call.key.club, _named(call))))


@operation(
    "DELETE",
    PATH,
    door=Door.ADMIN,
    replies={204: Reply(description="It hears nothing more.")},
    refuses=(NotFound,),
)
async def remove(call: Call) -> Answer:
    """Remove an endpoint. What it was to hear is not told any more."""
    await outbox.remove_endpoint(call.ports, call.key.club, _named(call))
    return done()


@operation(
    "POST",
    f"{PATH}/rotate",
    door=Door.ADMIN,
    replies={200: Reply(description="The new secret; a repeat shows `secret` as null.", body=EndpointMade)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def rotate(call: Call) -> Answer:
    """Replace the secret. For a day every message carries two signatures, by the new secret and by the old one."""
    return await _changed(call, outbox.rotate, lambda made, first: EndpointMade.of(made, secret=first))


@operation(
    "POST",
    f"{PATH}/resume",
    door=Door.ADMIN,
    replies={200: Reply(description="The endpoint, which is told again.", body=EndpointInFull)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def resume(call: Call) -> Answer:
    """Go on with an endpoint that was paused, from where it stopped. One that was not is told at once what waits."""
    return await _changed(call, outbox.resume, lambda made, _: EndpointInFull.of(made))


@operation(
    "POST",
    f"{PATH}/test",
    door=Door.ADMIN,
    replies={202: Reply(description="The notice, which is on its way.", body=NoticeInFull)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def test(call: Call) -> Answer:
    """Send a message of the type `endpoint.test`, after everything that waits before it."""

    async def first(repeat: Repeat | None) -> Answer:
        return json(202, NoticeInFull.of(await outbox.send_test(call.ports, call.key.club, _named(call), repeat)))

    async def again(notice: str) -> Answer:
        return json(202, NoticeInFull.of(await outbox.notice(call.ports, call.key.club, _named(call), notice)))

    return await once(call, first, again)


@operation(
    "GET",
    f"{PATH}/notices",
    door=Door.ADMIN,
    query=(STATE, CURSOR),
    replies={200: Reply(description="A page of notices, the latest first.", body=NoticesPage)},
    refuses=(NotFound,),
)
async def notices(call: Call) -> Answer:
    """List what an endpoint was told in the last thirty days or is to be told, and what became of it."""
    endpoint = await outbox.endpoint(call.ports, call.key.club, _named(call))
    found = await call.ports.storage.reading.outbox.notices(endpoint, _state(call), _before(call), PAGE + 1)
    cursor = str(found[PAGE - 1].sequence) if len(found) > PAGE else None
    return json(200, NoticesPage([NoticeInFull.of(notice) for notice in found[:PAGE]], cursor))


@operation(
    "POST",
    f"{PATH}/replay",
    door=Door.ADMIN,
    body=NewReplay,
    replies={200: Reply(description="How many notices are told again.", body=Replayed)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def replay(call: Call) -> Answer:
    """Tell an endpoint again what it was told, from a notice or a moment on, in its order and under the same ids."""

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewReplay)
        notice = None if said.notice is None else id_of("ntc", said.notice)
        many = await outbox.tell_again(call.ports, call.key.club, _named(call), outbox.Again(notice, said.since))
        await keep(call, repeat, 200, str(many))
        return json(200, Replayed(many))

    async def again(many: str) -> Answer:
        return json(200, Replayed(int(many)))

    return await once(call, first, again)


OPERATIONS = (page, create, show, remove, rotate, resume, test, notices, replay)


async def _changed(
    call: Call, change: Callable[..., Awaitable[Endpoint]], shown: Callable[[Endpoint, bool], Any]
) -> Answer:
    async def first(repeat: Repeat | None) -> Answer:
        return json(200, shown(await change(call.ports, call.key.club, _named(call), repeat), True))  # noqa: FBT003 - the first

    async def again(name: str) -> Answer:
        return json(200, shown(await outbox.endpoint(call.ports, call.key.club, name), False))  # noqa: FBT003 - a repeat

    return await once(call, first, again)


def _named(call: Call) -> str:
    return call.path("endpoint", "whe")


def _state(call: Call) -> NoticeState | None:
    said = call.query.get("state")
    if said is None:
        return None
    try:
        return NoticeState(said)
    except ValueError:
        detail = f"state is {', '.join(NoticeState)}, or left out."
        raise InvalidRequest(detail, Flaw("", detail)) from None


def _before(call: Call) -> int | None:
    said = call.query.get("cursor")
    if said is None:
        return None
    if _CURSOR.fullmatch(said) is None:
        detail = "cursor is what the page before gave."
        raise InvalidRequest(detail, Flaw("", detail))
    return int(said)
