"""Landing: the customer has said yes in the app, and the phone has opened our page with a code for the answer.

The code buys the answer once. Each step is written down before and after it, so that any of them may be the last one
of its process:

    the code came, nothing was sent     -> whoever finds it sends it, as long as it lives
    the code was being sent             -> nobody knows: `lost`, and never sent again
    the answer is kept                  -> passed on to the enrolment that it names, by whoever finds it
    the enrolment has the answer        -> a member is made of it, as of any other (`enrolment.conclude`)
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from medlem.club.announcement import News
from medlem.club.endpoint import NoticeKind
from medlem.club.enrolment import Enrolment, Finish, State
from medlem.club.ids import ClubId
from medlem.club.landing import CODE_LIFE, Landing, Step
from medlem.club.masked import Masked
from medlem.club.member import Member
from medlem.flows import announcing, noticing
from medlem.flows.answers import Answered, Lost, Redeemed, Unreachable, Worthless
from medlem.flows.enrolment import conclude
from medlem.flows.insisting import insist
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables

log = logging.getLogger(__name__)

SESSION_LIFE: Final = timedelta(minutes=15)
INSIST: Final = timedelta(minutes=10)
"""How long an answer in hand is tried to be written down: it never comes again."""
SOON: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A code that came, and what its browser shows to see what becomes of it."""

    landing: Landing
    session: Masked[str] | None
    """None for a browser that comes when the code's time is over: whoever comes then need not be the customer."""
    first: bool


class Scene(Enum):
    """What the page shows."""

    NOTHING = "nothing"
    """This browser has nothing to see here, or not any more."""
    WORKING = "working"
    WELCOME = "welcome"
    DONE = "done"
    """The member has added what there was to add."""
    UNKNOWN = "unknown"
    """Nobody knows what the customer answered, or nobody waits for it any more: ask at the till."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one browser sees."""

    scene: Scene
    member: Member | None = None
    topic: str | None = None
    """What to watch for the next change."""


async def arrive(ports: Ports, club: ClubId, code: Masked[str]) -> Arrival | None:
    """Take a code in; None while nobody is being asked who could have brought one.

    A code that comes again is the landing that it was.
    """
    if not await ports.storage.reading.enrolments.asks_on_page(club):
        return None
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        landing = await tx.landings.arrive(club, code, now)
        session = None
        if now < landing.arrived_at + CODE_LIFE:
            session = Masked(secrets.token_urlsafe(32))
            await tx.landings.open_session(landing, session, now + SESSION_LIFE)
    return Arrival(landing, session, first=landing.arrived_at == now and landing.tries == 0)


async def see_through(ports: Ports, landing: Landing) -> None:
    """Do what is left to do of a landing; safe to call any number of times, side by side."""
    if landing.step is not Step.KEPT:
        landing = await _redeem(ports, landing)
    if landing.step is Step.KEPT:
        await _pass_on(ports, landing)


async def show(ports: Ports, club: ClubId, session: Masked[str]) -> Shown:
    """What the browser with this session sees now."""
    tables = ports.storage.reading
    found = await tables.landings.session(club, session, ports.clock.now())
    if found is None:
        return Shown(Scene.NOTHING)
    if found.used:
        return Shown(Scene.DONE)
    landing = found.landing
    if landing.enrolment is None:
        working = landing.is_open
        return Shown(Scene.WORKING if working else Scene.UNKNOWN, topic=landing.digest if working else None)
    enrolment = await tables.enrolments.get(club, landing.enrolment)
    if enrolment is None or enrolment.member is None:
        working = enrolment is not None and enrolment.is_open
        return Shown(Scene.WORKING if working else Scene.UNKNOWN, topic=landing.enrolment if working else None)
    member = await tables.members.today(club, enrolment.member)
    return Shown(Scene.UNKNOWN if member is None or not member.present else Scene.WELCOME, member)


async def complete(ports: Ports, club: ClubId, session: Masked[str], answers: Mapping[str, str]) -> bool:
    """Keep what the new member has added, once; whether this session could add anything or has done so."""
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await tx.landings.session(club, session, now)
        landing = await tx.landings.hold(found.landing) if found is not None else None
        # Once more, now that nobody else can: two presses of the button are one.
        found = await tx.landings.session(club, session, now) if landing is not None else None
        if found is None or landing is None:
            return False
        if found.used:
            return True
        member = await _member(tx, landing)
        if member is None or not member.present or member.restricted_at:
            return False
        await tx.members.save_extras(member, answers, now)
        await announcing.write_down(ports, tx, member, News.CHANGED, now)
        await noticing.member_changed(tx, member, NoticeKind.MEMBER_UPDATED, now)
        await tx.landings.use_sessions(landing, now)
        return True


