"""A trial from its first day to its last, from one seed."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from medlem.flows import inactivity, proofs
from trials.chance import drawn_secrets
from trials.register import cellar, counter, judge, lists, office, tampering
from trials.register.house import open_house
from trials.register.people import Human, Town
from trials.register.state import BrokenRule, Trial

Doing = Callable[[Trial], Awaitable[None]]

LAST_LINES: Final = 40


async def _visit(trial: Trial) -> None:
    await counter.visit(trial, meanwhile)


async def _change_number(trial: Trial) -> None:
    counter.change_number(trial, trial.somebody(), trial.house.clock.now())


async def _move_house(trial: Trial) -> None:
    trial.town.move_house(trial.somebody(), trial.chance)


DOINGS: Final[tuple[tuple[Doing, float], ...]] = (
    (_visit, 52),
    (_change_number, 9),
    (office.enter, 12),
    (lists.read_in, 4),
    (office.record, 6),
    (office.leave, 4),
    (office.erase, 2),
    (office.take_back, 4),
    (office.change, 3),
    (office.end_sharing, 3),
    (office.restrict, 2),
    (office.export, 2),
    (_move_house, 2),
    (counter.choose_nobody, 0.3),
)


async def meanwhile(trial: Trial, human: Human, number: str) -> None:
    """What happens between a question and its answer, to the very people whom it is about."""
    books = trial.books
    theirs = [*books.reached(number), *books.reached(human.number)]
    if (known := books.of_sub(human.sub)) is not None:
        theirs += [known] * 3
    drawn = trial.chance.random()
    trial.counts["something between question and answer"] += 1
    await trial.house.clock.turn(1)
    if drawn < 0.15:
        counter.change_number(trial, human, trial.house.clock.now())
    elif drawn < 0.3 or not theirs:
        await office.enter(trial, human, number)
    else:
        await trial.chance.choice([office.erase, office.erase, office.leave, office.take_back])(
            trial, trial.chance.choice([one for one in theirs if one.erased_at is None])
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """How large, for how long, and where."""

    seed: int
    people: int = 10_000
    steps: int = 60_000
    years: float = 4.0
    database: str = "sqlite"
    """`sqlite`, or the address of a PostgreSQL server."""
    nights: int = 300
    audits: int = 12
    backups: int = 24
    flips: int = 400
    left_out: frozenset[int] = frozenset()
    """Steps that do not happen, to find out which are needed for a failure."""


@dataclass(slots=True)
class Lived:
    """What came of it."""

    plan: Plan
    counts: dict[str, int]
    broken: str = ""
    """The rule, if one was."""
    what: str = ""
    step: int = 0
    histories: list[str] = field(default_factory=list)


async def live(plan: Plan) -> Lived:
    """Live through it, to the end or to the first broken rule."""
    with _silence(), drawn_secrets(Random(f"ids {plan.seed}")):
        async with open_house(plan.database) as house:
            trial = Trial(plan.seed, house, Town(plan.seed, plan.people))
            try:
                await _live(trial, plan)
            except BrokenRule as broken:
                return _told(trial, plan, broken)
            except Exception as error:
                logging.getLogger(__name__).exception("seed %s, step %s", plan.seed, trial.step)
                return _told(trial, plan, BrokenRule("defect", repr(error)))
            return Lived(plan, dict(trial.counts))


@contextmanager
def _silence() -> Iterator[None]:
    """The product warns of each linking that is taken back, and of more that is meant here."""
    log = logging.getLogger("medlem")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


async def one_step(trial: Trial, step: int, gap: float, *, left_out: bool = False) -> None:
    """Let time pass, some `gap` seconds, and do what is drawn for this step, whatever the steps before it were."""
    trial.step, trial.chance = step, Random(f"step {trial.seed} {step}")
    await trial.house.clock.turn(1 + int(trial.chance.random() * 2 * gap))
    if left_out:
        return
    [doing] = trial.chance.choices([one for one, _ in DOINGS], [weight for _, weight in DOINGS])
    await doing(trial)
    trial.counts["steps"] += 1
    await judge.notices(trial)


async def _live(trial: Trial, plan: Plan) -> None:
    await inactivity.confirm(trial.house.ports, trial.house.club)
    gap = plan.years * 365 * 86400 / plan.steps
    nights = max(1, plan.steps // plan.nights)
    walk = proofs.Walk()
    for step in range(1, plan.steps + 1):
        await one_step(trial, step, gap, left_out=step in plan.left_out)
        if step % nights == 0:
            await cellar.night(trial, walk)
            await judge.notices(trial)
        if step % max(1, plan.steps // plan.backups) == 0:
            await cellar.back_up(trial)
        if step % max(1, plan.steps // plan.audits) == 0:
            await cellar.audit(trial, walk)
            await judge.notices(trial)
            if trial.maybe(0.5) and step < plan.steps:
                await cellar.restore(trial)
                await cellar.audit(trial, walk)
                await judge.notices(trial)
    await office.bring_old_lists(trial)
    await cellar.audit(trial, walk)
    await tampering.try_all(trial, plan.flips)


def _told(trial: Trial, plan: Plan, broken: BrokenRule) -> Lived:
    """With the history of everybody whom it is about."""
    histories = []
    for account in dict.fromkeys(broken.about):
        histories.append(f"{account}:")
        histories += [f"  {line}" for line in trial.stories.get(account, [])[-LAST_LINES:]]
        if account in trial.books.accounts:
            human = trial.town.people[trial.books.accounts[account].whose]
            histories.append(f"{human.name} ({human.sub}), who is meant by it:")
            histories += [f"  {line}" for line in human.story[-LAST_LINES:]]
    return Lived(plan, dict(trial.counts), broken.rule, str(broken), trial.step, histories)
