"""A visit: one request on its way through, from its headers to the line in the access log.

It watches over the body: whoever answers before the body has come would otherwise have the connection cut under a
client that is still sending, which then sees a broken pipe instead of the answer.
"""

import asyncio
import secrets
from typing import Final, cast

from litestar.types import HTTPReceiveMessage, HTTPScope, Message, Receive, Send

MOST_DRAINED: Final = 10 * 1024 * 1024
"""Bytes of an unwanted body that are taken in, so that the client gets to read the answer."""

DRAIN_TIME: Final = 10.0

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_UNLESS_SAID: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_SECURE: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
_CLOSE: Final = (b"connection", b"close")


class Visit:
    """One request and what became of it."""

    __slots__ = ("_ended", "_receive", "_received", "_secure", "_send", "headers", "station", "status", "trace")

    def __init__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        self.trace = secrets.token_hex(8)
        self.headers = dict(scope["headers"])
        """By lower-case name; of a header that came twice the last counts."""
        self.station = "-"
        self.status = 0
        self._secure = scope["scheme"] == "https"
        self._receive = receive
        self._send = send
        self._received = 0
        length = self.headers.get(b"content-length", b"0")
        self._ended = length == b"0" and b"transfer-encoding" not in self.headers

    async def receive(self) -> HTTPReceiveMessage:
        """Take in what comes next, and keep count of it."""
        message = cast("HTTPReceiveMessage", await self._receive())
        if message["type"] == "http.request":
            self._received += len(message["body"])
            self._ended = not message["more_body"]
        return message

    async def send(self, message: Message) -> None:
        """Send, with what every answer carries."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message["headers"])
            said = {name for name, _ in headers}
            headers += _ALWAYS
            headers += [header for header in _UNLESS_SAID if header[0] not in said]
            headers.append((b"medlem-trace", self.trace.encode()))
            if self._secure:
                headers.append(_SECURE)
            if not self._ended and not await self._drained():
                headers.append(_CLOSE)
            message = {"type": "http.response.start", "status": self.status, "headers": headers}
        await self._send(message)

    async def _drained(self) -> bool:
        """Take in the rest of the body; False when it is too much of it, and the connection must go."""
        expected = self.headers.get(b"content-length")
        if expected is not None and int(expected) > MOST_DRAINED:
            return False
        if b"expect" in self.headers and not self._received:
            return False  # it waits for our word to send the body, and will not get it
        try:
            async with asyncio.timeout(DRAIN_TIME):
                while not self._ended:
                    message = await self.receive()
                    if message["type"] != "http.request" or self._received > MOST_DRAINED:
                        return False
        except TimeoutError:
            return False
        return True
