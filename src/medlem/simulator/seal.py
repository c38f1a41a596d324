"""Codes that carry their own truth: tokenised personal QR, and customer tokens.

Whom a code belongs to and when it was made is written inside, sealed with a key of this sales unit. So nothing has to
be remembered, a code outlives a restart, and one that nobody made never opens.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

CUSTOMER_TOKEN = "customer token"  # noqa: S105  a word, not a secret
"""The kind of code that stands for a scan of a sticker."""

_MARK = 12
"""Bytes of the seal."""
_CONTENT = 16 + 8 + 4
"""Bytes of a person's id, the time in milliseconds, and a few at random so that no two codes are equal."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a code said."""

    person: str
    made_at: float


class Seal:
    """Makes and opens codes of one sales unit."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def close(self, kind: str, person: str, now: float) -> str:
        """Make a code; a code of one kind never opens as another."""
        content = UUID(person).bytes + int(now * 1000).to_bytes(8) + secrets.token_bytes(4)
        return base64.urlsafe_b64encode(content + self._mark(kind, content)).rstrip(b"=").decode()

    def open(self, kind: str, code: str) -> Opened | None:
        """Read a code; None for anything that we did not make."""
        try:
            raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, mark = raw[:_CONTENT], raw[_CONTENT:]
        if len(mark) != _MARK or not hmac.compare_digest(mark, self._mark(kind, content)):
            return None
        return Opened(person=str(UUID(bytes=content[:16])), made_at=int.from_bytes(content[16:24]) / 1000)

    def _mark(self, kind: str, content: bytes) -> bytes:
        return hmac.digest(self._key, kind.encode() + b"\0" + content, hashlib.sha256)[:_MARK]
