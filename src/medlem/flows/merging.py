"""Merging two members who are one person: proposed, confirmed by a second decision, and undone if it was wrong.

A proposal says exactly what would happen, and is bound to both members as they were read: whoever of the two is changed
before it is confirmed, it has to be proposed anew. The one who goes keeps the row, the id and the member number, which
lead to the one who stays; the login and the number go along, and answers to questions are carried over by records that
name the ones they are taken from.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from medlem.club.announcement import News
from medlem.club.endpoint import NoticeKind
from medlem.club.errors import Forbidden, NotFound, PreconditionFailed
from medlem.club.ids import ClubId, merge_id
from medlem.club.linking import LinkEnd
from medlem.club.member import Consent, Member
from medlem.club.merging import (
    LIFE,
    BeforeMerge,
    Merge,
    MergeState,
    Party,
    Whose,
    gone,
    merged,
    planned,
    refuse,
)
from medlem.club.place import Club
from medlem.flows import announcing, carrying, noticing
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables

log = logging.getLogger(__name__)

PROPOSED: Final = 201
DONE: Final = 200


@dataclass(frozen=True, slots=True)
class MergeShown:
    """A merge, and both members as they are today."""

    merge: Merge
    state: MergeState
    stays: Member | None
    """None: erased."""
    goes: Member | None
    said_distinct: bool = False
    """Whether somebody has said before that these are two people."""


async def propose(ports: Ports, club: Club, stays: str, goes: str, by: str, repeat: Repeat | None = None) -> MergeShown:
    """Look what a merge of two members would do, and keep it for a day, to be confirmed.

    The same proposal of the same two, while neither has changed, is the one that there is.

    Raises:
        NotFound: the club has not both of them.
        MergeRefused: they cannot be one.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        versions = await _hold_both(tx, club, stays, goes)
        ours, theirs = await _party(tx, club.id, stays), await _party(tx, club.id, goes)
        refuse(ours.member, theirs.member)
        plan = planned(ours, theirs)
        earlier = await tx.merges.of_member(club.id, theirs.member.id)
        found = next(
            (
                one
                for one in reversed(earlier)
                if (one.stays, one.versions, one.plan) == (ours.member.id, versions, plan)
                and one.state(now) is MergeState.PROPOSED
            ),
            None,
        )
        if found is None:
            found = Merge(
                id=merge_id(now),
                club=club.id,
                stays=ours.member.id,
                goes=theirs.member.id,
                plan=plan,
                versions=versions,
                proposed_at=now,
                proposed_by=by,
                expires_at=now + LIFE,
            )
            await tx.merges.add(found)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, PROPOSED, found.id, now)
        return await shown(tx, found, now)


