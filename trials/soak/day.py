"""One day of the shop: it opens, trouble comes, the weather clears up, the last are served; then the verdict."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import aiohttp

from trials.soak import diary, logs
from trials.soak.crew import Crew
from trials.soak.door import Door
from trials.soak.judge import Case, judge
from trials.soak.looks import Diaries
from trials.soak.phones import Customer, Phones
from trials.soak.premises import EXPIRY, Premises, free_ports, open_premises, settle
from trials.soak.recovery import Recovery
from trials.soak.report import Run
from trials.soak.rows import Rows, open_ones
from trials.soak.till import Seen, Till
from trials.soak.trouble import Trouble, Weather

NODES: Final = 2
SHARED: Final = 0.08
"""How many customers stand at two counters at once, or come back."""
THE_LAST: Final = 6.0
"""Seconds that customers have to answer before the platform's clock is turned."""
SETTLED_WITHIN: Final = 150.0
"""Seconds after the last customer in which everything is decided, or stuck."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn, and for how long."""

    seed: int
    seconds: float
    stations: int
    pause: float
    """Seconds between two customers of a station, on average."""
    lives: tuple[float, float]
    """Seconds that a node lives at least, from and to."""
    weather: Weather
    wait_for_expiry: bool = True
    """Else the platform's clock is turned when the shop closes, and whoever has not answered has expired."""


async def live(plan: Plan, folder: Path) -> Run:
    """Live through it, and judge."""
    began = time.monotonic()
    ports = free_ports(NODES)
    crew: Crew | None = None
    door = Door(lambda: [node.port for node in crew.up()] if crew is not None else [])
    async with open_premises(folder, await door.open()) as premises:
        crew = Crew(premises, ports, Random(f"{plan.seed} crew"), plan.lives)
        keeping = asyncio.create_task(crew.run())
        try:
            shop = await Shop.open(plan, premises, crew)
            try:
                await shop.day(keeping)
                run = await shop.verdict(time.monotonic() - began)
            finally:
                await shop.close()
        finally:
            await crew.close()
            with suppress(asyncio.CancelledError):
                await keeping
            door.close()
    return run


@dataclass
class Shop:
    """The shop, with everything in it."""

    plan: Plan
    premises: Premises
    crew: Crew
    session: aiohttp.ClientSession
    phones: Phones
    tills: list[Till]
    trouble: Trouble
    recovery: Recovery
    seen: Seen
    chance: Random
    until: float = 0.0

    @classmethod
    async def open(cls, plan: Plan, premises: Premises, crew: Crew) -> "Shop":
        """Add the stations, and let everybody in."""
        await crew.nodes[0].ready.wait()
        places = await settle(premises, crew.nodes[0].url, plan.stations)
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        chance = Random(f"{plan.seed} customers")
        seen, phones = Seen(), Phones(premises.platform, session, chance)
        tills = [Till(place, crew, phones, session, Random(f"{plan.seed} {n}"), seen) for n, place in enumerate(places)]
        trouble = Trouble(premises, crew, phones, tills, Random(f"{plan.seed} trouble"), plan.weather)
        await trouble.faults(plan.seed)
        crew.open.set()
        recovery = Recovery(premises.database, crew, _clock())
        return cls(plan, premises, crew, session, phones, tills, trouble, recovery, seen, chance)

    async def day(self, keeping: "asyncio.Task[None]") -> None:
        """From the first customer to the last."""
        self.until = time.monotonic() + self.plan.seconds
        watching = [asyncio.create_task(till.listen()) for till in self.tills]
        watching += [asyncio.create_task(self.recovery.run()), asyncio.create_task(self.recovery.weigh()), keeping]
        troubling = asyncio.create_task(self.trouble.run())
        working = asyncio.gather(*(till.work(self._next_customer, self.plan.pause) for till in self.tills))
        try:
            await _unless_broken(asyncio.sleep(self.plan.seconds), [*watching, troubling])
            await self._clear_up(troubling)
            await _unless_broken(working, watching)
            await _unless_broken(self._settled(), watching)
        finally:
            working.cancel()
            for task in [*watching[:-1], troubling]:
                task.cancel()
            await asyncio.gather(working, troubling, *watching[:-1], return_exceptions=True)

    async def _next_customer(self) -> Customer | None:
        if time.monotonic() >= self.until:
            return None
        known = list(self.phones.customers.values())
        if known and self.chance.random() < SHARED:
            return self.chance.choice(known[-2 * len(self.tills) :])
        return await self.phones.new_customer()

    async def _clear_up(self, troubling: "asyncio.Task[None]") -> None:
        """From here on nothing goes wrong any more."""
        self.crew.calm = True
        troubling.cancel()
        await asyncio.gather(troubling, return_exceptions=True)
        await self.trouble.clear_up()
        if not self.plan.wait_for_expiry:
            await asyncio.sleep(THE_LAST)
            await self.phones.control("POST", "/clock", {"advance": 2 * EXPIRY})

    async def _settled(self) -> None:
        """Until nothing is open, and every till has been told."""
        end = time.monotonic() + SETTLED_WITHIN
        while time.monotonic() < end:
            if await open_ones(self.premises.database) == 0 and await self._all_told():
                return
            await asyncio.sleep(0.5)

    async def _all_told(self) -> bool:
        rows = await Rows.read(self.premises.database)
        return all((till.position or 0) == rows.positions[till.place.id] for till in self.tills)

    async def verdict(self, seconds: float) -> Run:
        """Judge."""
        calls = await self.phones.control("GET", "/calls")
        rows = await Rows.read(self.premises.database)
        enrolments = "\n".join(json.dumps(dict(row)) for row in rows.enrolments.values())
        (self.premises.folder / "enrolments.jsonl").write_text(enrolments)
        lines = diary.read(self.premises.folder)
        deaths = {death.node: death.at for death in self.crew.deaths}
        case = Case(
            rows=rows,
            customers=self.phones.customers,
            tills=self.tills,
            seen=self.seen,
            diaries=Diaries(lines, deaths, self.trouble.spans),
            spans=self.trouble.spans,
            pushes=Counter(calls["pushes"]),
            violations=calls["violations"],
            clock=self.recovery.clock,
        )
        judge(case)
        for what in logs.defects(self.premises.folder):
            self.seen.fail("defect", what)
        return Run(self.plan.seed, seconds / 60, self.seen, rows, self.crew, self.trouble, self.recovery)

    async def close(self) -> None:
        """Send everybody home."""
        await self.session.close()


def _clock() -> float:
    """What the wall shows when the monotonic clock shows nothing."""
    return datetime.now(UTC).timestamp() - time.monotonic()  # noqa: TID251 - to compare the database's times with


async def _unless_broken(work: Awaitable[object], others: Sequence["asyncio.Task[None]"]) -> None:
    """Wait for something, or for the first of the others that fails: none of them ends by itself."""
    doing = asyncio.ensure_future(work)
    await asyncio.wait([doing, *others], return_when=asyncio.FIRST_COMPLETED)
    for one in others:
        if one.done():
            doing.cancel()
            one.result()
            raise RuntimeError("what should have gone on has ended")
    await doing
