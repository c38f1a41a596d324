"""A backup: the whole club at one moment, in one file, taken while the service runs and writes.

SQLite itself copies it (`vacuum into`), through a connection of its own and from one snapshot: a reader makes no
writer wait, and what was deleted is not in the copy. It is written under another name, checked and flushed, and only
then gets its own. It is marked as a backup, so that nobody serves from it by mistake; `restore` brings it back.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.storage import migrating
from medlem.storage.faults import code_of, told
from medlem.storage.files import drafted, publish
from medlem.storage.marks import BACKUP, marks, refuse_marked
from medlem.storage.migrating import shipped
from medlem.storage.places import written_under
from medlem.storage.session import millis, moment
from medlem.vault import Vault

_PORTION: Final = 100_000
"""Steps of SQLite between two flushes: small ones, since a till's commit waits behind what is unflushed."""

_DAMAGED: Final = "The backup is damaged, or it is no database at all. Use another one."


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a backup."""

    taken_at: datetime
    migration: str
    """The last step that its database had taken."""
    sales_units: tuple[str, ...]
    members: int
    """Those who had not left."""
    size: int
    """Bytes."""


def take(database: Path, file: Path, vault: Vault, now: datetime, *, replace: bool) -> Contents:
    """Write everything that is committed now into a file of its own.

    Args:
        database: may be served from meanwhile.
        file: where to.
        vault: the keys without which the backup could not be used.
        now: what to write down as the moment of it.
        replace: whether a file of that name may go.

    Raises:
        StorageUnavailable: it cannot be taken, and what to do; then there is no file, or the one that was there.
    """
    if file.exists() and not replace:
        raise StorageUnavailable(f"{file} is there already. Choose another name, or replace it with --replace.")
    with drafted(file.with_name(f"{file.name}.partial")) as draft:
        _copy(database, draft, now)
        contents = examine(draft, vault)
        publish(draft, file)
    return contents


def examine(file: Path, vault: Vault) -> Contents:
    """Look whether a backup can be used: whole, of a version that we know, under our keys.

    Raises:
        StorageUnavailable: it cannot, and what to do.
    """
    with opened(file, "ro") as connection:
        try:
            if connection.execute("pragma integrity_check").fetchall() != [("ok",)]:
                raise StorageUnavailable(_DAMAGED)
        except sqlite3.DatabaseError as error:
            if code_of(error) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise StorageUnavailable(_DAMAGED) from error
            raise told(error) from error
        if BACKUP not in marks(connection):
            raise StorageUnavailable("This is no backup. `medlem backup` makes one.")
        _refuse_unknown(connection)
        if connection.execute("pragma foreign_key_check").fetchall():
            raise StorageUnavailable(_DAMAGED)
        clubs = connection.execute("select id, digest, sales_unit from club order by id").fetchall()
        if not all(written_under(vault, club, digest) for club, digest, _ in clubs):
            raise StorageUnavailable(
                "This backup was made under other secret keys, and is worth nothing without them. Let SECRET_KEYS "
                "name the file that was kept for it."
            )
        return _contents(connection, file, tuple(unit for *_, unit in clubs))


@contextmanager
def opened(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A bare connection to a file that is there.

    Args:
        file: where.
        mode: `ro` or `rw`.

    Raises:
        StorageUnavailable: whatever ails the file.
    """
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise told(error) from error
    with closing(connection):
        yield connection


def _copy(database: Path, draft: Path, now: datetime) -> None:
    with opened(database, "rw") as connection:
        refuse_marked(connection)
        if len(migrating.pending(connection, shipped())) == len(shipped()):
            raise StorageUnavailable(f"The database {database} is empty: there is nothing to keep yet.")
        try:
            with draft.open("rb") as written:
                connection.set_progress_handler(lambda: os.fdatasync(written.fileno()), _PORTION)
                connection.execute("vacuum into ?", (str(draft),))
        except sqlite3.Error as error:
            raise told(error) from error
    with opened(draft, "rw") as connection:
        try:
            connection.execute(f"create table {BACKUP} (taken_at integer not null) strict")
            connection.execute(f"insert into {BACKUP} (taken_at) values (?)", (millis(now),))  # noqa: S608 - our own name
        except sqlite3.Error as error:
            raise told(error) from error


def _refuse_unknown(connection: sqlite3.Connection) -> None:
    try:
        migrating.pending(connection, shipped())
    except StorageUnavailable as error:
        raise StorageUnavailable(
            "This backup was made by another version of medlem, which knows more than this one. Install that version "
            "or a newer one, and restore with it."
        ) from error


def _contents(connection: sqlite3.Connection, file: Path, sales_units: tuple[str, ...]) -> Contents:
    [(taken_at, migration, members)] = connection.execute(
        "select (select taken_at from backup), (select max(name) from migration), "
        "(select count(*) from member where left_at is null)"
    ).fetchall()
    return Contents(moment(int(taken_at)), migration, sales_units, members, file.stat().st_size)
