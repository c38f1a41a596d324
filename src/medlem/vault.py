"""Keeps secrets: seals what must be read again, and hashes what must only be found again.

Made from the lines of `SECRET_KEYS`, newest first. The first line writes and every line reads, so a key is changed
by putting a new line on top and taking the old one away when nothing sealed under it is left. What reads wrong at
first sight: a digest has several values while keys change, so whoever looks something up asks for `digests`.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32


class UnusableSecretKeys(ValueError):
    """`SECRET_KEYS` is not a list of keys; says which line and what to do, never what stands there."""


class SealBroken(Exception):
    """Something sealed opens under none of our keys."""


class Vault:
    """Seals and hashes under keys derived from the lines of `SECRET_KEYS`."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """Take the secrets, newest first, of 32 bytes each."""
        if not secrets or any(len(secret) != KEY_BYTES for secret in secrets):
            raise UnusableSecretKeys(f"SECRET_KEYS needs at least one key of {KEY_BYTES} bytes.")
        self._secrets = tuple(secrets)
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(s, "seal"))) for s in secrets])
        self._digest_keys: dict[str, tuple[bytes, ...]] = {}

    @classmethod
    def of_lines(cls, text: str) -> Self:
        """Read the content of `SECRET_KEYS`: one key a line, newest first; empty lines do not count.

        Raises:
            UnusableSecretKeys: with the number of the line, and without its content.
        """
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
        return cls([_read(number, line) for number, line in lines if line])

    @staticmethod
    def new_line() -> str:
        """A new line for `SECRET_KEYS`."""
        return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and sign (Fernet)."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            SealBroken: it was sealed under a key that is gone, or altered.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise SealBroken(
                "Sealed under a key that is not in SECRET_KEYS. Put the key that was taken away back as its last line."
            ) from None

    def digest(self, purpose: str, text: str) -> str:
        """The keyed hash to write down: HMAC-SHA-256 under the first key, another one for each purpose."""
        return _hashed(self._keys(purpose)[0], text)

    def digests(self, purpose: str, text: str) -> tuple[str, ...]:
        """Every keyed hash under which this may have been written down, the present one first."""
        return tuple(_hashed(key, text) for key in self._keys(purpose))

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature (RFC 8032) under the first key."""
        return self._signing_key(self._secrets[0]).sign(message)

    def public_keys(self) -> tuple[str, ...]:
        """What everybody may know, to check what was signed: of every line, the present one first; in base64."""
        keys = (self._signing_key(secret).public_key().public_bytes_raw() for secret in self._secrets)
        return tuple(base64.b64encode(key).decode() for key in keys)

    @staticmethod
    def _signing_key(secret: bytes) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_derived(secret, "sign"))

    def __repr__(self) -> str:
        return f"Vault({len(self._secrets)} keys)"

    def _keys(self, purpose: str) -> tuple[bytes, ...]:
        found = self._digest_keys.get(purpose)
        if found is None:
            found = tuple(_derived(secret, f"digest {purpose}") for secret in self._secrets)
            self._digest_keys[purpose] = found
        return found


def signed_by(public_key: str, signature: bytes, message: bytes) -> bool:
    """Whether a message was signed with the key to which this public key belongs, both as we write them down."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature.strip(), validate=True), message)
    except (InvalidSignature, ValueError):  # binascii.Error among them
        return False
    return True


def _derived(secret: bytes, use: str) -> bytes:
    """One key for one use (RFC 5869), so that no two uses ever share one."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"medlem {use}".encode()).derive(secret)


def _hashed(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()


def _read(number: int, line: str) -> bytes:
    try:
        key = base64.b64decode(line, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise UnusableSecretKeys(
            f"Line {number} of SECRET_KEYS is not {KEY_BYTES} bytes in URL-safe base64. "
            "`openssl rand -base64 32 | tr '+/' '-_'` makes a line."
        )
    return key
