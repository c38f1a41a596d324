"""Which language the till page begins in: what the browser asks for, else that of the shop's country.

The cashier's own choice counts more than either; it is kept in the browser, and the page itself heeds it.
"""

import re
from collections.abc import Collection
from typing import Final

FALLBACK: Final = "en"

_OF_COUNTRY: Final = {"NO": "nb", "DK": "da", "SE": "sv", "FI": "fi", "GL": "da"}
_SAME: Final = {"no": "nb", "nn": "nb"}
"""Whoever reads these reads Bokmål rather than English."""

_RANGE = re.compile(r"\s*([A-Za-z]{1,8})[A-Za-z0-9-]*\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")


def choose(asked: str, country: str, known: Collection[str]) -> str:
    """The language to begin in.

    Args:
        asked: the request's `Accept-Language` (RFC 9110 section 12.5.4); empty when it has none.
        country: where the shop is.
        known: the languages that there are.
    """
    ranges = [found for part in asked.split(",") if (found := _RANGE.fullmatch(part))]
    ranges.sort(key=lambda found: -float(found[2] or 1))
    wanted = [found[1].lower() for found in ranges if float(found[2] or 1) > 0]
    for language in [*wanted, _OF_COUNTRY.get(country, FALLBACK)]:
        spelt = language if language in known else _SAME.get(language, language)
        if spelt in known:
            return spelt
    return FALLBACK
