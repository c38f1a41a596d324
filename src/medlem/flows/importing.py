"""Importing: lines of a file become members, or change those who are there; docs/importing.md tells it to shops.

Each batch of lines is one short transaction, and between two of them the database is left to the tills. Whoever is
killed between two batches has done the ones before, and may begin the file anew: what is in the register already comes
out as `unchanged`.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import islice
from time import perf_counter
from typing import Final

from medlem.club.line import Line
from medlem.club.place import Club
from medlem.flows.import_batch import Batch, Order, Outcome, Result, Taken
from medlem.flows.import_changes import Existing
from medlem.flows.import_twice import Seen
from medlem.flows.ports import Ports
from medlem.flows.tables import Clash

__all__ = ["Existing", "Order", "Outcome", "RegisterElsewhere", "Result", "Taken", "take"]

FREE: Final = 0.003
"""Seconds for which tills may write before the next batch: a service that finds SQLite's write lock taken looks again
each millisecond (docs/decisions/0052-an-import-is-many-short-transactions.md)."""

FIRST: Final = 150
FEWEST: Final = 150
MOST: Final = 20_000
"""Lines in a batch. So many are one only while no till is there that would have to wait."""

TRIES: Final = 5

COUNTED_AT: Final = 1000
"""Lines after which the database is asked to see how much there is, and whenever it is ten times as much."""


class RegisterElsewhere(Exception):
    """The club's register is the merchant's own system: members are entered there. The text says so."""


class _DryRun(Exception):
    """Rolls a transaction back that would have been committed."""


async def take(
    ports: Ports,
    club: Club,
    lines: Iterable[Line],
    order: Order | None = None,
    seconds: Callable[[], float] = perf_counter,
) -> AsyncIterator[list[Result]]:
    """Take lines; what became of them, batch by batch, in their order, each as soon as it is committed.

    Args:
        ports: the outside world.
        club: whose members.
        lines: drawn between two batches, while the database is free.
        order: how.
        seconds: a stopwatch, by which batches are made as large as they may be.

    Raises:
        RegisterElsewhere: at once.
    """
    if club.id in ports.register.told():
        raise RegisterElsewhere(
            "The register of this club is the merchant's own system: enter members there, and tills find them."
        )
    order = order or Order()
    drawn, many = iter(lines), FIRST
    files = ports.storage.reading.files
    importing, turn = _Importing(ports, club, order, await files.stations(club.id)), files.turn
    ended: float | None = None
    done, counted = 0, COUNTED_AT // 10
    while batch := list(islice(drawn, many)):
        began = seconds()
        if ended is not None and began - ended < FREE:
            await ports.clock.sleep(FREE - (began - ended))
            began = seconds()
        results = await importing.batch(batch)
        ended = seconds()
        done += len(batch)
        if done >= counted * 10:
            counted = done
            async with ports.storage.transaction() as tx:
                await tx.files.count()
        if (now := files.turn) < turn:
            many = FIRST  # somebody serves from here since
        elif len(batch) == many:
            many = _next(many, now / max(ended - began, now / MOST))
        turn = now
        yield results


def _next(many: int, room: float) -> int:
    """How many lines the next batch may have, after one that took so much less, or more, than it might."""
    return max(FEWEST, min(int(many * room), many * 2, MOST))


class _Importing:
    """One file on its way."""

    def __init__(self, ports: Ports, club: Club, order: Order, stations: frozenset[str]) -> None:
        self._ports = ports
        self._club = club
        self._order = order
        self._stations = stations
        self._seen = Seen(dry_run=order.dry_run)

    async def batch(self, lines: Sequence[Line]) -> list[Result]:
        """Take some lines, all or none; once more if somebody has written the same meanwhile."""
        for left in reversed(range(TRIES)):
            batch = Batch(self._club, self._order, self._stations, self._seen, self._ports.clock.now())
            try:
                async with self._ports.storage.transaction() as tx:
                    await batch.run(tx, lines)
                    self._end()
            except Clash:
                if not left:
                    raise
                continue
            except _DryRun:
                pass
            self._seen.keep(batch.seen)
            return batch.results
        raise AssertionError  # the last try returned or raised

    def _end(self) -> None:
        """Let what was written be committed, or not."""
        if self._order.dry_run:
            raise _DryRun
