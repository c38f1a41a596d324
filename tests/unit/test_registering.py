"""Having the platform deliver: from the start, tried until it does, and never in anybody's way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from fakes_registrar import ObedientRegistrar
from medlem.app.registering import NEW_CLUBS_EVERY, keep_all_registered
from medlem.club.ids import ClubId, station_qr_id
from medlem.club.place import Club
from medlem.club.station_qr import StationQr
from medlem.config import Settings, load
from medlem.flows import places, station_qrs
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable
from medlem.vipps.webhooks import ALONE, CHECK_IN, DELIVERED, PING
from medlem.web.hooks import EVENTS
from service import until
from shop import Shop

PUBLIC = {"MEDLEM_PUBLIC_URL": "https://club.example.org"}
DAY = 24 * 3600


@pytest.fixture
def platform(shop: Shop) -> ObedientRegistrar:
    return ObedientRegistrar(shop.clock, alone=ALONE)


@dataclass
class Clubs:
    """Those of the shop's database; the one that has no settings yet is named."""

    ports: Ports
    said: dict[str, str]
    without: set[ClubId] = field(default_factory=set)

    async def all(self) -> Sequence[Club]:
        return await self.ports.storage.reading.places.clubs()

    async def settings(self, club: ClubId) -> Settings | None:
        return None if club in self.without else load(None, self.said)


@asynccontextmanager
async def running(
    shop: Shop, platform: ObedientRegistrar, said: dict[str, str] | None = None, clubs: Clubs | None = None
) -> AsyncIterator[asyncio.Event]:
    """The part of a service that looks after registrations."""
    closing = asyncio.Event()
    found = clubs or Clubs(shop.ports, PUBLIC if said is None else said)
    task = asyncio.create_task(keep_all_registered(found, found.ports, platform, closing))
    try:
        await rest(shop)
        yield closing
    finally:
        closing.set()
        await asyncio.wait_for(task, 10)


async def rest(shop: Shop) -> None:
    """Let everything happen that needs no time: then whoever looks for clubs sleeps, and whoever looks after one."""

    def resting() -> bool:
        asleep = sum(not woken.done() for _, _, woken in shop.clock._sleepers)
        return asleep == 1 + sum(task.get_name().startswith("registrations clb") for task in asyncio.all_tasks())

    await until(resting)


async def leap(shop: Shop, seconds: float) -> None:
    """Let much time pass at once: who slept wakes up late, and once."""
    shop.clock._now += timedelta(seconds=seconds)
    await shop.clock.turn(0)
    await rest(shop)


async def soon(shop: Shop, right: Callable[[], bool]) -> None:
    """It must be so after a few minutes at most."""
    for _ in range(5):
        if right():
            break
        await shop.clock.turn(60)
        await rest(shop)
    assert right()


async def hang_a_sticker(shop: Shop) -> None:
    now = shop.clock.now()
    async with shop.storage.transaction() as tx:
        await tx.station_qrs.add(StationQr.begin(station_qr_id(now), shop.club.id, shop.station.id, "Till 1", now))


def stands(shop: Shop, platform: ObedientRegistrar, event: str = PING) -> list[str]:
    return [one.id for one in platform.of(shop.club.id, event)]


async def test_every_event_that_can_be_delivered_is_registered_at_the_start(
    shop: Shop, platform: ObedientRegistrar
) -> None:
    await hang_a_sticker(shop)
    async with running(shop, platform):
        for event in EVENTS:
            [one] = platform.of(shop.club.id, event)
            assert one.url == f"https://club.example.org/hooks/vipps/100001/{event}"
            assert await shop.storage.reading.webhooks.registration(shop.club.id, event) == one


async def test_who_has_no_sticker_leaves_the_one_place_for_scans_to_others(
    shop: Shop, platform: ObedientRegistrar
) -> None:
    async with running(shop, platform):
        assert len(stands(shop, platform)) == 1
        assert stands(shop, platform, CHECK_IN) == []
        await hang_a_sticker(shop)
        await soon(shop, lambda: len(stands(shop, platform, CHECK_IN)) == 1)
        async with shop.storage.transaction() as tx:
            assert await station_qrs.let_go(tx, shop.station, shop.clock.now())
        await soon(shop, lambda: stands(shop, platform, CHECK_IN) == [])
        assert len(stands(shop, platform)) == 1


