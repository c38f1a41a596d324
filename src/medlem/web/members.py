"""Members over HTTP, in full: for the merchant's own systems, never for a till."""

from typing import Final

from medlem.club.errors import IdempotencyConflict, InvalidPhoneNumber, NotFound, PreconditionFailed
from medlem.club.finding import START
from medlem.club.member import AlreadyMember, Profile
from medlem.club.merging import MemberMerged
from medlem.club.rights import ErasedBefore
from medlem.flows import membership
from medlem.flows.membership import MemberInFull
from medlem.flows.tables import Repeat
from medlem.web import tags
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.member_query import QUERY, USUAL, cursor_of, limit_of, spot_of, text_of, wanted_of
from medlem.web.member_wire import ChangedMember, LookUp
from medlem.web.operation import Door, Reply, operation
from medlem.web.repeats import keep, once
from medlem.web.wire import FullMember, MembersPage, NewMember, full

MERGE_PATCH: Final = "application/merge-patch+json"
ETAG: Final = ("ETag",)


@operation(
    "POST",
    "/v1/members/lookup",
    door=Door.INTEGRATION,
    body=LookUp,
    replies={200: Reply(description="Whom it reaches or names: one member, several, or none.", body=MembersPage)},
    refuses=(InvalidPhoneNumber, IdempotencyConflict),
    repeatable=True,
)
async def look_up(call: Call) -> Answer:
    """Look up members by phone number, by member number, or by how their name or family name begins.

    The number of one who was merged finds whoever they are now.

    Neither numbers nor names ever stand in a URL, so this is a POST. Names are found by their beginning, in small or
    capital letters, and come page by page in their order; pass `cursor` on until it is null.
    """

    async def find() -> Answer:
        return await _found(call, await call.read(LookUp))

    async def first(repeat: Repeat | None) -> Answer:
        answer = await find()
        await keep(call, repeat, answer.status, "")
        return answer

    async def again(_: str) -> Answer:
        return await find()

    return await once(call, first, again)


async def _found(call: Call, said: LookUp) -> Answer:
    club = await call.club()
    if said.phone is not None:
        return json(200, MembersPage(full(await membership.look_up(call.ports, club, said.phone)), None))
    if said.member_number is not None:
        return json(200, MembersPage(full(await membership.by_number(call.ports, club, said.member_number)), None))
    after = START if said.cursor is None else spot_of(said.cursor, "/cursor")
    prefix, family = said.name or said.family_name or "", said.name is None
    found, spot = await membership.named(call.ports, club, prefix, after, USUAL, family=family)
    return json(200, MembersPage(full(found), text_of(spot)))


@operation(
    "GET",
    "/v1/members",
    door=Door.INTEGRATION,
    query=QUERY,
    replies={200: Reply(description="A page of members.", body=MembersPage)},
)
async def page(call: Call) -> Answer:
    """List members, page by page, those who left included, in the order in which they came.

    Those changed since a moment come in the order of their changes, those who joined between two in that order. A page
    may hold fewer members than `limit`, even none, and still have a `cursor`: pass it on until it is null.
    """
    found, spot = await membership.page(call.ports, await call.club(), wanted_of(call), cursor_of(call), limit_of(call))
    return json(200, MembersPage(full(found), text_of(spot)))


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
    """Enter a member by hand.

    A number that reaches a member already is refused, unless it is said to be shared, as in one household.
    """
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewMember)
        profile = said.profile.profile() if said.profile else Profile()
        made = await membership.enter(call.ports, club, said.phone, profile, repeat, shared=said.shared_number)
        return json(201, FullMember.of(made))

    async def again(member: str) -> Answer:
        return json(201, FullMember.of(await membership.get(call.ports, club, member)))

    return await once(call, first, again)


@operation(
    "GET",
    "/v1/members/{member}",
    door=Door.INTEGRATION,
    replies={200: Reply(description="The member in full.", body=FullMember, headers=ETAG)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Show one member. `ETag` tells this state of theirs from every other.

    One who was merged into another is shown empty, with that one's id as `merged_into`: go on there.
    """
    return _shown(await membership.get(call.ports, await call.club(), call.path("member", "mem")))


@operation(
    "PATCH",
    "/v1/members/{member}",
    door=Door.INTEGRATION,
    body=ChangedMember,
    takes=(MERGE_PATCH, "application/json"),
    conditional=True,
    replies={200: Reply(description="The member as they are now.", body=FullMember, headers=ETAG)},
    refuses=(NotFound, MemberMerged, PreconditionFailed),
)
async def change(call: Call) -> Answer:
    """Change what is known of a member (a merge patch, RFC 7396): what is null goes, what is not named stays.

    The platform's own word replaces it at their next login. With `If-Match` nothing is written over that you have not
    read.
    """
    club, member, as_read = await call.club(), call.path("member", "mem"), _as_read(call)
    said = await call.read(ChangedMember, MERGE_PATCH)
    return _shown(await membership.change(call.ports, club, member, said.apply, as_read))


@operation(
    "DELETE",
    "/v1/members/{member}",
    door=Door.INTEGRATION,
    conditional=True,
    replies={204: Reply(description="They are no member any more.")},
    refuses=(NotFound, MemberMerged, PreconditionFailed),
)
async def leave(call: Call) -> Answer:
    """End a membership. Who has left already stays so; what they consented to remains provable."""
    await membership.leave(call.ports, await call.club(), call.path("member", "mem"), _as_read(call))
    return done()


OPERATIONS = (look_up, page, create, show, change, leave)


def _shown(found: MemberInFull) -> Answer:
    return tags.tagged(json(200, FullMember.of(found)))


def _as_read(call: Call) -> membership.AsRead:
    said = call.header(tags.IF_MATCH)
    if said is None:
        return membership.whatever
    return lambda found: tags.matches(said, _shown(found))
