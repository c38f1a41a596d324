"""Everything that outlives the process, on a PostgreSQL server. Made by `open_postgresql`."""

import secrets
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

from medlem.club.enrolment import MARGIN
from medlem.flows.ports import Watch
from medlem.flows.tables import StorageUnavailable
from medlem.storage.condition import Condition, of_postgresql
from medlem.storage.migrating import Migration, shipped
from medlem.storage.postgresql import migrating
from medlem.storage.postgresql.arriving import refuse_unfinished
from medlem.storage.postgresql.connections import Connections, connect
from medlem.storage.postgresql.faults import EXPECTED, told
from medlem.storage.postgresql.node import Node
from medlem.storage.postgresql.sessions import Reading, Transaction
from medlem.storage.tables import AllTables
from medlem.storage.watching import Bell
from medlem.vault import Vault

_NODES: Final = 2**31 - 1
"""Numbers of nodes are drawn below this: an advisory lock's key has four bytes."""


class PostgresqlStorage:
    """The `Storage` port; `serving` makes it a node that others notice."""

    def __init__(self, connections: Connections, vault: Vault, number: int) -> None:
        self._connections = connections
        self._vault = vault
        self._bell = Bell()
        self._reading = AllTables(Reading(connections), vault)
        self._known: tuple[Migration, ...] = shipped()
        self._node = Node(number, connections.apart, self._bell, self._free_what_nobody_holds)

    @property
    def reading(self) -> AllTables:
        """What has been committed, call by call."""
        return self._reading

    def transaction(self) -> Transaction:
        """All or nothing, at the isolation level read committed; the body awaits nothing but these tables."""
        return Transaction(self._connections, self._vault, self._bell.ring)

    def watch(self, topic: str) -> AbstractContextManager[Watch]:
        """Wait for what any node commits."""
        return self._bell.watch(topic)

    async def pending_migrations(self) -> list[str]:
        """The names of the steps that the database has yet to take.

        Raises:
            StorageUnavailable: it was written by a newer version, or the server does not answer.
        """
        async with self._connections.lent() as connection:
            return [migration.name for migration in await migrating.pending(connection, self._known)]

    async def migrate(self, now: datetime | None = None) -> list[str]:
        """Take those steps; their names. Other nodes may go on meanwhile.

        Args:
            now: what to write down as the time of it.
        """
        connection = await self._connections.apart()
        try:
            return await migrating.migrate(connection, self._known, now)
        finally:
            connection.terminate()

    async def healthy(self) -> None:
        """Whether this database can be worked with.

        Raises:
            StorageUnavailable: it cannot, and what to do.
        """
        if await self.pending_migrations():
            raise StorageUnavailable("The database has not been migrated to this version. Run `medlem migrate`.")
        await self._reading.places.clubs()

    async def condition(self) -> Condition:
        """What this database is.

        Raises:
            StorageUnavailable: the server does not answer.
        """
        async with self._connections.lent() as connection:
            try:
                return of_postgresql(int(await connection.fetchval("show server_version_num")))
            except EXPECTED as error:
                raise told(error) from error

    async def server_time(self) -> datetime:
        """What time it is where all nodes look.

        Raises:
            StorageUnavailable: the server does not answer.
        """
        async with self._connections.lent() as connection:
            try:
                told_time: datetime = await connection.fetchval("select clock_timestamp()")
            except EXPECTED as error:
                raise told(error) from error
        return told_time.astimezone(UTC)

    async def close(self) -> None:
        """Let go of the server; what this node held is free at once."""
        await self._node.close()
        await self._connections.close()

    async def _open(self, *, serving: bool) -> None:
        async with self._connections.lent() as connection:
            await refuse_unfinished(connection)
        if not await self.pending_migrations() and not await self._reading.places.fit():
            raise StorageUnavailable(
                "This database was written under other secret keys: no key to the API would be found in it, and "
                "nothing sealed could be opened. Let SECRET_KEYS name the file that belongs to it."
            )
        if serving:
            await self._node.start()

    async def _free_what_nobody_holds(self) -> None:
        if await self.pending_migrations():
            return
        now = await self.server_time()
        async with self.transaction() as tables:
            await tables.enrolments.release_leases(MARGIN, now)


async def open_postgresql(url: str, vault: Vault, *, serving: bool) -> PostgresqlStorage:
    """Open a database; `migrate` gives it its tables.

    Args:
        url: `postgresql://name:password@host:port/database`, and whatever else libpq understands.
        vault: seals and hashes what must not lie open in it.
        serving: whether this process is one of the nodes that serve from it.

    Raises:
        StorageUnavailable: it cannot be opened, and what to do.
    """
    number = secrets.randbelow(_NODES) + 1
    storage = PostgresqlStorage(await connect(url, number), vault, number)
    try:
        await storage._open(serving=serving)  # noqa: SLF001 - part of opening
    except BaseException:
        await storage.close()
        raise
    return storage
