"""The vault of an installation: made from its secret keys, wherever the settings say that they are."""

from functools import lru_cache
from typing import Final

from medlem.config import Settings, WrongSettings, read_secret_keys
from medlem.vault import UnusableSecretKeys, Vault

ECHO: Final = "doctor echo"
"""The purpose of that hash, which is used for nothing else."""


def open_vault(settings: Settings, *, may_make: bool = True) -> Vault:
    """The vault.

    Args:
        settings: where the keys are.
        may_make: whether an installation that begins now gets keys of its own.

    Raises:
        WrongSettings: the keys cannot be used; or they are there, and the database beside them is gone.
    """
    bereft = may_make and _bereft(settings)
    keys = read_secret_keys(settings, Vault.new_line if may_make else None)
    try:
        vault = Vault.of_lines(keys.reveal())  # into the vault, which shows them to nobody
    except UnusableSecretKeys as error:
        raise WrongSettings(str(error)) from None
    if bereft:
        raise WrongSettings(
            f"the secret keys {settings.secret_keys_file} are there, but not their database {settings.database_file}: "
            "put it back, or bring a backup back with `medlem restore`; to begin with an empty club, move the keys away"
        )
    return vault


def echo(settings: Settings, nonce: str) -> str:
    """The keyed hash by which this installation knows its own service (`GET /health/echo/…`)."""
    return _kept_open(settings).digest(ECHO, nonce)


@lru_cache(maxsize=1)
def _kept_open(settings: Settings) -> Vault:
    return open_vault(settings, may_make=False)


def _bereft(settings: Settings) -> bool:
    """Whether a club has lost its file, and must not open the next morning as an empty one.

    Keys that the settings name may have been made before the first start; those beside the database were made by it.
    """
    beside = settings.on_sqlite and settings.secret_keys is None
    return beside and settings.secret_keys_file.exists() and not settings.database_file.exists()
