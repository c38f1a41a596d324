"""Stations, keys and pairing codes."""

import asyncio

import pytest

from medlem.club.errors import NotFound, Unauthenticated
from medlem.club.masked import Masked
from medlem.club.place import Key, KeyKind
from medlem.flows import places
from postgres import TEMPLATE, cluster
from shop import Shop, open_shop, unknown_station


async def find(shop: Shop, secret: Masked[str] | None) -> Key | None:
    assert secret is not None
    return await shop.storage.reading.keys.find(secret, shop.clock.now())


async def test_a_station_comes_with_a_key_of_its_own(shop: Shop) -> None:
    made = await places.add_station(shop.ports, shop.club, "Till 2", None)
    key = await find(shop, made.secret)
    assert key is not None
    assert (key.kind, key.station) == (KeyKind.STATION, made.station.id)
    assert made.station.store == shop.station.store


async def test_a_store_that_does_not_exist_gets_no_station(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await places.add_station(shop.ports, shop.club, "Till 2", "sto_nowhere")


async def test_the_keys_of_a_station_stop_with_it(shop: Shop) -> None:
    made = await places.add_station(shop.ports, shop.club, "Till 2", None)
    await places.remove_station(shop.ports, shop.club, made.station.id)
    assert await find(shop, made.secret) is None
    with pytest.raises(NotFound):
        await places.station(shop.ports, shop.club, made.station.id)
    with pytest.raises(NotFound):
        await places.remove_station(shop.ports, shop.club, unknown_station(shop).id)


async def test_a_revoked_key_opens_nothing(shop: Shop) -> None:
    made = await places.add_key(shop.ports, shop.club, KeyKind.ADMIN, "office")
    assert await find(shop, made.secret) == made.key
    await places.revoke_key(shop.ports, shop.club, made.key.id)
    assert await find(shop, made.secret) is None
    with pytest.raises(NotFound):
        await places.revoke_key(shop.ports, shop.club, made.key.id)


async def test_a_till_becomes_the_station_by_a_code_that_is_good_once(shop: Shop) -> None:
    code = (await places.offer_pairing(shop.ports, shop.station)).code
    paired = await places.pair(shop.ports, code.reveal().lower())
    assert paired.station == shop.station
    key = await find(shop, paired.secret)
    assert key is not None
    assert key.station == shop.station.id
    with pytest.raises(Unauthenticated):
        await places.pair(shop.ports, code.reveal())


async def test_a_pairing_code_grows_old(shop: Shop) -> None:
    code = (await places.offer_pairing(shop.ports, shop.station)).code
    await shop.clock.turn(600)
    with pytest.raises(Unauthenticated):
        await places.pair(shop.ports, code.reveal())


async def test_a_code_for_a_station_that_is_gone_pairs_nothing(shop: Shop) -> None:
    made = await places.add_station(shop.ports, shop.club, "Till 2", None)
    code = (await places.offer_pairing(shop.ports, made.station)).code
    await places.remove_station(shop.ports, shop.club, made.station.id)
    with pytest.raises(Unauthenticated):
        await places.pair(shop.ports, code.reveal())


async def test_the_club_of_a_sales_unit_is_made_once(shop: Shop) -> None:
    again = await places.settle_club(shop.ports, "100001", "Fjord & Fjell", "NO")
    other = await places.settle_club(shop.ports, "100002", "Fjord & Fjell", "NO")
    assert again == shop.club
    assert other.id != shop.club.id


async def test_nodes_that_begin_at_once_make_one_club() -> None:
    async with open_shop(cluster().new_database(TEMPLATE)) as shop:
        made = [places.settle_club(shop.ports, "100002", "Fjord & Fjell", "NO") for _ in range(4)]
        assert len({club.id for club in await asyncio.gather(*made)}) == 1


async def test_a_command_beside_the_service_moves_the_club_to_no_other_country(shop: Shop) -> None:
    found = await places.settle_club(shop.ports, "100001", "Customer club", "DK", serving=False)
    assert (found.name, found.country) == ("Fjord & Fjell", "NO")
    assert await shop.storage.reading.places.club_of("100001") == found


async def test_what_the_settings_say_of_the_club_today_counts(shop: Shop) -> None:
    moved = await places.settle_club(shop.ports, "100001", "Fjord & Fjell", "DK")
    assert moved.id == shop.club.id
    assert await shop.storage.reading.places.club(shop.club.id) == moved
