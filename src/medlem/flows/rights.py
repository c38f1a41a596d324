"""The rights of a member: to see everything that is kept, to have it left alone, to be erased.

Each is one transaction, and one line in the log of rights. Whoever is killed before its commit has done nothing;
whoever asks again after it is told what was done. What others were writing of the person at that moment is removed by
a second look, a minute later (`sweep`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from medlem.club.announcement import News
from medlem.club.endpoint import NoticeKind
from medlem.club.errors import NotFound
from medlem.club.ids import ClubId, MemberId
from medlem.club.member import Disclosure, Member
from medlem.club.merging import MemberMerged, Merge
from medlem.club.place import Club
from medlem.club.rights import ErasedBecause, Erasure, Exercised, RestrictedBecause, Right
from medlem.flows import announcing, consents, membership, noticing, strangers
from medlem.flows.membership import MemberInFull
from medlem.flows.ports import Ports
from medlem.flows.rights_table import Kept
from medlem.flows.tables import Repeat, Tables

DONE: Final = 200

STILL_KNOWN: Final = timedelta(hours=25)
"""Identifications at tills keep a number for a day; older ones tell nothing of anybody."""

SWEPT_AFTER: Final = timedelta(minutes=1)
"""Longer than any call takes that had read the member before they were erased."""


@dataclass(frozen=True, slots=True)
class Former:
    """A row of the register that turned out to be the same person, and all that is kept with it."""

    merge: Merge
    member: MemberInFull
    kept: Kept


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is kept of a member, at one moment."""

    club: Club
    member: MemberInFull
    kept: Kept
    drawn_at: datetime
    merges: Sequence[Merge] = ()
    """Every merge in which they had a part, one that was only proposed or was undone too."""
    former: Sequence[Former] = ()
    """Those that stand: who was merged into them, and into those."""


@dataclass(frozen=True, slots=True)
class Erased:
    """That somebody is erased, and until when the proof of their consents is kept."""

    erasure: Erasure
    proof_until: datetime | None
    """None: for ever."""


async def export(ports: Ports, club: Club, member: str, by: str) -> Dossier:
    """Everything that is kept of a member, and nothing of a stranger's (GDPR articles 15 and 20).

    Raises:
        NotFound: the club has none of that id.
        MemberMerged: it is kept with somebody else by now.
    """
    now = ports.clock.now()
    found = await membership.get(ports, club, member)
    if found.merged_into is not None:
        raise MemberMerged(found.merged_into)
    reading = ports.storage.reading
    kept = await strangers.without(reading, found.member, await reading.rights.kept(found.member, now - STILL_KNOWN))
    merges = await reading.merges.of_member(club.id, found.member.id)
    former = await _former(ports, club, found.member.id, now)
    async with ports.storage.transaction() as tx:
        await tx.rights.exercise(_exercised(found.member, Right.EXPORTED, None, by, now))
    return Dossier(club, found, kept, now, merges, former)


async def _former(ports: Ports, club: Club, member: str, now: datetime) -> list[Former]:
    reading, found = ports.storage.reading, []
    for one in await _rows_of(reading, club, member):
        row = await membership.get(ports, club, one)
        kept = await strangers.without(reading, row.member, await reading.rights.kept(row.member, now - STILL_KNOWN))
        merges = await reading.merges.of_member(club.id, one)
        found += [Former(merge, row, kept) for merge in merges if merge.goes == one and merge.before is not None]
    return found


async def _rows_of(tables: Tables, club: Club, member: str) -> list[MemberId]:
    """Who was merged into a member, and into those."""
    found: list[MemberId] = []
    for one in await tables.merges.merged_into(club.id, MemberId(member)):
        found += [one, *await _rows_of(tables, club, one)]
    return found


async def restrict(
    ports: Ports, club: Club, member: str, reason: RestrictedBecause, by: str, repeat: Repeat | None = None
) -> MemberInFull:
    """Leave what is kept of a member unused; one who is restricted already stays so (article 18).

    Raises:
        NotFound: the club has none of that id.
        MemberMerged: they are somebody else by now.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await membership.held(tx, club, member)
        if await tx.rights.restrict(found, now):
            await tx.rights.exercise(_exercised(found, Right.RESTRICTED, reason.value, by, now))
            await noticing.member_changed(tx, found, NoticeKind.MEMBER_UPDATED, now)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, DONE, found.id, now)
    return await membership.get(ports, club, member)


async def lift(ports: Ports, club: Club, member: str, by: str) -> None:
    """Let what is kept of a member be used again; a merchant's own register hears what it has missed.

    Raises:
        NotFound: the club has none of that id.
        MemberMerged: they are somebody else by now.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await membership.held(tx, club, member)
        if await tx.rights.lift(found):
            await tx.rights.exercise(_exercised(found, Right.LIFTED, None, by, now))
            now_free = await membership.held(tx, club, member)
            await announcing.write_down(ports, tx, now_free, News.JOINED if found.present else News.CHANGED, now)
            await noticing.member_changed(tx, now_free, NoticeKind.MEMBER_UPDATED, now)


