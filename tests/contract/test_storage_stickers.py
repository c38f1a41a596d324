"""What is promised of stickers and of scans of them."""

from dataclasses import replace
from datetime import timedelta

from medlem.club.masked import Masked
from medlem.club.station_qr import QrState
from medlem.flows.ports import Storage
from premises import NOW, Premises, later
from stickers import CONTENT, TOKEN, qr, scan


async def test_a_station_has_one_sticker_that_counts(storage: Storage, here: Premises, neighbour: Premises) -> None:
    first, second = qr(here), qr(here)
    async with storage.transaction() as tx:
        await tx.station_qrs.add(first)
        await tx.station_qrs.add(second)
    reading = storage.reading.station_qrs
    assert await reading.present(here.club.id, here.till.id) == first
    assert await reading.get(here.club.id, second.id) is None
    assert await reading.present(here.club.id, here.kiosk.id) is None
    assert await reading.present(neighbour.club.id, here.till.id) is None
    assert await reading.get(neighbour.club.id, first.id) is None
    assert not await reading.all(neighbour.club.id)
    async with storage.transaction() as tx:
        gone = first.up(CONTENT, NOW).unwanted(later(1))
        await tx.station_qrs.save(gone)
        await tx.station_qrs.add(second)
        assert await tx.station_qrs.hold(here.club.id, first.id) == gone
        assert await tx.station_qrs.hold(neighbour.club.id, first.id) is None
    assert await reading.present(here.club.id, here.till.id) == second
    assert list(await reading.all(here.club.id)) == sorted([gone, second], key=lambda one: one.id)


async def test_whoever_takes_a_sticker_up_has_it_to_himself_for_a_while(storage: Storage, here: Premises) -> None:
    one = qr(here)
    async with storage.transaction() as tx:
        await tx.station_qrs.add(one)
    assert not await storage.reading.station_qrs.any_due(later(29))
    assert await storage.reading.station_qrs.any_due(later(30))
    async with storage.transaction() as tx:
        assert await tx.station_qrs.claim_due(later(30), later(60), 10) == [replace(one, due_at=later(60))]
        assert not await tx.station_qrs.claim_due(later(30), later(60), 10)
        await tx.station_qrs.save(one.up(CONTENT, later(31)))
    assert not await storage.reading.station_qrs.any_due(later(9999))
    found = await storage.reading.station_qrs.present(here.club.id, here.till.id)
    assert found is not None
    assert (found.state, found.content, found.due_at) == (QrState.UP, CONTENT, None)


async def test_a_scan_is_known_by_its_token_and_its_moment(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    async with storage.transaction() as tx:
        assert await tx.check_ins.add(scan(here))
        assert not await tx.check_ins.add(scan(here))
        assert await tx.check_ins.add(scan(here, "2026-11-23T10:00:01.1234567Z"))
        assert await tx.check_ins.add(scan(here, token="b3RoZXI="))
        assert await tx.check_ins.add(scan(neighbour))


async def test_a_scan_gives_its_token_to_the_identification_that_came_of_it(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    one, customer = scan(here), here.identification()
    async with storage.transaction() as tx:
        await tx.check_ins.add(one)
        await tx.identifications.add(customer)
        held = await tx.check_ins.hold(here.club.id, one.id)
        assert held == one
        assert await tx.check_ins.hold(neighbour.club.id, one.id) is None
        await tx.check_ins.save(one.identified(customer.id))
    checks = storage.reading.check_ins
    assert await checks.token_of(here.club.id, customer.id, later(899)) == Masked(TOKEN)
    assert await checks.token_of(here.club.id, customer.id, later(900)) is None
    assert await checks.token_of(neighbour.club.id, customer.id, NOW) is None
    assert await checks.token_of(here.club.id, "idn_other", NOW) is None
    assert not await checks.any_due(later(9999))


async def test_a_scan_is_taken_up_by_one_and_forgotten_with_its_token(storage: Storage, here: Premises) -> None:
    one = scan(here)
    async with storage.transaction() as tx:
        await tx.check_ins.add(one)
    assert not await storage.reading.check_ins.any_due(later(14))
    async with storage.transaction() as tx:
        assert await tx.check_ins.claim_due(later(15), later(30), 10) == [replace(one, due_at=later(30))]
        assert not await tx.check_ins.claim_due(later(15), later(30), 10)
        await tx.check_ins.save(one.put_off(later(20), timedelta(seconds=7)))
    assert not await storage.reading.check_ins.any_due(later(26))
    assert await storage.reading.check_ins.any_due(later(27))
    async with storage.transaction() as tx:
        assert await tx.check_ins.forget(later(899)) == 0
        assert await tx.check_ins.forget(later(900)) == 1
        assert await tx.check_ins.hold(here.club.id, one.id) is None
