"""The vault of an installation: made from its secret keys, wherever the settings say that they are."""

from medlem.config import Settings, WrongSettings, read_secret_keys
from medlem.vault import UnusableSecretKeys, Vault


def open_vault(settings: Settings, *, may_make: bool = True) -> Vault:
    """The vault.

    Args:
        settings: where the keys are.
        may_make: whether an installation that begins now gets keys of its own.

    Raises:
        WrongSettings: the keys cannot be used.
    """
    keys = read_secret_keys(settings, Vault.new_line if may_make else None)
    try:
        return Vault.of_lines(keys.reveal())  # into the vault, which shows them to nobody
    except UnusableSecretKeys as error:
        raise WrongSettings(str(error)) from None
