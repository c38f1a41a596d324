"""The database: there, of this version's shape, kept as it should be, and of one mind about the time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from doctor.ward import marks, only
from medlem.app.doctor import database
from medlem.storage import Condition, Database, open_sqlite
from storages import STORAGES, VAULT, storage_of

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["sqlite-on-a-file", "postgresql"])
async def test_a_database_that_works_is_well(kind: str, tmp_path: Path) -> None:
    assert kind in STORAGES
    async with storage_of(kind, tmp_path) as storage:
        found = only(await database.database(storage))
        assert found.mark == "well"
        assert ("PostgreSQL 1" in found.text) == (kind == "postgresql")
        now = await storage.server_time() or NOW
        clock = await database.clock(storage, now)
        assert marks(clock) == ([("database-clock", "well")] if kind == "postgresql" else [])


async def test_a_database_of_an_older_version_is_wrong(tmp_path: Path) -> None:
    storage = await open_sqlite(f"sqlite:///{tmp_path / 'medlem.db'}", VAULT)
    found = only(await database.database(storage))
    await storage.close()
    assert found.mark == "wrong"
    assert "medlem migrate" in (found.advice or "")


@dataclass
class Told:
    """A database that says what a test writes down."""

    said: Condition
    time: datetime | None = None
    pending: list[str] = field(default_factory=list)

    async def pending_migrations(self) -> list[str]:
        return self.pending

    async def condition(self) -> Condition:
        return self.said

    async def server_time(self) -> datetime | None:
        return self.time


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Condition("SQLite 3.40.1", journal="delete"), "no write-ahead log (journal mode delete)"),
        (Condition("PostgreSQL 12.3", major=12), "PostgreSQL 12 is too old"),
    ],
)
async def test_a_database_that_is_not_kept_as_it_should_be_is_wrong(said: Condition, text: str) -> None:
    found = await database.database(cast("Database", Told(said)))
    assert marks(found) == [("database", "well"), ("database", "wrong")]
    assert text in found[1].text


@pytest.mark.parametrize(("ahead", "mark"), [(0, "well"), (-5, "look"), (61, "wrong")])
async def test_a_clock_that_differs_from_the_servers_is_told(ahead: int, mark: str) -> None:
    told = Told(Condition("PostgreSQL 16.3", major=16), NOW)
    found = await database.clock(cast("Database", told), NOW + timedelta(seconds=ahead))
    assert marks(found) == [("database-clock", mark)]
