"""Takes the numbered steps of `storage.migrating` on PostgreSQL: the same files, in PostgreSQL's words.

Each step is one transaction, tables and all, so one that is cut off leaves nothing. Two nodes that begin together take
each step once: the second waits for the first, and finds it done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from medlem.storage.migrating import LEDGER, Applied, Migration, left_of
from medlem.storage.postgresql.connections import Connection
from medlem.storage.postgresql.dialect import schema
from medlem.storage.postgresql.faults import EXPECTED, told
from medlem.storage.session import maybe_millis

_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(1835361388, 0)"


async def pending(connection: Connection, known: tuple[Migration, ...]) -> list[Migration]:
    """The steps that the database has yet to take.

    Raises:
        StorageUnavailable: it is not a database that this version may touch.
    """
    return left_of(known, await _applied(connection))


async def migrate(connection: Connection, known: tuple[Migration, ...], now: datetime | None) -> list[str]:
    """Take the steps that are left; their names."""
    taken: list[str] = []
    while True:
        try:
            async with connection.transaction():
                await connection.execute("set local statement_timeout = 0; set local lock_timeout = '5s'")
                await connection.execute(_ONE_AT_A_TIME)
                left = await pending(connection, known)
                if not left:
                    return taken
                await _take(connection, left[0], now)
        except EXPECTED as error:
            raise told(error) from error
        taken.append(left[0].name)


async def _take(connection: Connection, migration: Migration, now: datetime | None) -> None:
    await connection.execute(schema(LEDGER))
    await connection.execute(schema(migration.sql))
    await connection.execute(
        "insert into migration (name, checksum, beside, applied_at) values ($1, $2, $3, $4)",
        migration.name,
        migration.checksum,
        int(migration.beside),
        maybe_millis(now),
    )


async def _applied(connection: Connection) -> Mapping[str, Applied]:
    try:
        if await connection.fetchval("select to_regclass('migration')") is None:
            return {}
        rows = await connection.fetch("select name, checksum, beside from migration")
    except EXPECTED as error:
        raise told(error) from error
    return {row["name"]: Applied(row["checksum"], bool(row["beside"])) for row in rows}
