"""Brings a database to the shape that this version expects: numbered files, forwards only.

Each file is applied in one transaction, together with the line that says so; one that is cut off leaves nothing. A
database that knows more than we do, or something else under the same name, is left alone, unless each step that we do
not know says of itself that the version before goes on beside it (`BESIDE`): so nodes are replaced one by one.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.storage.faults import told
from medlem.storage.session import maybe_millis

FOLDER: Final = files("medlem.storage") / "migrations"

BESIDE: Final = "-- beside the version before"
"""The first line of a step that only adds what the version before does not miss."""

LEDGER: Final = """
create table if not exists migration (
    name text not null primary key,
    checksum text not null,
    beside integer not null,
    applied_at integer
) strict, without rowid;
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forwards."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What tells this file from another of its name."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def beside(self) -> bool:
        """Whether the version before can go on while this step is taken and afterwards."""
        return self.sql.startswith(BESIDE)


@dataclass(frozen=True, slots=True)
class Applied:
    """A step that a database has taken."""

    checksum: str
    beside: bool


@cache
def shipped() -> tuple[Migration, ...]:
    """The steps that this version knows, in their order."""
    found = sorted((file for file in FOLDER.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in found)


def left_of(known: tuple[Migration, ...], applied: Mapping[str, Applied]) -> list[Migration]:
    """The steps that a database has yet to take.

    Raises:
        StorageUnavailable: it is not a database that this version may touch.
    """
    unknown = applied.keys() - {migration.name for migration in known}
    if any(not applied[name].beside for name in unknown):
        raise StorageUnavailable(
            "The database was written by a newer version of medlem. Install that version, or restore a backup."
        )
    for migration in known:
        if migration.name in applied and applied[migration.name].checksum != migration.checksum:
            raise StorageUnavailable(
                f"Migration {migration.name} of the database is not the one of this version. "
                "Install the version that made it, or restore a backup."
            )
    left = [migration for migration in known if migration.name not in applied]
    if applied and left and left[0].name < max(applied):
        raise StorageUnavailable(f"Migration {left[0].name} was skipped in this database. Restore a backup.")
    return left


def pending(connection: sqlite3.Connection, known: tuple[Migration, ...]) -> list[Migration]:
    """The steps that an SQLite database has yet to take.

    Raises:
        StorageUnavailable: as `left_of`.
    """
    return left_of(known, _applied(connection))


def migrate(connection: sqlite3.Connection, known: tuple[Migration, ...], now: datetime | None) -> list[str]:
    """Take the steps that are left; their names."""
    taken: list[str] = []
    try:
        while True:
            connection.execute("begin immediate")
            left = pending(connection, known)
            if not left:
                return taken
            _take(connection, left[0], now)
            connection.execute("commit")
            taken.append(left[0].name)
    except sqlite3.Error as error:
        raise told(error) from error
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def statements_of(sql: str) -> Iterator[str]:
    """Split a file into statements: `executescript` would commit first, and leave half a file behind."""
    gathered = ""
    for line in sql.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""
    if any(line.strip() and not line.strip().startswith("--") for line in gathered.splitlines()):
        raise ValueError("a migration ends in the middle of a statement")


def _take(connection: sqlite3.Connection, migration: Migration, now: datetime | None) -> None:
    connection.execute(LEDGER)
    for statement in statements_of(migration.sql):
        connection.execute(statement)
    connection.execute(
        "insert into migration (name, checksum, beside, applied_at) values (?, ?, ?, ?)",
        (migration.name, migration.checksum, int(migration.beside), maybe_millis(now)),
    )


def _applied(connection: sqlite3.Connection) -> Mapping[str, Applied]:
    try:
        found = connection.execute("select name from sqlite_schema where type = 'table' and name = 'migration'")
        if not found.fetchall():
            return {}
        rows = connection.execute("select name, checksum, beside from migration").fetchall()
        return {name: Applied(checksum, bool(beside)) for name, checksum, beside in rows}
    except sqlite3.Error as error:
        raise told(error) from error
