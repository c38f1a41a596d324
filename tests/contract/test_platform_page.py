"""The promises of the platform for customers who finish on the merchant's page, kept by the fake and by the client."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fakes import HandClock
from fakes_platform import ObedientPlatform, RedeemTrouble
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Finish, Reason
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Answered, Asked, Failed, Lost, Question, Redeemed, Unreachable, Worthless
from medlem.flows.ports import Platform
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform
from sim import Sim, open_sim

CLUB, OTHER = ClubId("clb_1"), ClubId("clb_2")
KARI = "4740000001"
CODE = ConfirmationCode("4MX-CQ3")
PAGE = "https://club.example.org/finish/123456"


class Stage(ABC):
    """A platform whose customers finish on the page, and a hand on everything behind it."""

    platform: Platform

    @abstractmethod
    async def person(self, msisdn: str) -> None: ...

    @abstractmethod
    async def approve(self, msisdn: str) -> Masked[str]:
        """Say yes; the code that the phone brings."""

    @abstractmethod
    async def turn(self, seconds: float) -> None: ...

    @abstractmethod
    async def redeeming_goes_wrong(self, trouble: RedeemTrouble) -> None: ...

    @abstractmethod
    async def collects(self) -> int:
        """How often the token endpoint was called."""


class InMemory(Stage):
    """The fake."""

    def __init__(self) -> None:
        self._clock = HandClock()
        self.platform = self.fake = ObedientPlatform(self._clock, finishes=Finish.ON_PAGE)

    async def person(self, msisdn: str) -> None:
        self.fake.person(msisdn)

    async def approve(self, msisdn: str) -> Masked[str]:
        return Masked(self.fake.approve(msisdn) or "")

    async def turn(self, seconds: float) -> None:
        await self._clock.turn(seconds)

    async def redeeming_goes_wrong(self, trouble: RedeemTrouble) -> None:
        self.fake.redeem_troubles.append(trouble)

    async def collects(self) -> int:
        return self.fake.redeemed.total() + self.fake.polls.total()


class Simulated(Stage):
    """The real client, and the simulator on a real socket."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._clock = HandClock()
        units = {CLUB: sim.unit(redirect_uri=PAGE), OTHER: sim.unit(client_id="other", redirect_uri=PAGE)}
        self.platform = self.client = VippsPlatform(units, self._clock, TimeOuts(connect=2, fetch=5, call=5, ask=10))

    async def set_up(self, **switches: Any) -> None:
        await self._sim.switches(redirect_uris=[PAGE], **switches)

    async def person(self, msisdn: str) -> None:
        await self._sim.person(msisdn)

    async def approve(self, msisdn: str) -> Masked[str]:
        (code,) = parse_qs(urlsplit(await self._sim.press(msisdn, "approve") or "").query)["code"]
        return Masked(code)

    async def turn(self, seconds: float) -> None:
        await self._clock.turn(seconds)
        await self._sim.turn(seconds)

    async def redeeming_goes_wrong(self, trouble: RedeemTrouble) -> None:
        kind = {RedeemTrouble.LOST: "lost", RedeemTrouble.UNSENT: "500"}[trouble]
        await self._sim.faults({"operation": "token", "kind": kind, "times": 1})

    async def collects(self) -> int:
        return int((await self._sim.calls())["operations"]["token"]["count"])


@pytest.fixture(params=["in memory", "simulated", "simulated, other spelling"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "in memory":
        yield InMemory()
        return
    async with open_sim() as sim:
        simulated = Simulated(sim)
        await simulated.set_up(redirect_request_claim="authReqId" if "," in request.param else "auth_req_id")
        yield simulated
        await simulated.client.close()


async def asked(stage: Stage) -> Asked:
    await stage.person(KARI)
    finish = await stage.platform.finish(CLUB)
    answer = await stage.platform.ask(Question(CLUB, PhoneNumber(KARI), CODE, finish=finish))
    assert isinstance(answer, Asked)
    return answer


async def redeemed(stage: Stage, code: Masked[str], club: ClubId = CLUB) -> Redeemed:
    return await stage.platform.redeem(club, code)


async def test_a_code_buys_a_yes_that_names_its_question(stage: Stage) -> None:
    question = await asked(stage)
    answer = await redeemed(stage, await stage.approve(KARI))
    assert isinstance(answer, Answered)
    assert stage.platform.names(answer.raw) == question.request
    told = await stage.platform.disclose(CLUB, question.request, answer.raw)
    assert isinstance(told, Disclosure)
    assert told.phone == PhoneNumber(KARI)
    assert told.profile.short_name == "Kari N."
    assert await stage.collects() == 1


async def test_a_code_buys_nothing_twice(stage: Stage) -> None:
    await asked(stage)
    code = await stage.approve(KARI)
    assert isinstance(await redeemed(stage, code), Answered)
    assert await redeemed(stage, code) == Worthless()


async def test_a_strangers_code_buys_nothing(stage: Stage) -> None:
    await asked(stage)
    assert await redeemed(stage, Masked("made-up")) == Worthless()


async def test_a_code_that_is_too_old_buys_nothing(stage: Stage) -> None:
    await asked(stage)
    code = await stage.approve(KARI)
    await stage.turn(121)
    assert await redeemed(stage, code) == Worthless()


async def test_a_code_of_one_club_buys_nothing_for_another(stage: Stage) -> None:
    await asked(stage)
    code = await stage.approve(KARI)
    assert isinstance(await redeemed(stage, code, OTHER), (Worthless, Unreachable))
    assert isinstance(await redeemed(stage, code), Answered)


async def test_a_code_that_did_not_get_through_is_what_it_was(stage: Stage) -> None:
    await asked(stage)
    code = await stage.approve(KARI)
    await stage.redeeming_goes_wrong(RedeemTrouble.UNSENT)
    assert isinstance(await redeemed(stage, code), Unreachable)
    assert isinstance(await redeemed(stage, code), Answered)


async def test_a_lost_answer_is_told_from_one_that_was_never_given(stage: Stage) -> None:
    await asked(stage)
    code = await stage.approve(KARI)
    await stage.redeeming_goes_wrong(RedeemTrouble.LOST)
    assert await redeemed(stage, code) == Lost()
    assert await redeemed(stage, code) == Worthless()


async def test_a_redeemed_yes_belongs_to_its_own_question(stage: Stage) -> None:
    await asked(stage)
    answer = await redeemed(stage, await stage.approve(KARI))
    assert isinstance(answer, Answered)
    told = await stage.platform.disclose(CLUB, Masked("another-request"), answer.raw)
    assert isinstance(told, Failed)
    assert told.reason is Reason.PLATFORM_SURPRISED_US


async def test_a_redeemed_yes_can_be_read_when_its_id_token_has_long_expired(stage: Stage) -> None:
    question = await asked(stage)
    answer = await redeemed(stage, await stage.approve(KARI))
    assert isinstance(answer, Answered)
    await stage.turn(timedelta(hours=1).total_seconds())
    assert isinstance(await stage.platform.disclose(CLUB, question.request, answer.raw), Disclosure)
