"""Undoing a linking: whoever runs the club finds that a login was linked wrongly, and takes that back.

Only links, and what the login brought to an entry of the merchant's, go back to what they were; no enrolment changes,
and no sale. An undoing is a linking itself, so that it can be undone by the same call.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from medlem.club.announcement import News
from medlem.club.endpoint import NoticeKind
from medlem.club.errors import NotFound, Refusal
from medlem.club.identification import LIFE
from medlem.club.ids import MemberId, linking_id
from medlem.club.linking import Before, Link, LinkEnd, Linking, Outcome
from medlem.club.member import Consent, Member, VerifiedBy
from medlem.club.merging import MemberMerged
from medlem.club.place import Club
from medlem.flows import announcing, consents, noticing
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables
from medlem.flows.views import EnrolmentView

log = logging.getLogger(__name__)

UNDONE = 200


class NewerLinking(Refusal):
    """Something newer stands in the way."""

    slug = "newer-linking"


@dataclass(frozen=True, slots=True)
class History:
    """Every number that has reached a member, and what was decided."""

    links: list[Link]
    linkings: list[Linking]


async def history(ports: Ports, club: Club, member: str) -> History:
    """How a member has been reached.

    Raises:
        NotFound: the club has none of that id.
    """
    reading = ports.storage.reading
    found = await reading.members.get(club.id, member)
    if found is None:
        raise NotFound("The club has no such member.")
    links = await reading.linkings.links(club.id, found.id)
    return History(list(links), list(await reading.linkings.of_member(club.id, found.id)))


async def undo(ports: Ports, club: Club, linking: str, by: str, why: str, repeat: Repeat | None = None) -> Linking:
    """End what a linking began, and let begin again what it ended; the undoing. One that is undone stays so.

    What has no place any more is left out: a former holder who has another number by now, or has left, and a number
    that is somebody else's by the platform's word.

    Raises:
        NotFound: the club has no such linking.
        NewerLinking: the login that would come back is another member's by now, or somebody's who was erased since.
        MemberMerged: its member has turned out to be another one since: that is undone first.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await tx.linkings.hold(club.id, linking)
        if found is None:
            raise NotFound("The club has no such linking.")
        done = await tx.linkings.get(club.id, found.undone_by) if found.undone_by else None
        if done is None:
            done = await _undo(ports, tx, found, by, why, now)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, UNDONE, done.id, now)
    return done


async def get(ports: Ports, club: Club, linking: str) -> Linking:
    """One linking.

    Raises:
        NotFound: the club has none of that id.
    """
    found = await ports.storage.reading.linkings.get(club.id, linking)
    if found is None:
        raise NotFound("The club has no such linking.")
    return found


async def _undo(ports: Ports, tx: Tables, found: Linking, by: str, why: str, now: datetime) -> Linking:
    begun, ended = await tx.linkings.begun(found), await tx.linkings.ended(found)
    touched = {link.member for link in (*begun, *ended)} | {found.member}
    before = {member: await _held(tx, found, member) for member in sorted(touched)}
    await _give_back(tx, found, before[found.member])
    undoing = _undoing(found, before[found.member], by, why, now)
    await tx.linkings.add(undoing)
    taken_back = await _part(tx, found, before[found.member], undoing)
    await _mark(tx, found)
    for link in begun:
        if link.ended_at is None:
            await tx.members.unlink(before[link.member], now, LinkEnd.UNDONE, undoing.id)
    for link in ended:
        if await _has_place(tx, found, link):
            await tx.linkings.begin_again(link, undoing)
    changed = []
    for member, was in before.items():
        after = await _member(tx, found, member)
        if after != was:
            news = News.CHANGED if after.phone == was.phone else News.NUMBER_MOVED
            await announcing.write_down(ports, tx, after, news, now, was.phone)
            changed.append(after)
    await _show(tx, found, now)
    await noticing.consents_changed(tx, before[found.member], taken_back, now)
    for after in changed:
        await noticing.member_changed(tx, after, NoticeKind.MEMBER_UPDATED, now)
    log.warning("linking %s of member %s was undone by %s", found.id, found.member, by)
    return undoing


