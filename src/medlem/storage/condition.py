"""What a database is, for whoever looks after it; nothing else asks."""

import sqlite3
from dataclasses import dataclass

THOUSANDS = 10_000


@dataclass(frozen=True, slots=True)
class Condition:
    """What a database says of itself."""

    engine: str
    """Its name and version."""
    major: int | None = None
    """PostgreSQL's first number; SQLite comes with the program."""
    journal: str | None = None
    """SQLite's way of committing; `wal` is ours."""


def of_sqlite(connection: sqlite3.Connection) -> Condition:
    """How an SQLite file is kept."""
    journal = connection.execute("pragma journal_mode").fetchone()[0]
    return Condition(f"SQLite {sqlite3.sqlite_version}", journal=str(journal))


def of_postgresql(number: int) -> Condition:
    """Which server it is, by its `server_version_num`: 160003 is 16.3."""
    major, minor = divmod(number, THOUSANDS)
    return Condition(f"PostgreSQL {major}.{minor}", major=major)