async def confirm(ports: Ports, club: Club, merge: str, by: str, repeat: Repeat | None = None) -> MergeShown:
    """Do what was proposed, in one transaction. What is done stays so, and is answered as it is now.

    Raises:
        NotFound: the club has no such merge.
        PreconditionFailed: it was proposed too long ago, or one of the two has changed since.
        MergeRefused: they cannot be one any more.
        Forbidden: two people have to decide, and this is the one who proposed it.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found, versions = await held(tx, club, merge)
        if found.confirmed_at is None:
            found = await _confirm(ports, tx, found, versions, by, now)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, DONE, found.id, now)
        return await shown(tx, found, now)


async def get(ports: Ports, club: Club, merge: str) -> MergeShown:
    """One merge.

    Raises:
        NotFound: the club has none of that id.
    """
    found = await ports.storage.reading.merges.get(club.id, merge)
    if found is None:
        raise NotFound("The club has no such merge.")
    return await shown(ports.storage.reading, found, ports.clock.now())


async def page(ports: Ports, club: Club, before: str | None, most: int) -> tuple[list[MergeShown], str | None]:
    """Merges, the newest first, and where the next ones begin; None at the end."""
    tables, now = ports.storage.reading, ports.clock.now()
    found = await tables.merges.page(club.id, before, most + 1)
    some = [await shown(tables, merge, now) for merge in found[:most]]
    return some, found[most - 1].id if len(found) > most else None


async def _confirm(ports: Ports, tx: Tables, found: Merge, versions: tuple[int, int], by: str, now: datetime) -> Merge:
    if found.state(now) is MergeState.LAPSED:
        raise PreconditionFailed("This was proposed more than a day ago. Propose it anew, and look at it again.")
    if ports.limits.merge_by_two and by == found.proposed_by:
        raise Forbidden("Two people decide about a merge: somebody else than who proposed it has to confirm it.")
    stays, goes = await _party(tx, found.club, found.stays), await _party(tx, found.club, found.goes)
    refuse(stays.member, goes.member)
    if versions != found.versions or planned(stays, goes) != found.plan:
        raise PreconditionFailed("One of the two has changed since this was proposed. Propose it anew.")
    if goes.member.present:
        await announcing.left(ports, tx, replace(goes.member, merged_into=found.stays), now)
    records = await carrying.over(tx, found, goes, by, now)
    before = await _merge(tx, found, stays, goes, now)
    before = replace(before, carried=tuple(record.id for record in records))
    done = replace(found, confirmed_at=now, confirmed_by=by, before=before)
    await tx.merges.save_confirmed(done)
    await tx.duplicates.take_back(found.club, found.stays, found.goes)
    await tell(ports, tx, stays.member, now)
    left = NoticeKind.MEMBER_LEFT if goes.member.present else NoticeKind.MEMBER_UPDATED
    await notice(tx, done, left, records, now)
    log.warning("member %s was merged into member %s by %s", found.goes, found.stays, by)
    return done


async def _merge(tx: Tables, merge: Merge, stays: Party, goes: Party, now: datetime) -> BeforeMerge:
    """Write both as they are from now on; how they were."""
    plan, ours, theirs = merge.plan, stays.member, goes.member
    after, left = merged(ours, theirs, plan), gone(theirs, ours.id, now)
    await tx.members.unlink(theirs, now, LinkEnd.MERGED, merge.id)
    if plan.number is Whose.GOES:
        await tx.members.unlink(ours, now, LinkEnd.MERGED, merge.id)
        await tx.merges.begin_link(after, merge.id, now)
    await tx.merges.dissolve(left)
    await tx.members.save(after)
    if plan.login is Whose.GOES:
        await tx.merges.move_sharing(theirs, ours)
    if after.last_seen_at != ours.last_seen_at:
        await tx.merges.set_seen(after)
    extras = {name: goes.extras[name] for name in plan.extras}
    await tx.members.save_extras(ours, extras, now)
    return BeforeMerge(stays=ours, goes=theirs, after=after, extras=extras)


async def tell(ports: Ports, tx: Tables, stays: Member, now: datetime) -> None:
    """Let a merchant's own register hear of the one who stays; they are given as they were."""
    after = await member_of(tx, stays.club, stays.id)
    news = News.CHANGED if after.phone == stays.phone else News.NUMBER_MOVED
    await announcing.write_down(ports, tx, after, news, now, stays.phone)


async def notice(tx: Tables, merge: Merge, left: NoticeKind, records: Sequence[Consent], now: datetime) -> None:
    """Let the endpoints hear of both, as they are now, and of what was answered by it. Last in the transaction."""
    stays, goes = await member_of(tx, merge.club, merge.stays), await member_of(tx, merge.club, merge.goes)
    drafts = [
        await noticing.drafted(tx, stays, NoticeKind.MEMBER_UPDATED, now),
        await noticing.drafted(tx, goes, left, now),
        *(noticing.answered(record) for record in records),
    ]
    await noticing.write(tx, merge.club, drafts, now)


async def _hold_both(tx: Tables, club: Club, stays: str, goes: str) -> tuple[int, int]:
    """Let nobody else change either of them; their versions. In one order, whoever of them stays."""
    versions = {member: await tx.merges.version(club.id, member) for member in sorted({stays, goes})}
    ours, theirs = versions[stays], versions[goes]
    if ours is None or theirs is None:
        raise NotFound("The club has no such member.")
    return ours, theirs


async def held(tx: Tables, club: Club, merge: str) -> tuple[Merge, tuple[int, int]]:
    """A merge that nobody else decides now, and the versions of its members, whom nobody else changes now.

    Members before the merge: whoever erases one of them goes the same way.

    Raises:
        NotFound: the club has none of that id.
    """
    there = await tx.merges.get(club.id, merge)
    versions = (0, 0) if there is None else await _hold_both(tx, club, there.stays, there.goes)
    found = await tx.merges.hold(club.id, merge)
    if found is None:
        raise NotFound("The club has no such merge.")
    return found, versions


async def member_of(tx: Tables, club: ClubId, member: str) -> Member:
    """One of the two.

    Raises:
        NotFound: they are erased.
    """
    found = await tx.members.get(club, member)
    if found is None:
        raise NotFound("The club has no such member.")
    return found


async def shown(tables: Tables, merge: Merge, now: datetime) -> MergeShown:
    """A merge with both members as they are."""
    stays, goes = [await tables.members.get(merge.club, member) for member in (merge.stays, merge.goes)]
    said = await tables.duplicates.said(merge.club, merge.stays, merge.goes)
    return MergeShown(merge, merge.state(now), stays, goes, said is not None)


async def _party(tx: Tables, club: ClubId, member: str) -> Party:
    found = await member_of(tx, club, member)
    return Party(found, await tx.members.consents(club, found.id), await tx.members.extras(found))