async def _mark(tx: Tables, found: Linking) -> None:
    """What an undoing had undone stands again once that is undone, and what that had undone does not, and so on."""
    falls, below = False, found
    while below.undoes is not None and (above := await tx.linkings.get(found.club, below.undoes)) is not None:
        if falls:
            await tx.linkings.fall_again(above, below)
        else:
            await tx.linkings.stand_again(above)
        falls, below = not falls, above


def _undoing(found: Linking, member: Member, by: str, why: str, now: datetime) -> Linking:
    return Linking(
        id=linking_id(now),
        club=found.club,
        member=found.member,
        outcome=Outcome.UNDONE,
        at=now,
        enrolment=found.enrolment,
        before=Before(member.sub, member.profile) if found.before else None,
        by=by,
        why=why,
        undoes=found.id,
    )


async def _give_back(tx: Tables, found: Linking, member: Member) -> None:
    """Let an entry be what it was before a login was taken for its; or, where that is undone, the login's again."""
    if found.before is None:
        return
    sub = found.before.sub
    if sub is not None:
        other = await tx.members.by_sub(found.club, sub)
        if other is not None and other.id != member.id:
            raise NewerLinking("Whoever logged in is another member by now. Undo that linking first, or leave it.")
        if await tx.rights.erased_since(found.club, sub, found.at):
            raise NewerLinking("Whoever logged in was erased since, and comes back by their own login alone.")
    await tx.members.save(replace(member, sub=sub, profile=found.before.profile))


async def _part(tx: Tables, found: Linking, member: Member, undoing: Linking) -> Sequence[Consent]:
    """Take back from an entry what a stranger's logins have brought since: the number of the last, and every yes."""
    if found.before is None or found.before.sub is not None:
        return []
    if member.phone is not None and member.phone_verified_by is not VerifiedBy.MERCHANT:
        await tx.members.unlink(member, undoing.at, LinkEnd.UNDONE, undoing.id)
    logins = [one for one in await tx.linkings.of_member(found.club, found.member) if one.at >= found.at]
    enrolments = {one.enrolment for one in logins if one.undoes is None and one.enrolment is not None}
    return await consents.parted(tx, member, enrolments, undoing.at)


async def _has_place(tx: Tables, found: Linking, link: Link) -> bool:
    """Whether a number can reach its former holder again."""
    member = await _member(tx, found, link.member)
    if not member.present or member.phone is not None:
        return False
    if link.verified_by is VerifiedBy.MERCHANT:
        return True
    reached = await tx.members.reached(found.club, link.phone)
    return all(one.phone_verified_by is VerifiedBy.MERCHANT for one in reached)


async def _member(tx: Tables, found: Linking, member: MemberId) -> Member:
    there = await tx.members.get(found.club, member)
    if there is None:
        raise NotFound("The club has no such member.")
    return there


async def _held(tx: Tables, found: Linking, member: MemberId) -> Member:
    """One of those it is about, whom nobody else changes now."""
    await tx.finding.hold(await _member(tx, found, member))
    there = await _member(tx, found, member)
    if member == found.member and there.merged_into is not None:
        raise MemberMerged(there.merged_into)
    return there


async def _show(tx: Tables, found: Linking, now: datetime) -> None:
    """Tell the stations that have just greeted them, and may still."""
    if found.enrolment is None:
        return
    enrolment = await tx.enrolments.get(found.club, found.enrolment)
    if enrolment is None or enrolment.member is None or enrolment.changed_at + LIFE <= now:
        return
    member = await tx.members.today(found.club, enrolment.member)
    view = EnrolmentView.of(enrolment, member, await tx.linkings.of_enrolment(found.club, enrolment.id))
    for station in sorted(await tx.enrolments.followers(enrolment)):
        await tx.events.add(found.club, station, view, now)
