"""Problems: how a refusal is told over HTTP (RFC 9457).

The club knows why it refuses, and this table knows the status. A problem's `type` is the same in every deployment,
so that a till's maker can match on it; `docs/problems.md` has a paragraph for each of them. What goes wrong without
being a refusal is `internal-error`, which says nothing but the trace: an exception's text may hold a number.
"""

import logging
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import HTTPScope
from msgspec import UNSET, UnsetType

from medlem.club.errors import Flaw, InvalidRequest, NotFound, Refusal, UnverifiedWebhook
from medlem.club.member import AlreadyMember
from medlem.club.merging import MemberMerged
from medlem.flows.failures import report
from medlem.flows.views import MemberView
from medlem.web.answer import Answer, encode
from medlem.web.visit import Visit

log = logging.getLogger(__name__)

TYPE: Final = "urn:medlem:problem:"
TRACE: Final = "urn:medlem:trace:"
MEDIA_TYPE: Final = "application/problem+json"


class MethodNotAllowed(Refusal):
    """This path does not take that method."""

    slug = "method-not-allowed"

    def __init__(self, detail: str, allow: str) -> None:
        """Take the methods that it does take."""
        super().__init__(detail)
        self.allow = allow


class TooLarge(Refusal):
    """The body is larger than this call takes."""

    slug = "too-large"


class UnsupportedMediaType(Refusal):
    """The body is of another type than this call takes."""

    slug = "unsupported-media-type"


class InternalError(Refusal):
    """Something went wrong in the service."""

    slug = "internal-error"


STATUSES: Final = {
    "unauthenticated": 401,
    "unverified-webhook": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "already-member": 409,
    "erased-before": 409,
    "newer-linking": 409,
    "merge-refused": 409,
    "member-merged": 409,
    "identification-expired": 410,
    "precondition-failed": 412,
    "too-large": 413,
    "unsupported-media-type": 415,
    "invalid-request": 422,
    "unreadable-code": 422,
    "invalid-phone-number": 422,
    "idempotency-conflict": 422,
    "too-many-requests": 429,
    "internal-error": 500,
    "platform-refused-keys": 502,
    "platform-surprised-us": 502,
    "platform-unavailable": 503,
    "register-unavailable": 503,
}


class Problem(msgspec.Struct, kw_only=True):
    """Why a call was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    trace: str
    errors: list[Flaw] | UnsetType = UNSET
    member: MemberView | UnsetType = UNSET
    merged_into: str | UnsetType = UNSET
    """Who the member is now, by id."""


class Replayed(Refusal):
    """A refusal that was met before, under the same Idempotency-Key."""

    slug = ""

    def __init__(self, problem: Problem) -> None:
        """Take the problem that was answered the first time."""
        super().__init__(problem.detail)
        self.problem = problem


class ClientGone(Exception):
    """Nobody is left to answer."""


def title_of(kind: type[Refusal]) -> str:
    """A refusal's docstring is its title."""
    return (kind.__doc__ or "").strip().partition("\n")[0]


def problem_of(refusal: Refusal, trace: str) -> Problem:
    """Put a refusal into the words of RFC 9457."""
    if isinstance(refusal, Replayed):
        return msgspec.structs.replace(refusal.problem, instance=TRACE + trace, trace=trace)
    return Problem(
        type=TYPE + refusal.slug,
        title=title_of(type(refusal)),
        status=STATUSES[refusal.slug],
        detail=refusal.detail,
        instance=TRACE + trace,
        trace=trace,
        errors=list(refusal.flaws) if isinstance(refusal, InvalidRequest) else UNSET,
        member=MemberView.of(refusal.member) if isinstance(refusal, AlreadyMember) and refusal.member else UNSET,
        merged_into=refusal.into if isinstance(refusal, MemberMerged) else UNSET,
    )


def answer_to(refusal: Refusal, visit: Visit) -> Answer:
    """The answer that tells of a refusal."""
    problem = problem_of(refusal, visit.trace)
    answer = Answer(problem.status, encode(problem), (b"content-type", MEDIA_TYPE.encode()))
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after is not None:
        answer.headers.append((b"retry-after", b"%d" % retry_after))
    if isinstance(refusal, MethodNotAllowed):
        answer.headers.append((b"allow", refusal.allow.encode()))
    if problem.status == STATUSES["unauthenticated"]:
        answer.headers.append((b"www-authenticate", _challenge(refusal, visit)))
    return answer


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Turn whatever was raised into an answer; Litestar calls this for every exception."""
    visit: Visit = request.scope["state"]["visit"]
    answer = answer_to(_refusal(error, visit), visit)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=MEDIA_TYPE)


def tell_of_failure(trace: str, error: BaseException) -> None:
    """Log where it went wrong, under the trace that the caller was given."""
    report(log, f"trace={trace} failed", error)


def _refusal(error: Exception, visit: Visit) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ClientGone):
        return InvalidRequest("The body did not arrive.")
    if isinstance(error, HTTPException):
        return _of_litestar(error)
    tell_of_failure(visit.trace, error)
    return InternalError("Try again. If it stays, give the trace to whoever runs the service.")


def _of_litestar(error: HTTPException) -> Refusal:
    if error.status_code == STATUSES["not-found"]:
        return NotFound("There is no such path.")
    if error.status_code == STATUSES["method-not-allowed"]:
        allow = next((value for name, value in (error.headers or {}).items() if name.lower() == "allow"), "")
        return MethodNotAllowed(f"This path takes {allow}.", allow)
    return InvalidRequest("The request is malformed.")


def _challenge(refusal: Refusal, visit: Visit) -> bytes:
    if isinstance(refusal, UnverifiedWebhook):
        return refusal.scheme.encode()
    return b'Bearer realm="medlem"' + (b', error="invalid_token"' if b"authorization" in visit.headers else b"")


def visit_of(scope: HTTPScope) -> Visit:
    """The visit that `envelope` put into the scope."""
    visit: Visit = scope["state"]["visit"]
    return visit
