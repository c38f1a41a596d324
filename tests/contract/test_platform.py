"""One set of promises, two platforms: the one in memory, and the real client against the simulated platform.

What a flow may rely on stands here. A fake that does not keep it would be a wish, a client that does not a defect.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from fakes import HandClock
from fakes_platform import App, AskTrouble, DisclosureTrouble, ObedientPlatform
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Reason
from medlem.club.errors import PlatformUnavailable, UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Answered, Asked, Declined, Expired, Failed, NotAsked, Pending, Question, Unreachable
from medlem.flows.ports import Platform
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform
from sim import Sim, open_sim

CLUB = ClubId("clb_1")
KARI = "4740000001"
CODE = ConfirmationCode("4MX-CQ3")


class Stage(ABC):
    """A platform, and a hand on everything behind it."""

    platform: Platform

    @abstractmethod
    async def person(self, msisdn: str, *, app: Literal["current", "old", "none"] = "current", age: int = 30) -> None:
        """Make somebody called Kari Nordmann, whose thumb waits for us."""

    @abstractmethod
    async def qr(self, msisdn: str, kind: Literal["clear", "token"]) -> PersonalQr: ...

    @abstractmethod
    async def press(self, msisdn: str, thumb: Literal["approve", "decline"]) -> None: ...

    @abstractmethod
    async def turn(self, seconds: float) -> None: ...

    @abstractmethod
    async def pushes(self, msisdn: str) -> int: ...

    @abstractmethod
    async def ask_goes_wrong(self, trouble: AskTrouble) -> None:
        """Spoil the next ask."""

    @abstractmethod
    async def collects_fail(self, times: int) -> None: ...

    @abstractmethod
    async def disclosure_goes_wrong(self, trouble: DisclosureTrouble) -> None:
        """Spoil the next disclosure."""

    @abstractmethod
    async def answers_name_their_request(self) -> None:
        """Every answer says which question it answers, as CIBA has it for push."""

    @abstractmethod
    async def goes_down(self) -> None:
        """No exchange, look-up or poll is answered any more."""


class InMemory(Stage):
    """The fake."""

    def __init__(self) -> None:
        self._clock = HandClock()
        self.fake = ObedientPlatform(self._clock)
        self.platform = self.fake

    async def person(self, msisdn: str, *, app: Literal["current", "old", "none"] = "current", age: int = 30) -> None:
        self.fake.person(msisdn, app=App(app), age=age)

    async def qr(self, msisdn: str, kind: Literal["clear", "token"]) -> PersonalQr:
        return self.fake.qr(msisdn, kind)

    async def press(self, msisdn: str, thumb: Literal["approve", "decline"]) -> None:
        (self.fake.approve if thumb == "approve" else self.fake.decline)(msisdn)

    async def turn(self, seconds: float) -> None:
        await self._clock.turn(seconds)

    async def pushes(self, msisdn: str) -> int:
        return self.fake.pushes[msisdn]

    async def ask_goes_wrong(self, trouble: AskTrouble) -> None:
        self.fake.ask_troubles.append(trouble)

    async def collects_fail(self, times: int) -> None:
        self.fake.unreachable_collects = times

    async def disclosure_goes_wrong(self, trouble: DisclosureTrouble) -> None:
        self.fake.disclosure_troubles.append(trouble)

    async def answers_name_their_request(self) -> None:
        """The fake's always do."""

    async def goes_down(self) -> None:
        self.fake.down = True


