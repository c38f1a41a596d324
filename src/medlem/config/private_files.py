"""Files that hold secrets: written whole or not at all, and readable by their owner alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

OWNER_ONLY: Final = 0o600


def make_private(file: Path, text: str) -> bool:
    """Make the file unless it is there; of two who do so at the same moment one wins. Whether it was made here."""
    try:
        with _draft(file, text) as draft:
            os.link(draft, file)
    except FileExistsError:
        return False
    _settle(file)
    return True


def write_private(file: Path, text: str) -> None:
    """Make the file, or put other words into it."""
    with _draft(file, text) as draft:
        draft.replace(file)
    _settle(file)


@contextmanager
def _draft(file: Path, text: str) -> Iterator[Path]:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # left by one who died with our number
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _settle(file: Path) -> None:
    """Make the name as lasting as the content: a database must not outlive its keys in a power cut."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
