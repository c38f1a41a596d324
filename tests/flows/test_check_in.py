"""Check-ins: a scan of a sticker comes to an identification, once, or to nothing."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from fakes_register import ObedientRegister
from fakes_stickers import QrTrouble
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.place import Station
from medlem.flows import check_in, enrolment, places, retention, station_qrs
from medlem.flows.check_in import Told
from medlem.flows.errands import Errands
from medlem.flows.limits import Limit, Limits
from medlem.flows.tables import StorageUnavailable
from medlem.flows.views import IdentificationView
from medlem.worker import Worker
from shop import KARI, Shop

if TYPE_CHECKING:
    from medlem.flows.ports import Storage


class Nobody(Errands):
    """Whoever is sent goes nowhere."""

    def send(self, errand: Coroutine[Any, Any, None], name: str) -> None:
        del name
        errand.close()


async def sticker(shop: Shop, station: Station | None = None) -> str:
    return (await station_qrs.make(shop.ports, station or shop.station)).qr.id


def told(shop: Shop, qr: str, token: Masked[str] | None = None, at: datetime | None = None) -> Told:
    moment = at or shop.clock.now()
    return Told(qr, token or shop.platform.scan(KARI), moment.isoformat(), moment)


async def arrive(shop: Shop, scan: Told) -> None:
    await check_in.arrive(shop.ports, shop.club, scan)
    await shop.ports.errands.finish()


async def die_after_storing(shop: Shop, scan: Told) -> None:
    """The delivery is stored, and the process dies before it has sent anybody."""
    await check_in.arrive(replace(shop.ports, errands=Nobody()), shop.club, scan)


async def go_on(shop: Shop, seconds: float = 0) -> None:
    await shop.clock.turn(seconds)
    await check_in.go_on(shop.ports)
    await shop.ports.errands.finish()


async def shown(shop: Shop) -> IdentificationView | None:
    return (await shop.storage.reading.events.snapshot(shop.station, shop.clock.now()))[1].identification


async def test_a_scan_of_the_sticker_puts_the_customer_on_that_stations_screen(shop: Shop) -> None:
    shop.kari()
    other = await shop.another_station()
    await arrive(shop, told(shop, await sticker(shop)))
    assert await shop.kinds() == ["identification"]
    assert await shop.kinds(other) == []
    view = await shown(shop)
    assert view is not None
    assert (view.evidence, view.membership, view.customer.masked) == ("station_qr", "not_member", "•• •• •• 11")


async def test_a_member_is_known(shop: Shop) -> None:
    shop.kari()
    await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    await arrive(shop, told(shop, await sticker(shop)))
    view = await shown(shop)
    assert view is not None
    assert view.membership == "member"
    assert view.member is not None


async def test_a_register_that_does_not_answer_stops_no_sale(shop: Shop) -> None:
    silent = ObedientRegister()
    silent.silent = True
    deaf = replace(shop, ports=replace(shop.ports, register=silent))
    await arrive(deaf, told(shop, await sticker(shop)))
    view = await shown(shop)
    assert view is not None
    assert view.membership == "unknown"


async def test_the_same_scan_told_again_changes_nothing(shop: Shop) -> None:
    scan = told(shop, await sticker(shop))
    await arrive(shop, scan)
    await arrive(shop, scan)
    assert await shop.kinds() == ["identification"]
    assert shop.platform.exchanges == 1


async def test_two_scans_are_two_though_the_token_is_the_same(shop: Shop) -> None:
    qr, token = await sticker(shop), shop.platform.scan(KARI)
    await arrive(shop, told(shop, qr, token))
    await shop.clock.turn(1)
    await arrive(shop, told(shop, qr, token))
    assert await shop.kinds() == ["identification", "identification"]


async def test_a_sticker_that_does_not_count_is_ignored_without_a_trace_of_anybody(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept, other = await sticker(shop), await shop.another_station()
    taken_down = await sticker(shop, other)
    await station_qrs.remove(shop.ports, other)
    token = shop.platform.scan(KARI)
    for unknown in ("vending-machine-7", taken_down, kept.swapcase()):
        await arrive(shop, told(shop, unknown, token))
    await places.remove_station(shop.ports, shop.club, shop.station.id)
    await arrive(shop, told(shop, kept, token))
    assert await shop.kinds() == []
    assert shop.platform.exchanges == 0
    assert caplog.text.count("at no station of ours was ignored") == 4
    assert token.reveal() not in caplog.text
    assert "vending-machine-7" not in caplog.text


async def test_a_scan_that_is_told_after_its_token_is_over_is_ignored(shop: Shop) -> None:
    scan = told(shop, await sticker(shop))
    await shop.clock.turn(15 * 60)
    await arrive(shop, scan)
    assert shop.platform.exchanges == 0


async def test_a_process_that_died_after_storing_is_found_by_the_next(shop: Shop) -> None:
    await die_after_storing(shop, told(shop, await sticker(shop)))
    await go_on(shop, 14)
    assert await shop.kinds() == []
    await go_on(shop, 2)
    assert await shop.kinds() == ["identification"]
    await go_on(shop, 60)
    assert await shop.kinds() == ["identification"]


async def test_a_process_that_died_after_the_exchange_exchanges_once_more(shop: Shop) -> None:
    qr = await sticker(shop)
    shop.platform.qr_troubles.append(QrTrouble.LOST)  # as good as dead: nothing was written after it
    await die_after_storing(shop, told(shop, qr))
    await go_on(shop, 20)
    await go_on(shop, 20)
    assert await shop.kinds() == ["identification"]


async def test_two_who_identify_at_once_write_one_identification(shop: Shop) -> None:
    await die_after_storing(shop, told(shop, await sticker(shop)))
    await shop.clock.turn(20)
    async with shop.storage.transaction() as tx:
        [claimed] = await tx.check_ins.claim_due(shop.clock.now(), shop.clock.now() + timedelta(seconds=15), 10)
        assert not await tx.check_ins.claim_due(shop.clock.now(), shop.clock.now() + timedelta(seconds=15), 10)
    await asyncio.gather(check_in.identify(shop.ports, claimed), check_in.identify(shop.ports, claimed))
    assert await shop.kinds() == ["identification"]


@pytest.mark.parametrize("trouble", [QrTrouble.UNSENT, QrTrouble.KEYS_REFUSED])
async def test_an_exchange_that_fails_is_tried_again_while_the_token_is_good(shop: Shop, trouble: QrTrouble) -> None:
    qr = await sticker(shop)
    shop.platform.qr_troubles.extend([trouble] * 3)
    await arrive(shop, told(shop, qr))
    for pause in (3, 5):
        await go_on(shop, pause)
    assert await shop.kinds() == []
    await go_on(shop, 9)
    view = await shown(shop)
    assert view is not None
    assert view.expires_at == shop.clock.now() - timedelta(seconds=17) + timedelta(minutes=15)  # counts from the scan


async def test_it_is_dropped_when_the_token_is_over(shop: Shop) -> None:
    qr = await sticker(shop)
    shop.platform.down = True
    await arrive(shop, told(shop, qr))
    await shop.clock.turn(15 * 60)
    shop.platform.down = False
    await go_on(shop)
    assert await shop.kinds() == []
    assert shop.platform.exchanges == 0
    assert (await retention.tidy(shop.ports)).check_ins == 1


async def test_a_token_that_the_platform_does_not_know_comes_to_nothing(shop: Shop) -> None:
    await arrive(shop, told(shop, await sticker(shop), Masked("made up")))
    await go_on(shop, 60)
    assert shop.platform.exchanges == 1
    assert await shop.kinds() == []


async def test_a_station_that_looks_up_too_much_is_spared(shop: Shop) -> None:
    full = shop.with_limits(Limits(lookups_per_station=(Limit(1, timedelta(minutes=1)),)))
    await full.identify()
    await arrive(full, told(shop, await sticker(shop)))
    assert await shop.kinds() == ["identification"]
    assert shop.platform.exchanges == 0


async def test_the_worker_takes_up_what_is_left(shop: Shop) -> None:
    await die_after_storing(shop, told(shop, await sticker(shop)))
    closing = asyncio.Event()
    running = asyncio.create_task(Worker(shop.ports).run(closing))
    await shop.clock.turn(20)
    await shop.ports.errands.finish()
    closing.set()
    await running
    assert await shop.kinds() == ["identification"]


async def test_whoever_scanned_is_asked_by_the_token_while_it_is_good(shop: Shop) -> None:
    shop.kari()
    qr = await sticker(shop)
    await arrive(shop, told(shop, qr))
    view = await shown(shop)
    assert view is not None
    await enrolment.start(shop.ports, shop.station, view.id)
    await shop.ports.errands.finish()
    assert shop.platform.asked_by_token == 1
    shop.platform.approve(KARI)
    await shop.wait(6)
    assert (await shop.storage.reading.members.by_phone(shop.club.id, PhoneNumber(KARI))) is not None


async def test_whoever_typed_a_number_is_asked_by_the_number(shop: Shop) -> None:
    shop.kari()
    await arrive(shop, told(shop, await sticker(shop)))
    await shop.invite()
    assert shop.platform.asked_by_token == 0
    assert shop.platform.pushes[KARI] == 1


class Unread:
    """A storage of which nothing can be read, for a moment; what is written is written."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        if name == "reading":
            raise StorageUnavailable("away")
        return getattr(self._storage, name)


async def test_a_database_that_cannot_be_read_costs_the_hint_and_not_the_question(shop: Shop) -> None:
    shop.kari()
    await arrive(shop, told(shop, await sticker(shop)))
    view = await shown(shop)
    assert view is not None
    begun = await shop.get((await enrolment.start(replace(shop.ports, errands=Nobody()), shop.station, view.id)).id)
    await enrolment.ask(replace(shop.ports, storage=cast("Storage", Unread(shop.storage))), begun)
    assert (shop.platform.asked_by_token, shop.platform.pushes[KARI]) == (0, 1)


async def test_the_token_is_forgotten_when_it_is_over(shop: Shop) -> None:
    await arrive(shop, told(shop, await sticker(shop)))
    view = await shown(shop)
    assert view is not None
    checks = shop.storage.reading.check_ins
    assert await checks.token_of(shop.club.id, view.id, shop.clock.now()) is not None
    await shop.clock.turn(15 * 60)
    assert await checks.token_of(shop.club.id, view.id, shop.clock.now()) is None
    assert (await retention.tidy(shop.ports)).check_ins == 1
