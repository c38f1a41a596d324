"""One set of promises, two registrars: the one in memory, and the real client against the simulated platform."""

from collections.abc import AsyncIterator

import pytest

from fakes import HandClock
from fakes_registrar import ObedientRegistrar
from medlem.club.ids import ClubId
from medlem.flows.ports import Registrar
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.webhooks import ALONE, CHECK_IN, PING
from sim import open_sim

CLUB = ClubId("clb_1")
URL = "https://club.example.org/hooks"


@pytest.fixture(params=["in-memory", "simulated"])
async def registrar(request: pytest.FixtureRequest) -> AsyncIterator[Registrar]:
    if request.param == "in-memory":
        yield ObedientRegistrar(HandClock(), alone=ALONE)
        return
    async with open_sim() as sim:
        platform = VippsPlatform({CLUB: sim.unit()}, HandClock())
        yield platform
        await platform.close()


async def test_a_registration_is_listed_until_it_is_ended(registrar: Registrar) -> None:
    made = await registrar.register(CLUB, PING, URL)
    assert made is not None
    assert (made.url, made.lost) == (URL, False)
    assert len(made.secret.reveal()) > 16
    [listed] = await registrar.registrations(CLUB) or []
    assert (listed.id, listed.url, listed.events) == (made.id, URL, frozenset([PING]))
    assert await registrar.unregister(CLUB, made.id)
    assert await registrar.registrations(CLUB) == []


async def test_what_is_gone_already_is_gone(registrar: Registrar) -> None:
    assert await registrar.unregister(CLUB, "a5e6b5a0-0000-4000-8000-000000000000")


async def test_two_stand_side_by_side_each_with_its_own_secret(registrar: Registrar) -> None:
    first, second = await registrar.register(CLUB, PING, URL), await registrar.register(CLUB, PING, URL)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert first.secret != second.secret
    assert {one.id for one in await registrar.registrations(CLUB) or []} == {first.id, second.id}


async def test_of_some_events_one_stands_and_the_next_is_not_taken(registrar: Registrar) -> None:
    first = await registrar.register(CLUB, CHECK_IN, URL)
    assert first is not None
    assert await registrar.register(CLUB, CHECK_IN, URL) is None
    assert await registrar.unregister(CLUB, first.id)
    assert await registrar.register(CLUB, CHECK_IN, URL) is not None


async def test_of_others_there_are_up_to_25(registrar: Registrar) -> None:
    for _ in range(25):
        assert await registrar.register(CLUB, PING, URL) is not None
    assert await registrar.register(CLUB, PING, URL) is None
