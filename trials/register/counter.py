"""What is done at a till: somebody is identified, chosen, asked, and answers; something else happens meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fakes_platform import DisclosureTrouble, Person
from medlem.club.errors import NotFound
from medlem.club.ids import EnrolmentId
from medlem.club.member import AlreadyMember
from medlem.club.phone import PhoneNumber
from medlem.club.place import Station
from medlem.flows import enrolment, scan
from medlem.flows.views import EnrolmentView, IdentificationView
from trials.register.books import Account, Decision, Shown
from trials.register.logins import Login, Verdict, judge, log_in, too_late
from trials.register.people import Human
from trials.register.state import Trial, moved, person, share

Meanwhile = Callable[[Trial, Human, str], Awaitable[None]]

NO: Final = 0.08
SILENCE: Final = 0.02


@dataclass(slots=True)
class Standing:
    """Somebody at a till, whose number was found or not."""

    human: Human
    station: Station
    number: str
    view: IdentificationView
    chosen: str | None = None


async def visit(trial: Trial, meanwhile: Meanwhile) -> None:
    """Somebody comes to a till, and may be asked."""
    human = trial.somebody()
    stands = await identify(trial, human)
    shown = stands.view.doubt
    if shown in {"compare_name", "choose"} and trial.maybe(0.7):
        await choose(trial, stands)
    if stands.view.membership == "not_member" or shown is not None or trial.maybe(0.1):
        await ask(trial, stands, meanwhile)


async def identify(trial: Trial, human: Human) -> Standing:
    """By a number that is typed, theirs or once theirs, or by a code of theirs; the till shows what the rules allow."""
    house, chance = trial.house, trial.chance
    known = person(trial, human)
    station = chance.choice(house.stations)
    kind, number = chance.choice(("typed", "clear", "token")), human.number
    if trial.maybe(0.25):
        kind, number = "typed", chance.choice(human.numbers)
        if number not in trial.town.holder:  # the platform still sends it on
            house.platform.people[number] = known
    wanted = trial.books.look(number, house.clock.now(), proven=kind == "token")
    if kind == "typed":
        view = await scan.by_number(house.ports, station, f"+{number}", "NO")
    else:
        view = await scan.by_scan(house.ports, station, house.platform.qr(number, kind).reveal())
    _compare(trial, view, wanted, number)
    again = await scan.show(house.ports, station, view.id)
    _compare(trial, again, wanted, number)
    if wanted.member is not None:
        trial.books.accounts[wanted.member].active_at = house.clock.now()
        trial.note(f"found at a till by {number}, {kind}", wanted.member, human)
    trial.counts[f"looked up: {wanted.doubt or wanted.membership}"] += 1
    return Standing(human, station, number, view)


def _compare(trial: Trial, view: IdentificationView, wanted: Shown, number: str) -> None:
    got = Shown(
        view.membership,
        view.doubt,
        view.member.id if view.member else None,
        view.member.name if view.member else None,
        frozenset(choice.id for choice in view.choices),
    )
    trial.demand(
        "wrong link", got, wanted, f"what a till shows for {number}", got.member, wanted.member, *wanted.choices
    )


async def choose(trial: Trial, stands: Standing) -> None:
    """The cashier says who it is: mostly right."""
    offered = [one.id for one in stands.view.choices] or [stands.view.member.id if stands.view.member else ""]
    theirs = [one for one in offered if trial.books.accounts[one].whose == stands.human.n]
    named = theirs[0] if theirs and trial.maybe(0.9) else trial.chance.choice(offered)
    view = await scan.choose(trial.house.ports, stands.station, stands.view.id, named)
    trial.demand("wrong link", view.member and view.member.id, named, "whom the cashier has chosen", named)
    trial.books.accounts[named].active_at = trial.house.clock.now()
    trial.note("chosen by a cashier", named, stands.human)
    stands.chosen = named


async def ask(trial: Trial, stands: Standing, meanwhile: Meanwhile) -> None:
    """Ask the app, if that is allowed; the answer makes or finds whom the rules say."""
    house, now = trial.house, trial.house.clock.now()
    doubted = stands.chosen is not None or stands.view.doubt == "confirm_number"
    allowed = trial.books.may_ask(stands.number, now, doubted=doubted)
    asked = None
    try:
        asked = await enrolment.start(house.ports, stands.station, stands.view.id)
    except AlreadyMember:
        trial.counts["asked in vain: a member already"] += 1
    trial.demand("wrong link", asked is not None, allowed, f"whether {stands.number} may be asked")
    if asked is None:
        return
    known = house.platform.people.get(stands.number)
    await house.ports.errands.finish()
    if known is None:
        await _finished(trial, stands, asked, "failed")
        return
    if trial.maybe(0.1):
        await meanwhile(trial, stands.human, stands.number)
    await _answer(trial, stands, asked, known, meanwhile)


async def _answer(trial: Trial, stands: Standing, asked: EnrolmentView, known: Person, meanwhile: Meanwhile) -> None:
    house, drawn = trial.house, trial.chance.random()
    await house.clock.turn(trial.chance.randint(6, 60))
    if drawn < NO:
        house.platform.decline(known.msisdn)
    elif drawn < NO + SILENCE:
        await house.clock.turn(300)
    else:
        await _say_yes(trial, stands, asked, known, meanwhile)
        return
    await house.work()
    await _finished(trial, stands, asked, "declined" if drawn < NO else "expired")


async def _say_yes(trial: Trial, stands: Standing, asked: EnrolmentView, known: Person, meanwhile: Meanwhile) -> None:
    house, shared_at = trial.house, trial.house.clock.now()
    human = trial.town.by_sub[known.sub]
    answers = trial.town.answer(human, trial.chance, shared_at)
    profile = share(known, human, trial.chance, answers)
    house.platform.approve(known.msisdn)
    silent = trial.maybe(0.05)  # a provider that names no number
    if trial.maybe(0.08):  # the answer is here, and nobody can read it yet
        house.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
        await house.work()
        await house.clock.turn(1)
        await meanwhile(trial, human, stands.number)
        await house.clock.turn(60)
    known.phone_claim = None if silent else PhoneNumber(known.msisdn)
    login = Login(
        whose=human.n,
        sub=known.sub,
        asked=stands.number,
        verified=None if silent else known.msisdn,
        profile=profile,
        answers=answers,
        chosen=stands.chosen,
        enrolment=asked.id,
        shared_at=shared_at,
    )
    await house.work()
    known.phone_claim = PhoneNumber(known.msisdn)
    if too_late(trial.books, login):
        trial.counts["a yes of somebody erased since"] += 1
        await _finished(trial, stands, asked, "failed")
        return
    await _accepted(trial, stands, asked, login)


async def _finished(trial: Trial, stands: Standing, asked: EnrolmentView, state: str) -> None:
    view = await enrolment.show(trial.house.ports, stands.station, asked.id)
    trial.demand("wrong link", view.state, state, f"the end of {asked.id}")
    trial.counts[f"ended: {state}"] += 1
    trial.expect("enrolment.finished", None)


async def _accepted(trial: Trial, stands: Standing, asked: EnrolmentView, login: Login) -> None:
    house, books, now = trial.house, trial.books, trial.house.clock.now()
    verdict = judge(books, login)
    view = await enrolment.show(house.ports, stands.station, asked.id)
    about = [view.member.id if view.member else None, verdict.account]
    trial.demand("wrong link", view.state, "accepted", f"the end of {asked.id}", *about)
    trial.demand("wrong link", view.outcome, verdict.outcome, f"the rule by which {login.number} was linked", *about)
    linking = await house.ports.storage.reading.linkings.of_enrolment(house.club.id, EnrolmentId(asked.id))
    if view.member is None or linking is None:
        raise trial.fail("wrong link", f"{asked.id} is accepted, and made nobody")
    if verdict.account is not None:
        trial.demand("wrong link", view.member.id, verdict.account.id, f"whose yes {asked.id} is", *about)
    elif view.member.id in books.accounts:
        raise trial.fail("wrong link", f"the yes of somebody new is {view.member.id}'s", view.member.id)
    fresh = Account(view.member.id, view.member.member_number, login.whose, login.sub, {}, now, now)
    if verdict.account is None:
        trial.issue(fresh)
        fresh.profile = dict(login.profile)
    decision = Decision(linking.id, view.member.id, verdict.outcome, now, asked.id)
    came = log_in(books, login, verdict, fresh, decision, now)
    trial.counts[f"login: {verdict.outcome}"] += 1
    trial.note(
        f"{verdict.outcome} by {login.number}, asked {login.asked}", came.account, trial.town.people[login.whose]
    )
    for one in came.lost:
        trial.note(f"lost the number {login.number} to {came.account.id}", one)
        trial.expect("member.updated", one)
    trial.expect("member.created" if verdict.account is None else "member.updated", came.account)
    for _ in range(came.answers):
        trial.expect("consent.changed", came.account)
    trial.expect("enrolment.finished", came.account)
    _mistaken(trial, verdict, login)
    trial.demand("wrong link", view.member.name, came.account.known_names, "who is greeted", came.account)


def _mistaken(trial: Trial, verdict: Verdict, login: Login) -> None:
    """Count what the rules allow and the truth does not: a namesake of one household with one address."""
    if verdict.outcome in {"entry_found", "entry_confirmed"} and verdict.account is not None:
        right = verdict.account.whose == login.whose
        trial.counts["an entry taken by whom it means" if right else "an entry taken by a namesake"] += 1


async def choose_nobody(trial: Trial) -> None:
    """A cashier names somebody whom the till does not show: refused."""
    human, other = trial.somebody(), trial.an_account()
    stands = await identify(trial, human)
    shown = {one.id for one in stands.view.choices} | ({stands.view.member.id} if stands.view.member else set())
    if other is None or other.id in shown:
        return
    try:
        await scan.choose(trial.house.ports, stands.station, stands.view.id, other.id)
    except NotFound:
        return
    raise trial.fail("wrong link", f"a cashier chose {other.id}, whom the till does not show", other)


def change_number(trial: Trial, human: Human, now: datetime) -> None:
    """Somebody gets another number; the former one goes round."""
    former = trial.town.new_number(human, trial.chance, now)
    moved(trial, human, former)
    trial.counts["a number changed"] += 1
    trial.note(f"has {human.number} now, had {former}", human=human)
