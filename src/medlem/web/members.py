"""Members over HTTP, in full: for the merchant's own systems, never for a till."""

import re
from collections.abc import Mapping
from typing import Any, Final

from medlem.club.errors import Flaw, IdempotencyConflict, InvalidPhoneNumber, InvalidRequest, NotFound
from medlem.club.member import AlreadyMember, Profile
from medlem.club.rights import ErasedBefore
from medlem.flows import membership
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.operation import Door, Query, Reply, operation
from medlem.web.options import Options
from medlem.web.reading import id_of
from medlem.web.repeats import keep, once
from medlem.web.wire import FullMember, LookUp, MembersFound, MembersPage, NewMember, full

MOST: Final = 200
USUAL: Final = 50
WITHDRAWN: Final = "withdrawn"

_LIMIT = re.compile(r"[0-9]{1,3}")


def _cursor_schema(_: Options) -> Mapping[str, Any]:
    return {"type": "string", "examples": ["mem_01kaq2y3m8e5x7r1t9v0w2z4b6"]}


def _limit_schema(_: Options) -> Mapping[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}


CURSOR: Final = Query(name="cursor", description="The `cursor` of the page before.", schema=_cursor_schema)
SHARING: Final = Query(
    name="sharing",
    description="`withdrawn`: only members who ended the sharing of their profile in the app.",
    schema=lambda _: {"type": "string", "enum": [WITHDRAWN]},
)
LIMIT: Final = Query(name="limit", description="The most members on a page.", schema=_limit_schema)


@operation(
    "POST",
    "/v1/members/lookup",
    door=Door.INTEGRATION,
    body=LookUp,
    replies={200: Reply(description="Whom the number reaches: one member, or none.", body=MembersFound)},
    refuses=(InvalidPhoneNumber, IdempotencyConflict),
    repeatable=True,
)
async def look_up(call: Call) -> Answer:
    """Look up a member by phone number. A number never stands in a URL, so this is a POST."""
    club = await call.club()

    async def find() -> Answer:
        said = await call.read(LookUp)
        return json(200, MembersFound(full(await membership.look_up(call.ports, club, said.phone))))

    async def first(repeat: Repeat | None) -> Answer:
        answer = await find()
        await keep(call, repeat, answer.status, "")
        return answer

    async def again(_: str) -> Answer:
        return await find()

    return await once(call, first, again)


@operation(
    "GET",
    "/v1/members",
    door=Door.INTEGRATION,
    query=(CURSOR, LIMIT, SHARING),
    replies={200: Reply(description="A page of members, those who left included.", body=MembersPage)},
)
async def page(call: Call) -> Answer:
    """List members, page by page, in the order in which they came; or only those who ended sharing in the app."""
    most = _limit(call)
    look = membership.withdrawn if _only_withdrawn(call) else membership.page
    found = await look(call.ports, await call.club(), _cursor(call), most + 1)
    cursor = found[most - 1].member.id if len(found) > most else None
    return json(200, MembersPage(full(found[:most]), cursor))


@operation(
    "POST",
    "/v1/members",
    door=Door.INTEGRATION,
    body=NewMember,
    replies={201: Reply(description="The new member.", body=FullMember)},
    refuses=(AlreadyMember, ErasedBefore, InvalidPhoneNumber, IdempotencyConflict),
    repeatable=True,
)
async def create(call: Call) -> Answer:
    """Enter a member by hand."""
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewMember)
        profile = said.profile.profile() if said.profile else Profile()
        return json(201, FullMember.of(await membership.enter(call.ports, club, said.phone, profile, repeat)))

    async def again(member: str) -> Answer:
        return json(201, FullMember.of(await membership.get(call.ports, club, member)))

    return await once(call, first, again)


@operation(
    "GET",
    "/v1/members/{member}",
    door=Door.INTEGRATION,
    replies={200: Reply(description="The member in full.", body=FullMember)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Show one member."""
    return json(200, FullMember.of(await membership.get(call.ports, await call.club(), call.path("member", "mem"))))


@operation(
    "DELETE",
    "/v1/members/{member}",
    door=Door.INTEGRATION,
    replies={204: Reply(description="They are no member any more.")},
    refuses=(NotFound,),
)
async def leave(call: Call) -> Answer:
    """End a membership. Who has left already stays so; what they consented to remains provable."""
    await membership.leave(call.ports, await call.club(), call.path("member", "mem"))
    return done()


OPERATIONS = (look_up, page, create, show, leave)


def _cursor(call: Call) -> str | None:
    said = call.query.get("cursor")
    if said is None:
        return None
    try:
        return id_of("mem", said)
    except NotFound:
        detail = "cursor is what the page before gave."
        raise InvalidRequest(detail, Flaw("", detail)) from None


def _only_withdrawn(call: Call) -> bool:
    said = call.query.get("sharing")
    if said not in {None, WITHDRAWN}:
        detail = f"sharing is {WITHDRAWN}, or left out."
        raise InvalidRequest(detail, Flaw("", detail))
    return said is not None


def _limit(call: Call) -> int:
    said = call.query.get("limit", str(USUAL))
    if _LIMIT.fullmatch(said) is None or not 1 <= int(said) <= MOST:
        detail = f"limit is a whole number from 1 to {MOST}."
        raise InvalidRequest(detail, Flaw("", detail))
    return int(said)
