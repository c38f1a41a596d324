"""The register as the merchant's other systems see it: look up, list, enter, leave.

What a till does with members goes by `scan`; this is for systems that may see a member in full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from medlem.club.announcement import News
from medlem.club.endpoint import NoticeKind
from medlem.club.errors import NotFound
from medlem.club.ids import member_id
from medlem.club.member import AlreadyMember, Consent, Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club
from medlem.club.rights import ErasedBefore
from medlem.flows import announcing, consents, noticing
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat

CREATED = 201


@dataclass(frozen=True, slots=True)
class MemberInFull:
    """A member with what they last answered to each question."""

    member: Member
    consents: Sequence[Consent]
    extras: Mapping[str, str] = field(default_factory=dict)
    """What they have added about themselves, by its name."""


async def look_up(ports: Ports, club: Club, phone: str) -> list[MemberInFull]:
    """The present members whom a number reaches.

    Raises:
        InvalidPhoneNumber: it cannot be a mobile number.
    """
    member = await ports.storage.reading.members.by_phone(club.id, PhoneNumber.typed(phone, club.country))
    return [] if member is None else [await _in_full(ports, member)]


async def page(ports: Ports, club: Club, after: str | None, most: int) -> list[MemberInFull]:
    """Members, those who left included, in a stable order from after that id."""
    found = await ports.storage.reading.members.page(club.id, after, most)
    return [await _in_full(ports, member) for member in found]


async def withdrawn(ports: Ports, club: Club, after: str | None, most: int) -> list[MemberInFull]:
    """As `page`, those who ended sharing in the app: somebody is to look at what is kept of them."""
    found = await ports.storage.reading.members.withdrawn(club.id, after, most)
    return [await _in_full(ports, member) for member in found]


async def get(ports: Ports, club: Club, member: str) -> MemberInFull:
    """One member.

    Raises:
        NotFound: the club has none of that id.
    """
    return await _in_full(ports, await _member(ports, club, member))


async def enter(ports: Ports, club: Club, phone: str, profile: Profile, repeat: Repeat | None = None) -> MemberInFull:
    """Enter a member by hand. They have no `sub` until they log in for the first time.

    Raises:
        InvalidPhoneNumber: it cannot be a mobile number.
        AlreadyMember: the number reaches one.
        ErasedBefore: it reached somebody who was erased.
    """
    number, now = PhoneNumber.typed(phone, club.country), ports.clock.now()
    async with ports.storage.transaction() as tx:
        if await tx.rights.number_erased(club.id, number):
            raise ErasedBefore("Whoever had this number was erased. They come back by their own login alone.")
        if (holder := await tx.members.by_phone(club.id, number)) is not None:
            raise AlreadyMember("This number reaches a member already.", holder)
        member = Member(
            id=member_id(now),
            club=club.id,
            member_number=await tx.members.next_number(club.id),
            sub=None,
            phone=number,
            profile=profile,
            joined_at=now,
            station=None,
        )
        await tx.members.add(member)
        await tx.members.link(member, number, VerifiedBy.MERCHANT, now)
        await consents.entered(tx, member, now)
        await announcing.write_down(ports, tx, member, News.JOINED, now)
        await noticing.member_changed(tx, member, NoticeKind.MEMBER_CREATED, now)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, CREATED, member.id, now)
    return MemberInFull(member, [])


async def leave(ports: Ports, club: Club, member: str) -> None:
    """End a membership; who has left already stays so. What they consented to remains provable.

    Raises:
        NotFound: the club has none of that id.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await tx.members.get(club.id, member)
        if found is None:
            raise NotFound("The club has no such member.")
        if found.present:
            await announcing.left(ports, tx, found, now)
            await consents.left(tx, found, now)
            await tx.members.unlink(found, now)
            await tx.rights.keep_membership(found, now)
            after = replace(found, left_at=now)
            await tx.members.save(after)
            await noticing.member_changed(tx, after, NoticeKind.MEMBER_LEFT, now)


async def _member(ports: Ports, club: Club, member: str) -> Member:
    found = await ports.storage.reading.members.get(club.id, member)
    if found is None:
        raise NotFound("The club has no such member.")
    return found


async def _in_full(ports: Ports, member: Member) -> MemberInFull:
    members = ports.storage.reading.members
    return MemberInFull(member, await members.consents(member.club, member.id), await members.extras(member))
