"""Backups of an installation, and bringing them back: the settings say of what, and which keys it takes."""

from datetime import datetime
from pathlib import Path

from medlem.app.erasures import read
from medlem.app.keys import open_vault
from medlem.config import Settings, WrongSettings
from medlem.flows.tables import StorageUnavailable
from medlem.storage.backup import Contents, take
from medlem.storage.restore import Order, Restored
from medlem.storage.restore import restore as bring_back

_OTHER_DATABASE = (
    "This club is kept in PostgreSQL, which has its own tools for this: docs/operating.md says how, under PostgreSQL."
)


def backup(settings: Settings, file: Path, now: datetime, *, replace: bool) -> Contents:
    """Keep everything of this moment in a file; the service may run meanwhile.

    Raises:
        WrongSettings: the secret keys cannot be used, or the file is one that the installation needs itself.
        StorageUnavailable: it cannot be taken, and what to do.
    """
    _refuse_other_database(settings)
    _refuse_own_files(settings, file)
    if not settings.database_file.exists():
        raise StorageUnavailable(f"There is no database at {settings.database_file}.")
    return take(settings.database_file, file, open_vault(settings, may_make=False), now, replace=replace)


def restore(settings: Settings, file: Path, now: datetime, *, replace: bool, erasures: Path | None = None) -> Restored:
    """Bring a backup back, where nobody serves.

    Raises:
        WrongSettings: the secret keys are not there, or cannot be used.
        UnreadableErasures: the file of erasures is none.
        StorageUnavailable: it cannot be done, and what to do.
    """
    _refuse_other_database(settings)
    order = Order(
        file=file,
        database=settings.database_file,
        sales_unit=settings.sales_unit,
        replace=replace,
        erasures=None if erasures is None else list(read(erasures)),
    )
    return bring_back(order, open_vault(settings, may_make=False), now)


def _refuse_other_database(settings: Settings) -> None:
    if not settings.on_sqlite:
        raise StorageUnavailable(_OTHER_DATABASE)


def _refuse_own_files(settings: Settings, file: Path) -> None:
    database = settings.database_file
    own = [
        settings.secret_keys_file,
        *(database.with_name(database.name + end) for end in ("", "-wal", "-shm", ".lock")),
    ]
    if file.resolve() in {one.resolve() for one in own}:
        raise WrongSettings(f"{file} is a file that the installation needs itself: give the backup another name")
