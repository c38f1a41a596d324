"""What a scanner typed: a personal QR code, or something else.

We take away what scanners add, and look no further: the code is exchanged with the platform *whole*, and nobody
here ever reads a number out of it. A code may look like anything on the platform's host (QR API: personal QR).
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Final

from medlem.club.brand import era, qr_hosts
from medlem.club.errors import UnreadableCode
from medlem.club.masked import Masked

_LONGEST: Final = 255
_AIM = re.compile(r"\A\](?P<symbology>[A-Za-z])[0-9A-Za-z]")
_CODE = re.compile(r"\Ahttps://(?P<host>[a-z0-9.-]+)/[\x21-\x7e]{1,240}\Z", re.IGNORECASE)
_DIGITS = re.compile(r"\A[0-9]{6,18}\Z")
_MANGLED = re.compile(r"\Ahttps?[ØÆÖ>þ]", re.IGNORECASE)
_NOISE: Final = "\r\n\t\x1d\x1e\x04\x00\ufeff "


class PersonalQr(Masked[str]):
    """A personal QR code, complete. The older kind carries a phone number, so it is masked."""


def read(text: str, now: datetime) -> PersonalQr:
    """Read what a scanner typed.

    Args:
        text: as typed, with whatever prefix (AIM identifier) and suffix (CR, LF, Tab) the scanner adds.
        now: decides which hosts personal QR codes may name.

    Raises:
        UnreadableCode: with what to do about it: a product code, half a code, a wrong keyboard layout.
    """
    stripped = text.strip(_NOISE)
    aim = _AIM.match(stripped)
    if aim is not None:
        stripped = stripped[aim.end() :].strip(_NOISE)
    found = _CODE.match(stripped)
    if found is not None and len(stripped) <= _LONGEST and found["host"].lower() in qr_hosts(now):
        return PersonalQr(stripped)
    raise UnreadableCode(_advice(stripped, found, aim, era(now).payment_hosts))


def _advice(stripped: str, found: re.Match[str] | None, aim: re.Match[str] | None, for_paying: Collection[str]) -> str:
    if not stripped:
        return "Nothing was scanned. Scan the customer's personal QR code once more."
    if _MANGLED.match(stripped):
        return (
            "The scanner types with another keyboard layout than this machine. Set both to the same layout, "
            "or the scanner to serial mode, and scan once more."
        )
    if _DIGITS.match(stripped) or (aim is not None and aim["symbology"] not in "Qq"):
        return "This is the code of a product. Scan the customer's personal QR code."
    if found is not None and found["host"].lower() in for_paying:
        return "This code is for paying. Ask the customer to show the personal QR code in the app."
    if found is not None and len(stripped) <= _LONGEST:
        return "This QR code is not from the customer's app. Ask the customer to show the personal QR code."
    return "Only part of a code was read, or none at all. Scan the customer's personal QR code once more."
