"""An answer, ready to be sent: a status, a few headers, bytes.

It is an ASGI application, the smallest there is; what every answer carries (trace, safety headers) is added by
`envelope`.
"""

from collections.abc import Awaitable
from typing import Any, Final, Protocol

import msgspec
from litestar.types import HTTPScope, Receive, Send

Headers = list[tuple[bytes, bytes]]

JSON: Final = (b"content-type", b"application/json")

_encoder = msgspec.json.Encoder()


class Sendable(Protocol):
    """Whatever can be sent in answer to a call."""

    def __call__(self, scope: HTTPScope, receive: Receive, send: Send, /) -> Awaitable[None]:
        """Send it."""


class Answer:
    """One complete answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes = b"", *headers: tuple[bytes, bytes]) -> None:
        self.status = status
        self.body = body
        self.headers: Headers = list(headers)

    async def __call__(self, _scope: HTTPScope, _receive: Receive, send: Send) -> None:
        """Send it."""
        if self.status != NO_CONTENT:
            self.headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


NO_CONTENT: Final = 204


def json(status: int, value: Any, *headers: tuple[bytes, bytes]) -> Answer:
    """Answer with a value as JSON; moments come out as RFC 3339 in UTC."""
    return Answer(status, _encoder.encode(value), JSON, *headers)


def done() -> Answer:
    """It is done, and there is nothing to say."""
    return Answer(NO_CONTENT)


def encode(value: Any) -> bytes:
    """The JSON of a value, exactly as answers carry it."""
    return _encoder.encode(value)
