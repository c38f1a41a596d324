"""Tells the operator what ails the database, in words that hold nothing of what is stored in it."""

import sqlite3
from typing import Final

from medlem.flows.tables import StorageUnavailable

_HELD: Final = "Another process holds the database. Let a running import finish, or end the process that holds it."
_BROKEN: Final = "The database file is damaged. Stop the service, keep the file, and put the last backup in its place."
_BARRED: Final = (
    "The database file cannot be opened or written. Check that its directory exists, and that both belong to the "
    "account under which the service runs."
)

MOVED: Final = "moved_to_postgresql"
"""The mark of a database of which everything is on a PostgreSQL server now; also what its triggers say."""

MOVED_AWAY: Final = "This club has moved to PostgreSQL: set DATABASE_URL to its address there, and start again."
"""What a database says from which `medlem move` has carried everything away; it refuses every write."""

_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "The disk is full. Free some space; nothing needs to be started again.",
    sqlite3.SQLITE_IOERR: "The disk fails to read or write. Check the disk and its connection.",
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_READONLY: _BARRED,
    sqlite3.SQLITE_CANTOPEN: _BARRED,
    sqlite3.SQLITE_PERM: _BARRED,
    sqlite3.SQLITE_ERROR: "The database is not as this version expects it. Run `medlem migrate`.",
}
_PRIMARY: Final = 0xFF  # an extended result code keeps the primary one in its last byte


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code (sqlite.org/rescode.html); 0 for an error of the driver's own."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def told(error: sqlite3.Error) -> Exception:
    """What to raise: a fault of disk or file with advice, a defect of ours as it is."""
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_TRIGGER and str(error) == MOVED:
        return StorageUnavailable(MOVED_AWAY)
    if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)):
        return error
    code = code_of(error)
    return StorageUnavailable(
        _ADVICE.get(code, f"SQLite gave up with result code {code}. See sqlite.org/rescode.html.")
    )
