"""What is promised of clubs, stations, keys and repeated calls."""

from dataclasses import replace

import pytest

from medlem.club.ids import key_id, store_id
from medlem.club.masked import Masked
from medlem.club.place import Key, KeyKind, Store
from medlem.flows.ports import Storage
from medlem.flows.tables import Clash, Remembered, Repeat
from premises import NOW, Premises, later

SECRET = Masked("mdl_st_secret")
CODE = Masked("K7KM4XWT")
REPEAT = Repeat("key_1 POST /v1/identifications abc", "hash of the body")


def till_key(here: Premises, kind: KeyKind = KeyKind.STATION) -> Key:
    station = here.till.id if kind is KeyKind.STATION else None
    return Key(id=key_id(NOW), club=here.club.id, kind=kind, name="Till 1", created_at=NOW, station=station)


async def test_a_club_is_found_by_its_sales_unit(storage: Storage, here: Premises, neighbour: Premises) -> None:
    assert await storage.reading.places.club_of("100100") == here.club
    assert await storage.reading.places.club_of("999999") is None
    assert await storage.reading.places.club(neighbour.club.id) == neighbour.club
    assert {club.id for club in await storage.reading.places.clubs()} == {here.club.id, neighbour.club.id}


async def test_the_first_store_is_the_one_that_was_made_first(storage: Storage, here: Premises) -> None:
    second = Store(id=store_id(later(60)), club=here.club.id, name="Store 2")
    async with storage.transaction() as tx:
        await tx.places.add_store(second, later(60))
    assert await storage.reading.places.first_store(here.club.id) == here.store
    assert await storage.reading.places.store(here.club.id, second.id) == second


async def test_no_club_sees_another_clubs_places(storage: Storage, here: Premises, neighbour: Premises) -> None:
    places = storage.reading.places
    assert await places.station(neighbour.club.id, here.till.id) is None
    assert await places.store(neighbour.club.id, here.store.id) is None
    assert [station.id for station in await places.stations(neighbour.club.id)] == [
        neighbour.till.id,
        neighbour.kiosk.id,
    ]


async def test_a_station_out_of_service_takes_its_keys_and_its_pairings_with_it(
    storage: Storage, here: Premises
) -> None:
    async with storage.transaction() as tx:
        await tx.keys.add(till_key(here), SECRET)
        await tx.places.offer_pairing(here.till, CODE, later(600))
        await tx.places.remove_station(here.till, later(10))
    assert await storage.reading.keys.find(SECRET, later(20)) is None
    assert await storage.reading.places.station(here.club.id, here.till.id) == replace(here.till, removed_at=later(10))
    assert [station.id for station in await storage.reading.places.stations(here.club.id)] == [here.kiosk.id]
    async with storage.transaction() as tx:
        assert await tx.places.take_pairing(CODE, later(20)) is None


async def test_a_pairing_code_works_once(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.places.offer_pairing(here.till, CODE, later(600))
    async with storage.transaction() as tx:
        assert await tx.places.take_pairing(Masked("SOMETHING"), later(1)) is None
        assert await tx.places.take_pairing(CODE, later(1)) == here.till
    async with storage.transaction() as tx:
        assert await tx.places.take_pairing(CODE, later(2)) is None


async def test_a_pairing_code_ends_with_its_time(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.places.offer_pairing(here.till, CODE, later(600))
        assert await tx.places.take_pairing(CODE, later(600)) is None


async def test_a_key_is_known_by_its_secret(storage: Storage, here: Premises) -> None:
    key = till_key(here)
    async with storage.transaction() as tx:
        await tx.keys.add(key, SECRET)
    assert await storage.reading.keys.find(SECRET, NOW) == key
    assert await storage.reading.keys.find(Masked("mdl_st_other"), NOW) is None
    assert list(await storage.reading.keys.all(here.club.id)) == [key]


async def test_a_key_opens_nothing_once_expired(storage: Storage, here: Premises) -> None:
    key = replace(till_key(here, KeyKind.ADMIN), expires_at=later(60))
    async with storage.transaction() as tx:
        await tx.keys.add(key, SECRET)
    assert await storage.reading.keys.find(SECRET, later(59)) == key
    assert await storage.reading.keys.find(SECRET, later(60)) is None


async def test_a_key_is_revoked_once_and_by_its_own_club_alone(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    key = till_key(here, KeyKind.INTEGRATION)
    async with storage.transaction() as tx:
        await tx.keys.add(key, SECRET)
        assert not await tx.keys.revoke(neighbour.club.id, key.id, later(1))
        assert await tx.keys.revoke(here.club.id, key.id, later(1))
        assert not await tx.keys.revoke(here.club.id, key.id, later(2))
    assert await storage.reading.keys.find(SECRET, later(3)) is None
    assert list(await storage.reading.keys.all(here.club.id)) == [replace(key, revoked_at=later(1))]
    assert not await storage.reading.keys.all(neighbour.club.id)


async def test_a_repeated_call_finds_what_the_first_one_made(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.repeats.keep(here.club.id, REPEAT, 202, "enr_1", NOW)
    assert await storage.reading.repeats.find(here.club.id, REPEAT) == Remembered("hash of the body", 202, "enr_1")
    assert await storage.reading.repeats.find(here.club.id, Repeat("another scope", REPEAT.body)) is None
    async with storage.transaction() as tx:
        await tx.repeats.set_status(here.club.id, REPEAT, 200)
    assert await storage.reading.repeats.find(here.club.id, REPEAT) == Remembered("hash of the body", 200, "enr_1")


async def test_a_repeated_call_finds_the_refusal_that_the_first_one_met(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.repeats.keep_refusal(here.club.id, REPEAT, 409, b'{"type": "already-member"}', NOW)
    assert await storage.reading.repeats.find(here.club.id, REPEAT) == Remembered(
        "hash of the body", 409, None, b'{"type": "already-member"}'
    )


async def test_the_second_of_two_equal_calls_clashes_and_takes_its_work_back(storage: Storage, here: Premises) -> None:
    found = here.identification()

    async def identify(made: str) -> None:
        async with storage.transaction() as tx:
            await tx.identifications.add(found)
            await tx.repeats.keep(here.club.id, REPEAT, 201, made, NOW)

    async with storage.transaction() as tx:
        await tx.repeats.keep(here.club.id, REPEAT, 201, "idn_1", NOW)
    with pytest.raises(Clash):
        await identify(found.id)
    with pytest.raises(Clash):
        async with storage.transaction() as tx:
            await tx.repeats.keep_refusal(here.club.id, REPEAT, 409, b"{}", NOW)
    assert await storage.reading.identifications.get(here.club.id, found.id) is None
    assert await storage.reading.repeats.find(here.club.id, REPEAT) == Remembered("hash of the body", 201, "idn_1")


async def test_repeated_calls_are_forgotten_with_time(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.repeats.keep(here.club.id, REPEAT, 201, "idn_1", NOW)
        assert await tx.repeats.forget(NOW) == 0
        assert await tx.repeats.forget(later(1)) == 1
    assert await storage.reading.repeats.find(here.club.id, REPEAT) is None
