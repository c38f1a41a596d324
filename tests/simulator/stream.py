"""Reads a stream of pictures as a page does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientResponse

from simulator.desk import MOST_PATIENCE, Desk


class Pictures:
    """An open stream."""

    def __init__(self, answer: ClientResponse) -> None:
        self._answer = answer

    async def line(self) -> bytes:
        """The next line, whatever it holds; empty at the end of the stream."""
        async with asyncio.timeout(MOST_PATIENCE):
            return await self._answer.content.readline()

    async def next(self) -> Any:
        """The next event: the clock's time, and the picture."""
        while line := await self.line():
            if line.startswith(b"data: "):
                return msgspec.json.decode(line.removeprefix(b"data: "))
        raise EOFError

    async def until(self, holds: Any) -> Any:
        """The first picture of which that is true; a burst may be told in one or in several."""
        while not holds(picture := (await self.next())["picture"]):
            pass
        return picture


@asynccontextmanager
async def watching(desk: Desk, path: str) -> AsyncIterator[Pictures]:
    """Open a stream."""
    async with desk.session.get(desk.url + path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield Pictures(answer)
