"""One trouble stays one trouble: of one club, in one kind of call."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from fakes import HandClock
from medlem.club.enrolment import Reason
from medlem.club.errors import PlatformUnavailable
from medlem.club.ids import ClubId
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Ask, Asked, NotAsked, Pending, Question, Unreachable
from medlem.vipps.circuit import ENOUGH, PAUSE, Circuit, Group, Shut
from medlem.vipps.http import PLACES
from medlem.vipps.platform import VippsPlatform
from signed_tokens import NOW
from stub_platform import (
    ASK,
    CLUB,
    CODE,
    DISCOVERY,
    EXCHANGE,
    EXISTS,
    KARI,
    REQUEST,
    SHORT,
    TOKEN,
    HangUp,
    House,
    Said,
    Scripted,
)

OTHER = ClubId("clb_2")
GOOD = Said({"auth_req_id": "request-1", "expires_in": 180, "interval": 5})
PENDING = Said({"error": "authorization_pending"}, 400)
REVEALED = Said({"msisdn": "4740000001", "version": "2.0"})
CODE_SHOWN = PersonalQr("https://qr.vipps.no/p/abc")
DOWN = NotAsked(Reason.PLATFORM_UNAVAILABLE)


async def ask(house: House, club: ClubId = CLUB) -> Ask:
    return await house.platform.ask(Question(club, KARI, CODE))


async def times(house: House, path: str, many: int) -> int:
    """Ask so often; how many of them went out."""
    before = len(house.stub.calls(path))
    for _ in range(many):
        await ask(house)
    return len(house.stub.calls(path)) - before


def figure(name: str, group: Group) -> float:
    return REGISTRY.get_sample_value(f"medlem_platform_{name}", {"group": group.value}) or 0.0


@pytest.mark.parametrize("said", [Said("", 503), Said("<html>", 502), HangUp()], ids=["503", "html", "reset"])
async def test_when_nobody_answers_the_next_are_told_at_once(house: House, said: Scripted) -> None:
    house.stub.says(ASK, said)
    is_open, refused = figure("circuits_open", Group.ASK), figure("circuit_refusals_total", Group.ASK)
    assert await times(house, ASK, ENOUGH) == ENOUGH
    assert figure("circuits_open", Group.ASK) == is_open + 1
    assert await times(house, ASK, 3) == 0
    assert await ask(house) == DOWN
    assert figure("circuit_refusals_total", Group.ASK) == refused + 4
    await house.clock.turn(PAUSE.total_seconds())
    house.stub.says(ASK, GOOD)
    assert isinstance(await ask(house), Asked)
    assert figure("circuits_open", Group.ASK) == is_open
    assert await times(house, ASK, 3) == 3


async def test_one_tries_whether_it_is_over_and_the_others_do_not_wait_for_it(house: House) -> None:
    house.stub.says(ASK, Said("", 503))
    await times(house, ASK, ENOUGH)
    await house.clock.turn(PAUSE.total_seconds())
    held = house.stub.hold(ASK)
    trying = asyncio.create_task(ask(house))
    await house.stub.arrival(ASK, ENOUGH + 1)
    assert await times(house, ASK, 2) == 0
    held.set()
    await trying
    assert await times(house, ASK, 2) == 0


async def test_who_gives_up_while_trying_lets_another_try(house: House) -> None:
    house.stub.says(ASK, Said("", 503))
    await times(house, ASK, ENOUGH)
    await house.clock.turn(PAUSE.total_seconds())
    held = house.stub.hold(ASK)
    trying = asyncio.create_task(ask(house))
    await house.stub.arrival(ASK, ENOUGH + 1)
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    held.set()
    assert await times(house, ASK, 1) == 1


async def test_a_till_that_scans_is_told_when_to_try_again(house: House) -> None:
    house.stub.says(EXCHANGE, Said("", 500))
    for _ in range(ENOUGH + 1):
        with pytest.raises(PlatformUnavailable) as told:
            await house.platform.reveal(CLUB, CODE_SHOWN)
        assert told.value.retry_after == PAUSE.total_seconds()
    assert len(house.stub.calls(EXCHANGE)) == ENOUGH


async def test_one_kind_of_call_does_not_stop_another(house: House) -> None:
    house.stub.says(ASK, Said("", 503))
    house.stub.says(EXISTS, HangUp())
    house.stub.says(EXCHANGE, REVEALED)
    house.stub.says(TOKEN, PENDING)
    await times(house, ASK, ENOUGH + 1)
    for _ in range(ENOUGH + 1):
        assert await house.platform.exists(CLUB, KARI) is None
    assert (await house.platform.reveal(CLUB, CODE_SHOWN)).phone == KARI
    assert await house.platform.collect(CLUB, REQUEST) == Pending()


async def test_one_club_does_not_stop_another(house: House) -> None:
    units = {CLUB: house.unit, OTHER: replace(house.unit, client_id="client-2")}
    both = replace(house, platform=VippsPlatform(units, house.clock, SHORT))
    both.stub.says(ASK, *[Said("", 503)] * ENOUGH, GOOD)
    assert await times(both, ASK, ENOUGH + 1) == ENOUGH
    assert isinstance(await ask(both, OTHER), Asked)
    assert await ask(both) == DOWN
    await both.platform.close()


async def test_looking_for_an_answer_is_never_refused(house: House) -> None:
    house.stub.says(TOKEN, *[Said("", 503)] * 9, PENDING)
    for _ in range(9):
        assert await house.platform.collect(CLUB, REQUEST) == Unreachable()
    assert await house.platform.collect(CLUB, REQUEST) == Pending()
    assert figure("circuits_open", Group.LOOK) == 0


async def test_a_platform_that_fails_now_and_then_is_asked_all_the_same(house: House) -> None:
    house.stub.says(ASK, *[GOOD, Said("", 503), GOOD, GOOD] * 6)
    assert await times(house, ASK, 24) == 24


async def test_refusals_are_answers(house: House) -> None:
    house.stub.says(ASK, Said({"error": "too_many"}, 429), Said({"error": "invalid_client"}, 401), Said("", 400))
    assert await times(house, ASK, 9) == 9


async def test_failures_that_lie_apart_open_nothing(house: House) -> None:
    house.stub.says(ASK, Said("", 503))
    for _ in range(6):
        assert await times(house, ASK, 1) == 1
        await house.clock.turn(200)


async def test_without_discovery_an_ask_is_told_at_once_as_well(house: House) -> None:
    house.stub.says(DISCOVERY, Said("", 503))
    assert await times(house, DISCOVERY, 2 * ENOUGH) == ENOUGH
    assert house.stub.calls(ASK) == []


async def test_polls_that_hang_hold_nobody_else_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLACES, Group.LOOK, 2)
    house.stub.says(ASK, GOOD)
    house.stub.says(EXCHANGE, REVEALED)
    held = house.stub.hold(TOKEN)
    before = figure("calls_in_flight", Group.LOOK)
    polls = [asyncio.create_task(house.platform.collect(CLUB, REQUEST)) for _ in range(5)]
    await house.stub.arrival(TOKEN, 2)
    assert figure("calls_in_flight", Group.LOOK) == before + 5
    assert isinstance(await ask(house), Asked)
    assert (await house.platform.reveal(CLUB, CODE_SHOWN)).phone == KARI
    assert len(house.stub.calls(TOKEN)) == 2
    held.set()
    await asyncio.gather(*polls)
    assert figure("calls_in_flight", Group.LOOK) == before


def test_an_answer_that_comes_late_closes_the_circuit() -> None:
    circuit = Circuit(Group.ASK, HandClock(NOW))
    for _ in range(ENOUGH):
        circuit.failed()
    with pytest.raises(Shut):
        circuit.enter()
    circuit.succeeded()
    circuit.enter()


async def test_a_try_that_fails_begins_the_pause_anew() -> None:
    clock = HandClock(NOW)
    circuit = Circuit(Group.ASK, clock)
    for _ in range(ENOUGH):
        circuit.failed()
    await clock.turn(PAUSE.total_seconds())
    circuit.enter()
    circuit.failed()
    await clock.turn((PAUSE - timedelta(seconds=1)).total_seconds())
    with pytest.raises(Shut):
        circuit.enter()
    await clock.turn(1)
    circuit.enter()
