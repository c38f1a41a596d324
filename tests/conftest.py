"""What every suite shares."""

from collections.abc import AsyncIterator

import pytest

from shop import Shop, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A fresh shop on real storage in memory."""
    async with open_shop() as made:
        yield made
