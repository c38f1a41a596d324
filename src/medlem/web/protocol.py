"""HTTP as uvicorn and httptools speak it, with a bound on what is heard before anybody is known.

The parser takes headers without end, and waits for them without end: one client without a key could fill the memory,
or hold connections until there are none left. Bodies are bounded by `reading` and `visit`, once the headers are here.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 64 * 1024
HEAD_TIME: Final = 20.0
"""Seconds that a client has for its headers."""


class Together:
    """A transport that sends in one go what is written in one turn of the loop.

    uvicorn writes the head of an answer and its body apart, which costs both sides a system call more than the whole
    of the rest of the conversation does.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, part: bytes) -> None:
        """Send this, with whatever comes right behind it."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(part)

    def close(self) -> None:
        """Send what is left, and hang up."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._held:
            parts, self._held = self._held, []
            self._transport.write(b"".join(parts))


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _head = 0
    """Bytes of a head that is not complete yet."""
    _steps = 0
    """How many heads and bodies have been complete."""
    _in_body = False
    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to listen, for a while."""
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", Together(transport, self.loop))
        self._set_alarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._unset_alarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what comes, unless it is a head that grows and grows."""
        before = self._steps
        super().data_received(data)
        if self._steps != before or self._in_body:
            return
        self._head += len(data)
        if self._head > LARGEST_HEAD:
            self.transport.close()
        elif self._alarm is None:
            self._set_alarm()

    def on_headers_complete(self) -> None:
        """A request has come: from here on others watch."""
        self._steps += 1
        self._head = 0
        self._in_body = True
        self._unset_alarm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Its body has come too."""
        self._steps += 1
        self._in_body = False
        super().on_message_complete()

    def _set_alarm(self) -> None:
        self._alarm = self.loop.call_later(HEAD_TIME, self.transport.close)

    def _unset_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
