"""Stickers: what is wanted stands here, and the platform follows, whatever dies or fails in between."""

import asyncio
from datetime import UTC, datetime

import pytest

from fakes import settle
from fakes_stickers import QrTrouble
from medlem.club.errors import NotFound, PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable
from medlem.club.ids import ClubId, StationId, StationQrId
from medlem.club.place import Station
from medlem.club.station_qr import QrState, StationQr, label_of
from medlem.flows import places, station_qrs
from shop import Shop


async def present(shop: Shop, station: Station | None = None) -> StationQr | None:
    return await shop.storage.reading.station_qrs.present(shop.club.id, (station or shop.station).id)


async def every(shop: Shop) -> list[StationQr]:
    return list(await shop.storage.reading.station_qrs.all(shop.club.id))


async def go_on(shop: Shop, seconds: float = 0) -> None:
    await shop.clock.turn(seconds)
    await station_qrs.go_on(shop.ports)
    await shop.ports.errands.finish()


async def dead_before_the_call(shop: Shop) -> StationQr:
    """A process that dies between the intent and the call: the row is all that is left."""
    shop.platform.qr_troubles.append(QrTrouble.UNSENT)
    with pytest.raises(PlatformUnavailable):
        await station_qrs.make(shop.ports, shop.station)
    [qr] = await every(shop)
    return qr


async def test_a_sticker_is_made_once_and_shown_with_what_it_says(shop: Shop) -> None:
    made = await station_qrs.make(shop.ports, shop.station)
    again = await station_qrs.make(shop.ports, shop.station)
    assert made.qr.state is QrState.UP
    assert again.qr == made.qr
    [hung] = shop.platform.hung.values()
    assert (hung.id, hung.label, hung.content) == (made.qr.id, "Till 1", made.qr.content)
    assert await station_qrs.printable(shop.ports, shop.station) == hung.content


async def test_the_address_of_the_picture_is_fetched_anew(shop: Shop) -> None:
    made = await station_qrs.make(shop.ports, shop.station)
    await shop.platform.hang_qr(shop.club.id, made.qr.id, "Till 1")  # over there the address has changed
    shown = await station_qrs.show(shop.ports, shop.station)
    assert shown.image == shop.platform.hung[made.qr.id].image != made.image
    assert shown.qr == made.qr
    shop.platform.down = True
    assert (await station_qrs.show(shop.ports, shop.station)).image is None


async def test_one_that_the_platform_has_lost_is_made_anew_under_its_own_name(shop: Shop) -> None:
    made = await station_qrs.make(shop.ports, shop.station)
    shop.platform.hung.clear()
    with pytest.raises(NotFound):
        await station_qrs.show(shop.ports, shop.station)
    assert (await station_qrs.make(shop.ports, shop.station)).qr.id == made.qr.id


@pytest.mark.parametrize("trouble", [QrTrouble.UNSENT, QrTrouble.LOST, QrTrouble.SURPRISE, QrTrouble.KEYS_REFUSED])
async def test_one_that_could_not_be_made_is_made_later_and_there_is_never_a_second(
    shop: Shop, trouble: QrTrouble
) -> None:
    shop.platform.qr_troubles.extend([trouble, trouble])
    with pytest.raises((PlatformUnavailable, PlatformSurprisedUs, PlatformRefusedKeys)):
        await station_qrs.make(shop.ports, shop.station)
    with pytest.raises(NotFound):
        await station_qrs.printable(shop.ports, shop.station)
    assert (await station_qrs.show(shop.ports, shop.station)).qr.state is QrState.MAKING
    await go_on(shop, 31)  # fails once more, and is put off
    assert (await station_qrs.show(shop.ports, shop.station)).qr.failures == 1
    await go_on(shop, 31)
    [qr] = await every(shop)
    assert qr.state is QrState.UP
    assert list(shop.platform.hung) == [qr.id]


async def test_what_somebody_may_still_be_at_is_left_alone(shop: Shop) -> None:
    await dead_before_the_call(shop)
    await go_on(shop, 29)
    assert not shop.platform.hung


