"""Both sides of what is documented, each alone: a simulator with a desk before it, and a client before a stub."""

from collections.abc import AsyncIterator

import pytest

from simulator.conftest import opened
from simulator.desk import Desk
from stub_platform import Stub


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with opened() as opened_desk:
        yield opened_desk


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    made = Stub()
    await made.start()
    yield made
    await made.stop()
