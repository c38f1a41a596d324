"""How an open page hears of changes: a stream of pictures, each of them the whole truth of that moment.

Server-sent events, `event: picture`. A page that was away, or whose simulator was started again, needs to catch up on
nothing: the first picture comes at once. The same picture is never sent twice in a row.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from medlem.simulator.screen.pages import SECURITY
from medlem.simulator.signature import http_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from medlem.simulator.world import World

BREATH: Final = 0.05
"""Seconds between two pictures: changes that come in a burst are told together."""
HEARTBEAT: Final = 5.0
"""Seconds after which a silent stream says that it lives; a page that left is noticed then."""


async def stream(http: web.Request, world: World, look: Callable[[], object]) -> web.StreamResponse:
    """Send a picture now and at every change, until the page leaves or the simulator stops.

    Each event is `{"now": seconds since 1970 by the clock, "picture": what look() sees}`.
    """
    response = web.StreamResponse(headers={**SECURITY, "Date": http_date(world.clock.now())})
    response.content_type = "text/event-stream"
    told = b""
    with suppress(ConnectionError):
        await response.prepare(http)
        await response.write(b"retry: 1000\n\n")
        while not world.bell.closed:
            ring = world.bell.next_ring()
            seen = msgspec.json.encode(look())
            if seen != told:
                told = seen
                await response.write(b'event: picture\ndata: {"now":%.3f,"picture":%b}\n\n' % (world.clock.now(), seen))
                await asyncio.sleep(BREATH)
            await _until(ring, response)
    return response


async def _until(ring: asyncio.Event, response: web.StreamResponse) -> None:
    while not ring.is_set():
        try:
            async with asyncio.timeout(HEARTBEAT):
                await ring.wait()
        except TimeoutError:
            await response.write(b":\n\n")
