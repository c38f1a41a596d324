"""The register as the merchant's other systems see it: look up, list, enter, leave.

What a till does with members goes by `scan`; this is for systems that may see a member in full.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from medlem.club.announcement import News
from medlem.club.endpoint import NoticeKind
from medlem.club.errors import NotFound, PreconditionFailed
from medlem.club.finding import Spot, Wanted
from medlem.club.ids import MemberId, member_id
from medlem.club.linking import LinkEnd
from medlem.club.member import AlreadyMember, Consent, Member, Profile, VerifiedBy
from medlem.club.merging import MemberMerged
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club
from medlem.club.rights import ErasedBefore
from medlem.flows import announcing, consents, noticing
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables

CREATED = 201


@dataclass(frozen=True, slots=True)
class MemberInFull:
    """A member with what they last answered to each question."""

    member: Member
    consents: Sequence[Consent]
    extras: Mapping[str, str] = field(default_factory=dict)
    """What they have added about themselves, by its name."""
    merged_into: MemberId | None = None
    """Who they are today, if they turned out to be somebody else."""


AsRead = Callable[[MemberInFull], bool]
"""Whether a member is still as somebody has read them."""


def whatever(_: MemberInFull) -> bool:
    """They may be as they like."""
    return True


async def look_up(ports: Ports, club: Club, phone: str) -> list[MemberInFull]:
    """The present members whom a number reaches.

    Raises:
        InvalidPhoneNumber: it cannot be a mobile number.
    """
    reached = await ports.storage.reading.members.reached(club.id, PhoneNumber.typed(phone, club.country))
    return [await _in_full(ports.storage.reading, member) for member in reached]


async def page(
    ports: Ports, club: Club, wanted: Wanted, after: Spot, most: int
) -> tuple[list[MemberInFull], Spot | None]:
    """Some of the members who are wanted, from after a spot, and the spot to go on from; None at the end.

    There may be fewer than `most` of them, or none, and more behind: see `club.finding`.
    """
    spots = await ports.storage.reading.finding.page(club.id, wanted, after, most + 1)
    return await _page(ports, club, spots, most, wanted)


async def named(
    ports: Ports, club: Club, prefix: str, after: Spot, most: int, *, family: bool
) -> tuple[list[MemberInFull], Spot | None]:
    """As `page`, the members whose name, or family name, begins so, in the order of their names."""
    spots = await ports.storage.reading.finding.named(club.id, prefix, after, most + 1, family=family)
    return await _page(ports, club, spots, most, Wanted())


async def by_number(ports: Ports, club: Club, member_number: str) -> list[MemberInFull]:
    """Who has this member number, present or not; or whoever they were merged into."""
    found = await ports.storage.reading.finding.by_number(club.id, member_number)
    member = None if found is None else await ports.storage.reading.members.today(club.id, found)
    return [] if member is None else [await _in_full(ports.storage.reading, member)]


async def _page(
    ports: Ports, club: Club, spots: Sequence[Spot], most: int, wanted: Wanted
) -> tuple[list[MemberInFull], Spot | None]:
    tables = ports.storage.reading
    read = [await tables.members.get(club.id, spot.member) for spot in spots[:most]]
    found = [await _in_full(tables, member) for member in read if member is not None and wanted.wants(member)]
    return found, spots[most - 1] if len(spots) > most else None


async def get(ports: Ports, club: Club, member: str) -> MemberInFull:
    """One member.

    Raises:
        NotFound: the club has none of that id.
    """
    return await _in_full(ports.storage.reading, await _member(ports.storage.reading, club, member))


async def enter(
    ports: Ports, club: Club, phone: str, profile: Profile, repeat: Repeat | None = None, *, shared: bool = False
) -> MemberInFull:
    """Enter a member by hand. They have no `sub` until they log in for the first time.

    Args:
        ports: the outside world.
        club: whose member.
        phone: the number that reaches them.
        profile: what the merchant knows of them.
        repeat: the call, if it may come again.
        shared: whether the number may be one that reaches somebody already, as in one household.

    Raises:
        InvalidPhoneNumber: it cannot be a mobile number.
        AlreadyMember: the number reaches one, and is not said to be shared.
        ErasedBefore: it reached somebody who was erased.
    """
    number, now = PhoneNumber.typed(phone, club.country), ports.clock.now()
    async with ports.storage.transaction() as tx:
        if await tx.rights.number_erased(club.id, number):
            raise ErasedBefore("Whoever had this number was erased. They come back by their own login alone.")
        if not shared and (holder := await tx.members.by_phone(club.id, number)) is not None:
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


async def change(
    ports: Ports, club: Club, member: str, changed: Callable[[Profile], Profile], as_read: AsRead = whatever
) -> MemberInFull:
    """Write into a member's profile what the merchant knows better. Where nothing is different nothing happens.

    Raises:
        NotFound: the club has none of that id.
        MemberMerged: they are somebody else by now.
        PreconditionFailed: they are not as they were read.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await _as_read(tx, club, member, as_read)
        after = replace(found, profile=changed(found.profile))
        if after != found:
            await tx.members.save(after)
            await announcing.write_down(ports, tx, after, News.CHANGED, now)
            await noticing.member_changed(tx, after, NoticeKind.MEMBER_UPDATED, now)
        return await _in_full(tx, after)


async def leave(ports: Ports, club: Club, member: str, as_read: AsRead = whatever) -> None:
    """End a membership; who has left already stays so. What they consented to remains provable.

    Raises:
        NotFound: the club has none of that id.
        MemberMerged: they are somebody else by now.
        PreconditionFailed: they are not as they were read.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await _as_read(tx, club, member, as_read)
        if found.present:
            await announcing.left(ports, tx, found, now)
            await consents.left(tx, found, now)
            await tx.members.unlink(found, now, LinkEnd.LEFT)
            await tx.rights.keep_membership(found, now)
            after = replace(found, left_at=now)
            await tx.members.save(after)
            await noticing.member_changed(tx, after, NoticeKind.MEMBER_LEFT, now)


async def held(tx: Tables, club: Club, member: str) -> Member:
    """The member, whom nobody else changes now.

    Raises:
        NotFound: the club has none of that id.
        MemberMerged: they are somebody else by now.
    """
    await tx.finding.hold(await _member(tx, club, member))
    found = await tx.members.today(club.id, member)
    if found is None:
        raise NotFound("The club has no such member.")
    if found.id != member:
        raise MemberMerged(found.id)
    return found


async def _as_read(tx: Tables, club: Club, member: str, as_read: AsRead) -> Member:
    found = await held(tx, club, member)
    if as_read is not whatever and not as_read(await _in_full(tx, found)):
        raise PreconditionFailed("The member has changed since you read them. Read them again, and decide anew.")
    return found


async def _member(tables: Tables, club: Club, member: str) -> Member:
    found = await tables.members.get(club.id, member)
    if found is None:
        raise NotFound("The club has no such member.")
    return found


async def _in_full(tables: Tables, member: Member) -> MemberInFull:
    members = tables.members
    consents, extras = await members.consents(member.club, member.id), await members.extras(member)
    today = None if member.merged_into is None else await members.today(member.club, member.id)
    return MemberInFull(member, consents, extras, None if today is None else today.id)
