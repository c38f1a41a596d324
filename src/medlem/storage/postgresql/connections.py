"""The connections of one process to PostgreSQL: a pool of alike ones, and how a single one is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from medlem.flows.tables import StorageUnavailable
from medlem.storage.postgresql.faults import EXPECTED, told

MOST: Final = 10
"""Connections that work at once. More would only queue in the server: a node has one core to use."""

PATIENCE: Final = 5.0
"""Seconds for a connection to be made or to become free."""

_COMMAND: Final = 15.0
"""Seconds after which a statement is given up on our side; the server gives up before."""

Connection = Any
"""asyncpg's; its types are made at run time."""

_SETTINGS: Final = {
    "application_name": "medlem",
    "timezone": "UTC",
    "jit": "off",  # short statements are slower with it
    "synchronous_commit": "on",  # what is told to a till is on the disk
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    # A process that is frozen in the middle of a transaction must not hold its rows for ever.
    "idle_in_transaction_session_timeout": "5s",
}


class Connections:
    """Lends connections. Made by `connect`."""

    def __init__(self, pool: Connection, url: str, node: int) -> None:
        self._pool = pool
        self._url = url
        self.node = node

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """A connection for one statement, or for as long as the block lasts."""
        connection = await self.borrow()
        try:
            yield connection
        finally:
            await self.give_back(connection)

    async def borrow(self) -> Connection:
        """A connection that must be given back.

        Raises:
            StorageUnavailable: the server does not answer, or all are in use.
        """
        try:
            return await self._pool.acquire(timeout=PATIENCE)
        except EXPECTED as error:
            raise told(error) from error

    async def give_back(self, connection: Connection) -> None:
        """Let others have it; one that is broken is thrown away."""
        await self._pool.release(connection)

    async def apart(self) -> Connection:
        """A connection that belongs to nobody else and never comes from the pool.

        Raises:
            StorageUnavailable: the server does not answer.
        """
        try:
            return await asyncpg.connect(self._url, timeout=PATIENCE, server_settings=_settings(self.node))
        except EXPECTED as error:
            raise told(error) from error

    async def close(self) -> None:
        """Let go of the server, politely, or at once if it does not answer."""
        try:
            await self._pool.close()
        except EXPECTED:
            self._pool.terminate()


def gone(connection: Connection) -> bool:
    """Whether the server has dropped it; the pool then takes it back by itself, and it answers no more questions."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def connect(url: str, node: int) -> Connections:
    """Open the pool.

    Args:
        url: a `postgresql://` address.
        node: what this process is called in what it claims.

    Raises:
        StorageUnavailable: the server does not answer, or does not let us in.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=MOST,
            timeout=PATIENCE,
            command_timeout=_COMMAND,
            max_cached_statement_lifetime=0,
            reset=_nothing,
            server_settings=_settings(node),
        )
    except (ValueError, *EXPECTED) as error:
        if isinstance(error, ValueError) and not isinstance(error, EXPECTED):
            raise StorageUnavailable("DATABASE_URL is no address of a PostgreSQL database.") from None
        raise told(error) from error
    return Connections(pool, url, node)


async def _nothing(_: Connection) -> None:
    """What a connection needs before it is lent again: nothing, since nobody changes its settings."""


def _settings(node: int) -> dict[str, str]:
    return _SETTINGS | {"medlem.node": str(node)}
