"""An import and a service share one SQLite file: what a till has to write gets in between any two batches."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fakes import HandClock, settle
from importers import line
from medlem.club.line import Line
from medlem.flows import importing
from medlem.flows.importing import FEWEST, FIRST, FREE
from medlem.flows.ports import Ports
from medlem.registers.own import OwnRegister
from medlem.storage import SqliteStorage
from medlem.storage.sqlite import ALONE, BESIDE_TILLS
from premises import Premises, add, kept
from storages import Open


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ports(storage: SqliteStorage, clock: HandClock) -> Ports:
    nothing: Any = None
    return Ports(storage, nothing, OwnRegister(storage), nothing, clock, nothing, nothing, nothing)


def people(many: int) -> Iterator[Line]:
    for number in range(2, many + 2):
        yield line(number, f"4741{number:06}", f"Kari Nummer{number}")


async def test_the_lock_is_free_whenever_lines_are_drawn(
    ports: Ports, clock: HandClock, here: Premises, path: Path
) -> None:
    drawn = 0

    def watched() -> Iterator[Line]:
        nonlocal drawn
        for one in people(3 * FIRST):
            with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
                intruder.execute("pragma busy_timeout=0")
                intruder.execute("begin immediate")
                intruder.execute("rollback")
            drawn += 1
            yield one

    taking = asyncio.ensure_future(_all(ports, here, watched()))
    while not taking.done():
        await clock.turn(FREE)
    assert drawn == await taking == 3 * FIRST


async def _all(ports: Ports, here: Premises, lines: Iterator[Line]) -> int:
    return sum([len(results) async for results in importing.take(ports, here.club, lines)])


async def test_a_till_writes_between_two_batches_and_the_next_batch_waits_for_its_time(
    ports: Ports, clock: HandClock, here: Premises, opening: Open
) -> None:
    async with opening(serving=True) as service:
        taking = importing.take(ports, here.club, people(2 * FIRST + FIRST), seconds=lambda: 0.0)
        assert len(await anext(taking)) == FIRST
        second = asyncio.ensure_future(anext(taking))
        await settle()
        assert not second.done(), "it leaves the database to others first"
        assert await kept(service, here, await add(service, here))
        await clock.turn(FREE)
        assert len(await second) == 2 * FIRST


async def test_a_till_that_comes_while_a_batch_is_written_is_next(
    storage: SqliteStorage, here: Premises, opening: Open
) -> None:
    async with opening(serving=True) as service:
        async with storage.transaction() as tx:
            await tx.files.hold(here.club.id)
            waiting = asyncio.ensure_future(add(service, here))
        found = await waiting
        assert await kept(service, here, found)


class Stopwatch:
    """Says that each batch took so long for each of its lines, and that drawing them took as long as it has to."""

    def __init__(self, a_line: float) -> None:
        self.a_line = a_line
        self.now = 0.0
        self.drawn = 0
        self._taken = 0
        self._within = False

    def __call__(self) -> float:
        if self._within:
            self.now += self.a_line * (self.drawn - self._taken)
            self._taken = self.drawn
        else:
            self.now += 2 * FREE
        self._within = not self._within
        return self.now

    def draw(self, many: int) -> Iterator[Line]:
        for one in people(many):
            self.drawn += 1
            yield one


@pytest.mark.parametrize(
    ("a_line", "sizes"),
    [
        (0.0, [FIRST, FIRST * 2, FIRST * 4]),
        (1.0, [FIRST, FEWEST, FEWEST]),
        (BESIDE_TILLS / (FIRST + 60.5), [FIRST, FIRST + 60, FIRST + 60]),
        (BESIDE_TILLS / (FEWEST + 10.5), [FIRST, FEWEST + 10, FEWEST + 10]),
    ],
)
async def test_a_batch_is_as_large_as_the_time_allows(
    ports: Ports, here: Premises, opening: Open, a_line: float, sizes: list[int]
) -> None:
    watch = Stopwatch(a_line)
    async with opening(serving=True):
        taking = importing.take(ports, here.club, watch.draw(sum(sizes)), seconds=watch)
        assert [len(results) async for results in taking] == sizes


async def test_batches_are_large_while_nobody_serves_and_small_from_the_moment_that_somebody_does(
    ports: Ports, here: Premises, opening: Open
) -> None:
    watch = Stopwatch(BESIDE_TILLS / FIRST)
    assert ALONE / BESIDE_TILLS > 4, "there is time for batches that grow"
    taking = importing.take(ports, here.club, watch.draw(FIRST * 8), seconds=watch)
    assert [len(await anext(taking)) for _ in range(2)] == [FIRST, FIRST * 2]
    async with opening(serving=True):
        assert len(await anext(taking)) == FIRST * 4, "as was decided before"
        assert len(await anext(taking)) == FIRST