async def test_a_sticker_that_is_taken_down_is_gone_for_good_and_the_next_has_another_name(shop: Shop) -> None:
    first = (await station_qrs.make(shop.ports, shop.station)).qr
    await station_qrs.remove(shop.ports, shop.station)
    assert await present(shop) is None
    await shop.ports.errands.finish()
    assert shop.platform.removed == [first.id]
    with pytest.raises(NotFound):
        await station_qrs.remove(shop.ports, shop.station)
    second = (await station_qrs.make(shop.ports, shop.station)).qr
    assert second.id != first.id
    assert {qr.id: qr.state for qr in await every(shop)} == {first.id: QrState.REMOVED, second.id: QrState.UP}


@pytest.mark.parametrize("trouble", list(QrTrouble))
async def test_one_that_could_not_be_taken_down_is_taken_down_later(shop: Shop, trouble: QrTrouble) -> None:
    made = (await station_qrs.make(shop.ports, shop.station)).qr
    shop.platform.qr_troubles.append(trouble)
    await station_qrs.remove(shop.ports, shop.station)
    await shop.ports.errands.finish()
    await go_on(shop, 31)
    [qr] = await every(shop)
    assert qr.state is QrState.REMOVED
    assert shop.platform.removed == [made.id]


async def test_a_process_that_died_before_it_told_the_platform_leaves_no_orphan(shop: Shop) -> None:
    made = (await station_qrs.make(shop.ports, shop.station)).qr
    async with shop.storage.transaction() as tx:  # the intent to remove, and nothing after it
        await station_qrs.let_go(tx, shop.station, shop.clock.now())
    assert list(shop.platform.hung) == [made.id]
    await go_on(shop)
    assert not shop.platform.hung


async def test_a_sticker_is_not_taken_down_while_a_call_that_makes_it_may_still_arrive(shop: Shop) -> None:
    qr = await dead_before_the_call(shop)
    await station_qrs.remove(shop.ports, shop.station)
    await go_on(shop, 29)
    assert (await every(shop))[0].state is QrState.REMOVING
    await shop.platform.hang_qr(shop.club.id, qr.id, "Till 1")  # the call arrives late
    await go_on(shop, 2)
    assert shop.platform.removed == [qr.id]


async def test_one_that_came_up_after_it_was_taken_down_is_taken_down_once_more(shop: Shop) -> None:
    gate = shop.platform.qr_gate = asyncio.Event()
    making = asyncio.create_task(station_qrs.make(shop.ports, shop.station))
    await settle()
    assert shop.platform.hung
    await station_qrs.remove(shop.ports, shop.station)
    gate.set()
    made = await making
    await shop.ports.errands.finish()
    assert made.qr.state is QrState.REMOVING
    assert shop.platform.removed == [made.qr.id]


async def test_a_station_out_of_service_takes_its_sticker_with_it(shop: Shop) -> None:
    made = (await station_qrs.make(shop.ports, shop.station)).qr
    await places.remove_station(shop.ports, shop.club, shop.station.id)
    await shop.ports.errands.finish()
    assert shop.platform.removed == [made.id]


async def test_codes_of_ours_that_nobody_here_wants_are_found(shop: Shop) -> None:
    made = (await station_qrs.make(shop.ports, shop.station)).qr
    lost = StationQrId("sqr_01kaq2y3m8e5x7r1t9v0w2z4b6")  # made after the backup that was restored
    for name in (lost, StationQrId("vending-machine-7")):
        await shop.platform.hang_qr(shop.club.id, name, "?")
    assert [one.id for one in await station_qrs.orphans(shop.ports, shop.club.id)] == [lost]
    assert made.id in shop.platform.hung


@pytest.mark.parametrize(
    ("name", "label"),
    [("Till 1", "Till 1"), ("x" * 36, "x" * 36), ("x" * 37, "x" * 35 + "…"), ("x" * 34 + "  yy", "x" * 34 + "…")],
)
def test_a_long_name_is_cut_to_what_the_app_can_show(name: str, label: str) -> None:
    assert label_of(name) == label


def test_pauses_grow_to_an_hour() -> None:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    qr = StationQr.begin(StationQrId("sqr_1"), ClubId("clb_1"), StationId("sta_1"), "Till 1", now)
    pauses = []
    for _ in range(10):
        qr = qr.put_off(now)
        assert qr.due_at is not None
        pauses.append((qr.due_at - now).total_seconds())
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
