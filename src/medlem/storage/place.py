"""Where the database lies: what `DATABASE_URL` names, and who may serve from it.

A database "in memory" is a file without a name: made in memory where the system offers such a place, and unlinked as
soon as it is open. So it has the same readers, the same commits and the same errors as any other, and nobody can
find it again.
"""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from os.path import samestat
from pathlib import Path
from time import sleep  # noqa: TID251 - a start that finds the lock held for a moment; there is no clock yet
from typing import Final, Self

from medlem.flows.tables import StorageUnavailable
from medlem.storage.faults import told

_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the system's own memory, and the file has no name there

_CHECKPOINT: Final = "wal_autocheckpoint=4000"
"""Pages: four times SQLite's own. A page that many commits write is then copied into the file a quarter as often."""


_LOOKS: Final = 3
_BETWEEN_LOOKS: Final = 0.01
"""How often to look, and seconds between: a command that asks whether anybody serves holds the lock for a moment."""


class UnusableDatabaseUrl(ValueError):
    """`DATABASE_URL` names no database that we can use; it is not repeated, since it may hold a password."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL is sqlite:///file.db (relative), sqlite:////path/to/file.db (absolute), sqlite:// (in "
            "memory, for tests), or postgresql://name:password@host/database."
        )


def path_of(database_url: str) -> Path | None:
    """The file that a URL names; None for a database in memory.

    Raises:
        UnusableDatabaseUrl: it is not SQLite's.
    """
    scheme, found, rest = database_url.partition("://")
    if scheme != "sqlite" or not found:
        raise UnusableDatabaseUrl
    if rest in {"", "/", "/:memory:"}:
        return None
    if not rest.startswith("/"):
        raise UnusableDatabaseUrl
    return Path(rest[1:])


class Lock:
    """Lets one process serve from a file. The system takes it back when the process ends, however that is."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take it, or say who has it.

        Raises:
            StorageUnavailable: another process serves.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageUnavailable(f"The lock beside the database cannot be opened: {error.strerror}.") from error
        for left in reversed(range(_LOOKS)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if left:
                    sleep(_BETWEEN_LOOKS)
                    continue
                os.close(descriptor)
                raise StorageUnavailable(
                    "Another process serves from this database already, and SQLite takes one. Stop that one, "
                    "or give each its own DATABASE_URL."
                ) from error
            self._descriptor = descriptor
            return

    def taken(self) -> bool:
        """Whether a process serves, this one among them."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            return False
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Let another process serve."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Place:
    """Where the file was when it was opened. Somebody may take it away while we serve, and SQLite would not notice."""

    def __init__(self, database: Path) -> None:
        self._database = str(database)
        self._opened = os.stat(self._database)  # noqa: PTH116 - before every commit, so not by way of a Path

    def check(self) -> None:
        """Look whether it is still there, so that nobody is told that something is kept which is not.

        Raises:
            StorageUnavailable: it is gone, or another file is in its place.
        """
        try:
            found = os.stat(self._database)  # noqa: PTH116 - as above
        except OSError:
            found = None
        if found is None or not samestat(found, self._opened):
            raise StorageUnavailable(
                "The database file is no longer where it was opened: somebody has moved, removed or replaced it. Put "
                "it back, or start the service again on what is there now."
            )


class Connections:
    """The two connections to one file: one writes, one reads what has been committed."""

    def __init__(self, path: Path | None) -> None:
        if path is None:
            folder = Path(tempfile.mkdtemp(dir=_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None))
            try:
                self.writing, self.reading = _both(folder / "memory")
            finally:
                shutil.rmtree(folder)
        else:
            self.writing, self.reading = _both(path)

    def close(self) -> None:
        """Close what is open."""
        self.reading.close()
        self.writing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.close()


def _both(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # it holds phone numbers: its owner's alone
    except OSError as error:
        raise StorageUnavailable(
            f"The database file cannot be opened: {error.strerror}. Check that its directory exists and is writable."
        ) from error
    writing = _connection(
        path, "journal_mode=wal", "synchronous=full", "foreign_keys=on", "secure_delete=on", _CHECKPOINT
    )
    try:
        # A first, empty transaction: the reader needs the log to be there.
        writing.execute("begin immediate")
        writing.execute("commit")
        # A commit that finds the file held waits for it elsewhere than in the event loop.
        writing.execute("pragma busy_timeout=0")
        return writing, _connection(path, "query_only=on")
    except BaseException:
        writing.close()
        raise


def _connection(path: Path, *pragmas: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    except sqlite3.Error as error:
        raise told(error) from error
    try:
        connection.row_factory = sqlite3.Row
        for pragma in ("busy_timeout=5000", *pragmas, "temp_store=memory"):
            connection.execute(f"pragma {pragma}").fetchall()
        connection.execute("select count(*) from sqlite_schema").fetchall()
    except sqlite3.Error as error:
        connection.close()
        raise told(error) from error
    return connection
