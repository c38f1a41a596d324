"""Every storage that must keep the contract, each test in a shop of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from medlem.storage import Database
from premises import Premises, new_premises
from storages import STORAGES, storage_of


@pytest.fixture(params=sorted(STORAGES))
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with storage_of(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def here(storage: Database) -> Premises:
    return await new_premises(storage)


@pytest.fixture
async def neighbour(storage: Database, here: Premises) -> Premises:
    """Another club in the same installation."""
    del here
    return await new_premises(storage, sales_unit="200200")
