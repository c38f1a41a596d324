"""Secrets as they lie in their rows: opened only when somebody looks, and written back as they are."""

from medlem.club.masked import Masked
from medlem.vault import Vault


class SealedBytes(Masked[bytes]):
    """Bytes that are still sealed."""

    __slots__ = ("_vault", "sealed")

    def __init__(self, vault: Vault, sealed: bytes) -> None:
        super().__init__(b"")
        self._vault = vault
        self.sealed = sealed

    def reveal(self) -> bytes:
        return self._vault.open(self.sealed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())


class SealedText(Masked[str]):
    """A text that is still sealed, with the keyed hash that finds its row."""

    __slots__ = ("_vault", "digest", "sealed")

    def __init__(self, vault: Vault, sealed: bytes, digest: str) -> None:
        super().__init__("")
        self._vault = vault
        self.sealed = sealed
        self.digest = digest

    def reveal(self) -> str:
        return self._vault.open(self.sealed).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())


def bytes_sealed(vault: Vault, secret: Masked[bytes] | None) -> bytes | None:
    """A secret as its row keeps it; one that came from its row is not sealed again."""
    if secret is None:
        return None
    return secret.sealed if isinstance(secret, SealedBytes) else vault.seal(secret.reveal())


def text_sealed(vault: Vault, purpose: str, secret: Masked[str] | None) -> tuple[bytes | None, str | None]:
    """A secret text and its keyed hash as its row keeps them."""
    if secret is None:
        return None, None
    if isinstance(secret, SealedText):
        return secret.sealed, secret.digest
    plain = secret.reveal()  # into its row, sealed
    return vault.seal(plain.encode()), vault.digest(purpose, plain)
