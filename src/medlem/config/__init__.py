"""Settings, read once: `load` gives the one frozen `Settings` object that everything is put together from."""

from medlem.config.clubs import SECRETS, ClubTexts, read_club
from medlem.config.kinds import is_loopback
from medlem.config.private_files import write_private
from medlem.config.reading import files_with_secrets, load
from medlem.config.secret_keys import read_secret_keys
from medlem.config.settings import CLUB_NAMES, Settings, WrongSettings

__all__ = [
    "CLUB_NAMES",
    "SECRETS",
    "ClubTexts",
    "Settings",
    "WrongSettings",
    "files_with_secrets",
    "is_loopback",
    "load",
    "read_club",
    "read_secret_keys",
    "write_private",
]
