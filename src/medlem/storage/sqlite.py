"""The `Storage` port on SQLite: the driver is called in the event loop, since a look-up costs less than a thread.

Reads have a connection of their own and see what has been committed; writes go through the one `Writer`.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, cast

from medlem.club.enrolment import MARGIN
from medlem.flows.ports import Watch
from medlem.flows.tables import StorageUnavailable
from medlem.storage import capture, migrating
from medlem.storage.condition import Condition, of_sqlite
from medlem.storage.faults import told
from medlem.storage.marks import refuse_marked
from medlem.storage.migrating import Migration, shipped
from medlem.storage.place import Connections, Lock, Place, path_of
from medlem.storage.scope import Scope
from medlem.storage.session import Row
from medlem.storage.statements import insert_of, statements
from medlem.storage.tables import AllTables
from medlem.storage.watching import Bell
from medlem.storage.writer import SLOW, Writer
from medlem.vault import Vault

BESIDE_TILLS: Final = 0.025
ALONE: Final = 1.0
"""Seconds for which a transaction of a command may last: while somebody serves, and while there is nobody to wait."""

_ROOMY: Final = "pragma cache_size=-131072"
"""KiB, taken as they are needed: a command that writes a million members would else read each index again and again. A
service is to stay small."""

LATE_LOOK: Final = timedelta(seconds=1)
"""How long after its claim a busy process may still have sent a look."""


class _Session:
    """Runs statements on one connection."""

    def __init__(self, connection: sqlite3.Connection, served: Callable[[], bool]) -> None:
        self._connection = connection
        self._served = served
        self._sql = {name: statement.sql for name, statement in statements().items()}

    @property
    def turn(self) -> float:
        """Nobody else writes meanwhile."""
        return BESIDE_TILLS if self._served() else ALONE

    async def one(self, statement: str, /, **values: object) -> Row | None:
        rows = self._execute(statement, values)[0]
        return rows[0] if rows else None

    async def all(self, statement: str, /, **values: object) -> list[Row]:
        return self._execute(statement, values)[0]

    async def run(self, statement: str, /, **values: object) -> int:
        return self._execute(statement, values)[1]

    async def write(self, statement: str, /, **values: object) -> None:
        self._execute(statement, values)

    async def write_next(self, counter: str, statement: str, /, **values: object) -> None:
        counted = cast("list[tuple[int]]", self._execute(counter, values)[0])
        if not counted:
            raise LookupError(f"{counter} counted nothing")
        self._execute(statement, {**values, "position": counted[0][0]})

    async def each(self, statement: str, many: Iterable[Mapping[str, object]], /) -> list[Row]:
        return [row for values in many for row in self._execute(statement, values)[0]]

    async def count(self, *tables: str) -> None:
        """Plans do not go by that here: see the head of migration 0001."""

    async def put(self, statement: str, many: Sequence[Sequence[object]], /) -> None:
        try:
            self._connection.executemany(insert_of(statement).positional, many)
        except sqlite3.Error as error:
            raise told(error) from error

    def _execute(self, statement: str, values: Mapping[str, object]) -> tuple[list[Row], int]:
        try:
            cursor = self._connection.execute(self._sql[statement], values)
            # To the end, always: a half-read cursor holds a snapshot that the next transaction cannot write over.
            return cast("list[Row]", cursor.fetchall()), cursor.rowcount
        except sqlite3.Error as error:
            raise told(error) from error


class _Reading(_Session):
    """Sees what has been committed."""

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[Self]:
        """One read transaction; nothing comes between, for nothing in it gives way."""
        self._connection.execute("begin")
        try:
            yield self
        finally:
            self._connection.execute("commit")

    async def run(self, statement: str, /, **values: object) -> int:
        raise RuntimeError(f"{statement} writes, and `reading` does not: {len(values)} values were not written")

    async def write(self, statement: str, /, **values: object) -> None:
        await self.run(statement, **values)

    async def write_next(self, counter: str, statement: str, /, **values: object) -> None:
        await self.run(f"{counter}, {statement}", **values)

    async def put(self, statement: str, many: Sequence[Sequence[object]], /) -> None:
        raise RuntimeError(f"{statement} writes, and `reading` does not: {len(many)} rows were not written")

    def announce(self, topic: str) -> None:
        raise RuntimeError(f"nothing was written that could be announced to {topic}")


class _Writing(_Session):
    """Lives in the body of one transaction after another."""

    def __init__(self, connection: sqlite3.Connection, served: Callable[[], bool]) -> None:
        super().__init__(connection, served)
        self.topics: set[str] | None = None

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[Self]:
        """A transaction is steady."""
        yield self

    def announce(self, topic: str) -> None:
        if self.topics is not None:
            self.topics.add(topic)

    async def put(self, statement: str, many: Sequence[Sequence[object]], /) -> None:
        if self.topics is None:
            raise RuntimeError(f"{statement} was run after the end of its transaction")
        await super().put(statement, many)

    def _execute(self, statement: str, values: Mapping[str, object]) -> tuple[list[Row], int]:
        if self.topics is None:
            raise RuntimeError(f"{statement} was run after the end of its transaction")
        return super()._execute(statement, values)


class _Transaction:
    """One turn with the write connection."""

    def __init__(self, writer: Writer, session: _Writing, tables: AllTables) -> None:
        self._writer = writer
        self._session = session
        self._tables = tables
        self._scope = Scope()

    async def __aenter__(self) -> AllTables:
        self._scope.forbid_nesting()
        await self._writer.enter()
        self._scope.enter()
        self._session.topics = set()
        return self._tables

    async def __aexit__(self, _: type[BaseException] | None, error: BaseException | None, *__: object) -> None:
        topics, self._session.topics = self._session.topics or (), None
        self._scope.leave()
        outcome = self._writer.leave(topics, error)
        if error is None and (wrong := await outcome) is not None:
            raise wrong


class SqliteStorage:
    """Everything that outlives the process, in one file. Made by `open_sqlite`."""

    def __init__(self, path: Path | None, vault: Vault, lock: Lock | None, slow: float) -> None:
        self._lock = lock
        self._bell = Bell()
        served = Lock(path).taken if path is not None else _nobody_serves
        with Connections(path) as connections:
            if lock is None:
                connections.writing.execute(_ROOMY)
            self._reader = connections.reading
            self._reading = AllTables(_Reading(connections.reading, served), vault)
            self._session = _Writing(connections.writing, served)
            self._tables = AllTables(self._session, vault)
            self._check = Place(path).check if path is not None else _nobody_finds_it
            self._writer = Writer(connections.writing, self._bell.ring, slow, self._check)
        self._known: tuple[Migration, ...] = shipped()

    @property
    def reading(self) -> AllTables:
        """What has been committed, call by call."""
        return self._reading

    def transaction(self) -> _Transaction:
        """All or nothing; the body awaits nothing but these tables."""
        return _Transaction(self._writer, self._session, self._tables)

    def watch(self, topic: str) -> AbstractContextManager[Watch]:
        """Wait for what this process commits."""
        return self._bell.watch(topic)

    async def pending_migrations(self) -> list[str]:
        """The names of the steps that the database has yet to take.

        Raises:
            StorageUnavailable: it was written by a newer version.
        """
        return [migration.name for migration in migrating.pending(self._reader, self._known)]

    async def migrate(self, now: datetime | None = None) -> list[str]:
        """Take those steps; their names. Meant for a start, since it holds the event loop.

        Args:
            now: what to write down as the time of it.
        """
        async with self._writer.alone() as connection:
            taken = migrating.migrate(connection, self._known, now)
        if taken:
            await self._take_over()
        return taken

    async def healthy(self) -> None:
        """Whether this database can be worked with.

        Raises:
            StorageUnavailable: it cannot, and what to do.
        """
        self._check()
        refuse_marked(self._reader)
        if migrating.pending(self._reader, self._known):
            raise StorageUnavailable("The database has not been migrated to this version. Run `medlem migrate`.")
        await self._reading.places.clubs()

    async def condition(self) -> Condition:
        """What this database is."""
        return of_sqlite(self._reader)

    async def server_time(self) -> None:
        """Nobody else's: the one process that serves has its own clock."""

    async def close(self) -> None:
        """Commit what is ready, and let go of the file."""
        await self._writer.close()
        self._reader.close()
        if self._lock is not None:
            self._lock.release()

    async def forget_unfinished_move(self, path: Path) -> None:
        """Clear what a `medlem move` that was cut off has left; one that is at work needs it."""
        if not capture.standing(self._reader):
            return
        with capture.only_move(path) as nobody_moves:
            if nobody_moves:
                async with self._writer.alone() as connection:
                    capture.forget_unfinished(connection)

    async def _take_over(self) -> None:
        """Free what a process that died while serving still held; refuse a database that is not for us."""
        refuse_marked(self._reader)
        if migrating.pending(self._reader, self._known):
            return
        if not await self._reading.places.fit():
            raise StorageUnavailable(
                "This database was written under other secret keys: no key to the API would be found in it, and "
                "nothing sealed could be opened. Let SECRET_KEYS name the file that belongs to it."
            )
        if self._lock is not None:
            async with self.transaction() as tables:
                await tables.enrolments.release_leases(LATE_LOOK + MARGIN)
                await tables.outbox.release_leases()


def _nobody_serves() -> bool:
    """A database in memory has this process alone."""
    return False


def _nobody_finds_it() -> None:
    """A database in memory has no name, so nobody takes it away."""


async def open_sqlite(
    database_url: str, vault: Vault, *, serving: bool = False, slow_commit: float = SLOW
) -> SqliteStorage:
    """Open a database, making the file if there is none; `migrate` gives it its tables.

    Args:
        database_url: `sqlite:///relative`, `sqlite:////absolute`, or `sqlite://` for one in memory.
        vault: seals and hashes what must not lie open in it.
        serving: whether this is the one process that serves from it.
        slow_commit: seconds; where commits usually take longer, they no longer run in the event loop.

    Raises:
        UnusableDatabaseUrl: it is not SQLite's.
        StorageUnavailable: it cannot be opened, or another process serves from it; with what to do.
    """
    path = path_of(database_url)
    lock = Lock(path) if serving and path is not None else None
    if lock is not None:
        lock.take()
    try:
        storage = SqliteStorage(path, vault, lock, slow_commit)
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    try:
        if lock is not None and path is not None:
            await storage.forget_unfinished_move(path)
        await storage._take_over()  # noqa: SLF001 - part of opening
    except BaseException:
        await storage.close()
        raise
    return storage
