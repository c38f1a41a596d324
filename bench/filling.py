"""A register for a measurement: made by the database itself, in a folder that is removed afterwards."""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

import asyncpg

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import crowd

SMALL: Final = 1_000_000
"""Bytes: of the size of a file, and of what is read of it at a time."""


def fill(database: Path | str, members: int) -> None:
    """Make members in a file of SQLite, or in a database of PostgreSQL, that has a club and no member yet."""
    if isinstance(database, Path):
        fill_file(database, members)
        return
    apart = Thread(target=asyncio.run, args=(fill_server(database, members),))  # there is an event loop here already
    apart.start()
    apart.join()


def fill_file(database: Path, members: int) -> None:
    """Fill a database of SQLite."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-1000000"):
        connection.execute(f"pragma {pragma}").fetchall()
    (club,) = connection.execute("select id from club").fetchone()
    crowd.fill_sqlite(connection, club, members)
    connection.close()


async def fill_server(url: str, members: int) -> None:
    """Fill a database of PostgreSQL."""
    connection = await asyncpg.connect(url)
    await crowd.fill_postgresql(connection, await connection.fetchval("select id from club"), members)
    await connection.execute("vacuum analyze", timeout=None)
    await connection.execute("checkpoint", timeout=None)
    await connection.close()


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder for everything; PostgreSQL's own account must be able to pass."""
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = usual


def read_all(folder: Path) -> None:
    """Let the system have in its memory what the databases have on the disk, as far as there is room."""
    for file in folder.glob("**/*"):
        if file.is_file() and file.stat().st_size > SMALL:
            with file.open("rb") as read:
                while read.read(SMALL):
                    pass
