"""The PostgreSQL side of a move: a copy that grows in a schema of its own, until everything is there and proved.

Nobody serves from it before that: a node that finds the schema refuses to start. What a move that was cut off has
left is dropped by the next one.
"""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.storage.capture import Changes, Key, Row, Table
from medlem.storage.migrating import shipped
from medlem.storage.postgresql import migrating
from medlem.storage.postgresql.connections import Connection, connect
from medlem.storage.postgresql.faults import EXPECTED, told

STAGE: Final = "medlem_moving"

_AT_ONCE: Final = 5000
"""Rows in one message from the server."""

_KINDS: Final = {"TEXT": "text", "INTEGER": "bigint"}

_ONE_AT_A_TIME: Final = "select pg_try_advisory_lock(1835361389, 0)"
_UNHURRIED: Final = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0"

UNFINISHED: Final = "A move into this database has not been finished. Run `medlem move` again, as it was run before."


class Target:
    """The database to which a club moves. Made by `reach`."""

    def __init__(self, connection: Connection, home: str) -> None:
        self._connection = connection
        self._home = home

    async def begin(self, whose: str, now: datetime) -> None:
        """Make room: empty tables in a schema of their own.

        Args:
            whose: what tells the club that moves from others.
            now: what to write down as the moment at which the tables were made.

        Raises:
            StorageUnavailable: there is something else in this database.
        """
        if await self._connection.fetchval(
            "select count(*) from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p')", self._home
        ):
            raise StorageUnavailable("There is something in this PostgreSQL database already. Move into an empty one.")
        if await self.unfinished() and await self._whose() != whose:
            raise StorageUnavailable(
                "In this PostgreSQL database another club's move has not been finished. Move into an empty one."
            )
        await self._connection.execute(
            f"drop schema if exists {STAGE} cascade; create schema {STAGE}; set search_path = {STAGE};"
            "create table move (whose text not null, complete boolean not null)"
        )
        await self._connection.execute("insert into move (whose, complete) values ($1, false)", whose)
        await migrating.migrate(self._connection, shipped(), now)

    async def unfinished(self) -> bool:
        """Whether a move has begun here and has not ended."""
        return bool(await self._connection.fetchval("select to_regclass($1) is not null", f"{STAGE}.move"))

    async def complete(self, whose: str) -> bool:
        """Whether all of this club is here, and only waits to be put in its place."""
        if not await self.unfinished():
            return False
        found = f"select complete from {STAGE}.move where whose = $1"  # noqa: S608 - our own name
        return bool(await self._connection.fetchval(found, whose))

    async def holds(self, club: str) -> bool:
        """Whether this club is in its place here."""
        if await self._connection.fetchval("select to_regclass($1) is null", f"{self._home}.club"):
            return False
        found = f"select 1 from {self._home}.club where id = $1"  # noqa: S608 - the schema's own name
        return bool(await self._connection.fetchval(found, club))

    async def fill(self, table: Table, rows: Iterable[Row]) -> None:
        """Put rows into an empty table."""
        await self._connection.copy_records_to_table(
            table.name, records=rows, columns=table.columns, schema_name=STAGE, timeout=None
        )

    async def carry(self, tables: Sequence[Table], changed: Changes, rows: dict[str, list[Row]]) -> None:
        """Make these rows what they are now: parents first, and what is gone afterwards."""
        async with self._connection.transaction():
            for table in tables:
                if found := changed.keys.get(table.name):
                    if table.grouped:
                        await self._connection.executemany(_delete(table), found)
                    await self._connection.executemany(_put(table), rows[table.name])
            for table in reversed(tables):
                if not table.grouped and (found := changed.keys.get(table.name)):
                    there = {_key(table, row) for row in rows[table.name]}
                    await self._connection.executemany(_delete(table), [key for key in found if key not in there])

    async def rows_of(self, table: Table, keys: Sequence[Key]) -> list[Row]:
        """The rows of these keys that are here, in one answer of the server."""
        lists = ", ".join(f"${number}::{_KINDS[kind]}[]" for number, kind in enumerate(table.kinds, start=1))
        wanted = f"select * from unnest({lists})"  # noqa: S608 - kinds of ours
        sql = f"{_select(table)} where ({', '.join(table.key)}) in ({wanted})"
        return [tuple(row) for row in await self._connection.fetch(sql, *map(list, zip(*keys, strict=True)))]

    async def fingerprint(self, table: Table) -> "Fingerprint":
        """What is in a table, whatever its order."""
        found = Fingerprint()
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await self._connection.cursor(_select(table))
            while batch := await rows.fetch(_AT_ONCE):
                for row in batch:
                    found.add(tuple(row))
        return found

    async def look_around(self, tables: Iterable[Table]) -> None:
        """Let the server see what there is to plan for."""
        for table in tables:
            await self._connection.execute(f"analyze {STAGE}.{table.name}")

    async def count_on(self, tables: Iterable[Table]) -> None:
        """Let what the database counts itself go on where it was."""
        for table in tables:
            if table.counted:
                [column] = table.key
                await self._connection.execute(
                    f"select setval(pg_get_serial_sequence('{STAGE}.{table.name}', '{column}'), "  # noqa: S608 - names of the schema
                    f"(select coalesce(max({column}), 0) + 1 from {STAGE}.{table.name}), false)"
                )

    async def say_complete(self) -> None:
        """Write down that everything is here."""
        await self._connection.execute(f"update {STAGE}.move set complete = true")  # noqa: S608 - our own name

    async def settle(self) -> None:
        """Put everything in its place, in one step."""
        async with self._connection.transaction():
            found = await self._connection.fetch(
                "select relname from pg_class where relnamespace = $1::regnamespace and relkind = 'r' "
                "and relname <> 'move'",
                STAGE,
            )
            for row in found:
                await self._connection.execute(f"alter table {STAGE}.{row['relname']} set schema {self._home}")
            functions = "select proname from pg_proc where pronamespace = $1::regnamespace"
            for row in await self._connection.fetch(functions, STAGE):  # by which triggers refuse
                await self._connection.execute(f"alter function {STAGE}.{row['proname']}() set schema {self._home}")
            await self._connection.execute(f"drop schema {STAGE} cascade")

    async def abandon(self) -> None:
        """Drop what has been copied, if the server can still be reached."""
        with suppress(*EXPECTED):
            await self._connection.execute(f"drop schema if exists {STAGE} cascade")

    def close(self) -> None:
        """Let go of the server."""
        self._connection.terminate()

    async def _whose(self) -> object:
        return await self._connection.fetchval(f"select whose from {STAGE}.move")  # noqa: S608 - our own name


