"""A provider on a real socket, and the client before it."""

from collections.abc import AsyncIterator

import pytest

from stub_platform import House, Stub, open_house


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    """A provider that says what the test writes down."""
    made = Stub()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def house(stub: Stub) -> AsyncIterator[House]:
    """The client, connected to it."""
    made = open_house(stub)
    yield made
    await made.platform.close()
