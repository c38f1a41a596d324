"""Announcing: a merchant's own register hears of members who join, change and leave.

What it is to hear is written down in the transaction that changed the member; a worker tells it, again and again until
it has heard. Killed between any two lines, the next one tells it once more, under the same key. Whoever changes a
member calls one of `joining`, `left` and `write_down` in the same transaction; where the register is our own they
write nothing.
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from medlem.club.announcement import Announcement, Hearing, News
from medlem.club.enrolment import Enrolment
from medlem.club.ids import ClubId, announcement_id
from medlem.club.member import Disclosure, Member, Profile, standing
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception, TurnedDown, Unheard
from medlem.flows.joining import join
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=30)
"""How long a claim holds: longer than any call to a register may take."""

AT_ONCE: Final = 8
"""Members of one club of whom the register is told side by side."""

MOST_AGAIN: Final = 10_000
"""Members whom one command tells of again; it can be run once more."""

FIRST_REST: Final = 1.0
LONGEST_REST: Final = 30.0
"""Seconds that a register is left alone which heard nothing of what it was just told."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one round came to."""

    tried: int
    heard: int


async def joining(ports: Ports, tx: Tables, enrolment: Enrolment, told: Disclosure, now: datetime) -> Member:
    """`join`, and what the register is to hear of it: the member, and whoever lost the number to them."""
    if enrolment.club not in ports.register.told():
        return await join(tx, enrolment, told, now)
    phone = told.phone or enrolment.phone
    reached = await tx.members.reached(enrolment.club, phone) if phone else ()
    before = await tx.members.by_sub(enrolment.club, told.sub)
    member = await join(tx, enrolment, told, now)
    for holder in reached:
        if holder.logged_in and holder.id != member.id:  # the merchant's own entries keep it
            await write_down(ports, tx, replace(holder, phone=None), News.NUMBER_MOVED, now, holder.phone)
    await write_down(ports, tx, member, News.JOINED, now, before.phone if before else None)
    return member


async def left(ports: Ports, tx: Tables, member: Member, now: datetime) -> None:
    """They are no member any more; `member` as they were until now."""
    await write_down(ports, tx, replace(member, phone=None, left_at=now), News.LEFT, now, member.phone)


async def erased(ports: Ports, tx: Tables, member: Member, now: datetime) -> None:
    """They have been erased: the register hears that they are no member, by the one name that is left of them."""
    bare = replace(member, member_number=member.id, sub=None, phone=None, profile=Profile(), station=None, left_at=now)
    await write_down(ports, tx, bare, News.LEFT, now)


async def write_down(
    ports: Ports, tx: Tables, member: Member, news: News, now: datetime, former: PhoneNumber | None = None
) -> None:
    """Let the register hear of a member, as they are from now on.

    Args:
        ports: the outside world.
        tx: the transaction that changes the member.
        member: with the number that reaches them now.
        news: what has happened.
        now: when.
        former: the number that reached them until now.
    """
    if member.club not in ports.register.told():
        return
    if member.restricted_at is not None:
        if news not in {News.LEFT, News.NUMBER_MOVED}:
            return  # it is told when the restriction is lifted
        member = replace(member, profile=Profile())
    consents = standing(await tx.members.consents(member.club, member.id))
    await tx.announcements.add(
        Announcement(
            id=announcement_id(now),
            club=member.club,
            sequence=await tx.announcements.next_sequence(member),
            news=news,
            member=member,
            former_phone=None if former == member.phone else former,
            consents=tuple(consents.values()),
            extras=await tx.members.extras(member),
            happened_at=now,
            due_at=now,
        )
    )


@dataclass(frozen=True, slots=True)
class ToldAgain:
    """What is on its way to the register once more."""

    anew: int
    """Members of whom it turned something down: it hears of them as they are now, under a new key."""
    hurried: int
    """Announcements that had been put off, and are told now."""


async def tell_again(ports: Ports, club: ClubId, members: Collection[str] = ()) -> ToldAgain:
    """Tell a club's register again what it turned down, and at once what waits.

    An old announcement is never told again by itself: what is in it may be true no more, and the register may answer
    its key as it did before.

    Args:
        ports: the outside world.
        club: whose register.
        members: of whom; all when there are none.
    """
    now, anew = ports.clock.now(), 0
    hurried = await ports.storage.reading.announcements.count_waiting(club)
    for refused in await ports.storage.reading.announcements.turned_down(club, MOST_AGAIN):
        if members and refused.member.id not in members:
            continue
        async with ports.storage.transaction() as tx:
            anew += await _anew(ports, tx, refused, now)
    async with ports.storage.transaction() as tx:
        await tx.announcements.hurry(club, now)
    return ToldAgain(anew, hurried)


async def _anew(ports: Ports, tx: Tables, refused: Announcement, now: datetime) -> bool:
    """Write down the member of an announcement that was turned down, unless there is a later one by now."""
    await tx.announcements.next_sequence(refused.member)  # holds the member: nothing changes meanwhile
    if await tx.announcements.last(refused.club, refused.member.id) != refused.sequence:
        return False
    member = await tx.members.get(refused.club, refused.member.id) or refused.member
    if not member.present:
        news, member = News.LEFT, replace(member, phone=None)
    else:
        news = News.NUMBER_MOVED if member.phone is None else News.JOINED
    if member.restricted_at is not None and news is News.JOINED:
        return False  # it is told when the restriction is lifted
    await write_down(ports, tx, member, news, now, refused.former_phone)
    return True


async def tell_all(ports: Ports, club: ClubId) -> None:
    """Tell a club's register all that is due. One that does not hear is left alone for a while, longer each time."""
    rest = FIRST_REST
    while True:
        due = await ports.storage.reading.announcements.next_due(club)
        if due is None or due > ports.clock.now():
            return
        told = await tell(ports, club)
        if told.tried == 0:
            return  # somebody else is telling it
        if told.heard:
            rest = FIRST_REST
            continue
        await ports.clock.sleep(rest)
        rest = min(rest * 2, LONGEST_REST)


async def tell(ports: Ports, club: ClubId) -> Told:
    """Tell a club's register some of what is due, and write down whether it heard."""
    async with ports.storage.transaction() as tx:
        claimed = await tx.announcements.claim(club, ports.clock.now(), LEASE, AT_ONCE)
    answers = await asyncio.gather(*(ports.register.tell(one) for one in claimed))
    now = ports.clock.now()
    after = [_after(one, answer, now, ports.chance()) for one, answer in zip(claimed, answers, strict=True)]
    if after:
        async with ports.storage.transaction() as tx:
            for one in after:
                await tx.announcements.save(one)
            if any(one.hearing is Hearing.HEARD and one.attempts > 1 for one in after):
                await tx.announcements.hurry(club, now)
    return Told(len(after), sum(not isinstance(answer, Unheard) for answer in answers))


def _after(announcement: Announcement, answer: Reception, now: datetime, chance: float) -> Announcement:
    match answer:
        case Heard():
            return announcement.heard(now)
        case TurnedDown():
            log.error("announcement %s: the register will not have it; its member stays ours alone", announcement.id)
            return announcement.turned_down(now)
        case Unheard():
            return announcement.unheard(now, answer.retry_after, chance)
    assert_never(answer)
