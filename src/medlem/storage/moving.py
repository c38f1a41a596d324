"""Carry a club that is served from SQLite over to PostgreSQL, and prove that all of it has arrived.

The service goes on meanwhile. What changes is written down by triggers (`capture`) while everything is copied from one
snapshot, and carried over after it, again and again until little is left. Then the whole copy is compared with a
snapshot, row by row. The last step holds the write lock of SQLite: the last changes are carried over and compared, and
the file is frozen. Its commit decides: before it, the club is served from SQLite as if nothing had been; after it, from
PostgreSQL. It is the one transaction of ours in which another server is called, and it is broken off after a few
seconds.
"""

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.storage import capture, migrating
from medlem.storage.backup import opened
from medlem.storage.capture import Row, Table
from medlem.storage.faults import MOVED, code_of, told
from medlem.storage.marks import marks, refuse_marked
from medlem.storage.migrating import shipped
from medlem.storage.places import written_under
from medlem.storage.postgresql.arriving import Fingerprint, Target, reach
from medlem.storage.postgresql.faults import EXPECTED
from medlem.storage.postgresql.faults import told as told_by_postgresql
from medlem.storage.writer import PATIENCE
from medlem.vault import Vault

log = logging.getLogger(__name__)

FEW: Final = 100
"""Changed rows that may be left for the last step."""

LAST_STEP: Final = 4.0
"""Seconds that the last step may take: less than a till's transaction waits for the write lock."""

ROUNDS: Final = 50
"""How often to carry over what has changed, before the last step has to take what is left."""

LOCKED_WITHIN: Final = 30.0
GAP: Final = 0.0002
"""Seconds within which the write lock is had, and between two attempts."""

TRIES: Final = 100
PAUSE: Final = 0.05
"""How often to look for a moment in which nobody speaks with the platform, and seconds between; then it has to do."""

PROGRESS: Final = 100_000
"""Rows between two lines of progress."""

_DIFFERENT: Final = (
    "The copy is not the same as the database ({table}); nothing was changed. Try again, and report it if it stays."
)
_CLEARED: Final = "The service was started again meanwhile, and has cleared what the move needs. Run the move again."


@dataclass(frozen=True, slots=True)
class Moved:
    """What was carried over."""

    rows: int
    changes: int
    """Rows that changed meanwhile, and were carried over after the copy."""


async def move(database: Path, url: str, vault: Vault, now: datetime) -> Moved:
    """Carry everything over; the service may run and write meanwhile, and is refused every write at the end.

    Args:
        database: the SQLite file.
        url: a `postgresql://` address of an empty database.
        vault: the keys, which the club takes with it.
        now: what to write down as the moment at which the tables were made.

    Raises:
        StorageUnavailable: it cannot be done, and what to do; then the club is served from SQLite as before.
    """
    with capture.only_move(database) as alone, opened(database, "rw") as connection:
        if not alone:
            raise StorageUnavailable("Another `medlem move` carries this database over already. Let it finish.")
        whose, clubs = _club(connection, vault)
        target = await reach(url)
        try:
            if MOVED in marks(connection):
                return await _finish(target, whose, clubs)
            return await _Move(connection, target).run(whose, now)
        except sqlite3.Error as error:
            raise told(error) from error
        except EXPECTED as error:
            raise told_by_postgresql(error) from error
        finally:
            target.close()


async def _finish(target: Target, whose: str, clubs: list[str]) -> Moved:
    """The file was frozen already: see to it that the copy is in its place."""
    if await target.complete(whose):
        await _settle(target)
    elif not clubs or not await target.holds(clubs[0]):
        raise StorageUnavailable("This club has moved already, to another PostgreSQL database than this one.")
    return Moved(0, 0)


async def _settle(target: Target) -> None:
    try:
        await target.settle()
    except EXPECTED as error:
        raise StorageUnavailable(
            "Everything is in PostgreSQL and the SQLite file takes no more writes, but PostgreSQL failed at the very "
            "last word. Run the same command again: it only says that word."
        ) from error


