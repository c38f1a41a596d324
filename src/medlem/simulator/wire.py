"""A call to the platform and its answer, free of any web framework.

An endpoint is an ordinary function from the world and a call to an answer. It runs in one go, without waiting, so
what it does it does whole: no other call comes in between.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import msgspec

World = TypeVar("World")

Operation = Literal[
    "access_token",
    "exchange",
    "exchange_customer",
    "callback_qr",
    "discovery",
    "jwks",
    "user_exists",
    "backchannel",
    "token",
    "userinfo",
    "webhooks",
    "ping",
]

JSON = "application/json"


class NotJson(Exception):
    """The body is not a JSON object."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One request as it arrived, and what a fault asks of its endpoint."""

    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes
    base: str
    """Where the caller reached us: scheme, host and port, without a slash at the end."""
    variables: Mapping[str, str]
    """The named parts of the path."""
    at: float
    """The clock's time, in seconds since 1970."""
    elapsed: float
    """The clock's steady reading, to measure gaps with."""
    twist: str | None = None
    """The kind of fault that the endpoint itself acts out: `forged`, `wrong_issuer` or `rotated_key`."""
    lost: bool = False
    """The caller will never see the answer."""
    query: str = ""
    """Everything behind the question mark, as it was sent."""

    def header(self, name: str) -> str:
        """Read a header; empty when it is not there."""
        return self.headers.get(name, "")

    def object(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotJson from error


@dataclass(slots=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An endpoint ends here, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Route(Generic[World]):
    """One endpoint of the platform: where it is found, under which name faults and counts know it, and what it does."""

    method: str
    path: str
    operation: Operation
    endpoint: Callable[[World, Call], Answer]
    unheard: Callable[[World, Call], None] | None = None
    """What still counts when a gateway answered in the endpoint's place: a poll too early is one all the same."""


def json_answer(
    body: object, *, status: int = 200, media_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with JSON."""
    return Answer(status, msgspec.json.encode(body), {"Content-Type": media_type, **(headers or {})})


def with_novelties(answer: Answer) -> Answer:
    """Add to a JSON object what nobody has heard of: the platform's pages promise to do so without notice."""
    if not answer.body.startswith(b"{"):
        return answer
    body = msgspec.json.decode(answer.body)
    news = {"addedLater": {"since": "2027-01-12", "values": [1, None, "unheardOf"]}, "added later": None}
    return Answer(answer.status, msgspec.json.encode(body | news), answer.headers)
