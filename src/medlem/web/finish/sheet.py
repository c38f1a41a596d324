"""What the page is made of: its words by language, and one style sheet with the till's own colours and sizes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

CATALOGUES: Final = ("en", "nb")


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of it, read once."""

    page: str
    style: bytes
    version: str
    """A digest of the style: browsers keep it for ever."""
    words: Mapping[str, Mapping[str, str]]
    """By language and key."""
    icon: bytes


@cache
def sheet() -> Sheet:
    """Read all files; the first call does."""
    own, till = files(__package__) / "static", files("medlem.web.till") / "static"
    style = (till / "css" / "1-tokens.css").read_bytes() + (own / "finish.css").read_bytes()
    return Sheet(
        page=(own / "page.html").read_text(encoding="utf-8"),
        style=style,
        version=hashlib.sha256(style).hexdigest()[:12],
        words={name: json.loads((own / "text" / f"{name}.json").read_bytes()) for name in CATALOGUES},
        icon=(till / "img" / "icon.svg").read_bytes(),
    )
