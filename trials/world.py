"""One seed's world: a club on a busy day, from the first customer until everything is decided."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from medlem.club.masked import Masked
from medlem.club.place import Club
from medlem.flows import places
from medlem.flows.answers import Subscribed
from medlem.flows.errands import Errands
from medlem.flows.failures import ONCE
from medlem.flows.limits import Limits
from medlem.flows.ports import Ports
from medlem.outbox.addresses import Rules
from medlem.outbox.wire import HttpMessenger
from medlem.registers.own import OwnRegister
from medlem.storage import open_storage
from medlem.vault import Vault
from medlem.vipps.webhooks import PING
from trials.chance import drawn_secrets, stream
from trials.crew import Crew
from trials.customers import Customers
from trials.deliveries import SECRET, URL, Deliveries
from trials.faults import Fault, Trouble, Weather, forecast
from trials.history import Failure, History
from trials.listener import Listener, hearing
from trials.loop import VirtualLoop
from trials.node import CLUB, HEARTBEAT, SALES_UNIT
from trials.platform import EPOCH, PretendPlatform
from trials.rules import judge
from trials.surroundings import ServerClock, Surroundings
from trials.till import Till
from trials.wire import Wire

VAULT: Final = Vault([bytes(range(32))])
NO_THREAD: Final = float("inf")
"""However slow a commit is, it stays in the loop."""

LULL: Final = 10.0
"""Seconds from the last customer's coming until the weather clears up."""
PATIENCE: Final = 400.0
"""Seconds after that in which everything is decided, or never."""
CATCH_UP: Final = HEARTBEAT + 2
"""Seconds in which a till hears of what was decided last, though the news of it got lost."""
LISTENED: Final = 0.3
"""How many clubs have another system that hears of members; it costs time, and shows nothing about the others."""
WRONG_CLOCKS: Final = (0, 0, 600, -600)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed."""

    seed: int
    enrolments: int
    states: Counter[str]
    faults: Counter[Fault]
    failures: list[Failure]
    digest: str
    virtual_seconds: float
    turns: int


@dataclass
class World:
    """Everything in it."""

    loop: VirtualLoop
    history: History
    trouble: Trouble
    platform: PretendPlatform
    crew: Crew
    club: Club
    tills: list[Till]
    ports: Ports
    """Of the observer, whom nothing befalls."""
    chance: Random


def simulate(
    seed: int,
    visits: int,
    weather: Weather | None = None,
    *,
    tracing: bool = False,
    before_judging: Callable[[World], Awaitable[None]] | None = None,
) -> Outcome:
    """Run one seed's world to its end, and judge it.

    Args:
        seed: decides everything.
        visits: how many customers come.
        weather: instead of the one that the seed draws.
        tracing: whether to print what happens.
        before_judging: what a test does to the world, to see that the judge finds it.
    """
    loop = VirtualLoop(stream(seed, "order"))
    trouble = Trouble(weather or forecast(stream(seed, "weather")), stream(seed, "trouble"))
    history = History(loop, tracing)
    errors = _Errors()
    log = logging.getLogger("medlem")
    kept = log.handlers, log.propagate, log.level
    log.handlers, log.propagate = [errors], False
    log.setLevel(logging.ERROR)
    try:
        with drawn_secrets(stream(seed, "secrets")):
            loop.run_until_complete(_live(seed, visits, loop, trouble, history, before_judging))
    finally:
        log.handlers, log.propagate = kept[:2]
        log.setLevel(kept[2])
        loop.close()
    for error in (*errors.found, *(f"{type(error).__name__} in a task of nobody's" for error in loop.uncaught)):
        history.failures.append(Failure("defect", error))
    states = Counter(story.last.state.value for story in history.stories.values())
    return Outcome(
        seed, len(history.stories), states, trouble.counts, history.failures, history.digest, loop.time(), loop.turns
    )


async def _live(
    seed: int,
    visits: int,
    loop: VirtualLoop,
    trouble: Trouble,
    history: History,
    before_judging: Callable[[World], Awaitable[None]] | None,
) -> None:
    async with _open(seed, loop, trouble, history) as world:
        crew = world.crew
        crew.open()
        customers = Customers(crew, world.club, world.platform, world.tills, stream(seed, "customers"))
        deliveries = Deliveries(crew, world.club.id, stream(seed, "post"))
        world.platform.on_push = lambda question: customers.asked(question, deliveries)
        world.platform.on_answer = deliveries.answered
        for till in world.tills:
            crew.outside(till.listen())
        span = customers.come(visits)
        _spoil(world, span)
        await crew.pause(span + LULL)
        crew.clear_up()
        for _ in range(int(PATIENCE / 2)):
            await crew.pause(2)
            if customers.gone and all(story.ended is not None for story in history.stories.values()):
                break
        await crew.pause(CATCH_UP)
        if before_judging is not None:
            await before_judging(world)
        told = crew.around.listener
        await judge(world.history, world.platform, world.tills, customers.entries, world.ports, world.club, told)
        crew.close()
        await loop.bury(crew.all)


@asynccontextmanager
async def _open(seed: int, loop: VirtualLoop, trouble: Trouble, history: History) -> AsyncIterator[World]:
    chance = stream(seed, "world")
    storage = await open_storage("sqlite://", VAULT, slow_commit=NO_THREAD)
    try:
        await storage.migrate(EPOCH)
        platform = PretendPlatform(loop, stream(seed, "platform"), history)
        wire = Wire(loop, platform, trouble, history, stream(seed, "wire"))
        nodes = chance.choice((1, 2, 2, 3))
        clock = ServerClock(loop, timedelta(seconds=chance.choice(WRONG_CLOCKS)))
        around = Surroundings(
            loop,
            storage,
            wire,
            trouble,
            history,
            stream(seed, "nodes"),
            alone=nodes == 1,
            clock=clock,
            listener=Listener(),
        )
        crew = Crew(around, nodes, trouble.weather.deaths, trouble.weather.freezes)
        own, nobody = OwnRegister(storage), HttpMessenger(Rules())
        ports = Ports(storage, platform, own, nobody, clock, Limits(), Errands(), chance.random)  # type: ignore[arg-type]
        club = await places.settle_club(ports, SALES_UNIT, CLUB, "NO")
        tills = [
            await _till(n, crew, platform, ports, club, stream(seed, f"till {n}")) for n in range(chance.randint(2, 4))
        ]
        async with storage.transaction() as tx:
            known = Subscribed("registration", URL, Masked(SECRET), clock.now())
            await tx.webhooks.keep_registration(club.id, PING, known)
            if stream(seed, "listener").random() < LISTENED:
                await tx.outbox.add_endpoint(hearing(club.id, clock.now()))
        yield World(loop, history, trouble, platform, crew, club, tills, ports, chance)
    finally:
        await storage.close()


async def _till(number: int, crew: Crew, platform: PretendPlatform, ports: Ports, club: Club, chance: Random) -> Till:
    made = await places.add_station(ports, club, f"till {number + 1}", None)
    key = await ports.storage.reading.keys.find(made.secret, ports.clock.now())
    if key is None:
        raise LookupError("a new station has no key")
    return Till(crew, platform, made.station, key, made.secret, chance)


def _spoil(world: World, span: float) -> None:
    """Put into the day what does not wait for a step of somebody's."""
    crew, chance, weather = world.crew, world.chance, world.trouble.weather

    def one_of() -> None:
        node = crew.any_node(chance)
        if node is not None and not world.trouble.clear:
            if chance.random() < 0.5:
                node.kill(Fault.KILLED_OUTSIDE)
            else:
                node.stop()

    def away() -> None:
        crew.around.wire.away_until = world.loop.time() + 5 + 30 * chance.random()

    for _ in range(weather.stops):
        crew.later(chance.random() * span, one_of)
    for _ in range(weather.absences):
        crew.later(chance.random() * span, away)
    for till in world.tills:
        for _ in range(round(weather.drops * span / 60)):
            crew.later(chance.random() * span, till.drop)


class _Errors(logging.Handler):
    """Every error that the service logs, but for a database that was away: that is trouble, not a defect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last line of it."""
        last = record.getMessage().strip().splitlines()[-1]
        if not hasattr(record, ONCE) and not last.startswith(("StorageUnavailable", "Killed")):
            self.found.append(last)
