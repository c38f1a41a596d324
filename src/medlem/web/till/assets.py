"""The files of the till page, read once and served from memory.

Their address holds a digest of all of them, so a browser keeps them for ever and still never mixes two versions:
the scripts of an old page find each other, or nothing.
"""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

KINDS: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}

_REMARK: Final = re.compile(rb"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
"""What a script says to those who read it, on lines of its own: a till need not fetch that."""

FOLDERS: Final = ("css", "img", "js", "text")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to be sent."""

    kind: str
    plain: bytes
    packed: bytes
    """The same, for browsers that take gzip; all do."""


@dataclass(frozen=True, slots=True)
class Assets:
    """All of them."""

    version: str
    page: str
    """The page itself, with `{{…}}` where each visit differs."""
    found: dict[str, Asset]
    """By folder and name, such as `js/main.js`."""
    languages: dict[str, str]
    """What each language calls itself, by its code: one for each catalogue."""

    def address(self, name: str) -> str:
        """Where the browser finds a file."""
        return f"/till/{self.version}/{name}"

    def addresses(self, folder: str) -> list[str]:
        """Where it finds all files of a folder."""
        return [self.address(name) for name in self.found if name.startswith(f"{folder}/")]


@cache
def assets() -> Assets:
    """Read all files; the first call does."""
    root = files(__package__) / "static"
    page = (root / "page.html").read_text(encoding="utf-8")
    digest = hashlib.sha256(page.encode())
    found: dict[str, Asset] = {}
    for folder in FOLDERS:
        for file in sorted((root / folder).iterdir(), key=lambda each: each.name):
            kind = KINDS.get(file.name.rpartition(".")[2])
            if kind is None:
                continue
            name, content = f"{folder}/{file.name}", file.read_bytes()
            if folder == "js":
                content = _REMARK.sub(b"", content)
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
            found[name] = Asset(kind, content, gzip.compress(content, mtime=0))
    catalogues = [name for name in found if name.startswith("text/")]
    languages = {
        name.removeprefix("text/").removesuffix(".json"): json.loads(found[name].plain)["language"]
        for name in catalogues
    }
    return Assets(digest.hexdigest()[:12], page, found, languages)
