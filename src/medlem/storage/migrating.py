"""Brings a database to the shape that this version expects: numbered files, forwards only.

Each file is applied in one transaction, together with the line that says so; one that is cut off leaves nothing. A
database that knows more than we do, or something else under the same name, is left alone.
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

_LEDGER: Final = """
create table if not exists migration (
    name text not null primary key,
    checksum text not null,
    applied_at integer
) strict, without rowid
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


@cache
def shipped() -> tuple[Migration, ...]:
    """The steps that this version knows, in their order."""
    found = sorted((file for file in FOLDER.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in found)


def pending(connection: sqlite3.Connection, known: tuple[Migration, ...]) -> list[Migration]:
    """The steps that this database has yet to take.

    Raises:
        StorageUnavailable: it is not a database that this version may touch.
    """
    applied = _applied(connection)
    if applied.keys() - {migration.name for migration in known}:
        raise StorageUnavailable(
            "The database was written by a newer version of medlem. Install that version, or restore a backup."
        )
    for migration in known:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise StorageUnavailable(
                f"Migration {migration.name} of the database is not the one of this version. "
                "Install the version that made it, or restore a backup."
            )
    left = [migration for migration in known if migration.name not in applied]
    if applied and left and left[0].name < max(applied):
        raise StorageUnavailable(f"Migration {left[0].name} was skipped in this database. Restore a backup.")
    return left


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
    connection.execute(_LEDGER)
    for statement in statements_of(migration.sql):
        connection.execute(statement)
    connection.execute(
        "insert into migration (name, checksum, applied_at) values (?, ?, ?)",
        (migration.name, migration.checksum, maybe_millis(now)),
    )


def _applied(connection: sqlite3.Connection) -> Mapping[str, str]:
    try:
        found = connection.execute("select name from sqlite_schema where type = 'table' and name = 'migration'")
        if not found.fetchall():
            return {}
        return dict(connection.execute("select name, checksum from migration").fetchall())
    except sqlite3.Error as error:
        raise told(error) from error
