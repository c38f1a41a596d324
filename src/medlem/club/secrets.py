"""The secrets of our own keys: `mdl_st_…` and its sisters, and the pairing codes of tills.

A prefix tells leak scanners and people what was found; a check sum tells a mistyped key from an unknown one without
asking the database. What is kept is a keyed hash, so a secret is shown once and never again.
"""

import secrets
import zlib
from typing import Final

from medlem.club.masked import Masked
from medlem.club.place import KeyKind

_PREFIXES: Final = {KeyKind.STATION: "mdl_st_", KeyKind.INTEGRATION: "mdl_in_", KeyKind.ADMIN: "mdl_ad_"}
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH: Final = 32  # 190 bits
_CHECK: Final = 6
_PAIRING: Final = "CDFGHJKMNPQRTVWXY34679"  # as confirmation codes: nothing that is misread
_PAIRING_LENGTH: Final = 8


def new_secret(kind: KeyKind) -> Masked[str]:
    """A new key, to be shown once."""
    drawn = "".join(secrets.choice(_DIGITS) for _ in range(_LENGTH))
    return Masked(_PREFIXES[kind] + drawn + _check(drawn))


def kind_of(secret: Masked[str]) -> KeyKind | None:
    """What kind of key this says it is; None when it cannot be one of ours."""
    text = secret.reveal()  # to look at its shape
    kind = next((kind for kind, prefix in _PREFIXES.items() if text.startswith(prefix)), None)
    if kind is None or not text.isascii():
        return None
    body = text.removeprefix(_PREFIXES[kind])
    right = len(body) == _LENGTH + _CHECK and _check(body[:_LENGTH]) == body[_LENGTH:]
    return kind if right else None


def new_pairing_code() -> Masked[str]:
    """Eight characters for a cashier to type, good for ten minutes and once: some 35 bits."""
    return Masked("".join(secrets.choice(_PAIRING) for _ in range(_PAIRING_LENGTH)))


def read_pairing_code(text: str) -> Masked[str]:
    """A pairing code as typed: any case, with or without the dash that makes it readable."""
    return Masked(text.upper().replace("-", "").replace(" ", ""))


def _check(drawn: str) -> str:
    number, digits = zlib.crc32(drawn.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
