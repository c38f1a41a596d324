"""Files that must outlive a power cut: what is written, and the name under which it is found."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import samestat
from pathlib import Path
from typing import Final

from medlem.flows.tables import StorageUnavailable

OWNER_ONLY: Final = 0o600
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file while it is open."""


@contextmanager
def drafted(draft: Path) -> Iterator[Path]:
    """An empty file of its owner's alone, to be filled and published; removed when it does not come to that.

    Raises:
        StorageUnavailable: somebody else is filling it, or the folder cannot be written.
    """
    descriptor = _taken(draft)
    try:
        yield draft
    except BaseException:
        for end in ("", *_BESIDE):
            draft.with_name(draft.name + end).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def publish(draft: Path, file: Path) -> None:
    """Give what has been written its name, for good; what had the name is replaced in the same moment.

    Raises:
        StorageUnavailable: it cannot be made lasting.
    """
    try:
        _flush(draft)
        draft.replace(file)
        _flush(file.parent)
    except OSError as error:
        raise StorageUnavailable(f"{file} cannot be written: {error.strerror}.") from error


def _taken(draft: Path) -> int:
    """The file, empty and locked; whoever was killed over it has left something in it."""
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        raise StorageUnavailable(f"{draft} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not samestat(os.fstat(descriptor), draft.stat()):  # its last writer has just given it its own name
            raise BlockingIOError
        os.ftruncate(descriptor, 0)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError | FileNotFoundError):
            raise StorageUnavailable(f"Another command is writing {draft}. Let it finish.") from error
        raise StorageUnavailable(f"{draft} cannot be written: {error.strerror}.") from error
    return descriptor


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
