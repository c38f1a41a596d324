"""Bring a backup back, and let nothing of the time between come twice.

What happened after the backup was taken is not in it, yet tills, phones and the platform remember it. The rules by
which the two are kept apart are below (`_RULES`), and told to operators in docs/operating.md.

Everything is prepared in a file beside the database, which takes its place in one step: whoever is killed before that
leaves the old database as it was.
"""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from medlem.flows.rights_table import Tombstone
from medlem.flows.tables import StorageUnavailable
from medlem.storage import migrating, tombstones
from medlem.storage.backup import Contents, examine, opened
from medlem.storage.faults import code_of, told
from medlem.storage.files import drafted, publish
from medlem.storage.marks import BACKUP
from medlem.storage.migrating import shipped
from medlem.storage.place import Lock
from medlem.storage.session import millis, moment
from medlem.vault import Vault

FEWEST_SKIPPED: Final = 1000
"""Member numbers that are left out, and one for each second that is lost besides, more than any counter gives out: who
brings the same backup back a second time leaves out more than the first time, and what was given between the two."""

_MAGIC: Final = b"SQLite format 3\0"

_RULES: Final = (
    # On its way to a phone when the backup was taken: nobody knows what came of it, and only a cashier asks again.
    "update enrolment set state = 'failed', reason = 'outcome_unknown', changed_at = :now where state = 'asking'",
    # Waiting: the platform knows what came of it. Most have expired long ago and end with the first look; that one
    # comes no sooner than the platform allows, should the last one have been just now.
    "update enrolment set due_at = :now + interval_ms, lease_until = 0 where state = 'waiting'",
    # Screens begin anew: without events no `Last-Event-ID` can be resumed, so each gets a snapshot. Positions count on
    # from the milliseconds of this moment: beyond whatever was given out since the backup or after another restore.
    "delete from event",
    "update station set last_position = max(last_position, :now) + 1000000",
    # Given out since the backup, and printed on somebody's card.
    "update club set last_number = last_number + :skipped",
    # So many changes no member has had since: whoever was told of those would take the next ones for old news.
    "update member set version = version + :skipped where erased_at is null",
    # Who stood at a till before is gone: no question is put to them now.
    "update identification set phone = null, entry = null, choices = null",
    # A code that paired a till since the backup would pair another one.
    "delete from pairing",
    f"drop table {BACKUP}",
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and what became of what was there."""

    contents: Contents
    skipped: int
    """Member numbers that are left out."""
    kept: Path | None
    """The database that was in its place."""
    erased_again: int
    """Members who had been erased after the backup."""
    erasures_known: bool
    """Whether anybody knew who they were: a database that was replaced, or a file of erasures."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be brought back, and to where."""

    file: Path
    database: Path
    sales_unit: str | None
    """Whose club it has to be, if that is known."""
    replace: bool
    """Whether a database may be there."""
    erasures: Sequence[Tombstone] | None = None
    """Who was erased, from a file that was kept apart."""


def restore(order: Order, vault: Vault, now: datetime) -> Restored:
    """Put a backup in the place of the database.

    Raises:
        StorageUnavailable: it cannot be done, and what to do; then everything is as it was.
    """
    lock = Lock(order.database)
    lock.take()
    try:
        _forget_unfinished(order.database)
        there = _there(order.database)
        if there and not order.replace:
            raise StorageUnavailable(
                f"There is a database at {order.database}. Restore with --replace: it is kept under another name."
            )
        with drafted(order.database.with_name(f"{order.database.name}.restoring")) as draft:
            contents = _prepare(order, draft, vault)
            erasures = _erasures(order, there=there)
            skipped, erased = _begin_anew(draft, now, contents.taken_at, erasures or (), vault)
            kept = _set_aside(order.database, now) if there else None
            publish(draft, order.database)
        return Restored(contents, skipped, kept, erased, erasures is not None)
    finally:
        lock.release()


def _prepare(order: Order, draft: Path, vault: Vault) -> Contents:
    try:
        shutil.copyfile(order.file, draft)
    except OSError as error:
        raise StorageUnavailable(f"The backup {order.file} cannot be copied: {error.strerror}.") from error
    contents = examine(draft, vault)
    if order.sales_unit is not None and contents.sales_units and order.sales_unit not in contents.sales_units:
        raise StorageUnavailable(
            f"This backup holds the club of sales unit {', '.join(contents.sales_units)}, and the settings name "
            f"{order.sales_unit}. Use the settings that belong to it."
        )
    return contents


def _erasures(order: Order, *, there: bool) -> Sequence[Tombstone] | None:
    """Who was erased since, as far as anybody knows; None when nobody does."""
    found = None
    if there:
        with opened(order.database, "ro") as connection:
            found = tombstones.read(connection)
    if found is None or order.erasures is None:
        return order.erasures if found is None else found
    return [*found, *order.erasures]


def _begin_anew(
    draft: Path, now: datetime, taken_at: datetime, erasures: Sequence[Tombstone], vault: Vault
) -> tuple[int, int]:
    """Apply the rules; how many member numbers are left out, and how many members are erased again.

    They count from the last thing that the backup knows of: it may have been taken of a disk's old snapshot.
    """
    with opened(draft, "rw") as connection:
        migrating.migrate(connection, shipped(), now)
        try:
            connection.execute("begin immediate")
            shown = connection.execute("select added_at from event order by number desc limit 1").fetchone()
            known = min(taken_at, moment(shown[0])) if shown else taken_at
            skipped = FEWEST_SKIPPED + max(0, (now - known) // timedelta(seconds=1))
            values = {"now": millis(now), "skipped": skipped}
            for rule in _RULES:
                connection.execute(rule, values)
            erased = tombstones.bury(connection, erasures, vault)
            connection.execute("commit")
        except sqlite3.Error as error:
            raise told(error) from error
    return skipped, erased


def _there(database: Path) -> bool:
    return database.exists() and database.stat().st_size > 0


def _forget_unfinished(database: Path) -> None:
    """Take away the second name that one who was killed gave to a database which then stayed."""
    for kept in database.parent.glob(f"{database.name}.replaced-*"):
        if database.exists() and kept.samefile(database):
            kept.unlink()


def _set_aside(database: Path, now: datetime) -> Path:
    """Give the database a second name, under which it stays when its first one is taken."""
    kept = database.with_name(f"{database.name}.replaced-{now:%Y%m%dT%H%M%S}Z")
    whole = _fold(database)
    try:
        os.link(database, kept)
        if not whole:  # what is damaged keeps its log, which must not be read into the file that comes
            for end in ("-wal", "-shm"):
                log = database.with_name(database.name + end)
                if log.exists():
                    log.rename(kept.with_name(kept.name + end))
    except OSError as error:
        raise StorageUnavailable(f"The old database cannot be kept as {kept}: {error.strerror}.") from error
    return kept


def _fold(database: Path) -> bool:
    """Let the file be all of the database, with nothing of it in a log; whether it could be read."""
    try:
        with database.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return False  # SQLite would take it for new, and its log for an old one that can go
    except OSError as error:
        raise StorageUnavailable(f"The old database {database} cannot be read: {error.strerror}.") from error
    try:
        with opened(database, "rw") as connection:
            connection.execute("pragma journal_mode=delete").fetchall()
    except sqlite3.Error as error:
        if code_of(error) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return False
        raise told(error) from error
    return True
