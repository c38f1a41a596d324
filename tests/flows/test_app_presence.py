"""Whether the app is known behind a number: a hint for a button, which nobody waits for."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fakes_platform import App
from medlem.club.ids import ClubId
from medlem.club.phone import PhoneNumber
from medlem.flows import enrolment, retention, scan
from shop import KARI, STRANGER, Shop


@pytest.fixture(autouse=True)
def somebody_knows(shop: Shop) -> None:
    shop.platform.knows_who_exists = True


async def told(shop: Shop) -> list[Any]:
    """What the screen was told of whether there is an app, in its order."""
    found = await shop.storage.reading.events.after(shop.club.id, shop.station.id, 0, 100)
    return [msgspec.json.decode(event.body)["app_found"] for event in found if event.kind == "identification"]


async def test_the_till_is_told_when_the_answer_comes(shop: Shop) -> None:
    shop.kari()
    for msisdn, there in ((KARI, True), (STRANGER, False)):
        before = len(await told(shop))
        found = await shop.identify(msisdn)
        assert found.app_found is None
        await shop.ports.errands.finish()
        assert (await told(shop))[before:] == [None, there]
        assert (await scan.show(shop.ports, shop.station, found.id)).app_found is there
        _, snapshot = await shop.storage.reading.events.snapshot(shop.station, shop.clock.now())
        assert snapshot.identification is not None
        assert snapshot.identification.app_found is there
        await shop.clock.turn(1)


async def test_a_child_and_a_stranger_look_the_same(shop: Shop) -> None:
    shop.platform.person(KARI, age=14)
    shop.platform.person("4740000013", app=App.NONE)
    for msisdn in (KARI, "4740000013", STRANGER):
        await shop.identify(msisdn)
        await shop.ports.errands.finish()
    assert await told(shop) == [None, False] * 3


async def test_a_customer_without_an_app_can_be_asked_all_the_same(shop: Shop) -> None:
    asked = await shop.invite(STRANGER)
    assert (asked.state, asked.reason) == ("failed", "cannot_use_app")
    shop.kari()  # meanwhile they have installed it
    found = await shop.identify(STRANGER)
    shop.platform.person(STRANGER)
    await enrolment.start(shop.ports, shop.station, found.id)
    await shop.ports.errands.finish()
    assert shop.platform.pushes[STRANGER] == 1


async def test_nobody_waits_for_it(shop: Shop) -> None:
    """The platform hangs: the till has its customer, and the question goes out."""
    shop.kari()
    never = shop.clock.sleep

    class Hanging:
        async def exists(self, club: ClubId, phone: PhoneNumber) -> bool | None:
            del club, phone
            await never(3600)
            return None

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.platform, name)

    hanging = replace(shop, ports=replace(shop.ports, platform=Hanging()))
    found = await hanging.identify()
    assert found.membership == "not_member"
    await enrolment.start(hanging.ports, hanging.station, found.id)
    for _ in range(20):
        await shop.clock.turn(0)
    assert shop.platform.pushes[KARI] == 1
    await shop.clock.turn(3601)


async def test_an_answer_serves_ten_minutes(shop: Shop) -> None:
    for _ in range(3):
        await shop.identify()
        await shop.ports.errands.finish()
        await shop.clock.turn(301)
    assert shop.platform.existence_asked == 2  # at the beginning, and after more than ten minutes
    assert (await told(shop)) == [None, False] * 3


async def test_an_answer_is_forgotten_after_ten_minutes(shop: Shop) -> None:
    await shop.identify()
    await shop.ports.errands.finish()
    await shop.clock.turn(timedelta(minutes=10, seconds=1).total_seconds())
    assert (await retention.tidy(shop.ports)).apps == 1


async def test_nobody_knows_and_nothing_is_said(shop: Shop) -> None:
    shop.platform.knows_who_exists = False
    await shop.identify()
    await shop.ports.errands.finish()
    assert await told(shop) == [None]


async def test_a_member_is_not_asked_about(shop: Shop) -> None:
    shop.kari()
    await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    before = len(await told(shop))
    assert (await shop.identify()).membership == "member"
    await shop.ports.errands.finish()
    assert (await told(shop))[before:] == [None]


async def test_nothing_of_it_is_logged(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "medlem")
    await shop.identify(STRANGER)
    await shop.ports.errands.finish()
    assert [record.getMessage() for record in caplog.records] == []