async def erase(
    ports: Ports,
    club: Club,
    member: str,
    *,
    reason: ErasedBecause,
    requested_at: datetime | None,
    by: str,
    repeat: Repeat | None = None,
) -> Erased:
    """Remove a person (article 17). What proves their consents stays, and keyed hashes by which they stay away.

    Raises:
        NotFound: the club has, and had, none of that id.
        MemberMerged: they are somebody else by now.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        erasure = await erase_within(ports, tx, club, member, reason=reason, requested_at=requested_at, by=by)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, DONE, erasure.member, now)
    return _told(ports, erasure)


async def erase_within(
    ports: Ports,
    tx: Tables,
    club: Club,
    member: str,
    *,
    reason: ErasedBecause,
    requested_at: datetime | None,
    by: str,
) -> Erasure:
    """`erase`, in the caller's transaction; one who is erased already stays as they are.

    With them goes whoever was merged into them: it is one person.
    """
    now = ports.clock.now()
    for one in sorted({member, *await _rows_of(tx, club, member)}):
        await tx.merges.version(club.id, one)  # held, in the order in which a merge holds them
    found = await tx.members.get(club.id, member)
    if found is not None:
        if found.merged_into is not None:
            raise MemberMerged(found.merged_into)
        erasure = Erasure(club=club.id, member=found.id, reason=reason, requested_at=requested_at, erased_at=now)
        rows = await _rows_of(tx, club, found.id)
        drafts = await _erase(ports, tx, erasure, found, by)
        for one in rows:
            former = await tx.members.get(club.id, one)
            if former is not None:
                drafts += await _erase(ports, tx, replace(erasure, member=one), former, by)
        if drafts:
            await noticing.write(tx, club.id, drafts, now)
            return erasure
    done = await tx.rights.erasure(club.id, member)
    if done is None:
        raise NotFound("The club has no such member.")
    return done


async def _erase(ports: Ports, tx: Tables, erasure: Erasure, found: Member, by: str) -> list[noticing.Draft]:
    """Erase one row; what the endpoints are to hear of it, nothing if it was erased before."""
    now = erasure.erased_at
    if not await tx.rights.erase(erasure, found):
        return []
    if found.present:
        await consents.left(tx, found, now)
    await tx.consents.take_remarks(erasure.club, found.id)
    await announcing.erased(ports, tx, found, now)
    await tx.rights.exercise(_exercised(found, Right.ERASED, erasure.reason.value, by, now))
    gone = replace(found, left_at=found.left_at or now)
    return [await noticing.drafted(tx, gone, NoticeKind.MEMBER_ERASED, now)]


async def erasure(ports: Ports, club: Club, member: str) -> Erased:
    """What was erased before.

    Raises:
        NotFound: nobody of that id was.
    """
    done = await ports.storage.reading.rights.erasure(club.id, member)
    if done is None:
        raise NotFound("The club has no such member.")
    return _told(ports, done)


async def too_late(tx: Tables, club: ClubId, told: Disclosure, now: datetime) -> bool:
    """Whether a yes came before an erasure of the person, known by `sub`; somebody new by the verified number."""
    moment = told.shared_at or now
    if await tx.rights.erased_since(club, told.sub, moment):
        return True
    if told.phone is None or await tx.members.by_sub(club, told.sub) is not None:
        return False
    return await tx.rights.number_erased_since(club, told.phone, moment)


async def sweep(ports: Ports) -> int:
    """Look once more after everybody who was erased a while ago; how many."""
    due = await ports.storage.reading.rights.to_sweep(ports.clock.now() - SWEPT_AFTER)
    for one in due:
        async with ports.storage.transaction() as tx:
            await tx.rights.sweep(one)
    return len(due)


def _told(ports: Ports, erasure: Erasure) -> Erased:
    proof = ports.keeping.proof
    return Erased(erasure, None if proof is None else erasure.erased_at + proof)


def _exercised(member: Member, what: Right, reason: str | None, by: str, now: datetime) -> Exercised:
    return Exercised(club=member.club, member=member.id, what=what, reason=reason, by=by, at=now)
