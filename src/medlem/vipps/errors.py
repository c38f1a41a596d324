"""What an answer that we did not want means: refused keys, trouble that passes, or a surprise.

A 401 or 403 is about *our* keys, whatever else it says; only somebody who knows better (a login that reads the vendor's
words first) may take it otherwise.
"""

import logging
import re
from typing import Any, Final

from medlem.vipps.metrics import KEYS_REFUSED
from medlem.vipps.reply import Reply
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

_log = logging.getLogger(__name__)

OK: Final = range(200, 300)
SERVER_ERROR: Final = range(500, 600)
UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
LATER: Final = frozenset({408, 423, 425, TOO_MANY})
"""Refused for now: a time-out of the gateway, a lock, a limit."""

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


def outcome(reply: Reply) -> str:
    """How a call ended, in one word of a closed list, for log and metrics."""
    if reply.status in OK:
        return "ok" if reply.whole else "overlong"
    if reply.status in SERVER_ERROR:
        return "failing"
    known = OUTCOMES.get(reply.complaint.error or "")
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
