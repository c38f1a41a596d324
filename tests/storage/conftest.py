"""SQLite on a file, opened as a test wants it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from medlem.storage import SqliteStorage, open_sqlite
from medlem.vault import Vault
from premises import NOW, Premises, new_premises
from storages import NEVER, VAULT, Open


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "medlem.db"


@pytest.fixture
def opening(path: Path) -> Open:
    @asynccontextmanager
    async def opened(
        *, serving: bool = False, slow_commit: float = NEVER, vault: Vault = VAULT
    ) -> AsyncIterator[SqliteStorage]:
        storage = await open_sqlite(f"sqlite:///{path}", vault, serving=serving, slow_commit=slow_commit)
        try:
            await storage.migrate(NOW)
            yield storage
        finally:
            await storage.close()

    return opened


@pytest.fixture
async def storage(opening: Open) -> AsyncIterator[SqliteStorage]:
    async with opening() as opened:
        yield opened


@pytest.fixture
async def here(storage: SqliteStorage) -> Premises:
    return await new_premises(storage)
