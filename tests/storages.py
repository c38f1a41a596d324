"""The storages that must keep the same promises."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from medlem.storage import Database, SqliteStorage, open_sqlite, open_storage
from medlem.vault import Vault
from postgres import TEMPLATE, cluster
from premises import NOW

VAULT = Vault([bytes(range(32))])
ALWAYS, NEVER = -1.0, float("inf")


async def _on_a_file(folder: Path) -> Database:
    return await open_sqlite(f"sqlite:///{folder / 'medlem.db'}", VAULT, slow_commit=NEVER)


async def _on_a_slow_disk(folder: Path) -> Database:
    return await open_sqlite(f"sqlite:///{folder / 'medlem.db'}", VAULT, slow_commit=ALWAYS)


async def _in_memory(_: Path) -> Database:
    return await open_sqlite("sqlite://", VAULT)


async def _on_postgresql(_: Path) -> Database:
    return await open_storage(cluster().new_database(TEMPLATE), VAULT, serving=True)


STORAGES: dict[str, Callable[[Path], Awaitable[Database]]] = {
    "postgresql": _on_postgresql,
    "sqlite-on-a-file": _on_a_file,
    "sqlite-on-a-slow-disk": _on_a_slow_disk,
    "sqlite-in-memory": _in_memory,
}


@asynccontextmanager
async def storage_of(kind: str, folder: Path) -> AsyncIterator[Database]:
    storage = await STORAGES[kind](folder)
    try:
        await storage.migrate(NOW)
        yield storage
    finally:
        await storage.close()


class Open(Protocol):
    """Opens the test's file, migrated; may be done more than once."""

    def __call__(
        self, *, serving: bool = False, slow_commit: float = NEVER, vault: Vault = VAULT
    ) -> AbstractAsyncContextManager[SqliteStorage]: ...
