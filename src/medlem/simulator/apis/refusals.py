"""How the platform says no: five shapes of error body, as the pages of its APIs document them.

The shape depends on which part of the platform speaks: the gateway in front, the QR exchange, the newer problem
documents, or OAuth for everything about login.
"""

from math import ceil
from typing import Any
from uuid import uuid4

from medlem.simulator.wire import Answer, Refused, json_answer

PROBLEM = "application/problem+json"


def gateway(status: int, message: str, *, retry_after: float | None = None) -> Refused:
    """Refuse as the gateway in front of every API does: a bad subscription key, too many calls."""
    headers = {} if retry_after is None else {"Retry-After": str(ceil(retry_after))}
    return Refused(json_answer({"statusCode": status, "message": message}, status=status, headers=headers))


def bare(status: int) -> Refused:
    """Refuse without a body: 401 of the QR API and userinfo."""
    return Refused(Answer(status))


def qr_exchange(name: str, reason: str, *, status: int = 400) -> Refused:
    """Refuse as the QR exchange does: no `type`, no `instance`, and the fault under `extraDetails`."""
    body = {
        "title": "Bad request",
        "status": status,
        "detail": "The request body contains one or more invalid parameters.",
        "extraDetails": [{"name": name, "reason": reason}],
    }
    return Refused(json_answer(body, status=status, media_type=PROBLEM))


def problem(
    status: int, title: str, detail: str, *, instance: str, name: str, reason: str, status_as_text: bool = False
) -> Refused:
    """Refuse with a whole problem document, as the Webhooks API does."""
    body = {
        "type": f"https://developer.vippsmobilepay.com/docs/knowledge-base/errors#{status}",
        "title": title,
        "status": str(status) if status_as_text else status,
        "detail": detail,
        "instance": instance,
        "traceId": uuid4().hex,
        "extraDetails": [{"name": name, "reason": reason}],
    }
    return Refused(json_answer(body, status=status, media_type=PROBLEM))


def oauth(error: str, description: str, *, status: int = 400, error_code: str | None = None) -> Refused:
    """Refuse as OAuth does: RFC 6749 section 5.2, with the platform's own `error_code` where it has one."""
    body = {"error": error, "error_description": description}
    if error_code is not None:
        body["error_code"] = error_code
    return _oauth(body, status)


def wrong_keys(description: str, *, shape: str = "oauth") -> Refused:
    """Refuse a client whose keys are wrong: as OAuth does, or, with `integers`, as the pages of 2023 declare it."""
    if shape == "integers":
        return _oauth({"error": "invalid_client", "error_code": 401, "error_debug": description}, 401)
    return oauth("invalid_client", description, status=401)


def _oauth(body: dict[str, Any], status: int) -> Refused:
    headers = {"Cache-Control": "no-store"}
    if body["error"] == "invalid_client":
        headers["WWW-Authenticate"] = 'Basic realm="login"'
    return Refused(json_answer(body, status=status, media_type="application/json;charset=UTF-8", headers=headers))