class Simulated(Stage):
    """The real client, and the simulator on a real socket."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._clock = HandClock()
        self.client = VippsPlatform({CLUB: sim.unit()}, self._clock, TimeOuts(connect=2, fetch=5, call=5, ask=10))
        self.platform = self.client

    async def person(self, msisdn: str, *, app: Literal["current", "old", "none"] = "current", age: int = 30) -> None:
        await self._sim.person(msisdn, app=app, age=age)

    async def qr(self, msisdn: str, kind: Literal["clear", "token"]) -> PersonalQr:
        return PersonalQr(await self._sim.qr(msisdn, kind))

    async def press(self, msisdn: str, thumb: Literal["approve", "decline"]) -> None:
        await self._sim.press(msisdn, thumb)

    async def turn(self, seconds: float) -> None:
        await self._clock.turn(seconds)
        await self._sim.turn(seconds)

    async def pushes(self, msisdn: str) -> int:
        return int((await self._sim.calls())["pushes"].get(msisdn, 0))

    async def ask_goes_wrong(self, trouble: AskTrouble) -> None:
        kind = {"lost": "lost", "unsent": "500", "busy": "429", "surprise": "bad_json"}[trouble.value]
        await self._sim.faults({"operation": "backchannel", "kind": kind, "times": 1})

    async def collects_fail(self, times: int) -> None:
        await self._sim.faults({"operation": "token", "kind": "500", "times": times})

    async def disclosure_goes_wrong(self, trouble: DisclosureTrouble) -> None:
        kind = {"untrusted": "forged", "unreachable": "500"}[trouble.value]
        await self._sim.faults({"operation": "userinfo", "kind": kind, "times": 1})

    async def answers_name_their_request(self) -> None:
        await self._sim.switches(id_token_request_claim="urn:openid:params:jwt:claim:auth_req_id")

    async def goes_down(self) -> None:
        operations = ("access_token", "exchange", "discovery", "user_exists", "backchannel", "token", "userinfo")
        await self._sim.faults(*({"operation": one, "kind": "500"} for one in operations))


@pytest.fixture(params=["in memory", "simulated"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "in memory":
        yield InMemory()
        return
    async with open_sim() as sim:
        simulated = Simulated(sim)
        yield simulated
        await simulated.client.close()


async def asked(stage: Stage, msisdn: str = KARI) -> Asked:
    answer = await stage.platform.ask(Question(CLUB, PhoneNumber(msisdn), CODE))
    assert isinstance(answer, Asked)
    return answer


async def said_yes(stage: Stage) -> tuple[Asked, Answered]:
    await stage.person(KARI)
    question = await asked(stage)
    await stage.press(KARI, "approve")
    await stage.turn(6)
    answer = await stage.platform.collect(CLUB, question.request)
    assert isinstance(answer, Answered)
    return question, answer


async def test_a_personal_qr_gives_the_number_behind_it(stage: Stage) -> None:
    await stage.person(KARI)
    clear = await stage.platform.reveal(CLUB, await stage.qr(KARI, "clear"))
    token = await stage.platform.reveal(CLUB, await stage.qr(KARI, "token"))
    assert (clear.phone.msisdn, clear.evidence) == (KARI, Evidence.PERSONAL_QR_CLEAR)
    assert (token.phone.msisdn, token.evidence) == (KARI, Evidence.PERSONAL_QR_TOKEN)


async def test_a_tokenised_code_grows_too_old(stage: Stage) -> None:
    await stage.person(KARI)
    code = await stage.qr(KARI, "token")
    await stage.turn(301)
    with pytest.raises(UnreadableCode):
        await stage.platform.reveal(CLUB, code)


async def test_a_code_that_the_platform_did_not_make_is_refused(stage: Stage) -> None:
    with pytest.raises(UnreadableCode):
        await stage.platform.reveal(CLUB, PersonalQr("https://qr.vipps.no/p/nobodysowncode"))


async def test_a_question_reaches_the_phone_once_and_waits(stage: Stage) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    assert question.life.total_seconds() == 180
    assert question.interval.total_seconds() == 5
    await stage.turn(6)
    assert await stage.platform.collect(CLUB, question.request) == Pending()
    assert await stage.pushes(KARI) == 1


async def test_whoever_looks_too_early_is_told_to_slow_down(stage: Stage) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    await stage.turn(1)
    assert await stage.platform.collect(CLUB, question.request) == Pending(slow_down=True)


async def test_a_yes_is_handed_out_once_and_says_who_it_was(stage: Stage) -> None:
    question, answer = await said_yes(stage)
    told = await stage.platform.disclose(CLUB, question.request, answer.raw)
    assert isinstance(told, Disclosure)
    assert told.phone == PhoneNumber(KARI)
    assert told.profile.short_name == "Kari N."
    await stage.turn(6)
    assert await stage.platform.collect(CLUB, question.request) == Failed(Reason.OUTCOME_UNKNOWN)


async def test_a_kept_yes_can_be_read_again(stage: Stage) -> None:
    question, answer = await said_yes(stage)
    first = await stage.platform.disclose(CLUB, question.request, answer.raw)
    again = await stage.platform.disclose(CLUB, question.request, Masked(bytes(answer.raw.reveal())))
    assert isinstance(first, Disclosure)
    assert first == again


async def test_the_same_person_has_the_same_sub_next_time(stage: Stage) -> None:
    question, answer = await said_yes(stage)
    first = await stage.platform.disclose(CLUB, question.request, answer.raw)
    question = await asked(stage)
    await stage.press(KARI, "approve")
    await stage.turn(6)
    answer_again = await stage.platform.collect(CLUB, question.request)
    assert isinstance(answer_again, Answered)
    again = await stage.platform.disclose(CLUB, question.request, answer_again.raw)
    assert isinstance(first, Disclosure)
    assert isinstance(again, Disclosure)
    assert first.sub == again.sub


async def test_a_no_is_a_no(stage: Stage) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    await stage.press(KARI, "decline")
    await stage.turn(6)
    assert await stage.platform.collect(CLUB, question.request) == Declined()


@pytest.mark.parametrize("thumb", ["approve", "decline"])
async def test_an_answer_in_time_is_still_there_after_expiry(
    stage: Stage, thumb: Literal["approve", "decline"]
) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    await stage.press(KARI, thumb)
    await stage.turn(200)
    answer = await stage.platform.collect(CLUB, question.request)
    assert isinstance(answer, Answered if thumb == "approve" else Declined)


async def test_another_clubs_request_is_nobodys_here(stage: Stage) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    answer = await stage.platform.collect(ClubId("clb_2"), question.request)
    assert isinstance(answer, (Failed, Unreachable))


async def test_a_kept_yes_belongs_to_its_own_request(stage: Stage) -> None:
    await stage.answers_name_their_request()
    question, answer = await said_yes(stage)
    assert isinstance(await stage.platform.disclose(CLUB, question.request, answer.raw), Disclosure)
    told = await stage.platform.disclose(CLUB, Masked("another-request"), answer.raw)
    assert isinstance(told, Failed)
    assert told.reason is Reason.PLATFORM_SURPRISED_US


async def test_silence_expires(stage: Stage) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    await stage.turn(181)
    assert await stage.platform.collect(CLUB, question.request) == Expired()


@pytest.mark.parametrize(
    ("app", "age", "reason"),
    [
        ("old", 30, Reason.APP_TOO_OLD),
        ("none", 30, Reason.CANNOT_USE_APP),
        ("current", 14, Reason.CANNOT_USE_APP),
    ],
)
async def test_who_cannot_be_asked_gets_no_push(
    stage: Stage, app: Literal["current", "old", "none"], age: int, reason: Reason
) -> None:
    await stage.person(KARI, app=app, age=age)
    assert await stage.platform.ask(Question(CLUB, PhoneNumber(KARI), CODE)) == NotAsked(reason)
    assert await stage.pushes(KARI) == 0


async def test_nobodys_number_cannot_use_the_app(stage: Stage) -> None:
    assert await stage.platform.ask(Question(CLUB, PhoneNumber("4740000099"), CODE)) == NotAsked(Reason.CANNOT_USE_APP)


async def test_a_lost_answer_to_an_ask_leaves_the_outcome_unknown(stage: Stage) -> None:
    await stage.person(KARI)
    await stage.ask_goes_wrong(AskTrouble.LOST)
    assert await stage.platform.ask(Question(CLUB, PhoneNumber(KARI), CODE)) == NotAsked(Reason.OUTCOME_UNKNOWN)
    assert await stage.pushes(KARI) == 1


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(AskTrouble.UNSENT, Reason.PLATFORM_UNAVAILABLE), (AskTrouble.BUSY, Reason.CUSTOMER_BUSY)],
)
async def test_an_ask_that_never_arrives_says_so(stage: Stage, trouble: AskTrouble, reason: Reason) -> None:
    await stage.person(KARI)
    await stage.ask_goes_wrong(trouble)
    assert await stage.platform.ask(Question(CLUB, PhoneNumber(KARI), CODE)) == NotAsked(reason)
    assert await stage.pushes(KARI) == 0


async def test_an_unreadable_answer_to_an_ask_leaves_its_digest(stage: Stage) -> None:
    await stage.person(KARI)
    await stage.ask_goes_wrong(AskTrouble.SURPRISE)
    answer = await stage.platform.ask(Question(CLUB, PhoneNumber(KARI), CODE))
    assert isinstance(answer, NotAsked)
    assert answer.reason is Reason.PLATFORM_SURPRISED_US
    assert answer.digest is not None
    assert len(answer.digest) == 64


async def test_a_platform_that_cannot_be_reached_loses_no_yes(stage: Stage) -> None:
    await stage.person(KARI)
    question = await asked(stage)
    await stage.press(KARI, "approve")
    await stage.collects_fail(2)
    await stage.turn(6)
    assert isinstance(await stage.platform.collect(CLUB, question.request), Unreachable)
    await stage.turn(6)
    assert isinstance(await stage.platform.collect(CLUB, question.request), Unreachable)
    await stage.turn(6)
    assert isinstance(await stage.platform.collect(CLUB, question.request), Answered)


async def test_a_yes_that_cannot_be_read_yet_is_read_later(stage: Stage) -> None:
    question, answer = await said_yes(stage)
    await stage.disclosure_goes_wrong(DisclosureTrouble.UNREACHABLE)
    assert isinstance(await stage.platform.disclose(CLUB, question.request, answer.raw), Unreachable)
    assert isinstance(await stage.platform.disclose(CLUB, question.request, answer.raw), Disclosure)


async def test_a_yes_that_cannot_be_trusted_makes_nobody_a_member(stage: Stage) -> None:
    question, answer = await said_yes(stage)
    await stage.disclosure_goes_wrong(DisclosureTrouble.UNTRUSTED)
    told = await stage.platform.disclose(CLUB, question.request, answer.raw)
    assert isinstance(told, Failed)
    assert told.reason is Reason.PLATFORM_SURPRISED_US
    assert told.digest is not None


async def test_a_request_that_the_platform_does_not_know_ends_as_unknown(stage: Stage) -> None:
    answer = await stage.platform.collect(CLUB, Masked("never-heard-of-it"))
    assert answer == Failed(Reason.OUTCOME_UNKNOWN)


async def test_whether_a_number_could_be_asked_is_known(stage: Stage) -> None:
    await stage.person(KARI)
    assert await stage.platform.exists(CLUB, PhoneNumber(KARI)) is True
    assert await stage.platform.exists(CLUB, PhoneNumber("4740000099")) is False


async def test_a_platform_that_is_down_is_told_as_such(stage: Stage) -> None:
    await stage.person(KARI)
    code = await stage.qr(KARI, "clear")
    question = await asked(stage)
    await stage.goes_down()
    with pytest.raises(PlatformUnavailable):
        await stage.platform.reveal(CLUB, code)
    assert await stage.platform.ask(Question(CLUB, PhoneNumber(KARI), CODE)) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    assert isinstance(await stage.platform.collect(CLUB, question.request), Unreachable)
    assert await stage.platform.exists(CLUB, PhoneNumber(KARI)) is None
