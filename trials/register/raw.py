"""The database, read by nobody's query but our own, and with a stranger's hand where one is needed."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import asyncpg

Row = dict[str, Any]

TRACES: Final = re.compile(
    r"\b(?:sub-\d{5}-|Gate-\d{5}|post\d{5}@|hjem\d{5}@|(?:Kari|Ola|Per|Anne|Jo)\d{5}|474\d{7}\b)", re.IGNORECASE
)
"""Everything by which somebody of the town can be known, wherever it stands."""


class Refused(Exception):
    """The database itself does not allow it."""


class Raw(Protocol):
    """Rows, tables and a way to change them."""

    async def rows(self, sql: str) -> list[Row]:
        """What a query finds."""

    async def run(self, sql: str) -> None:
        """Change something.

        Raises:
            Refused: it would break a constraint.
        """

    async def tables(self) -> list[str]:
        """The names of all tables."""

    async def without_guards(self) -> None:
        """Take away what keeps records of consents from being changed."""

    async def close(self) -> None:
        """Let go."""


class _Sqlite:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row

    async def rows(self, sql: str) -> list[Row]:
        return [dict(row) for row in self._connection.execute(sql)]

    async def run(self, sql: str) -> None:
        try:
            self._connection.execute(sql)
        except sqlite3.IntegrityError as error:
            raise Refused from error

    async def tables(self) -> list[str]:
        found = await self.rows("select name from sqlite_master where type = 'table' and name not like 'sqlite%'")
        return [row["name"] for row in found]

    async def without_guards(self) -> None:
        for row in await self.rows("select name from sqlite_master where type = 'trigger' and tbl_name = 'consent'"):
            await self.run(f"drop trigger {row['name']}")

    async def close(self) -> None:
        self._connection.close()


class _Postgresql:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str) -> list[Row]:
        return [dict(row) for row in await self._connection.fetch(sql)]

    async def run(self, sql: str) -> None:
        try:
            await self._connection.execute(sql)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Refused from error

    async def tables(self) -> list[str]:
        found = await self.rows("select tablename from pg_tables where schemaname = 'public'")
        return [row["tablename"] for row in found]

    async def without_guards(self) -> None:
        await self.run("alter table consent disable trigger user")

    async def close(self) -> None:
        await self._connection.close()


async def open_raw(url: str) -> Raw:
    """A connection of our own; whoever opens it closes it."""
    if url.startswith("sqlite:///"):
        return _Sqlite(Path(url.removeprefix("sqlite:///")))
    return _Postgresql(await asyncpg.connect(url))


def quoted(value: object) -> str:
    """A value in SQL; what is read and written here holds no zero bytes."""
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


async def traces(raw: Raw, is_sealed: Callable[[bytes], bool]) -> dict[str, set[str]]:
    """Every trace of anybody in any cell of any table, and where it stands; sealed bytes look like anything."""
    found: dict[str, set[str]] = {}
    for table in await raw.tables():
        for row in await raw.rows(f"select * from {table}"):  # noqa: S608 - a name of the catalogue
            for column, cell in row.items():
                text = cell
                if isinstance(cell, bytes) and not is_sealed(cell):
                    text = cell.decode("latin-1")
                if isinstance(text, str):
                    for trace in TRACES.findall(text):
                        found.setdefault(trace.casefold(), set()).add(f"{table}.{column}")
    return found
