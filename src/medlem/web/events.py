"""Events over HTTP: a station's screen, live (server-sent events, WHATWG HTML section 9.2).

Whoever comes back with the id of the last event they saw gets what they missed; whoever comes new gets a snapshot. The
database is the only source: a stream wakes when something was committed for its station, reads what is new, and
could be cut off between any two lines without anything being lost.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from litestar.types import HTTPScope, Receive, Send

from medlem.club.masked import Masked
from medlem.club.place import Key, Station
from medlem.flows.ports import Watch
from medlem.flows.tables import Event, StorageUnavailable
from medlem.flows.views import SnapshotView
from medlem.web.answer import encode
from medlem.web.call import Call
from medlem.web.desk import Desk
from medlem.web.operation import Door, Reply, operation
from medlem.web.waiting import cancel

RESUMABLE: Final = timedelta(hours=24)
AT_ONCE: Final = 200
"""Events read at a time."""

LAST_WORDS: Final = 0.5
"""Seconds that a client which has stopped reading gets to take the end of its stream."""

OPENING: Final = b": medlem\nretry: 1000\n\n"
COMMENT: Final = b":\n\n"

_POSITION = re.compile(r"[0-9]{1,18}")


@operation(
    "GET",
    "/v1/events",
    door=Door.STATION,
    replies={
        200: Reply(
            description="A stream that never ends by itself but once an hour; come back with `Last-Event-ID`.",
            body=SnapshotView,
            media_type="text/event-stream",
        )
    },
)
async def listen(call: Call) -> "Stream":
    """Listen to what happens at this station.

    Events are `snapshot`, `identification` and `enrolment`; the last two carry the same JSON as the calls answer.
    """
    if call.secret is None:
        raise LookupError("a stream needs the key that it stands on")
    last = call.header(b"last-event-id") or ""
    position = int(last) if _POSITION.fullmatch(last) else None
    return Stream(call.desk, await call.station(), call.key, call.secret, position)


OPERATIONS = (listen,)


class Stream:
    """One open stream of a station's events."""

    def __init__(self, desk: Desk, station: Station, key: Key, secret: Masked[str], position: int | None) -> None:
        self._desk = desk
        self._station = station
        self._key = key
        self._secret = secret
        self._position = position
        self._events = desk.ports.storage.reading.events

    async def __call__(self, _scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Send until somebody ends it: the client, time, a ninth stream, a revoked key, the end of the service."""
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        with self._desk.streams.open(self._station.id, self._key.id) as slot:
            writing = asyncio.create_task(self._write(send))
            ends = [
                asyncio.create_task(_gone(receive)),
                asyncio.create_task(slot.ended.wait()),
                asyncio.create_task(self._desk.closing.wait()),
                asyncio.create_task(self._desk.ports.clock.sleep(self._desk.options.stream_life)),
            ]
            try:
                await asyncio.wait([writing, *ends], return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancel(writing, *ends)
        if not writing.cancelled():
            writing.result()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send) -> None:
        # Without a database there is nothing to say: the end is told properly, and the screen comes back in a second.
        with suppress(StorageUnavailable), self._desk.ports.storage.watch(self._station.id) as watch:
            async for lines in self._lines(watch):
                await send({"type": "http.response.body", "body": lines, "more_body": True})

    async def _lines(self, watch: Watch) -> AsyncIterator[bytes]:
        beat = self._beat()
        try:
            yield OPENING
            position, lines = await self._begin()
            if lines:
                yield lines
            while True:
                news = await self._news(position)
                for event in news:
                    position = event.position
                    yield _event(position, event.kind, event.body)
                if len(news) == AT_ONCE:
                    continue
                changed = asyncio.create_task(watch.changed())
                try:
                    await asyncio.wait([changed, beat], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await cancel(changed)
                if beat.done():
                    if not await self._still_valid():
                        return
                    yield COMMENT
                    beat = self._beat()
        finally:
            await cancel(beat)

    async def _news(self, position: int) -> Sequence[Event]:
        """What came after; nothing while the database is away, for another stream would fare no better."""
        try:
            return await self._events.after(self._station.club, self._station.id, position, AT_ONCE)
        except StorageUnavailable:
            return ()

    async def _begin(self) -> tuple[int, bytes]:
        """Where to read on from, and what to say first: nothing to who can resume, else a snapshot."""
        now = self._desk.ports.clock.now()
        club, station, last = self._station.club, self._station.id, self._position
        if last is not None and await self._events.resumable(club, station, last, now - RESUMABLE):
            return last, b""
        position, snapshot = await self._events.snapshot(self._station, now)
        return position, _event(position, "snapshot", encode(snapshot))

    def _beat(self) -> asyncio.Task[None]:
        return asyncio.create_task(self._desk.ports.clock.sleep(self._desk.options.heartbeat))

    async def _still_valid(self) -> bool:
        """Whether the key has not been revoked meanwhile, perhaps by another process."""
        keys = self._desk.ports.storage.reading.keys
        try:
            return await keys.find(self._secret, self._desk.ports.clock.now()) is not None
        except StorageUnavailable:
            return True  # nobody knows; at the next beat perhaps


async def _gone(receive: Receive) -> None:
    """Return when the client hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(position: int, kind: str, body: bytes) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, kind.encode(), body)
