"""A club that outgrows its file: from SQLite to PostgreSQL, with the service at work."""

from datetime import datetime

from medlem.app.keys import open_vault
from medlem.config import Settings, WrongSettings
from medlem.flows.tables import StorageUnavailable
from medlem.storage import moving
from medlem.storage.moving import Moved


async def move(settings: Settings, url: str, now: datetime) -> Moved:
    """Carry everything over to the PostgreSQL database of that address.

    Raises:
        WrongSettings: there is nothing to carry over, or the secret keys cannot be used.
        StorageUnavailable: it cannot be done, and what to do.
    """
    if not settings.on_sqlite:
        raise WrongSettings("this club is in PostgreSQL already: MEDLEM_DATABASE_URL names the SQLite file to move")
    if not settings.database_file.exists():
        raise StorageUnavailable(f"There is no database at {settings.database_file}.")
    return await moving.move(settings.database_file, url, open_vault(settings, may_make=False), now)
