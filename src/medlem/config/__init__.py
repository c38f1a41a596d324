"""Settings, read once: `load` gives the one frozen `Settings` object that everything is put together from."""

from medlem.config.kinds import is_loopback
from medlem.config.private_files import write_private
from medlem.config.reading import load
from medlem.config.secret_keys import read_secret_keys
from medlem.config.settings import Settings, WrongSettings

__all__ = ["Settings", "WrongSettings", "is_loopback", "load", "read_secret_keys", "write_private"]
