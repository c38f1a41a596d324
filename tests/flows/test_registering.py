"""Registrations: settled whatever happens, replaced without a gap, and never one too many."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from fakes_registrar import ObedientRegistrar, Trouble
from medlem.flows.answers import Subscribed
from medlem.flows.ports import Ports
from medlem.flows.registering import DAILY, GRACE, TURN, Order, Outcome, Wanted, settle
from medlem.vault import Vault
from medlem.vipps.webhooks import ALONE, CHECK_IN, PING
from shop import Shop

HOOKS = "https://club.example.org/hooks"
EVENTS = (PING, CHECK_IN)


@dataclass
class Stage:
    """A shop and a platform that delivers to it."""

    shop: Shop
    platform: ObedientRegistrar

    def order(self, url: str = HOOKS, **changes: Any) -> Order:
        wanted = tuple(Wanted(event, f"{url}/{event}", event in ALONE) for event in changes.pop("events", EVENTS))
        return Order(club=self.shop.club.id, wanted=wanted, since=self.shop.clock.now() - DAILY, **changes)

    async def settle(self, order: Order | None = None, ports: Ports | None = None) -> Outcome:
        return await settle(ports or self.shop.ports, self.platform, order or self.order())

    def stands(self, event: str = PING) -> list[Subscribed]:
        return self.platform.of(self.shop.club.id, event)

    async def current(self, event: str = PING) -> Subscribed | None:
        return await self.shop.storage.reading.webhooks.registration(self.shop.club.id, event)

    async def replaced(self, event: str = PING) -> list[Subscribed]:
        found = await self.shop.storage.reading.webhooks.replaced(self.shop.club.id, event)
        return [one.subscribed for one in found]

    async def heard(self, event: str = PING) -> int:
        """Of how many registrations that stand at our address a delivery would be taken."""
        secrets = [one.secret for one in [await self.current(event), *await self.replaced(event)] if one]
        return sum(one.secret in secrets for one in self.stands(event))

    async def only_one(self, event: str) -> None:
        """All is right: one registration stands, and it is the one that we know."""
        current = await self.current(event)
        assert self.stands(event) == [current]


@pytest.fixture
def stage(shop: Shop) -> Stage:
    return Stage(shop, ObedientRegistrar(shop.clock, alone=ALONE))


async def test_every_event_is_registered_at_its_own_address(stage: Stage) -> None:
    assert await stage.settle() is Outcome.RIGHT
    for event in EVENTS:
        await stage.only_one(event)
        assert stage.stands(event)[0].url == f"{HOOKS}/{event}"


async def test_what_is_right_is_looked_at_once_a_day(stage: Stage) -> None:
    await stage.settle()
    stage.platform.calls.clear()
    assert await stage.settle() is Outcome.RIGHT
    assert stage.platform.calls == []
    await stage.shop.clock.turn(DAILY.total_seconds())
    assert await stage.settle() is Outcome.RIGHT
    assert stage.platform.calls == ["list"]


async def test_a_registration_that_the_platform_dropped_is_made_anew(stage: Stage) -> None:
    await stage.settle()
    stage.platform.forget(stage.stands()[0].id)
    await stage.shop.clock.turn(DAILY.total_seconds())
    assert await stage.settle() is Outcome.RIGHT
    await stage.only_one(PING)


async def test_a_new_address_gets_its_registration_before_the_old_one_goes(stage: Stage) -> None:
    await stage.settle(stage.order("https://old.example.org"))
    [old] = stage.stands()
    stage.platform.calls.clear()
    assert await stage.settle(stage.order(events=(PING,))) is Outcome.RIGHT
    assert stage.platform.calls[:4] == ["list", "register", "list", "unregister"]
    await stage.only_one(PING)
    assert await stage.replaced() == [old]


async def test_a_registration_whose_secret_is_lost_is_made_anew(stage: Stage) -> None:
    url = f"{HOOKS}/{PING}"
    lost = await stage.platform.register(stage.shop.club.id, PING, url)
    assert lost is not None
    assert await stage.settle() is Outcome.RIGHT
    await stage.only_one(PING)
    assert stage.stands() != [lost]


async def test_a_secret_that_no_key_opens_any_more_is_replaced(stage: Stage) -> None:
    await stage.settle()
    webhooks = stage.shop.storage.reading.webhooks
    webhooks._vault = Vault.of_lines(Vault.new_line())  # type: ignore[attr-defined] # the key that was taken away
    lost = await stage.current()
    assert lost is not None
    assert lost.lost
    assert lost.secret != stage.stands()[0].secret
    assert await stage.settle() is Outcome.RIGHT
    [stands] = stage.stands()
    assert stands.id != lost.id


async def test_registrations_of_others_are_left_alone(stage: Stage) -> None:
    club = stage.shop.club.id
    theirs = await stage.platform.register(club, PING, "https://other.example.org/hooks")
    await stage.settle()
    assert theirs in stage.stands()
    assert len(stage.stands()) == 2


async def test_an_event_that_is_not_wanted_any_more_is_given_up(stage: Stage) -> None:
    await stage.settle()
    assert await stage.settle(stage.order(events=(PING,))) is Outcome.RIGHT
    assert stage.stands(CHECK_IN) == []
    assert await stage.current(CHECK_IN) is None
    await stage.only_one(PING)


async def test_a_secret_is_replaced_when_it_is_old_but_never_one_that_stands_alone(stage: Stage) -> None:
    await stage.settle()
    [ping], [check_in] = stage.stands(), stage.stands(CHECK_IN)
    await stage.shop.clock.turn(timedelta(days=90).total_seconds())
    assert await stage.settle(stage.order(oldest=timedelta(days=90))) is Outcome.RIGHT
    await stage.only_one(PING)
    assert stage.stands() != [ping]
    assert stage.stands(CHECK_IN) == [check_in]


async def test_both_secrets_are_good_until_a_while_after_the_old_one_has_ended(stage: Stage) -> None:
    await stage.settle()
    [old] = stage.stands()
    await stage.settle(stage.order(anew=frozenset([PING])))
    assert await stage.replaced() == [old]
    await stage.shop.clock.turn(GRACE.total_seconds())
    assert await stage.settle() is Outcome.RIGHT
    assert await stage.replaced() == []
    await stage.only_one(PING)


async def test_what_stands_alone_goes_first_when_it_is_replaced_by_hand(stage: Stage) -> None:
    await stage.settle()
    [old] = stage.stands(CHECK_IN)
    stage.platform.calls.clear()
    assert await stage.settle(stage.order(anew=frozenset([CHECK_IN]))) is Outcome.RIGHT
    assert stage.platform.calls == ["list", "unregister", "register", "list"]
    await stage.only_one(CHECK_IN)
    assert await stage.replaced(CHECK_IN) == [old]


async def test_a_platform_that_lists_late_keeps_the_old_registration_until_it_shows_the_new_one(stage: Stage) -> None:
    await stage.settle(stage.order(events=(PING,)))
    stage.platform.lists_late = 1
    assert await stage.settle(stage.order(events=(PING,), anew=frozenset([PING]))) is Outcome.NOT_YET
    assert len(stage.stands()) == await stage.heard() == 2
    stage.platform.lists_late = 0
    assert await stage.settle(stage.order(events=(PING,))) is Outcome.RIGHT
    await stage.only_one(PING)


async def test_a_full_platform_keeps_the_old_registration(stage: Stage) -> None:
    await stage.settle()
    for _ in range(24):
        assert await stage.platform.register(stage.shop.club.id, PING, "https://other.example.org") is not None
    kept = await stage.current()
    assert await stage.settle(stage.order(anew=frozenset([PING]))) is Outcome.NOT_YET
    assert await stage.current() == kept
    assert kept in stage.stands()


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("event", EVENTS)
async def test_whichever_call_fails_the_next_attempt_puts_it_right(shop: Shop, event: str, trouble: Trouble) -> None:
    for failing in range(8):
        stage = Stage(shop, ObedientRegistrar(shop.clock, alone=ALONE))
        await stage.settle(stage.order(f"https://{failing}.example.org"))
        stage.platform.troubles.extend([None] * failing + [trouble])
        order = stage.order(f"https://{failing}.example.org", anew=frozenset([event]))
        await stage.settle(order)
        if event not in ALONE:
            assert await stage.heard(event) > 0
        stage.platform.troubles.clear()
        await shop.clock.turn(TURN.total_seconds())
        assert await stage.settle(replace(order, anew=frozenset(), since=shop.clock.now())) is Outcome.RIGHT
        for one in EVENTS:
            await stage.only_one(one)
        await shop.clock.turn(GRACE.total_seconds())


# -- killed between any two lines


class Killed(BaseException):
    """kill -9: nothing runs any more, not even what tidies up."""


class Countdown:
    """Dies at the n-th thing that reaches the outside world, before or after it has happened."""

    def __init__(self, steps: int, *, after: bool) -> None:
        self.left = steps
        self.after = after

    async def step(self, act: Callable[[], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        result = await act()
        if self.left == 0:
            raise Killed
        return result


class Mortal:
    """A storage and a registrar that one process uses until it dies."""

    def __init__(self, stage: Stage, countdown: Countdown) -> None:
        self._stage = stage
        self._countdown = countdown

    @property
    def ports(self) -> Ports:
        return replace(self._stage.shop.ports, storage=self)  # type: ignore[arg-type] # a storage but for watching

    @property
    def reading(self) -> Any:
        return self._stage.shop.storage.reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        self._countdown.left -= 1
        dies = self._countdown.left == 0
        async with self._stage.shop.storage.transaction() as tx:
            yield tx
            if dies and not self._countdown.after:
                raise Killed
        if dies:
            raise Killed

    async def registrations(self, club: Any) -> Any:
        return await self._countdown.step(lambda: self._stage.platform.registrations(club))

    async def register(self, club: Any, event: str, url: str) -> Any:
        return await self._countdown.step(lambda: self._stage.platform.register(club, event, url))

    async def unregister(self, club: Any, name: str) -> Any:
        return await self._countdown.step(lambda: self._stage.platform.unregister(club, name))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("event", EVENTS)
async def test_whoever_is_killed_between_two_steps_leaves_deliveries_working(
    shop: Shop, event: str, *, after: bool
) -> None:
    steps = 0
    for steps in range(1, 40):
        stage = Stage(shop, ObedientRegistrar(shop.clock, alone=ALONE))
        order = stage.order(f"https://{steps}.example.org", anew=frozenset([event]))
        await stage.settle(replace(order, anew=frozenset()))
        mortal = Mortal(stage, Countdown(steps, after=after))
        try:
            await settle(mortal.ports, mortal, order)
        except Killed:
            died = True
        else:
            died = False
        for one in EVENTS:
            assert await stage.heard(one) > 0 or one == event == CHECK_IN
        await shop.clock.turn(TURN.total_seconds())  # nobody waits longer for the dead
        assert await stage.settle(replace(order, anew=frozenset(), since=shop.clock.now())) is Outcome.RIGHT
        for one in EVENTS:
            await stage.only_one(one)
        await shop.clock.turn(GRACE.total_seconds())
        assert await stage.settle(replace(order, anew=frozenset())) is Outcome.RIGHT
        assert [await stage.replaced(one) for one in EVENTS] == [[], []]
        if not died:
            break
    assert 8 < steps < 39


# -- two at once


async def test_while_one_process_is_about_it_another_leaves_it_alone(stage: Stage) -> None:
    outcomes = await asyncio.gather(*(stage.settle() for _ in range(5)))
    assert sorted(outcome.name for outcome in outcomes) == ["BUSY"] * 4 + ["RIGHT"]
    for event in EVENTS:
        await stage.only_one(event)


class Sleeper(ObedientRegistrar):
    """Everything reaches the platform, and its answer a process that has stood still for too long meanwhile."""

    async def register(self, club: Any, event: str, url: str) -> Subscribed | None:
        made = await super().register(club, event, url)
        overtaking, self.overtake = self.overtake, None
        if overtaking is not None:
            await overtaking()
        return made

    overtake: Callable[[], Any] | None = None


async def test_whoever_thaws_after_another_has_taken_over_leaves_no_registration_behind(shop: Shop) -> None:
    stage = Stage(shop, Sleeper(shop.clock, alone=ALONE))

    async def overtake() -> None:
        await shop.clock.turn(TURN.total_seconds())
        assert await stage.settle() is Outcome.RIGHT

    stage.platform.overtake = overtake  # type: ignore[attr-defined] # it is a Sleeper
    assert await stage.settle() is Outcome.NOT_YET
    for event in EVENTS:
        await stage.only_one(event)


@pytest.mark.parametrize("frozen_at", range(1, 12))
async def test_two_processes_of_which_one_freezes_anywhere_end_with_one_registration(
    shop: Shop, frozen_at: int
) -> None:
    stage = Stage(shop, ObedientRegistrar(shop.clock, alone=ALONE))
    await stage.settle()

    class Freezing(Countdown):
        async def step(self, act: Callable[[], Any]) -> Any:
            self.left -= 1
            if self.left == 0:
                await shop.clock.turn(TURN.total_seconds())
                assert await stage.settle(stage.order(anew=frozenset(EVENTS))) is Outcome.RIGHT
            return await act()

    mortal = Mortal(stage, Freezing(frozen_at, after=False))
    # Its transactions are no steps here: the turn is looked at inside each of them.
    await settle(shop.ports, mortal, stage.order(anew=frozenset(EVENTS)))
    await stage.settle(replace(stage.order(), since=shop.clock.now()))
    for event in EVENTS:
        await stage.only_one(event)