async def _member(tx: Tables, landing: Landing) -> Member | None:
    enrolment = await tx.enrolments.get(landing.club, landing.enrolment) if landing.enrolment else None
    return await tx.members.today(landing.club, enrolment.member) if enrolment and enrolment.member else None


async def _redeem(ports: Ports, landing: Landing) -> Landing:
    """Send the code, unless somebody else has; as it is afterwards."""
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        current = await tx.landings.hold(landing)
        if current is None or not current.is_open or current.step is Step.KEPT:
            return current or landing
        trying = _next(current, now)
        if trying is not current:
            await tx.landings.save(trying)
    if trying is current or trying.code is None:
        return trying
    answer = await ports.platform.redeem(trying.club, trying.code)
    after = trying

    async def write() -> None:
        nonlocal after
        after = await _write_down(ports, trying, answer)

    await insist(ports.clock, write, now + INSIST)
    return after


def _next(current: Landing, now: datetime) -> Landing:
    """What to do with an open landing whose answer is not here: send its code, wait, or give it up."""
    if current.step is Step.REDEEMING:
        if now < current.free_at:
            return current
        log.warning("a code was being redeemed by a process that is gone; nobody knows what came of it")
        return current.over(Step.LOST)
    return current.over(Step.LOST) if now >= current.arrived_at + CODE_LIFE else current.redeeming(now)


async def _write_down(ports: Ports, trying: Landing, answer: Redeemed) -> Landing:
    """What came of the code: the answer as it came, in a transaction of its own."""
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        current = await tx.landings.hold(trying)
        if current is None or current.tries != trying.tries:
            return current or trying
        # A process that slept through its lease finds its code given up; the tokens it brings count all the same.
        given_up = current.step is Step.LOST and isinstance(answer, Answered)
        if current.step is not Step.REDEEMING and not given_up:
            return current
        after = _after(current, answer, now)
        await tx.landings.save(after)
    return after


def _after(current: Landing, answer: Redeemed, now: datetime) -> Landing:
    match answer:
        case Answered():
            return current.kept(answer.raw, now)
        case Unreachable():
            return current.unsent(now, answer.retry_after)
        case Worthless() if current.tries == 1:
            log.warning("a code was brought that the platform does not take")
            return current.over(Step.WORTHLESS)
        case Worthless() | Lost():  # the attempt before may have used it up, whatever it was answered
            log.warning("a code is used up, and its answer did not reach us")
            return current.over(Step.LOST)


async def _pass_on(ports: Ports, kept: Landing) -> None:
    """Give the answer to the enrolment that it names, and make the member; one that names none of ours is refused.

    What it names is taken on trust here, only to find the enrolment: `disclose` verifies it like everything else.
    """
    if kept.answer is None:
        return
    request, now = ports.platform.names(kept.answer), ports.clock.now()
    answered: Enrolment | None = None
    async with ports.storage.transaction() as tx:
        current = await tx.landings.hold(kept)
        if current is None or current.step is not Step.KEPT or current.answer is None:
            return
        found = await _waiting(tx, kept.club, request) if request is not None else None
        if found is not None:
            answered = found.answered(current.answer, now)
            await tx.enrolments.save(answered)
            await tx.landings.save(current.passed_on(answered.id))
        elif request is not None and now < current.arrived_at + CODE_LIFE and await tx.enrolments.is_asking(kept.club):
            # The customer may be quicker than we are with writing down what we have asked.
            await tx.landings.save(current.put_off(now + SOON))
        else:
            log.error("a redeemed answer names no question of ours that waits for one; it is refused")
            await tx.landings.save(current.over(Step.REFUSED))
    if answered is not None:
        await conclude(ports, answered)


async def _waiting(tx: Tables, club: ClubId, request: Masked[str]) -> Enrolment | None:
    named = await tx.enrolments.of_request(club, request)
    held = await tx.enrolments.hold(club, named.id) if named is not None else None
    if held is None or held.state is not State.WAITING or held.finish is not Finish.ON_PAGE or held.answer is not None:
        return None
    return held
