"""Phone numbers, as the shop hears them and as the platform wants them.

Inside there is one form: the MSISDN, country code and number, digits only. A number that somebody typed is read in
the country that the till shows, never in a guessed one: four of five Norwegian mobile numbers are valid Danish
ones too. A number that the *platform* gives is taken as it is, for it knows better than any metadata.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from medlem.club.errors import InvalidPhoneNumber

COUNTRIES: Final = {"NO": "47", "DK": "45", "SE": "46", "FI": "358", "GL": "299"}
"""Where the platform has customers (Login API: login_hint): region and calling code."""

_LENGTHS: Final = {"47": (8, 8), "45": (8, 8), "46": (9, 9), "358": (6, 10), "299": (6, 6)}
"""How many digits a person's mobile number has after the calling code. Norway's twelve are machines."""

_MSISDN = re.compile(r"\A[1-9][0-9]{6,14}\Z")
_TYPED = re.compile(r"\A\+?[0-9]+\Z")
_SPELT_OUT = re.compile(rf"\A\+({'|'.join(COUNTRIES.values())})([1-9][0-9]+)\Z", re.ASCII)
_BARE = re.compile(r"\A[1-9][0-9]+\Z", re.ASCII)
"""How a file of a million numbers has most of them: nothing is to be cleaned there."""
_PUNCTUATION: Final = dict.fromkeys(map(ord, " \u00a0\u2009\u202f\t-\u2010\u2011\u2012\u2013./()"))


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One mobile phone number. Prints masked: only `msisdn` and `e164` give it out."""

    msisdn: str

    @classmethod
    def from_platform(cls, text: str) -> Self:
        """Take a number that the platform gave: MSISDN, with or without `+`; no metadata has a say.

        Raises:
            ValueError: if it is no number at all; the text is not repeated.
        """
        digits = text.strip().removeprefix("+")
        if not _MSISDN.match(digits):
            raise ValueError("not an MSISDN")
        return cls(digits)

    @classmethod
    def typed(cls, text: str, country: str) -> Self:
        """Read what somebody typed: national, spaced, `+`, `00`, `(0)`, or an MSISDN.

        Args:
            text: as typed.
            country: the region (`NO`, `DK`, `SE`, `FI`, `GL`) in which a national number is read.

        Raises:
            InvalidPhoneNumber: with what to do; the text is not repeated.
        """
        if country not in COUNTRIES:
            raise InvalidPhoneNumber(f"Country is one of {', '.join(COUNTRIES)}.")
        if (plain := _SPELT_OUT.match(text)) is not None and (read := _mobile(plain[1], plain[2])) is not None:
            return cls(read)
        digits = text if _BARE.match(text) else _clean(text)
        if digits.startswith("+"):
            readings = {_international(digits[1:])}
        else:
            readings = {_national(digits, COUNTRIES[country]), _international(digits)}
        found = {reading for reading in readings if reading is not None}
        if len(found) > 1:
            raise InvalidPhoneNumber(
                "This number can be read in two countries. Type it with + and its country code, or with its leading 0."
            )
        if not found:
            raise InvalidPhoneNumber("This cannot be a mobile number here. Check the digits and the country.")
        return cls(found.pop())

    @property
    def e164(self) -> str:
        """The number with its `+`, for members and their systems."""
        return f"+{self.msisdn}"

    @property
    def calling_code(self) -> str:
        """The country's calling code, e.g. `47`; empty for a country where the platform has no customers."""
        for code in COUNTRIES.values():
            if self.msisdn.startswith(code):
                return code
        return ""

    @property
    def masked(self) -> str:
        """What a station may show: the last two digits, and nothing of the length."""
        return f"•• •• •• {self.msisdn[-2:]}"

    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked})"

    def __str__(self) -> str:
        return self.masked


def _clean(text: str) -> str:
    """Reduce to digits, with a leading `+` when the country code is spelled out."""
    stripped = text.strip().removeprefix("tel:").replace("(0)", "").translate(_PUNCTUATION)
    digits = stripped if stripped.isascii() else "".join(map(_ascii, stripped))
    if not _TYPED.match(digits):
        raise InvalidPhoneNumber("A phone number has digits only, with a + before the country code.")
    return "+" + digits[2:] if digits.startswith("00") else digits


def _ascii(character: str) -> str:
    """Digits of other scripts and widths are digits too."""
    if character.isdecimal():
        return str(unicodedata.digit(character))
    return "+" if character == "\N{FULLWIDTH PLUS SIGN}" else character


def _national(digits: str, code: str) -> str | None:
    """The MSISDN if these digits, with or without a trunk 0, are a mobile number of that country."""
    trunk = code in {"46", "358"} and digits.startswith("0")
    return _mobile(code, digits[1:] if trunk else digits)


def _international(digits: str) -> str | None:
    """The MSISDN if these digits begin with the code of one of our countries."""
    code = next((code for code in COUNTRIES.values() if digits.startswith(code)), None)
    if code is None:
        return None
    rest = digits[len(code) :]
    # People write +46 070...: the trunk 0 does not belong there, and everybody means the same.
    return _national(rest, code)


def _mobile(code: str, rest: str) -> str | None:
    shortest, longest = _LENGTHS[code]
    if not shortest <= len(rest) <= longest or rest.startswith("0"):
        return None
    # Known to be something else: no. Unknown to the metadata: yes, since new series come before new metadata.
    mobile, other = _patterns(code)
    return None if other.match(rest) and not mobile.match(rest) else code + rest


_OTHER_KINDS: Final = (
    "fixed_line",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What the metadata knows as mobile there, and as anything else: compiled once, a tenth of the library's time.

    That both say the same is held by a property test.
    """
    regions = [PhoneMetadata.metadata_for_region(region) for region in COUNTRY_CODE_TO_REGION_CODE[int(code)]]

    def any_of(kinds: Iterable[str]) -> re.Pattern[str]:
        found = [getattr(region, kind) for region in regions for kind in kinds]
        patterns = [kind.national_number_pattern for kind in found if kind and kind.national_number_pattern]
        return re.compile("|".join(rf"(?:{pattern})\Z" for pattern in patterns))

    return any_of(["mobile"]), any_of(_OTHER_KINDS)
