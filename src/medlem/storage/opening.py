"""Opens the database that `DATABASE_URL` names, whichever it is."""

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from medlem.flows.ports import Storage
from medlem.storage.condition import Condition
from medlem.storage.place import UnusableDatabaseUrl
from medlem.storage.sqlite import open_sqlite
from medlem.storage.writer import SLOW
from medlem.vault import Vault

if TYPE_CHECKING:
    from medlem.storage.tables import AllTables

POSTGRESQL = ("postgresql://", "postgres://")


class Database(Storage, Protocol):
    """What a house needs of its database beyond the `Storage` port."""

    @property
    def reading(self) -> "AllTables":
        """What has been committed, call by call."""

    async def pending_migrations(self) -> list[str]:
        """The names of the steps that the database has yet to take."""

    async def migrate(self, now: datetime | None = None) -> list[str]:
        """Take those steps; their names."""

    async def healthy(self) -> None:
        """Raise `StorageUnavailable` if this database cannot be worked with, and say what to do."""

    async def condition(self) -> Condition:
        """What this database is, for whoever looks after it."""

    async def server_time(self) -> datetime | None:
        """What time it is where all nodes look; None where there is one process."""

    async def close(self) -> None:
        """Let go of it."""


async def open_storage(
    database_url: str, vault: Vault, *, serving: bool = False, slow_commit: float = SLOW
) -> Database:
    """Open a database; `migrate` gives it its tables.

    Args:
        database_url: `sqlite:///relative`, `sqlite:////absolute`, `sqlite://` for one in memory, or
            `postgresql://name:password@host/database`.
        vault: seals and hashes what must not lie open in it.
        serving: whether this process serves from it: with SQLite the only one, with PostgreSQL one of many.
        slow_commit: seconds; where SQLite's commits usually take longer, they no longer run in the event loop.

    Raises:
        UnusableDatabaseUrl: it names no database that we can use.
        StorageUnavailable: it cannot be opened, or another process serves from it; with what to do.
    """
    if database_url.startswith("sqlite:"):
        return await open_sqlite(database_url, vault, serving=serving, slow_commit=slow_commit)
    if not database_url.startswith(POSTGRESQL):
        raise UnusableDatabaseUrl
    from medlem.storage.postgresql import open_postgresql  # noqa: PLC0415 - a shop on SQLite starts without the driver

    return await open_postgresql(database_url, vault, serving=serving)
