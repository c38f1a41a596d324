"""The print sheet of a station QR: one page that a shop hangs up, with everything that it needs inside it.

It names no app and no brand: both change, and the paper stays on the wall. The code is drawn here from what it says, in
vectors, so it is sharp at any size and needs no address that may change.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

import segno

PAPERS: Final = {"A6": (105, 148), "A5": (148, 210), "A4": (210, 297)}
"""Millimetres, upright."""

QUIET: Final = 4
"""Modules of white around the code, as its standard asks (ISO/IEC 18004)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed."""

    club: str
    station: str
    content: str
    """What the code says."""
    paper: str
    language: str


@dataclass(frozen=True, slots=True)
class Printed:
    """The page, and what a browser may do with it: show its own style, and nothing else."""

    page: str
    policy: str


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are."""
    folder = files(__package__) / "text"
    return tuple(sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")))


def printed(sheet: Sheet) -> Printed:
    """Fill the page in."""
    page, style, texts = _parts(sheet.language)
    width, height = PAPERS[sheet.paper]
    css = (
        f"@page {{ size: {width}mm {height}mm; margin: 0 }}\n:root {{ --wide: {width}mm; --high: {height}mm }}\n{style}"
    )
    filled = {
        "language": sheet.language,
        "style": css,
        "club": escape(sheet.club),
        "station": escape(sheet.station),
        "paper": sheet.paper,
        "code": _drawn(sheet.content, texts["picture"]),
        **{f"text.{name}": escape(text) for name, text in texts.items()},
    }
    for name, value in filled.items():
        page = page.replace("{{" + name + "}}", value)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Printed(page, policy)


def _drawn(content: str, label: str) -> str:
    drawn = segno.make(content, error="m", micro=False)
    svg: str = drawn.svg_inline(border=QUIET, omitsize=True, dark="#000", light="#fff", svgclass="code", lineclass=None)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)


@cache
def _parts(language: str) -> tuple[str, str, dict[str, str]]:
    """The page, its style, and the texts of a language."""
    folder = files(__package__)
    page = (folder / "sheet.html").read_text(encoding="utf-8")
    style = (folder / "sheet.css").read_text(encoding="utf-8")
    texts: dict[str, str] = json.loads((folder / "text" / f"{language}.json").read_text(encoding="utf-8"))
    return page, style, texts