class _Move:
    """One move, from the first trigger to the frozen file."""

    def __init__(self, connection: sqlite3.Connection, target: Target) -> None:
        self._connection = connection
        self._target = target
        self._tables: list[Table] = []
        self._carried = 0
        """The number in the log up to which everything is over there."""
        self._changes = 0

    async def run(self, whose: str, now: datetime) -> Moved:
        await self._target.begin(whose, now)
        try:
            await self._lock()
            capture.begin(self._connection)
            self._connection.execute("commit")
            self._tables = capture.tables(self._connection)
            await self._copy()
            await self._catch_up()
            rows = await self._prove()
            await self._catch_up()
            await self._last_step()
        except BaseException:
            self._give_up()
            await self._target.abandon()
            raise
        await _settle(self._target)
        return Moved(rows, self._changes)

    async def _copy(self) -> None:
        with self._snapshot():
            for table in self._tables:
                many = capture.count(self._connection, table)
                log.info("copying %s: %d rows", table.name, many)
                await self._target.fill(table, _told_of(table, capture.all_rows(self._connection, table), many))

    async def _catch_up(self) -> None:
        """Carry over what has changed, until little is left; a service that writes faster is not chased for ever."""
        for _ in range(ROUNDS):
            with self._snapshot():
                if await self._carry() <= FEW:
                    return

    async def _prove(self) -> int:
        """Compare everything, at a moment at which nothing is left to carry; how many rows there are."""
        total = 0
        with self._snapshot():
            await self._carry()
            for table in self._tables:
                ours = Fingerprint()
                for row in capture.all_rows(self._connection, table):
                    ours.add(row)
                if ours != await self._target.fingerprint(table):
                    raise StorageUnavailable(_DIFFERENT.format(table=table.name))
                log.info("compared %s: %d rows are the same", table.name, ours.many)
                total += ours.many
        return total

    async def _last_step(self) -> None:
        await self._target.look_around(self._tables)
        for left in reversed(range(TRIES)):
            await self._lock()
            try:
                async with asyncio.timeout(LAST_STEP):
                    if await self._over_in_a_quiet_moment(wait=left > 0):
                        return
            except TimeoutError:
                raise StorageUnavailable("PostgreSQL took too long for the last step; nothing was changed.") from None
            await asyncio.sleep(PAUSE)
            await self._catch_up()

    async def _over_in_a_quiet_moment(self, *, wait: bool) -> bool:
        """Do the last step, unless the platform is being spoken with: what it says then could be written nowhere."""
        if wait and capture.speaking(self._connection):
            self._connection.execute("rollback")
            log.debug("the platform is being spoken with; waiting for a quiet moment")
            return False
        left = await self._carry()
        await self._target.count_on(self._tables)
        await self._target.say_complete()
        capture.freeze(self._connection)
        self._connection.execute("commit")
        log.info("the last %d changes are over there, and the file is frozen", left)
        return True

    async def _lock(self) -> None:
        """Take SQLite's write lock, however busy the service: between two of its transactions there is little time.

        SQLite itself would look less and less often, and miss every gap.
        """
        end = monotonic() + LOCKED_WITHIN
        self._connection.execute("pragma busy_timeout=0")
        while True:
            try:
                self._connection.execute("begin immediate")
            except sqlite3.OperationalError as error:
                if code_of(error) != sqlite3.SQLITE_BUSY or monotonic() > end:
                    raise
                await asyncio.sleep(GAP)
            else:
                return

    async def _carry(self) -> int:
        """Carry over what has changed since last time, and compare it; how many rows."""
        if not capture.standing(self._connection):
            raise StorageUnavailable(_CLEARED)
        changed = capture.changes(self._connection, self._carried)
        rows = {
            table.name: capture.rows_of(self._connection, table, changed.keys[table.name])
            for table in self._tables
            if table.name in changed.keys
        }
        await self._target.carry(self._tables, changed, rows)
        for table in self._tables:
            if table.name in rows:
                there = await self._target.rows_of(table, changed.keys[table.name])
                if sorted(there, key=repr) != sorted(rows[table.name], key=repr):
                    raise StorageUnavailable(_DIFFERENT.format(table=table.name))
        self._carried = changed.last
        self._changes += changed.many
        return changed.many

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Let the block see one moment."""
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")

    def _give_up(self) -> None:
        with suppress(sqlite3.Error):  # what is left does no harm, and the next start or move clears it
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            self._connection.execute(f"pragma busy_timeout={round(PATIENCE * 1000)}")
            capture.forget_unfinished(self._connection)


def _club(connection: sqlite3.Connection, vault: Vault) -> tuple[str, list[str]]:
    """What tells this club from others, and the ids of what is in the file.

    Raises:
        StorageUnavailable: it cannot be moved.
    """
    if MOVED not in marks(connection):
        refuse_marked(connection)
    if migrating.pending(connection, shipped()):
        raise StorageUnavailable("The database is of an older version. Run `medlem migrate` first.")
    clubs = connection.execute("select id, digest from club order by id").fetchall()
    if not all(written_under(vault, club, digest) for club, digest in clubs):
        raise StorageUnavailable("This database was written under other secret keys than SECRET_KEYS names.")
    return hashlib.sha256(repr(clubs).encode()).hexdigest(), [club for club, _ in clubs]


def _told_of(table: Table, rows: Iterator[Row], many: int) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number % PROGRESS == 0:
            log.info("copying %s: %d of %d rows", table.name, number, many)
        yield row
