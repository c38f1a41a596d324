"""The till when the service's database is gone, and when it is back."""

from pathlib import Path

import pytest

from browser.conftest import OpenPage
from browser.people import World, plain_shop
from browser.till import open_till

pytestmark = pytest.mark.asyncio(loop_scope="session")


def move(file: Path, to: Path) -> None:
    file.rename(to)


async def test_the_sale_goes_on_while_the_database_is_away_and_the_next_customer_is_served(
    world: World, open_page: OpenPage, tmp_path: Path
) -> None:
    with plain_shop(world, tmp_path) as shop:
        till = await open_till(await open_page(), shop, "Till 1")
        customer = shop.customer()
        move(tmp_path / "plain.db", tmp_path / "away.db")
        await till.look_up(customer)
        await till.shows("down")
        await till.says("Carry on with the sale")
        move(tmp_path / "away.db", tmp_path / "plain.db")
        await till.press("Enter")
        await till.shows("not_member")
