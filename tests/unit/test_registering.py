"""Having the platform deliver: tried until it does, and never in anybody's way."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fakes import settle
from medlem.app.service import NEW_CLUBS_EVERY, register, register_all
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.place import Club
from medlem.config import Settings, load
from medlem.flows import places
from medlem.flows.answers import Subscribed
from medlem.flows.tables import StorageUnavailable
from medlem.vipps.webhooks import PING
from shop import Shop

PUBLIC = {"MEDLEM_PUBLIC_URL": "https://club.example.org"}


@dataclass
class Registrar:
    """A platform that registers us after it has refused a few times."""

    shop: Shop
    refusals: int = 0
    asked: list[tuple[str, Subscribed | None]] = field(default_factory=list)

    async def ensure_registered(
        self, club: ClubId, event: str, url: str, known: Subscribed | None
    ) -> Subscribed | None:
        assert (club, event) == (self.shop.club.id, PING)
        self.asked.append((url, known))
        if len(self.asked) <= self.refusals:
            return None
        return known or Subscribed("one", url, Masked("signed with this"), self.shop.clock.now())


async def kept(shop: Shop) -> Subscribed | None:
    return await shop.storage.reading.webhooks.registration(shop.club.id, PING)


def start(shop: Shop, settings: Settings, platform: Registrar, closing: asyncio.Event) -> asyncio.Task[None]:
    return asyncio.create_task(register(settings, shop.ports, shop.club, platform, closing))


async def test_a_registration_is_kept_and_shown_to_the_platform_the_next_time(shop: Shop) -> None:
    platform = Registrar(shop)
    await register(load(None, PUBLIC), shop.ports, shop.club, platform, asyncio.Event())
    first = await kept(shop)
    assert first is not None
    assert first.url.startswith("https://club.example.org/hooks/vipps/")
    await register(load(None, PUBLIC), shop.ports, shop.club, platform, asyncio.Event())
    assert platform.asked[1] == (first.url, first)


async def test_a_platform_that_is_away_is_asked_again_less_and_less_often(shop: Shop) -> None:
    platform = Registrar(shop, refusals=2)
    task = start(shop, load(None, PUBLIC), platform, asyncio.Event())
    await settle()
    await shop.clock.turn(4)
    assert len(platform.asked) == 1
    await shop.clock.turn(1)
    assert len(platform.asked) == 2
    await shop.clock.turn(9)
    assert len(platform.asked) == 2
    await shop.clock.turn(1)
    await task
    assert len(platform.asked) == 3
    assert await kept(shop) is not None


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


async def test_a_database_that_is_away_is_waited_for(shop: Shop) -> None:
    ports = replace(shop.ports, storage=Away(shop.storage))
    registering = register(load(None, PUBLIC), ports, shop.club, Registrar(shop), asyncio.Event())
    task = asyncio.create_task(registering)
    await settle()
    await shop.clock.turn(5)
    await task
    assert await kept(shop) is not None


class Slower(Registrar):
    """A platform that another node has reached at the same moment, and whose answer to that one was quicker."""

    async def ensure_registered(
        self, club: ClubId, event: str, url: str, known: Subscribed | None
    ) -> Subscribed | None:
        found = await super().ensure_registered(club, event, url, known)
        if len(self.asked) == 1:
            other = Subscribed("the other's", url, Masked("signed with that"), self.shop.clock.now())
            async with self.shop.storage.transaction() as tx:
                await tx.webhooks.keep_registration(club, event, other)
        return found


async def test_of_two_nodes_that_register_at_once_the_quicker_ones_stays(shop: Shop) -> None:
    platform = Slower(shop)
    task = start(shop, load(None, PUBLIC), platform, asyncio.Event())
    await settle()
    await shop.clock.turn(5)
    await task
    left = await kept(shop)
    assert left is not None
    assert left.id == "the other's"
    assert platform.asked[1][1] == left


async def test_a_service_that_stops_does_not_wait_for_the_platform(shop: Shop) -> None:
    closing = asyncio.Event()
    task = start(shop, load(None, PUBLIC), Registrar(shop, refusals=99), closing)
    await settle()
    closing.set()
    await task
    assert await kept(shop) is None


async def test_nothing_is_registered_unless_the_platform_can_reach_us_and_may(shop: Shop) -> None:
    platform = Registrar(shop)
    for said in ({}, PUBLIC | {"MEDLEM_WEBHOOKS": "off"}):
        await register(load(None, said), shop.ports, shop.club, platform, asyncio.Event())
    assert platform.asked == []


@dataclass
class Clubs:
    """Those of the shop's database; the one that has no settings yet is named."""

    shop: Shop
    without: set[ClubId] = field(default_factory=set)

    async def all(self) -> Sequence[Club]:
        return await self.shop.storage.reading.places.clubs()

    async def settings(self, club: ClubId) -> Settings | None:
        return None if club in self.without else load(None, PUBLIC)


@dataclass
class ForAll:
    """A platform that registers whoever asks, but for one club that it keeps waiting."""

    away: set[ClubId] = field(default_factory=set)
    registered: list[tuple[ClubId, str]] = field(default_factory=list)

    async def ensure_registered(
        self, club: ClubId, event: str, url: str, known: Subscribed | None
    ) -> Subscribed | None:
        if club in self.away:
            return None
        self.registered.append((club, url))
        return known or Subscribed(f"for {club} {event}", url, Masked("secret"), at())


def at() -> datetime:
    return datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


async def test_every_club_is_registered_and_one_that_the_platform_lets_wait_holds_up_none(shop: Shop) -> None:
    other = await places.settle_club(shop.ports, "200200", "Bakgården", "DK")
    platform, closing = ForAll(away={shop.club.id}), asyncio.Event()
    task = asyncio.create_task(register_all(Clubs(shop), shop.ports, platform, closing))
    await settle()
    assert [club for club, _ in platform.registered] == [other.id]
    assert "/hooks/vipps/200200/" in platform.registered[0][1]
    platform.away.clear()
    await shop.clock.turn(5)
    assert [club for club, _ in platform.registered] == [other.id, shop.club.id]
    assert f"/hooks/vipps/{shop.club.sales_unit}/" in platform.registered[1][1]
    closing.set()
    await task


async def test_a_club_that_is_added_while_we_run_is_registered_once_it_has_settings(shop: Shop) -> None:
    platform, closing, clubs = ForAll(), asyncio.Event(), Clubs(shop)
    task = asyncio.create_task(register_all(clubs, shop.ports, platform, closing))
    await settle()
    added = await places.settle_club(shop.ports, "200200", "Bakgården", "DK")
    clubs.without.add(added.id)
    await shop.clock.turn(NEW_CLUBS_EVERY)
    assert [club for club, _ in platform.registered] == [shop.club.id]
    clubs.without.clear()
    await shop.clock.turn(NEW_CLUBS_EVERY)
    assert [club for club, _ in platform.registered] == [shop.club.id, added.id]
    closing.set()
    await task
