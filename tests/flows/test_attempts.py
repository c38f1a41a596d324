"""Attempts that made nobody a member become numbers, and what made one stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from medlem.club.errors import NotFound
from medlem.config import WrongSettings, load
from medlem.flows import attempts, enrolment, retention, scan
from medlem.flows.keeping import Keeping
from medlem.flows.views import EnrolmentView
from shop import KARI, OLA, Shop

DAY = 86_400
MONTH = 30 * DAY


async def declined(shop: Shop, msisdn: str = KARI) -> str:
    shop.platform.person(msisdn, "Kari Nordmann")
    asked = await shop.invite(msisdn)
    shop.platform.decline(msisdn)
    await shop.wait(6)
    return asked.id


async def start(shop: Shop, looked: str) -> EnrolmentView:
    asked = await enrolment.start(shop.ports, shop.station, looked)
    await shop.ports.errands.finish()
    return asked


async def counted(shop: Shop) -> dict[tuple[date, str], int]:
    found = await shop.storage.reading.attempts.counted(shop.club.id, date(2026, 11, 1), date(2027, 3, 1))
    assert {one.store for one in found} <= {shop.station.store}
    return {(one.day, one.outcome): one.many for one in found}


async def tidy(shop: Shop) -> int:
    await retention.tidy(shop.ports)
    return await attempts.count(shop.ports)


async def test_an_attempt_is_a_number_after_a_month_and_not_before(shop: Shop) -> None:
    asked = await declined(shop)
    looked = await shop.identify(OLA)
    await shop.clock.turn(MONTH - 60)
    assert await tidy(shop) == 0
    assert (await shop.show(asked)).state == "declined"
    await shop.clock.turn(120)
    assert await tidy(shop) == 2
    assert await counted(shop) == {(date(2026, 11, 23), "declined"): 1, (date(2026, 11, 23), "not_asked"): 1}
    with pytest.raises(NotFound):
        await enrolment.show(shop.ports, shop.station, asked)
    with pytest.raises(NotFound):
        await scan.show(shop.ports, shop.station, looked.id)
    assert await tidy(shop) == 0
    assert len(await counted(shop)) == 2


async def test_what_made_a_member_stays_with_the_look_before_it(shop: Shop) -> None:
    shop.kari()
    looked = await shop.identify()
    asked = await start(shop, looked.id)
    shop.platform.approve(KARI)
    await shop.wait(6)
    await shop.identify()
    await shop.clock.turn(MONTH + 60)
    assert await tidy(shop) == 1
    assert await counted(shop) == {(date(2026, 11, 23), "recognised"): 1}
    assert (await shop.get(asked.id)).member is not None
    assert (await scan.show(shop.ports, shop.station, looked.id)).id == looked.id


async def test_a_look_stays_as_long_as_one_of_its_questions_does(shop: Shop) -> None:
    shop.kari()
    looked = await shop.identify()
    first = await start(shop, looked.id)
    shop.platform.decline(KARI)
    await shop.wait(6)
    second = await start(shop, looked.id)
    shop.platform.approve(KARI)
    await shop.wait(6)
    assert (await shop.get(second.id)).identification == (await shop.get(first.id)).identification
    await shop.clock.turn(MONTH + 60)
    assert await tidy(shop) == 1
    assert (await shop.get(second.id)).member is not None
    assert (await scan.show(shop.ports, shop.station, looked.id)).id == looked.id


async def test_days_outcomes_and_followers_of_many_stations_add_up(shop: Shop) -> None:
    other = await shop.another_station()
    for day in range(2):
        for msisdn in (KARI, OLA):
            shop.platform.person(msisdn, "Kari Nordmann")
            await shop.invite(msisdn)
            await shop.invite(msisdn, other)  # follows
        await shop.wait(240)
        await shop.clock.turn(DAY)
        await retention.tidy(shop.ports)
        assert await counted(shop) == {}, day
    await shop.clock.turn(MONTH)
    assert await tidy(shop) > 0
    found = await counted(shop)
    assert found[date(2026, 11, 23), "expired"] == found[date(2026, 11, 24), "expired"] == 2
    assert sum(many for (_, outcome), many in found.items() if outcome == "not_asked") > 0


async def test_many_go_in_small_steps_and_none_is_counted_twice(shop: Shop) -> None:
    for _ in range(250):
        await shop.identify(OLA)
    await shop.clock.turn(MONTH + 60)
    assert await tidy(shop) == 250
    assert list((await counted(shop)).values()) == [250]


async def test_a_preview_tells_what_goes_and_when_before_it_does(shop: Shop) -> None:
    await declined(shop)
    await shop.identify(OLA)
    seen = await attempts.preview(shop.ports, shop.club)
    assert (seen.ended.kept, seen.ended.due, seen.unasked.kept, seen.unasked.due) == (1, 0, 1, 0)
    assert seen.next_at is not None
    assert seen.next_at - shop.clock.now() <= timedelta(days=30)
    await shop.clock.turn(MONTH + 60)
    seen = await attempts.preview(shop.ports, shop.club)
    assert (seen.ended.due, seen.unasked.due) == (1, 1)
    await tidy(shop)
    seen = await attempts.preview(shop.ports, shop.club)
    assert (seen.ended.kept, seen.unasked.kept, seen.next_at) == (0, 0, None)


async def test_switched_off_nothing_goes(shop: Shop) -> None:
    shop.ports = replace(shop.ports, keeping=Keeping(attempts=None))
    await declined(shop)
    await shop.clock.turn(20 * MONTH)
    assert await tidy(shop) == 0
    assert (await attempts.preview(shop.ports, shop.club)).next_at is None


def test_the_setting_leaves_calls_the_time_in_which_they_may_be_repeated() -> None:
    assert load(None, {"MEDLEM_ATTEMPTS_KEPT": "off"}).keeping.attempts is None
    assert load(None, {"MEDLEM_ATTEMPTS_KEPT": "72h"}).keeping.attempts == timedelta(days=3)
    with pytest.raises(WrongSettings, match="ATTEMPTS_KEPT must be 72h or more"):
        load(None, {"MEDLEM_ATTEMPTS_KEPT": "71h"})
