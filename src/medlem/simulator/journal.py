"""The simulator's memory: people, requests and keys that are still there after a restart.

One file of JSON lines, `[table, key, row]`, only ever appended to; the last line of a key counts, and a `null` row
removes it. Each line is handed to the operating system at once, so a killed process loses nothing that it answered
for; a line that was cut off in the middle is dropped. Nothing is flushed to the disk itself: this is a pretend
platform, and a power cut may cost a few pretend people.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = TypeVar("Row")

FILE: Final = "simulator.jsonl"


class CannotStart(Exception):
    """The directory cannot be used; the message says what to do."""


class JournalDamaged(CannotStart):
    """The journal holds a whole line that cannot be read; move the file away to start afresh."""


class DirectoryTaken(CannotStart):
    """Another simulator runs on this directory; stop it first, or choose another directory."""


class Journal:
    """The file, or nothing at all when there is no directory."""

    def __init__(self, directory: Path | None) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._file: int | None = None
        self._lock: int | None = None
        self.on_change: Callable[[], None] = lambda: None
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(directory / "simulator.lock")
            self._file = self._reopen(directory / FILE)

    def take(self, table: str) -> dict[str, Any]:
        """Hand over what was read for one table; each table is taken once, by its owner."""
        return self._rows.pop(table, {})

    def write(self, table: str, key: str, row: object) -> None:
        """Append one line in a single write, and say that something changed."""
        if self._file is not None:
            os.write(self._file, msgspec.json.encode((table, key, row)) + b"\n")
        self.on_change()

    def close(self) -> None:
        """Let the directory go."""
        for descriptor in (self._file, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._file = self._lock = None

    def _reopen(self, path: Path) -> int:
        """Read what is there and write it anew without what was replaced, then go on behind it."""
        if path.exists():
            self._read(path)
        compact = path.with_suffix(".new")
        descriptor = os.open(compact, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        lines = (
            msgspec.json.encode((table, key, row)) + b"\n"
            for table, rows in self._rows.items()
            for key, row in rows.items()
        )
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.writelines(lines)
        compact.replace(path)
        return descriptor

    def _read(self, path: Path) -> None:
        *lines, _torn = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                table, key, row = msgspec.json.decode(line, type=tuple[str, str, Any])
            except msgspec.DecodeError as error:
                raise JournalDamaged(
                    f"Line {number} of {path} cannot be read. Move the file away to start afresh."
                ) from error
            rows = self._rows.setdefault(table, {})
            rows.pop(key, None)
            if row is not None:
                rows[key] = row


class Table(Generic[Row]):
    """Rows of one kind by key, kept in the journal as they change."""

    def __init__(self, journal: Journal, name: str, kind: type[Row]) -> None:
        self._journal = journal
        self._name = name
        self._rows = {key: msgspec.convert(row, kind) for key, row in journal.take(name).items()}

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def get(self, key: str) -> Row | None:
        """Find the row of a key."""
        return self._rows.get(key)

    def put(self, key: str, row: Row) -> Row:
        """Keep it; call again after changing a row."""
        self._rows[key] = row
        self._journal.write(self._name, key, row)
        return row

    def remove(self, key: str) -> None:
        """Forget it; forgetting twice is no mistake."""
        if self._rows.pop(key, None) is not None:
            self._journal.write(self._name, key, None)

    def keys_from(self, prefix: str) -> list[str]:
        """List the keys that begin so."""
        return [key for key in self._rows if key.startswith(prefix)]

    def items(self) -> list[tuple[str, Row]]:
        """List keys and rows, as they are now."""
        return list(self._rows.items())

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise DirectoryTaken(
            f"Another simulator runs on {path.parent}. Stop it, or choose another directory."
        ) from error
    return descriptor
