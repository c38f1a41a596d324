"""What nobody needs any more goes, and what is needed stays."""

from dataclasses import asdict

from medlem.flows import retention
from medlem.flows.retention import Forgotten
from shop import KARI, Shop

DAY = 24 * 3600


async def test_nothing_young_is_forgotten(shop: Shop) -> None:
    await shop.identify()
    await shop.clock.turn(DAY - 1)
    none = dict.fromkeys(Forgotten.__dataclass_fields__, 0)
    assert asdict(await retention.tidy(shop.ports)) == none


async def test_strangers_numbers_go_however_many_there_are(shop: Shop) -> None:
    for _ in range(1100):
        await shop.identify()
    await shop.clock.turn(DAY + 1)
    gone = await retention.tidy(shop.ports)
    assert (gone.numbers, gone.events) == (1100, 1100)
    assert (await retention.tidy(shop.ports)).numbers == 0


async def test_the_number_of_who_declined_goes_and_the_number_of_a_member_stays(shop: Shop) -> None:
    shop.kari()
    declined = await shop.invite()
    shop.platform.decline(KARI)
    await shop.wait(6)
    joined = await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    await shop.clock.turn(DAY + 1)
    await retention.tidy(shop.ports)
    assert (await shop.get(declined.id)).phone is None
    assert (await shop.show(declined.id)).customer.masked == "•• •• •• ••"
    assert (await shop.get(joined.id)).phone is not None
    assert (await shop.identify()).membership == "member"
