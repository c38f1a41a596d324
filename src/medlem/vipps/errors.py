"""What the platform says when it says no: one reader for all the shapes that its interfaces use.

Documented are problem details with `extraDetails` or `invalidParams`, the QR exchange's own shape, OAuth's
`error` with a vendor's `error_code` (a word or an integer), and the gateway's `statusCode` and `message`; seen are
empty bodies and HTML. Nobody says *where* the vendor's words stand, so they are looked for wherever they may be.
"""

import logging
import re
from dataclasses import dataclass
from typing import Any, Final

from medlem.club.enrolment import Reason
from medlem.vipps.metrics import KEYS_REFUSED
from medlem.vipps.reply import Reply
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

_log = logging.getLogger(__name__)

OK: Final = range(200, 300)
SERVER_ERROR: Final = range(500, 600)
UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
LATER: Final = frozenset({408, 423, 425, TOO_MANY})
"""Refused for now: a time-out of the gateway, a lock, a limit."""

VENDOR_REASONS: Final = {
    "invalid_user": Reason.CANNOT_USE_APP,
    "unknown_user_id": Reason.CANNOT_USE_APP,
    "old_app": Reason.APP_TOO_OLD,
    "outdated_app_version": Reason.APP_TOO_OLD,
}
_VENDOR_WORD = re.compile(rf"\b({'|'.join(VENDOR_REASONS)})\b", re.IGNORECASE)

OUTCOMES: Final = {
    "authorization_pending": "pending",
    "slow_down": "slow_down",
    "access_denied": "declined",
    "expired_token": "expired",
    "invalid_grant": "spent",
    "invalid_client": "keys_refused",
}
"""The OAuth codes that a metric tells apart."""

_TRACE = re.compile(r"\A[0-9A-Za-z:._|-]{1,80}\Z")
_TRACE_HEADERS: Final = ("x-request-id", "request-id", "x-correlation-id", "traceparent")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a refused call came back with, as far as it can be read; every part may be missing."""

    error: str | None = None
    """OAuth's `error`."""
    words: str = ""
    """Everything in which a vendor's word may hide."""
    fields: tuple[str, ...] = ()
    """The names of the parameters that were not right."""
    readable: bool = False
    """Whether it was any of the documented shapes."""

    @property
    def vendor_reason(self) -> Reason | None:
        """What the platform says of the customer's app, in its own words."""
        found = _VENDOR_WORD.search(self.words)
        return VENDOR_REASONS[found[1].lower()] if found else None


def complaint(reply: Reply) -> Complaint:
    """Read a refusal of any documented shape; an unreadable one is an empty complaint."""
    body = reply.json_object
    if body is None:
        return Complaint()
    error = body.get("error")
    spoken = [body.get(name) for name in ("error", "error_code", "error_description")]
    return Complaint(
        error=error.strip() if isinstance(error, str) and error.strip() else None,
        words=" ".join(str(word) for word in spoken if isinstance(word, (str, int))),
        fields=tuple(_field_names(body)),
        readable=any(name in body for name in ("error", "title", "detail", "message", "statusCode")),
    )


def _field_names(body: dict[str, Any]) -> list[str]:
    listed = [body.get(name) for name in ("extraDetails", "invalidParams")]
    entries = [entry for some in listed if isinstance(some, list) for entry in some if isinstance(entry, dict)]
    return [entry["name"] for entry in entries if isinstance(entry.get("name"), str)]


def outcome(reply: Reply) -> str:
    """How a call ended, in one word of a closed list, for log and metrics."""
    if reply.status in OK:
        return "ok" if reply.whole else "overlong"
    if reply.status in SERVER_ERROR:
        return "failing"
    known = OUTCOMES.get(complaint(reply).error or "")
    if known:
        return known
    if reply.status in {UNAUTHORIZED, FORBIDDEN}:
        return "keys_refused"
    if reply.status in LATER:
        return "later"
    return "refused"


def trace_of(reply: Reply) -> str:
    """The platform's own name for the call, to be quoted to its support; `-` if it has none."""
    named = (reply.json_object or {}).get("traceId") if reply.status not in OK else None
    for text in (named, *(reply.headers.get(name) for name in _TRACE_HEADERS)):
        if isinstance(text, str) and _TRACE.match(text):
            return text
    return "-"


def alarm(operation: str) -> None:
    """Tell the operator that our keys were refused: nothing works until somebody looks."""
    KEYS_REFUSED.labels(operation).inc()
    _log.error("the platform refused the sales unit's keys: operation=%s", operation)


def required_object(reply: Reply, operation: str) -> dict[str, Any]:
    """The JSON object of a call that must succeed.

    Raises:
        KeysRefused: 401 or 403; the operator has been alarmed.
        Unavailable: the platform says *later* or fails.
        Surprise: any other answer.
    """
    body = reply.json_object
    if reply.status in OK and body is not None:
        return body
    raise trouble(reply, operation)


def trouble(reply: Reply, operation: str) -> KeysRefused | Unavailable | Surprise:
    """Say what kind of trouble an unwanted answer is."""
    if reply.status in {UNAUTHORIZED, FORBIDDEN}:
        alarm(operation)
        return KeysRefused(operation)
    if reply.status in LATER or reply.status in SERVER_ERROR:
        return Unavailable(f"{operation}: {reply.status}", reply.retry_after)
    return Surprise(f"{operation}: {reply.status}", reply.digest)