def test_everything_that_we_register_for_is_known_to_the_web() -> None:
    assert set(DELIVERED) == set(EVENTS)


async def test_a_service_that_starts_again_looks_whether_all_still_stands(
    shop: Shop, platform: ObedientRegistrar
) -> None:
    async with running(shop, platform):
        [first] = stands(shop, platform)
    await shop.clock.turn(1)
    platform.calls.clear()
    async with running(shop, platform):
        assert platform.calls == ["list"]
        assert stands(shop, platform) == [first]


async def test_what_the_platform_dropped_is_made_anew_within_a_day(shop: Shop, platform: ObedientRegistrar) -> None:
    async with running(shop, platform):
        [first] = stands(shop, platform)
        platform.forget(first)
        await leap(shop, DAY - 120)
        assert stands(shop, platform) == []
        await soon(shop, lambda: stands(shop, platform) not in ([], [first]))


async def test_a_secret_that_has_grown_old_is_replaced_by_itself(shop: Shop, platform: ObedientRegistrar) -> None:
    async with running(shop, platform, PUBLIC | {"MEDLEM_WEBHOOK_SECRET_AGE": "7d"}):
        [first] = stands(shop, platform)
        await leap(shop, 7 * DAY)
        await soon(shop, lambda: first not in stands(shop, platform))
        assert len(stands(shop, platform)) == 1


async def test_a_platform_that_is_away_is_asked_again_less_and_less_often(
    shop: Shop, platform: ObedientRegistrar
) -> None:
    platform.away = True
    async with running(shop, platform):
        for waited, asked in ((4, 1), (1, 2), (9, 2), (1, 3)):
            await shop.clock.turn(waited)
            await rest(shop)
            assert len(platform.calls) == asked
        platform.away = False
        await shop.clock.turn(20)
        await rest(shop)
        assert len(stands(shop, platform)) == 1


class Away:
    """A database that is away for the first look."""

    def __init__(self, there: Any) -> None:
        self._there = there
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there, name)

    @property
    def reading(self) -> Any:
        self.looks += 1
        if self.looks == 1:
            raise StorageUnavailable("It does not answer.")
        return self._there.reading


async def test_a_database_that_is_away_is_waited_for(shop: Shop, platform: ObedientRegistrar) -> None:
    ports = replace(shop.ports, storage=Away(shop.storage))
    async with running(shop, platform, clubs=Clubs(ports, PUBLIC)):
        assert platform.calls == []
        await shop.clock.turn(5)
        await rest(shop)
        assert len(stands(shop, platform)) == 1


async def test_nothing_is_registered_unless_the_platform_can_reach_us_and_may(
    shop: Shop, platform: ObedientRegistrar
) -> None:
    for said in ({}, PUBLIC | {"MEDLEM_WEBHOOKS": "off"}):
        async with running(shop, platform, said):
            await leap(shop, DAY)
    assert platform.calls == []


async def test_a_club_that_the_platform_lets_wait_holds_up_none(shop: Shop, platform: ObedientRegistrar) -> None:
    other = await places.settle_club(shop.ports, "200200", "Bakgården", "DK")
    platform.away_for.add(shop.club.id)
    async with running(shop, platform):
        [theirs] = platform.of(other.id, PING)
        assert theirs.url == f"https://club.example.org/hooks/vipps/200200/{PING}"
        assert stands(shop, platform) == []
        platform.away_for.clear()
        await shop.clock.turn(5)
        await rest(shop)
        assert len(stands(shop, platform)) == len(platform.of(other.id, PING)) == 1


async def test_a_club_that_is_added_while_we_run_is_registered_once_it_has_settings(
    shop: Shop, platform: ObedientRegistrar
) -> None:
    clubs = Clubs(shop.ports, PUBLIC)
    async with running(shop, platform, clubs=clubs):
        added = await places.settle_club(shop.ports, "200200", "Bakgården", "DK")
        clubs.without.add(added.id)
        await shop.clock.turn(NEW_CLUBS_EVERY)
        await rest(shop)
        assert platform.of(added.id, PING) == []
        clubs.without.clear()
        await shop.clock.turn(NEW_CLUBS_EVERY)
        await rest(shop)
        assert len(platform.of(added.id, PING)) == 1
