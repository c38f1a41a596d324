"""A complete answer of the platform, and the few things that every reader wants of it.

Bodies are read as strict JSON or not at all: no NaN, no broken UTF-8, no nesting without end.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Final

import msgspec

from medlem.vipps.complaint import Complaint

LONGEST_RETRY_AFTER: Final = timedelta(hours=1)

_SECONDS = re.compile(r"\A[0-9]{1,9}\Z")
_MAX_AGE = re.compile(r"(?:\A|[,\s])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)
_UNCACHED = re.compile(r"(?:\A|[,\s])no-(?:store|cache)\b", re.IGNORECASE)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Reply:
    """An answer that came to its end, or was cut off by us because it would not."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Looked up without regard to case."""
    at: datetime
    """Our clock when it was complete."""
    whole: bool = True
    """False when the body was longer than we read."""

    @cached_property
    def json_object(self) -> dict[str, Any] | None:
        """The body, if it is a JSON object; None if it is anything else."""
        return read_object(self.body) if self.whole else None

    @cached_property
    def complaint(self) -> Complaint:
        """What a refusal says, as far as it can be read."""
        return Complaint.of(self.json_object)

    @property
    def digest(self) -> str:
        """SHA-256 of the body."""
        return digest(self.body)

    @property
    def date(self) -> datetime | None:
        """The platform's clock, if it says."""
        return _http_date(self.headers.get("Date"))

    @property
    def retry_after(self) -> timedelta | None:
        """When the platform wants to be asked again: seconds or a date, an hour at most (RFC 9110 section 10.2.3)."""
        text = (self.headers.get("Retry-After") or "").strip()
        if _SECONDS.match(text):
            return min(timedelta(seconds=int(text)), LONGEST_RETRY_AFTER)
        moment = _http_date(text)
        if moment is None:
            return None
        return min(max(moment - (self.date or self.at), timedelta()), LONGEST_RETRY_AFTER)

    @property
    def max_age(self) -> timedelta | None:
        """How long it may be kept, if it says (RFC 9111 section 5.2.2)."""
        text = self.headers.get("Cache-Control") or ""
        if _UNCACHED.search(text):
            return timedelta()
        found = _MAX_AGE.search(text)
        return timedelta(seconds=int(found[1])) if found else None


def digest(body: bytes) -> str:
    """SHA-256: enough to compare notes with the platform, too little to read."""
    return hashlib.sha256(body).hexdigest()


def read_object(body: bytes) -> dict[str, Any] | None:
    """A JSON object, or None: whatever else these bytes are."""
    try:
        value = msgspec.json.decode(body.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def whole_number(value: Any) -> int | None:
    """An integer, also one that came as text, as the platform likes to send them; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _SECONDS.match(value.strip()):
        return int(value)
    return value if isinstance(value, int) else None


def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
