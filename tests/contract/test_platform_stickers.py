"""What flows may rely on about stickers and scans of them: from the platform in memory, and from the real client."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from fakes import HandClock
from fakes_platform import ObedientPlatform
from fakes_stickers import QrTrouble
from medlem.club.codes import ConfirmationCode
from medlem.club.errors import PlatformUnavailable, UnreadableCode
from medlem.club.ids import ClubId, StationQrId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Asked, Question
from medlem.flows.ports import Platform
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform
from sim import Sim, open_sim

CLUB = ClubId("clb_1")
KARI = "4740000001"
CODE = ConfirmationCode("4MX-CQ3")
TILL, KIOSK = StationQrId("sqr_01kaq2y3m8e5x7r1t9v0w2z4b6"), StationQrId("sqr_01kaq2y3m8e5x7r1t9v0w2z4b7")
TOKEN = Masked("made up")


class Wall(ABC):
    """A platform, and a hand on what hangs there."""

    platform: Platform

    @abstractmethod
    async def scan(self, msisdn: str) -> Masked[str]:
        """Make somebody who scans a sticker; the token that we are told."""

    @abstractmethod
    async def later(self, seconds: float) -> None: ...

    @abstractmethod
    async def goes_wrong(self, kind: Literal["lost", "unsent"]) -> None:
        """Spoil the next call about a sticker or a token."""

    @abstractmethod
    async def is_well(self) -> None:
        """Nothing goes wrong any more."""


class InMemory(Wall):
    """The fake."""

    def __init__(self) -> None:
        self._clock = HandClock()
        self.fake = ObedientPlatform(self._clock)
        self.platform = self.fake

    async def scan(self, msisdn: str) -> Masked[str]:
        self.fake.person(msisdn)
        return self.fake.scan(msisdn)

    async def later(self, seconds: float) -> None:
        await self._clock.turn(seconds)

    async def goes_wrong(self, kind: Literal["lost", "unsent"]) -> None:
        self.fake.qr_troubles.append(QrTrouble(kind))

    async def is_well(self) -> None:
        """Troubles are used up."""


class Simulated(Wall):
    """The real client, and the simulator on a real socket."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._clock = HandClock()
        self.client = VippsPlatform({CLUB: sim.unit()}, self._clock, TimeOuts(connect=2, fetch=5, call=5, ask=10))
        self.platform = self.client

    async def scan(self, msisdn: str) -> Masked[str]:
        await self._sim.person(msisdn)
        return Masked((await self._sim.control("POST", f"/people/{msisdn}/customer-token"))["customerToken"])

    async def later(self, seconds: float) -> None:
        await self._clock.turn(seconds)
        await self._sim.turn(seconds)

    async def goes_wrong(self, kind: Literal["lost", "unsent"]) -> None:
        # Whatever breaks is repeated, by us and by our HTTP library: it has to go on breaking.
        fault = "lost" if kind == "lost" else "500"
        await self._sim.faults(*({"operation": one, "kind": fault} for one in ("callback_qr", "exchange_customer")))

    async def is_well(self) -> None:
        await self._sim.faults()


@pytest.fixture(params=["in memory", "simulated"])
async def wall(request: pytest.FixtureRequest) -> AsyncIterator[Wall]:
    if request.param == "in memory":
        yield InMemory()
        return
    async with open_sim() as sim:
        simulated = Simulated(sim)
        yield simulated
        await simulated.client.close()


async def test_a_sticker_hangs_is_found_and_goes(wall: Wall) -> None:
    assert await wall.platform.find_qr(CLUB, TILL) is None
    hung = await wall.platform.hang_qr(CLUB, TILL, "Till 1")
    assert (hung.id, hung.label) == (TILL, "Till 1")
    assert hung.content.startswith("https://qr.vipps.no/")
    found = await wall.platform.find_qr(CLUB, TILL)
    assert found is not None
    assert (found.content, found.label) == (hung.content, "Till 1")
    assert found.image is not None
    await wall.platform.remove_qr(CLUB, TILL)
    await wall.platform.remove_qr(CLUB, TILL)
    assert await wall.platform.find_qr(CLUB, TILL) is None


async def test_a_sticker_that_is_hung_again_says_the_same_under_another_label(wall: Wall) -> None:
    first = await wall.platform.hang_qr(CLUB, TILL, "Till 1")
    second = await wall.platform.hang_qr(CLUB, TILL, "Till 1, by the door")
    assert (second.content, second.label) == (first.content, "Till 1, by the door")
    other = await wall.platform.hang_qr(CLUB, KIOSK, "Kiosk")
    assert other.content != first.content
    assert {one.id: one.label for one in await wall.platform.hung_qrs(CLUB)} == {
        TILL: "Till 1, by the door",
        KIOSK: "Kiosk",
    }


@pytest.mark.parametrize("kind", ["lost", "unsent"])
async def test_a_sticker_whose_answer_is_lost_can_be_hung_again(wall: Wall, kind: Literal["lost", "unsent"]) -> None:
    await wall.goes_wrong(kind)
    with pytest.raises(PlatformUnavailable):
        await wall.platform.hang_qr(CLUB, TILL, "Till 1")
    await wall.is_well()
    hung = await wall.platform.hang_qr(CLUB, TILL, "Till 1")
    assert [one.content for one in await wall.platform.hung_qrs(CLUB)] == [hung.content]


async def test_a_scan_gives_the_number_behind_it_as_often_as_asked(wall: Wall) -> None:
    token = await wall.scan(KARI)
    for _ in range(2):
        assert await wall.platform.reveal_customer(CLUB, token) == PhoneNumber(KARI)
    await wall.goes_wrong("unsent")
    with pytest.raises(PlatformUnavailable):
        await wall.platform.reveal_customer(CLUB, token)
    await wall.is_well()
    assert await wall.platform.reveal_customer(CLUB, token) == PhoneNumber(KARI)


async def test_a_token_is_over_after_a_quarter_of_an_hour_and_one_that_is_made_up_is_none(wall: Wall) -> None:
    token = await wall.scan(KARI)
    await wall.later(15 * 60)
    for none in (token, TOKEN):
        with pytest.raises(UnreadableCode):
            await wall.platform.reveal_customer(CLUB, none)


async def test_a_customer_is_asked_by_the_token_and_by_the_number_when_it_is_over(wall: Wall) -> None:
    token = await wall.scan(KARI)
    question = Question(CLUB, PhoneNumber(KARI), CODE, token)
    assert isinstance(await wall.platform.ask(question), Asked)
    await wall.later(15 * 60)
    assert isinstance(await wall.platform.ask(question), Asked)
