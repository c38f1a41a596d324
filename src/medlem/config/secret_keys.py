"""The file of `SECRET_KEYS`: what everything sealed in the database opens with.

A shop that starts for the first time gets one beside its database. Never later: a database whose keys are gone must
not be given others, since what was sealed before would be lost without a word.
"""

import logging
import stat
from collections.abc import Callable
from pathlib import Path

from medlem.club.masked import Masked
from medlem.config.private_files import make_private
from medlem.config.settings import PREFIX, Settings, WrongSettings

log = logging.getLogger(__name__)


def read_secret_keys(settings: Settings, new_line: Callable[[], str] | None) -> Masked[str]:
    """The lines of the file.

    Args:
        settings: where it is, and where the database is.
        new_line: draws a key, for the first start; None where there must be keys already.

    Raises:
        WrongSettings: it is not there, cannot be read or made, or everybody on this machine may read it.
    """
    if not settings.on_sqlite and settings.secret_keys is None:
        raise WrongSettings(
            f"{PREFIX}SECRET_KEYS is not set: with PostgreSQL it names the file with the keys, the same for every node"
        )
    database = settings.database_file
    file = settings.secret_keys_file
    try:
        if not file.exists() and settings.secret_keys is None:
            if database.exists() and database.stat().st_size:
                raise WrongSettings(
                    f"the database {database} is there, but not its keys {file}: put back the copy that was "
                    f"kept, or say with {PREFIX}SECRET_KEYS where they are"
                )
            if new_line is None:
                raise WrongSettings(
                    f"the secret keys {file} are not there: put back the file that belongs to the backup, or say with "
                    f"{PREFIX}SECRET_KEYS where it is"
                )
            if make_private(file, new_line() + "\n"):
                log.info("secret keys made: %s; keep a copy of them apart from the database's backups", file)
        _judge(file)
        return Masked(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise WrongSettings(f"the secret keys {file} are not a text file") from None
    except OSError as error:
        where = f"{PREFIX}SECRET_KEYS names {file}, which" if settings.secret_keys else f"the secret keys {file}"
        raise WrongSettings(f"{where} cannot be read or made: {error.strerror}") from None


def _judge(file: Path) -> None:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & stat.S_IRWXO:
        raise WrongSettings(f"everybody on this machine may read the secret keys {file}: run `chmod 600 {file}`")
    if mode & stat.S_IRWXG:
        log.warning("others in the group may read the secret keys %s; `chmod 600` keeps them apart", file)
