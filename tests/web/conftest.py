"""What every test of the API shares."""

from collections.abc import AsyncIterator

import pytest

from service import Service, open_service
from shop import Shop


@pytest.fixture
async def service(shop: Shop) -> AsyncIterator[Service]:
    """A running service with usual waits, on a clock that a test turns."""
    async with open_service(shop) as running:
        yield running
