"""Runs named statements on PostgreSQL: each for itself, several at one moment, or all in one transaction."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self, TypeVar

from medlem.flows.tables import StorageUnavailable
from medlem.storage.postgresql.connections import Connection, Connections, gone
from medlem.storage.postgresql.dialect import Numbered, spoken
from medlem.storage.postgresql.faults import EXPECTED, told
from medlem.storage.postgresql.together import Write, together
from medlem.storage.scope import Scope
from medlem.storage.session import Row
from medlem.storage.statements import insert_of
from medlem.storage.tables import AllTables
from medlem.vault import Vault

CHANNEL: Final = "medlem"

TURN: Final = 0.05
"""Seconds: only who writes the same rows waits."""

Found = TypeVar("Found")

_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Session:
    """Statements on one connection."""

    turn = TURN

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._spoken = spoken()

    async def one(self, statement: str, /, **values: object) -> Row | None:
        numbered = self._spoken[statement]
        try:
            row: Row | None = await self._connection.fetchrow(numbered.sql, *_in_order(numbered, values))
        except EXPECTED as error:
            raise told(error) from error
        return row

    async def all(self, statement: str, /, **values: object) -> list[Row]:
        numbered = self._spoken[statement]
        try:
            rows: list[Row] = await self._connection.fetch(numbered.sql, *_in_order(numbered, values))
        except EXPECTED as error:
            raise told(error) from error
        return rows

    async def run(self, statement: str, /, **values: object) -> int:
        numbered = self._spoken[statement]
        try:
            status: str = await self._connection.execute(numbered.sql, *_in_order(numbered, values))
        except EXPECTED as error:
            raise told(error) from error
        return int(status.rpartition(" ")[2])

    async def each(self, statement: str, many: Iterable[Mapping[str, object]], /) -> list[Row]:
        """In one message to the server, and one back, however many they are."""
        numbered = self._spoken[statement]
        try:
            rows: list[Row] = await self._connection.fetchmany(
                numbered.sql, [_in_order(numbered, values) for values in many]
            )
        except EXPECTED as error:
            raise told(error) from error
        return rows

    async def write(self, statement: str, /, **values: object) -> None:
        raise RuntimeError(f"{statement} writes, and this only reads: {len(values)} values were not written")

    async def write_next(self, counter: str, statement: str, /, **values: object) -> None:
        raise RuntimeError(f"{counter} and {statement} write, and this only reads: {len(values)} values")

    async def count(self, *tables: str) -> None:
        try:
            await self._connection.execute(f"analyze {', '.join(tables)}")
        except EXPECTED as error:
            raise told(error) from error

    async def put(self, statement: str, many: Sequence[Sequence[object]], /) -> None:
        """By COPY."""
        insert = insert_of(statement)
        try:
            await self._connection.copy_records_to_table(insert.table, records=many, columns=insert.columns)
        except EXPECTED as error:
            raise told(error) from error

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[Self]:
        """What this connection's transaction sees."""
        yield self

    def announce(self, topic: str) -> None:
        raise RuntimeError(f"nothing was written that could be announced to {topic}")


class Reading:
    """Sees what has been committed, each statement on whatever connection is free."""

    turn = TURN

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def one(self, statement: str, /, **values: object) -> Row | None:
        return await self._on_a_live_one(lambda session: session.one(statement, **values))

    async def all(self, statement: str, /, **values: object) -> list[Row]:
        return await self._on_a_live_one(lambda session: session.all(statement, **values))

    async def run(self, statement: str, /, **values: object) -> int:
        raise RuntimeError(f"{statement} writes, and `reading` does not: {len(values)} values were not written")

    async def write(self, statement: str, /, **values: object) -> None:
        await self.run(statement, **values)

    async def write_next(self, counter: str, statement: str, /, **values: object) -> None:
        await self.run(f"{counter}, {statement}", **values)

    async def each(self, statement: str, many: Iterable[Mapping[str, object]], /) -> list[Row]:
        return await self._on_a_live_one(lambda session: session.each(statement, many))

    async def count(self, *tables: str) -> None:
        raise RuntimeError(f"{tables} are counted by whoever writes them")

    async def put(self, statement: str, many: Sequence[Sequence[object]], /) -> None:
        raise RuntimeError(f"{statement} writes, and `reading` does not: {len(many)} rows were not written")

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[Session]:
        """One read transaction."""
        async with self._connections.lent() as connection:
            try:
                await connection.execute("begin isolation level repeatable read read only")
                yield Session(connection)
            except EXPECTED as error:
                raise told(error) from error
            finally:
                await roll_back(connection)

    def announce(self, topic: str) -> None:
        raise RuntimeError(f"nothing was written that could be announced to {topic}")

    async def _on_a_live_one(self, read: Callable[[Session], Awaitable[Found]]) -> Found:
        """Read; once more if the connection turns out to be one that the server has dropped meanwhile."""
        async with self._connections.lent() as connection:
            try:
                return await read(Session(connection))
            except StorageUnavailable:
                if not gone(connection):
                    raise
        async with self._connections.lent() as connection:
            return await read(Session(connection))


Kept = list[tuple[Write, Mapping[str, object]]]
"""Writes that are still to be sent, with their values."""


