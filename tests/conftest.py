"""What every suite shares."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from shop import Shop, open_shop

# No test asserts a duration, not even Hypothesis: a busy machine is not a defect.
settings.register_profile("medlem", deadline=None)
settings.load_profile("medlem")


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A fresh shop on real storage in memory."""
    async with open_shop() as made:
        yield made
