"""Codes that the merchant hangs up, and the scans of them: the QR API's merchant callback codes.

A code is known by the name that the merchant gave it. Its content stays the same as long as it hangs; one that was
removed and is made again under its old name gets its old content back, since the name identifies it for ever.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from medlem.simulator.journal import Journal, Table

Category = Literal["IN_STORE", "VENDING", "AGE_CHECK"]

LONGEST_LOCATION = 36
REMEMBERED = 5
"""Scans that a phone still shows."""
KEPT = 200
"""Scans that are remembered at all."""


class Code(msgspec.Struct, kw_only=True):
    """One code on a wall."""

    name: str
    location: Annotated[str, Meta(min_length=1, max_length=LONGEST_LOCATION)]
    category: Category = "IN_STORE"
    beacon: str = ""
    """The old printed code that leads here; empty for none."""
    hangs: bool = True
    """Off: it was taken down, but the paper may still be on the wall."""


class Scan(msgspec.Struct, kw_only=True):
    """One scan by one phone, and what the app says of it."""

    id: str
    person: str
    code: str
    location: str
    at: float
    state: Literal["connecting", "checked_in", "no_connection", "not_found"]


class Stickers:
    """Every code of this sales unit, and the latest scans."""

    def __init__(self, journal: Journal, key: str) -> None:
        self._codes = Table(journal, "callback_codes", Code)
        self._scans = Table(journal, "check_ins", Scan)
        self._key = key.encode()

    def put(self, code: Code) -> Code:
        """Hang one up, or change what the app shows of it."""
        return self._codes.put(code.name, code)

    def find(self, name: str) -> Code | None:
        """Find one by its name, if it hangs."""
        code = self._codes.get(name)
        return code if code is not None and code.hangs else None

    def everyone(self) -> list[Code]:
        """List those that hang, oldest first."""
        return [code for code in self._codes if code.hangs]

    def taken_down(self) -> list[Code]:
        """List the latest that were taken down, newest first."""
        return [code for code in reversed(list(self._codes)) if not code.hangs][:REMEMBERED]

    def remove(self, name: str) -> None:
        """Take one down."""
        code = self._codes.get(name)
        if code is not None:
            code.hangs = False
            self._codes.put(name, code)

    def of_beacon(self, beacon: str) -> Code | None:
        """Find the one to which an old printed code leads."""
        return next((code for code in self.everyone() if code.beacon == beacon), None)

    def content(self, name: str) -> str:
        """Tell what a code says: the same for a name, always."""
        mark = hmac.digest(self._key, b"callback code\0" + name.encode(), hashlib.sha256)[:15]
        return f"https://qr.vipps.no/c/{base64.urlsafe_b64encode(mark).decode()}"

    def by_content(self, content: str) -> Code | None:
        """Find the one that says this, whether it hangs or not."""
        return next((code for code in self._codes if self.content(code.name) == content), None)

    def keep(self, scan: Scan) -> Scan:
        """Remember a scan, and forget the oldest."""
        self._scans.put(scan.id, scan)
        for old in list(self._scans)[:-KEPT]:
            self._scans.remove(old.id)
        return scan

    def scan(self, scan: str) -> Scan | None:
        """Find a scan."""
        return self._scans.get(scan)

    def scans_of(self, person: str, most: int = REMEMBERED) -> list[Scan]:
        """List somebody's latest, newest first."""
        return [scan for scan in reversed(list(self._scans)) if scan.person == person][:most]
