"""In which language a page speaks: the one chosen on a page before, else what the browser asks for, else English.

There is one catalogue a language in `text/`, by keys such as `phone.nothing_waits`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from aiohttp import web

COOKIE: Final = "simulator_language"
FALLBACK: Final = "en"
_SAME: Final = {"no": "nb", "nn": "nb"}
"""Whoever reads these reads Bokmål rather than English."""
_RANGE = re.compile(r"\s*([A-Za-z]{1,8})[A-Za-z0-9-]*\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")


@cache
def catalogues() -> dict[str, dict[str, str]]:
    """Read every catalogue, by its language."""
    folder = files(__package__) / "text"
    return {
        file.name.removesuffix(".json"): msgspec.json.decode(file.read_bytes(), type=dict[str, str])
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    }


def language_of(http: web.Request) -> str:
    """Choose for one visit."""
    chosen = http.cookies.get(COOKIE, "")
    return chosen if chosen in catalogues() else _asked_for(http.headers.get("Accept-Language", ""))


def _asked_for(header: str) -> str:
    """Read `Accept-Language` (RFC 9110 section 12.5.4)."""
    ranges = [found for part in header.split(",") if (found := _RANGE.fullmatch(part))]
    ranges.sort(key=lambda found: -float(found[2] or 1))
    for found in ranges:
        tag = found[1].lower()
        language = _SAME.get(tag, tag)
        if language in catalogues() and float(found[2] or 1) > 0:
            return language
    return FALLBACK
