"""The worker: what is due is done, and trouble is outlived."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from fakes import settle
from fakes_platform import ObedientPlatform
from fakes_register import ObedientRegister
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Profile
from medlem.club.phone import PhoneNumber
from medlem.flows import enrolment, membership, pings
from medlem.flows.answers import Answer, Ask, Question
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable
from medlem.worker import LAST_LOOKS, Worker
from shop import KARI, OLA, Shop


@asynccontextmanager
async def at_work(ports: Ports) -> AsyncIterator[None]:
    """A worker beside the test."""
    closing = asyncio.Event()
    working = asyncio.create_task(Worker(ports).run(closing))
    try:
        await settle()
        yield
    finally:
        closing.set()
        await working


async def until(shop: Shop, enrolment_id: str, state: str, *, seconds: int = 60) -> None:
    """Turn the clock until the enrolment is there."""
    for _ in range(seconds * 2):
        if (await shop.show(enrolment_id)).state == state:
            return
        await shop.clock.turn(0.5)
        await asyncio.sleep(0.001)  # commits happen on a thread; give it the processor, not a length of time
    pytest.fail(f"never {state}")


async def test_a_yes_is_found_without_anybodys_help(shop: Shop) -> None:
    shop.kari()
    async with at_work(shop.ports):
        asked = await shop.invite()
        shop.platform.approve(KARI)
        await until(shop, asked.id, "accepted")
    assert shop.platform.early_polls == 0


async def test_a_ping_wakes_it_before_the_clock_moves(shop: Shop) -> None:
    shop.kari()
    async with at_work(shop.ports):
        asked = await shop.invite()
        shop.platform.approve(KARI)
        request = (await shop.get(asked.id)).request
        assert request is not None
        with shop.storage.watch(asked.id) as watch:
            await pings.ping(shop.ports, shop.club.id, request)
            while (await shop.show(asked.id)).state != "accepted":
                await asyncio.wait_for(watch.changed(), 10)


async def test_many_at_once_are_all_answered_and_none_is_asked_too_soon(shop: Shop) -> None:
    people = [f"47400001{n:02}" for n in range(60)]
    async with at_work(shop.ports):
        for msisdn in people:
            shop.platform.person(msisdn)
        asked = [await shop.invite(msisdn) for msisdn in people]
        for msisdn in people:
            shop.platform.approve(msisdn)
        for one in asked:
            await until(shop, one.id, "accepted")
    assert shop.platform.early_polls == 0
    assert shop.platform.late_polls == 0


async def test_two_workers_do_not_look_twice(shop: Shop) -> None:
    shop.kari()
    async with at_work(shop.ports), at_work(shop.ports):
        asked = await shop.invite()
        for _ in range(40):
            await shop.clock.turn(0.5)
        shop.platform.approve(KARI)
        await until(shop, asked.id, "accepted")
    assert shop.platform.early_polls == 0
    assert shop.platform.late_polls == 0


class FlakyStorage:
    """Storage whose transactions fail for a while, as on a full disk."""

    def __init__(self, storage: Any, failures: int) -> None:
        self._storage = storage
        self.failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        if self.failures > 0:
            self.failures -= 1
            raise StorageUnavailable("The disk is full.")
        async with self._storage.transaction() as tx:
            yield tx


class BreaksTheDisk:
    """A platform that hands out tokens at the very moment in which the disk is full."""

    def __init__(self, platform: ObedientPlatform, disk: FlakyStorage, times: int = 3) -> None:
        self._platform = platform
        self._disk = disk
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    async def collect(self, club: ClubId, request: Masked[str]) -> Answer:
        answer = await self._platform.collect(club, request)
        self._disk.failures = self._times
        return answer


async def test_tokens_that_cannot_be_written_down_are_held_until_they_can(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.kari()
    flaky = FlakyStorage(shop.storage, 0)
    asked = await shop.invite()
    shop.platform.approve(KARI)
    ports = replace(shop.ports, storage=flaky, platform=BreaksTheDisk(shop.platform, flaky))
    async with at_work(ports):
        await until(shop, asked.id, "accepted")
    assert "not written down" in caplog.text
    assert "The disk is full." in caplog.text
    assert KARI not in caplog.text


async def test_tokens_that_cannot_be_written_down_at_once_are_brought_home_before_the_worker_stops(shop: Shop) -> None:
    shop.kari()
    flaky = FlakyStorage(shop.storage, 0)
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.clock.turn(6)
    closing = asyncio.Event()
    ports = replace(shop.ports, storage=flaky, platform=BreaksTheDisk(shop.platform, flaky, times=2))
    working = asyncio.create_task(Worker(ports).run(closing))
    await settle()
    closing.set()
    await shop.clock.turn(LAST_LOOKS)
    await working
    assert (await shop.show(asked.id)).state == "accepted"


class SlowToAnswer:
    """A platform whose answer is on its way for as long as the test likes."""

    def __init__(self, platform: ObedientPlatform) -> None:
        self._platform = platform
        self.on_its_way = asyncio.Event()
        self.may_arrive = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    async def collect(self, club: ClubId, request: Masked[str]) -> Answer:
        answer = await self._platform.collect(club, request)
        self.on_its_way.set()
        await self.may_arrive.wait()
        return answer


async def test_an_answer_on_its_way_is_brought_home_before_the_worker_stops(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.clock.turn(6)
    slow = SlowToAnswer(shop.platform)
    closing = asyncio.Event()
    working = asyncio.create_task(Worker(replace(shop.ports, platform=slow)).run(closing))
    await slow.on_its_way.wait()
    closing.set()
    await settle()
    slow.may_arrive.set()
    await working
    assert (await shop.show(asked.id)).state == "accepted"


class LeakyPlatform:
    """A platform client with a defect, whose error text holds what it should not."""

    def __init__(self, platform: ObedientPlatform) -> None:
        self._platform = platform

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    async def ask(self, question: Question) -> Ask:
        raise ValueError(f"cannot ask {question.phone.msisdn}")


async def test_the_text_of_an_unexpected_error_stays_out_of_the_log(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    ports = replace(shop.ports, platform=LeakyPlatform(shop.platform))
    found = await shop.identify()
    await enrolment.start(ports, shop.station, found.id)
    await ports.errands.finish()
    assert "ValueError" in caplog.text
    assert KARI not in caplog.text


async def test_a_strangers_number_is_forgotten_after_a_day(shop: Shop) -> None:
    found = await shop.identify()
    await shop.clock.turn(24 * 3600 + 1)
    async with at_work(shop.ports):
        for _ in range(100):
            kept = await shop.storage.reading.identifications.get(shop.club.id, found.id)
            assert kept is not None
            if kept.phone is None:
                return
            await shop.clock.turn(1)
            await asyncio.sleep(0.001)  # as above
    pytest.fail("never forgotten")


async def test_a_merchants_register_hears_of_a_new_member_at_once_and_after_it_was_deaf(shop: Shop) -> None:
    register = ObedientRegister(shop.club.id)
    ports = replace(shop.ports, register=register)
    await membership.enter(ports, shop.club, f"+{KARI}", Profile())
    register.deaf = True
    async with at_work(ports):
        await until_told(shop, waiting=1)
        await membership.enter(ports, shop.club, f"+{OLA}", Profile())
        await shop.clock.turn(60)
        assert register.heard == []
        register.deaf = False
        await until_told(shop, waiting=0)
    assert {said.member.phone for said in register.heard} == {PhoneNumber(KARI), PhoneNumber(OLA)}


async def until_told(shop: Shop, *, waiting: int) -> None:
    """Turn the clock until so many announcements wait."""
    for _ in range(600):
        await shop.clock.turn(0.5)
        await asyncio.sleep(0.001)
        if await shop.storage.reading.announcements.count_waiting(shop.club.id) == waiting:
            return
    pytest.fail("never told")
