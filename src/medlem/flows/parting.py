"""Undoing a merge that was wrong: both are what they were, but for what is newer, and that is said.

What the app has said since, a number, a profile, an answer, goes along with the login: it is of whoever logs in. A
merge that is undone says of the two that they are two people, so that nobody finds them alike again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from medlem.club.announcement import News
from medlem.club.duplicate import Distinct
from medlem.club.endpoint import NoticeKind
from medlem.club.ids import LinkingId, MergeId
from medlem.club.linking import Link, LinkEnd, Linking
from medlem.club.member import Member, VerifiedBy
from medlem.club.merging import BeforeMerge, Merge, MergeRefused, Whose, changed_since, restored
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


@dataclass(frozen=True, slots=True)
class _Parting:
    """Two who are being parted, and what has happened since they were merged."""

    merge: Merge
    before: BeforeMerge
    stays: Member
    """As they are now."""
    login_back: bool
    """Whether the login goes back to the one who went; then so does what the app has said since."""
    logins: Sequence[Linking]
    """Those of the one who stays since the merge, oldest first."""

    @property
    def app_since(self) -> bool:
        """Whether the app has said something since that goes along with the login."""
        return self.login_back and len(self.logins) > 0

    @property
    def goes(self) -> Member:
        """The one who went, as they are to be."""
        before = self.before.goes
        goes = replace(before, sub=before.sub if self.login_back else None)
        if not self.app_since:
            return goes
        told = changed_since(self.stays.profile, self.before.after.profile)
        joined_at = before.joined_at if before.present else self.logins[-1].at
        return replace(goes, profile=replace(before.profile, **told), joined_at=joined_at, left_at=None)


async def _undo(ports: Ports, tx: Tables, club: Club, found: Merge, by: str, why: str, now: datetime) -> Merge:
    parting = await _parting(tx, club, found)
    lost = await _part(tx, parting, now)
    records, newer = await carrying.back(tx, found, parting.before.carried, by, now, app_too=parting.app_since)
    lost += [f"consents.{element}" for element in newer]
    goes = parting.goes
    if goes.present:
        await carrying.return_membership(tx, found, goes, by, now)
    done = replace(found, undone_at=now, undone_by=by, why=why, not_restored=tuple(lost), before=None)
    await tx.merges.save_undone(done)
    one, other = sorted((found.stays, found.goes))
    await tx.duplicates.say(Distinct(club.id, one, other, by, now))
    if goes.present:
        back = await merging.member_of(tx, club.id, found.goes)
        await announcing.write_down(ports, tx, back, News.JOINED, now)
    await merging.tell(ports, tx, parting.stays, now)
    await merging.notice(tx, done, NoticeKind.MEMBER_UPDATED, records, now)
    log.warning("the merge %s of member %s into member %s was undone by %s", found.id, found.goes, found.stays, by)
    return done


async def _parting(tx: Tables, club: Club, found: Merge) -> _Parting:
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
    login_back = found.plan.login is Whose.GOES and stays.sub == before.after.sub
    made = await tx.linkings.of_member(club.id, stays.id)
    logins = [one for one in made if one.enrolment and not one.undone_by and one.at > found.confirmed_at]
    return _Parting(found, before, stays, login_back, [one for one in logins if one.undoes is None])


async def _part(tx: Tables, parting: _Parting, now: datetime) -> list[str]:
    """Write both as they are to be; what was not given back, since something newer is there."""
    before, stays, goes = parting.before, parting.stays, parting.goes
    lost = [] if await _give_numbers_back(tx, parting, now) else ["number"]
    if parting.merge.plan.login is Whose.GOES and not parting.login_back:
        lost.append("login")
    profile, newer = restored(stays.profile, before.stays.profile, before.after.profile)
    if parting.app_since:
        profile, newer = before.stays.profile, ()  # what is newer went along with the login
    lost += [f"profile.{part}" for part in newer]
    joined_at = before.stays.joined_at if stays.joined_at == before.after.joined_at else stays.joined_at
    sub = before.stays.sub if parting.login_back else stays.sub
    await tx.members.save(replace(stays, sub=sub, profile=profile, joined_at=joined_at))
    await tx.merges.part(goes)
    await tx.members.save(goes)
    if parting.login_back:
        await tx.merges.move_sharing(before.stays, before.goes)
        for login in parting.logins:
            await tx.merges.move_login(goes, login)
            await tx.merges.move_links(stays, goes, login.id)
    if stays.last_seen_at == before.after.last_seen_at:
        await tx.merges.set_seen(before.stays)
    for name, answer in before.extras.items():
        if not await tx.merges.take_extra(stays, name, answer):
            lost.append(f"extras.{name}")
    return lost


async def _give_numbers_back(tx: Tables, parting: _Parting, now: datetime) -> bool:
    """Let each be reached as before, where that has a place; whether it has.

    A number that the app has vouched for since is whose the login is.
    """
    merge, before, theirs = parting.merge, parting.before, parting.before.goes
    links = await tx.linkings.links(merge.club, merge.stays)
    live = next((link for link in links if link.ended_at is None), None)
    moved = merge.plan.number is Whose.GOES
    goes_back = live is not None and parting.goes.present and _is_theirs(live, parting, moved=moved)
    whole = True
    if live is not None and goes_back:
        await tx.members.unlink(parting.stays, now, LinkEnd.UNDONE, merge.id)
        await tx.merges.move_links(parting.stays, theirs, merge.id)
        back = replace(theirs, phone=live.phone, phone_verified_at=live.verified_at, phone_verified_by=live.verified_by)
        await _begin_as_before(tx, merge, back, now, live.begun_by)
    elif theirs.phone is not None:
        whole = not moved and await _begin(tx, merge, theirs, now)
    if (goes_back or (moved and live is None)) and before.stays.phone is not None and parting.stays.present:
        whole = await _begin(tx, merge, before.stays, now) and whole
    return whole


def _is_theirs(live: Link, parting: _Parting, *, moved: bool) -> bool:
    """Whether the number that reaches the one who stays is that of the one who went."""
    theirs = parting.before.goes
    if parting.login_back and live.verified_by is not VerifiedBy.MERCHANT:
        return True
    as_it_was = (live.verified_at, live.verified_by) == (theirs.phone_verified_at, theirs.phone_verified_by)
    return moved and live.begun_by == parting.merge.id and as_it_was


async def _begin(tx: Tables, merge: Merge, member: Member, now: datetime) -> bool:
    if member.phone is not None and member.phone_verified_by is not VerifiedBy.MERCHANT:
        reached = await tx.members.reached(member.club, member.phone)
        if any(one.phone_verified_by is not VerifiedBy.MERCHANT for one in reached):
            return False
    await _begin_as_before(tx, merge, member, now, merge.id)
    return True


async def _begin_as_before(
    tx: Tables, merge: Merge, member: Member, now: datetime, by: LinkingId | MergeId | None
) -> None:
    """By the decision by which it had begun, so that this one can still be undone."""
    if by is None or by == merge.id:
        ended = await tx.merges.ended(merge, member)
        by = ended.begun_by if ended else None
    await tx.merges.begin_link(member, by or merge.id, now)
