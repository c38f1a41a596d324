"""A simulator with a desk before it, and a receiver; each test has its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from medlem.simulator.app import start
from simulator.desk import Desk, Receiver, receiving

Opener = Callable[[Path | None], AbstractAsyncContextManager[Desk]]


@asynccontextmanager
async def opened(directory: Path | None = None) -> AsyncIterator[Desk]:
    """Start a simulator, and stop it again."""
    running = await start(directory=directory)
    try:
        async with ClientSession() as session:
            desk = Desk(session, running)
            desk.keys = (await desk.call("GET", "/sim/credentials")).json
            yield desk
    finally:
        await running.close()


@pytest.fixture
def open_desk() -> Opener:
    return opened


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with opened() as opened_desk:
        yield opened_desk


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as listening:
        yield listening