class Fingerprint:
    """How many rows, and a sum over them in which their order does not count."""

    def __init__(self) -> None:
        self.many = 0
        self._sum = 0

    def add(self, row: Row) -> None:
        """Count a row."""
        digest = hashlib.blake2b(repr(row).encode(), digest_size=16).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % 2**128
        self.many += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and (self.many, self._sum) == (other.many, other._sum)

    def __hash__(self) -> int:
        return hash((self.many, self._sum))


async def refuse_unfinished(connection: Connection) -> None:
    """Let nobody serve from a database into which a club is on its way.

    Raises:
        StorageUnavailable: that is so.
    """
    try:
        found = await connection.fetchval("select to_regnamespace($1) is not null", STAGE)
    except EXPECTED as error:
        raise told(error) from error
    if found:
        raise StorageUnavailable(UNFINISHED)


async def reach(url: str) -> Target:
    """Connect to the database of that address, and keep other moves away from it.

    Raises:
        StorageUnavailable: it does not answer, or another move is filling it.
    """
    connections = await connect(url, 0)
    try:
        connection = await connections.apart()
    finally:
        await connections.close()
    try:
        return Target(connection, await _alone(connection))
    except EXPECTED as error:
        connection.terminate()
        raise told(error) from error
    except BaseException:
        connection.terminate()
        raise


async def _alone(connection: Connection) -> str:
    """Keep others away; the schema in which the tables will be."""
    await connection.execute(_UNHURRIED)
    if not await connection.fetchval(_ONE_AT_A_TIME):
        raise StorageUnavailable("Another `medlem move` is filling this PostgreSQL database. Let it finish.")
    home: str | None = await connection.fetchval("select quote_ident(current_schema())")
    if home is None:
        raise StorageUnavailable("This PostgreSQL database has no schema to put tables into. Make one.")
    return home


def _select(table: Table) -> str:
    return f"select {', '.join(table.columns)} from {STAGE}.{table.name}"  # noqa: S608 - names of the schema


def _put(table: Table) -> str:
    places = ", ".join(f"${number}" for number in range(1, len(table.columns) + 1))
    put = f"insert into {STAGE}.{table.name} ({', '.join(table.columns)}) values ({places})"  # noqa: S608 - as above
    if table.grouped:
        return put
    rest = ", ".join(f"{column} = excluded.{column}" for column in table.columns if column not in table.key)
    return f"{put} on conflict ({', '.join(table.key)}) do {f'update set {rest}' if rest else 'nothing'}"


def _delete(table: Table) -> str:
    where = " and ".join(f"{column} = ${number}" for number, column in enumerate(table.key, start=1))
    return f"delete from {STAGE}.{table.name} where {where}"  # noqa: S608 - as above


def _key(table: Table, row: Row) -> Key:
    return tuple(row[table.columns.index(column)] for column in table.key)
