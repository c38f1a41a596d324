"""Undoing a merge that was wrong: both are what they were, but for what is newer, and that is said.

A merge that is undone says of the two that they are two people, so that nobody finds them alike again.
"""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

from medlem.club.announcement import News
from medlem.club.duplicate import Distinct
from medlem.club.endpoint import NoticeKind
from medlem.club.linking import LinkEnd
from medlem.club.member import Member, VerifiedBy
from medlem.club.merging import BeforeMerge, Merge, MergeRefused, Whose, restored
from medlem.club.place import Club
from medlem.flows import announcing, carrying, merging
from medlem.flows.merging import MergeShown
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables

log = logging.getLogger(__name__)

UNDONE: Final = 200


async def undo(ports: Ports, club: Club, merge: str, by: str, why: str, repeat: Repeat | None = None) -> MergeShown:
    """Part two who were merged. What is undone stays so; to merge them after all, propose it anew.

    Raises:
        NotFound: the club has no such merge.
        MergeRefused: it was never confirmed, or one of the two is erased, restricted, or has been merged on.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found, _ = await merging.held(tx, club, merge)
        if found.undone_at is None:
            found = await _undo(ports, tx, club, found, by, why, now)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, UNDONE, found.id, now)
        return await merging.shown(tx, found, now)


async def _undo(ports: Ports, tx: Tables, club: Club, found: Merge, by: str, why: str, now: datetime) -> Merge:
    if found.confirmed_at is None:
        raise MergeRefused("This was never confirmed: there is nothing to undo. A proposal lapses by itself.")
    stays, goes = [await tx.members.get(club.id, member) for member in (found.stays, found.goes)]
    before = found.before
    if stays is None or goes is None or before is None:
        raise MergeRefused("One of the two has been erased since, and with them what they were before.")
    if stays.merged_into is not None:
        raise MergeRefused("The one who stayed has been merged into somebody else since. Undo that first.")
    if stays.restricted_at is not None:
        raise MergeRefused("What is kept of them is restricted. Lift that first.")
    lost = await _part(tx, found, before, stays, now)
    records, newer = await carrying.back(tx, found, before.carried, by, now)
    lost += [f"consents.{element}" for element in newer]
    if before.goes.present:
        await carrying.return_membership(tx, found, goes, by, now)
    done = replace(found, undone_at=now, undone_by=by, why=why, not_restored=tuple(lost), before=None)
    await tx.merges.save_undone(done)
    one, other = sorted((found.stays, found.goes))
    await tx.duplicates.say(Distinct(club.id, one, other, by, now))
    if before.goes.present:
        back = await merging.member_of(tx, club.id, found.goes)
        await announcing.write_down(ports, tx, back, News.JOINED, now)
    await merging.tell(ports, tx, stays, now)
    await merging.notice(tx, done, NoticeKind.MEMBER_UPDATED, records, now)
    log.warning("the merge %s of member %s into member %s was undone by %s", found.id, found.goes, found.stays, by)
    return done


async def _part(tx: Tables, merge: Merge, before: BeforeMerge, stays: Member, now: datetime) -> list[str]:
    """Write both as they were; what was not given back, since something newer is there."""
    lost = [] if await _give_number_back(tx, merge, before, stays, now) else ["number"]
    login_moved = merge.plan.login is Whose.GOES
    login_back = login_moved and stays.sub == before.after.sub
    if login_moved and not login_back:
        lost.append("login")
    profile, newer = restored(stays.profile, before.stays.profile, before.after.profile)
    lost += [f"profile.{part}" for part in newer]
    joined_at = before.stays.joined_at if stays.joined_at == before.after.joined_at else stays.joined_at
    sub = before.stays.sub if login_back else stays.sub
    await tx.members.save(replace(stays, sub=sub, profile=profile, joined_at=joined_at))
    await tx.merges.part(before.goes)
    await tx.members.save(replace(before.goes, sub=before.goes.sub if login_back else None))
    if login_back:
        await tx.merges.move_sharing(before.stays, before.goes)
    if stays.last_seen_at == before.after.last_seen_at:
        await tx.merges.set_seen(before.stays)
    for name, answer in before.extras.items():
        if not await tx.merges.take_extra(stays, name, answer):
            lost.append(f"extras.{name}")
    return lost


async def _give_number_back(tx: Tables, merge: Merge, before: BeforeMerge, stays: Member, now: datetime) -> bool:
    """Let each be reached as before, where that has a place; whether it has."""
    theirs = before.goes
    if theirs.phone is None:
        return True
    if merge.plan.number is Whose.GOES:
        link = await tx.merges.begun(merge, stays)
        if link is None or (link.verified_at, link.verified_by) != (
            theirs.phone_verified_at,
            theirs.phone_verified_by,
        ):
            return False  # by what has happened since it is theirs, or nobody's
        await tx.members.unlink(stays, now, LinkEnd.UNDONE, merge.id)
        await _begin_as_before(tx, merge, theirs, now)
        return before.stays.phone is None or await _begin(tx, merge, before.stays, now)
    return await _begin(tx, merge, theirs, now)


async def _begin(tx: Tables, merge: Merge, member: Member, now: datetime) -> bool:
    if member.phone is not None and member.phone_verified_by is not VerifiedBy.MERCHANT:
        reached = await tx.members.reached(member.club, member.phone)
        if any(one.phone_verified_by is not VerifiedBy.MERCHANT for one in reached):
            return False
    await _begin_as_before(tx, merge, member, now)
    return True


async def _begin_as_before(tx: Tables, merge: Merge, member: Member, now: datetime) -> None:
    """By the decision by which it had begun, so that this one can still be undone."""
    ended = await tx.merges.ended(merge, member)
    await tx.merges.begin_link(member, ended.begun_by if ended and ended.begun_by else merge.id, now)
