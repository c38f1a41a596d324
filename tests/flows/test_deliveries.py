"""That the platform delivers is written down now and then, and no delivery depends on it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from medlem.flows import deliveries
from medlem.flows.tables import StorageUnavailable
from shop import Shop

if TYPE_CHECKING:
    from medlem.flows.ports import Storage

PING = "login.merchant-initiated.ping.v1"


async def test_a_delivery_is_noted_at_most_once_a_minute(shop: Shop) -> None:
    known = shop.storage.reading.webhooks
    began = shop.clock.now()
    seen = []
    for _ in range(4):
        await deliveries.note(shop.ports, shop.club.id, PING)
        seen.append(await known.delivered_at(shop.club.id, PING))
        await shop.clock.turn(30)
    assert [(moment - began).total_seconds() for moment in seen if moment] == [0, 0, 60, 60]


async def test_a_database_that_is_away_keeps_no_delivery_from_being_taken(shop: Shop) -> None:
    class Away:
        @property
        def reading(self) -> Any:
            raise StorageUnavailable("away")

    await deliveries.note(replace(shop.ports, storage=cast("Storage", Away())), shop.club.id, PING)
    assert await shop.storage.reading.webhooks.delivered_at(shop.club.id, PING) is None