class Writing(Session):
    """Lives in the body of one transaction. What nobody waits to hear of is kept, and sent in one message."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.topics: set[str] = set()
        self._kept: Kept = []

    def announce(self, topic: str) -> None:
        self.topics.add(topic)

    async def one(self, statement: str, /, **values: object) -> Row | None:
        await self.send()
        return await super().one(statement, **values)

    async def all(self, statement: str, /, **values: object) -> list[Row]:
        await self.send()
        return await super().all(statement, **values)

    async def run(self, statement: str, /, **values: object) -> int:
        await self.send()
        return await super().run(statement, **values)

    async def each(self, statement: str, many: Iterable[Mapping[str, object]], /) -> list[Row]:
        await self.send()
        return await super().each(statement, many)

    async def write(self, statement: str, /, **values: object) -> None:
        await self._keep(Write(statement), values)

    async def write_next(self, counter: str, statement: str, /, **values: object) -> None:
        await self._keep(Write(statement, counter), values)

    async def send(self) -> None:
        """Let the server have what is kept."""
        kept, self._kept = self._kept, []
        await send(self._connection, kept)

    def end(self) -> Kept:
        """Let nothing more be written; what is still to be sent."""
        self._connection = _Over()
        kept, self._kept = self._kept, []
        return kept

    async def _keep(self, write: Write, values: Mapping[str, object]) -> None:
        if isinstance(self._connection, _Over):
            await self._connection.execute()
        if any(write.tables & other.tables for other, _ in self._kept):
            await self.send()
        self._kept.append((write, values))


async def send(connection: Connection, kept: Kept) -> None:
    """Write what was kept, in one message."""
    if not kept:
        return
    one = together(tuple(write for write, _ in kept))
    try:
        await connection.execute(one.sql, *one.in_order([values for _, values in kept]))
    except EXPECTED as error:
        raise told(error) from error


class _Over:
    """Stands for a connection whose transaction is over."""

    async def fetchrow(self, *_: object, **__: object) -> Row | None:
        raise RuntimeError("A statement was run after the end of its transaction.")

    fetch = fetchmany = execute = copy_records_to_table = fetchrow


class Transaction:
    """One transaction: committed when its block ends, and announced by the commit itself."""

    def __init__(self, connections: Connections, vault: Vault, ring: Callable[[Iterable[str]], None]) -> None:
        self._connections = connections
        self._vault = vault
        self._ring = ring
        self._scope = Scope()

    async def __aenter__(self) -> AllTables:
        self._scope.forbid_nesting()
        self._connection = await self._begun()
        self._session = Writing(self._connection)
        self._scope.enter()
        return AllTables(self._session, self._vault)

    async def __aexit__(self, _: type[BaseException] | None, error: BaseException | None, *__: object) -> None:
        kept = self._session.end()
        self._scope.leave()
        # Whoever is cancelled here has gone, and the commit goes on: it belongs to nobody.
        await asyncio.shield(asyncio.ensure_future(self._end(kept if error is None else None)))

    async def _begun(self) -> Connection:
        """A connection in a transaction; another one if the first was dropped by the server meanwhile."""
        for attempt in (1, 2):
            connection = await self._connections.borrow()
            try:
                await connection.execute("begin")
            except EXPECTED as error:
                dropped = gone(connection)
                await self._connections.give_back(connection)
                if not dropped or attempt == 2:  # noqa: PLR2004 - the second is the last
                    raise told(error) from error
            except BaseException:
                await self._connections.give_back(connection)
                raise
            else:
                return connection
        raise AssertionError  # the second attempt returned or raised

    async def _end(self, kept: Kept | None) -> None:
        """Commit, with what was kept; None: roll back."""
        try:
            if kept is None:
                await roll_back(self._connection)
            else:
                await self._write(kept)
                await self._commit()
        finally:
            await self._connections.give_back(self._connection)

    async def _write(self, kept: Kept) -> None:
        try:
            await send(self._connection, kept)
        except BaseException:
            await roll_back(self._connection)
            raise

    async def _commit(self) -> None:
        """Tell and commit in one message to the server: either both happen or neither."""
        node = self._connections.node
        news = [f"notify {CHANNEL}, '{node} {_named(topic)}'" for topic in sorted(self._session.topics)]
        try:
            status = await self._connection.execute("; ".join([*news, "commit"]))
        except EXPECTED as error:
            await roll_back(self._connection)
            raise told(error) from error
        if status != "COMMIT":
            raise StorageUnavailable("PostgreSQL rolled the transaction back; nothing was written. Try once more.")
        self._ring(self._session.topics)


async def roll_back(connection: Connection) -> None:
    """End a transaction that came to nothing, if there is still a connection to end it on."""
    if gone(connection):
        return
    try:
        if connection.is_in_transaction():
            await connection.execute("rollback")
    except EXPECTED:
        if not gone(connection):
            connection.terminate()


def _in_order(numbered: Numbered, values: Mapping[str, object]) -> list[object]:
    return [values[name] for name in numbered.parameters]


def _named(topic: str) -> str:
    """A topic as it can stand in a statement: ours are ids."""
    if not _TOPIC.fullmatch(topic):
        raise ValueError("a topic is an id of ours, or `due`")
    return topic
