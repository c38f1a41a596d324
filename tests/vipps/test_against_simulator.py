"""The client and the simulated platform, strangers to each other, on everything that the pages leave open."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import web

from fakes import HandClock
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Reason
from medlem.club.errors import UnreadableCode
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Disclosure, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Answer, Answered, Asked, Failed, NotAsked, Pending, Question, Told, Unreachable
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import Asking, AuthMethod, SalesUnit
from medlem.vipps.webhooks import PING, verify
from sim import Sim, open_sim

CLUB = ClubId("clb_1")
CODE = ConfirmationCode("4MX-CQ3")
KARI = PhoneNumber("4740000001")
SHORT = TimeOuts(connect=2, fetch=5, call=5, ask=10)


@dataclass
class Counter:
    """A club's counter: the simulator, and the client before it."""

    sim: Sim
    platform: VippsPlatform
    units: dict[ClubId, SalesUnit]

    def settings(self, **changes: Any) -> None:
        """Other settings from the next call on."""
        self.units[CLUB] = replace(self.units[CLUB], **changes)

    async def ask(self) -> Asked:
        answer = await self.platform.ask(Question(CLUB, KARI, CODE))
        assert isinstance(answer, Asked)
        return answer

    async def collect(self, asked: Asked) -> Answer:
        await self.sim.turn(6)
        return await self.platform.collect(CLUB, asked.request)

    async def enrol(self) -> Told:
        """The whole way, from the push to what the yes says."""
        asked = await self.ask()
        await self.sim.press(KARI.msisdn, "approve")
        answer = await self.collect(asked)
        assert isinstance(answer, Answered), answer
        return await self.platform.disclose(CLUB, asked.request, answer.raw)


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    async with open_sim() as sim:
        units = {CLUB: sim.unit(login_scope="openid name phoneNumber email birthDate address delegatedConsents")}
        platform = VippsPlatform(units, HandClock(), SHORT)
        await sim.person(KARI.msisdn, email="kari@example.com")
        yield Counter(sim, platform, units)
        await platform.close()


SWITCHES: dict[str, dict[str, Any]] = {
    "as the pages say": {},
    "numbers as integers": {"numbers_as_integers": True},
    "ES256": {"id_token_alg": "ES256"},
    "bearer": {"token_type": "bearer"},
    "request in the ID token": {"id_token_request_claim": "auth_req_id"},
    "request by the sample's name": {"id_token_request_claim": "authReqId"},
    "request by the standard's name": {"id_token_request_claim": "urn:openid:params:jwt:claim:auth_req_id"},
    "profile in the ID token": {"id_token_profile": True},
    "number with a plus": {"phone_number_with_plus": True},
    "no interval": {"interval_in_answer": False},
    "unverified e-mail": {"email_verified": False},
    "audience as a text": {"audience_as_text": True},
    "discovery of 2023": {"discovery_edition": "2023"},
    "other addresses unasked": {"other_addresses_unasked": True},
    "consents with the slips of the sample": {"delegated_consents_as_published": True},
    "what nobody has heard of": {"novelties": True},
}


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=list(SWITCHES))
async def test_a_customer_enrols_whatever_the_pages_leave_open(counter: Counter, switches: dict[str, Any]) -> None:
    await counter.sim.switches(**switches)
    told = await counter.enrol()
    assert isinstance(told, Disclosure)
    assert told.phone == KARI
    assert told.profile.name == "Kari Nordmann"
    assert told.profile.email == "kari@example.com"
    assert told.profile.email_verified is switches.get("email_verified", True)
    assert {answer.element for answer in told.consents} == {"email", "sms", "digital", "personal"}
    assert (await counter.sim.calls())["violations"] == 0


async def test_a_custom_flow_is_answered_once_and_silence_later_is_no_answer(counter: Counter) -> None:
    counter.settings(login_scope="openid name phoneNumber customFlow")
    first, second = await counter.enrol(), await counter.enrol()
    assert isinstance(first, Disclosure)
    assert isinstance(second, Disclosure)
    assert first.sub == second.sub
    assert len(first.consents) == 4
    assert first.raw_consents is not None
    assert (second.consents, second.raw_consents) == ((), None)


async def test_a_custom_flow_with_elements_that_nobody_has_heard_of_is_read_for_the_rest(counter: Counter) -> None:
    counter.settings(login_scope="openid name phoneNumber customFlow")
    await counter.sim.switches(novelties=True)
    told = await counter.enrol()
    assert isinstance(told, Disclosure)
    assert [answer.element for answer in told.consents] == ["email", "sms", "digital", "personal"]


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_a_code_that_is_too_old_is_one_whatever_the_status(counter: Counter, status: int) -> None:
    await counter.sim.switches(unknown_code_status=status)
    code = PersonalQr(await counter.sim.qr(KARI.msisdn, "token"))
    await counter.sim.turn(301)
    with pytest.raises(UnreadableCode):
        await counter.platform.reveal(CLUB, code)


@pytest.mark.parametrize("shape", ["oauth", "integers"])
async def test_refused_keys_are_ours_whatever_their_shape(counter: Counter, shape: str) -> None:
    await counter.sim.switches(client_refused_in=shape)
    counter.settings(client_secret=Masked("another"))
    assert await counter.platform.ask(Question(CLUB, KARI, CODE)) == NotAsked(Reason.PLATFORM_UNAVAILABLE)


async def test_a_number_that_the_platform_does_not_take_is_told_as_its_refusal(counter: Counter) -> None:
    await counter.sim.switches(norwegian_numbers_only=True)
    answer = await counter.platform.ask(Question(CLUB, PhoneNumber("4540000001"), CODE))
    assert isinstance(answer, NotAsked)
    assert answer.reason is Reason.PLATFORM_SURPRISED_US
    assert isinstance(await counter.platform.ask(Question(CLUB, KARI, CODE)), Asked)


async def test_keys_in_the_form_when_the_portal_says_so(counter: Counter) -> None:
    await counter.sim.switches(client_auth="client_secret_post")
    assert await counter.platform.ask(Question(CLUB, KARI, CODE)) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    counter.settings(auth_method=AuthMethod.POST)
    assert isinstance(await counter.enrol(), Disclosure)


async def test_a_partner_enrols_for_a_merchant(counter: Counter) -> None:
    keys = await counter.sim.control("GET", "/credentials/partner")
    assert keys["client_id"] != counter.sim.keys["client_id"], "so the token's aud is nobody that a partner knows"
    counter.settings(
        auth_method=AuthMethod.PARTNER,
        client_id=keys["client_id"],
        client_secret=Masked(keys["client_secret"]),
        subscription_key=Masked(keys["subscription_key"]),
    )
    assert isinstance(await counter.enrol(), Disclosure)
    assert await counter.platform.exists(CLUB, KARI)
    code = PersonalQr(await counter.sim.qr(KARI.msisdn, "token"))
    assert (await counter.platform.reveal(CLUB, code)).phone == KARI
    counter.settings(msn="99999")
    assert await counter.platform.ask(Question(CLUB, KARI, CODE)) == NotAsked(Reason.PLATFORM_UNAVAILABLE)


@pytest.mark.parametrize("place", ["error_code", "error", "error_description"])
@pytest.mark.parametrize(
    ("traits", "reason"), [({"app": "old"}, Reason.APP_TOO_OLD), ({"age": 14}, Reason.CANNOT_USE_APP)]
)
async def test_a_customer_who_cannot_answer_may_be_told_at_the_poll(
    counter: Counter, place: str, traits: dict[str, Any], reason: Reason
) -> None:
    await counter.sim.person(KARI.msisdn, **traits)
    await counter.sim.switches(ineligible_told_at="poll", ineligible_told_in=place)
    assert await counter.collect(await counter.ask()) == Failed(reason)
    await counter.sim.switches(ineligible_told_at="request", ineligible_told_in=place)
    assert await counter.platform.ask(Question(CLUB, KARI, CODE)) == NotAsked(reason)


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "token", "kind": "bad_json"},
        {"operation": "token", "kind": "reset"},
        {"operation": "token", "kind": "429", "seconds": 3},
        {"operation": "userinfo", "kind": "429"},
        {"operation": "userinfo", "kind": "bad_json"},
        {"operation": "jwks", "kind": "bad_json"},
        {"operation": "discovery", "kind": "500"},
        {"operation": "token", "kind": "rotated_key"},
        {"operation": "jwks", "kind": "rotated_key"},
        {"operation": "token", "kind": "clock_skew", "seconds": 86400},
        {"operation": "token", "kind": "clock_skew", "seconds": -86400},
    ],
    ids=lambda fault: " ".join(str(value) for value in fault.values()),
)
async def test_a_bad_moment_of_the_platforms_costs_no_yes(counter: Counter, fault: dict[str, Any]) -> None:
    asked = await counter.ask()
    await counter.sim.press(KARI.msisdn, "approve")
    await counter.sim.faults(fault | {"times": 1})
    answers = [await counter.collect(asked)]
    if isinstance(answers[0], Unreachable):
        answers.append(await counter.collect(asked))
    assert isinstance(answers[-1], Answered), answers
    told = [await counter.platform.disclose(CLUB, asked.request, answers[-1].raw)]
    if isinstance(told[0], Unreachable):
        told.append(await counter.platform.disclose(CLUB, asked.request, answers[-1].raw))
    assert isinstance(told[-1], Disclosure), told


@pytest.mark.parametrize("kind", ["forged", "wrong_issuer"])
async def test_a_forged_answer_makes_nobody_a_member(counter: Counter, kind: str) -> None:
    await counter.sim.faults({"operation": "token", "kind": kind, "times": 1})
    told = await counter.enrol()
    assert isinstance(told, Failed)
    assert told.reason is Reason.PLATFORM_SURPRISED_US


async def test_a_lost_token_answer_leaves_the_outcome_unknown(counter: Counter) -> None:
    asked = await counter.ask()
    await counter.sim.press(KARI.msisdn, "approve")
    await counter.sim.faults({"operation": "token", "kind": "lost", "times": 1})
    assert isinstance(await counter.collect(asked), Unreachable)
    assert await counter.collect(asked) == Failed(Reason.OUTCOME_UNKNOWN)


async def test_a_reset_ask_is_not_asked_again(counter: Counter) -> None:
    await counter.sim.faults({"operation": "backchannel", "kind": "reset", "times": 1})
    assert await counter.platform.ask(Question(CLUB, KARI, CODE)) == NotAsked(Reason.OUTCOME_UNKNOWN)
    assert (await counter.sim.calls())["operations"]["backchannel"]["count"] == 1


async def test_an_access_token_that_ends_early_is_replaced_on_the_way(counter: Counter) -> None:
    code = PersonalQr(await counter.sim.qr(KARI.msisdn, "clear"))
    assert (await counter.platform.reveal(CLUB, code)).phone == KARI
    await counter.sim.turn(3601)  # the platform's clock runs, ours stands still
    assert (await counter.platform.reveal(CLUB, code)).phone == KARI
    assert (await counter.sim.calls())["operations"]["access_token"]["count"] == 2


@pytest.mark.parametrize("asking", [Asking.CUSTOM_FLOW, Asking.DELEGATED])
async def test_consents_come_in_either_way_once_and_again_when_the_questions_change(
    counter: Counter, asking: Asking
) -> None:
    """Absence afterwards is no answer; a new set-up saved in the portal asks everybody again."""
    counter.settings(login_scope="openid name", consents=asking)
    questions = [{"id": "offers", "title": "Offers", "required": True}, {"id": "personal", "title": "Personal"}]
    await counter.sim.switches(consents=questions)
    first, second = await counter.enrol(), await counter.enrol()
    await counter.sim.switches(consents=questions, consents_version=2)
    third = await counter.enrol()
    assert isinstance(first, Disclosure)
    assert isinstance(second, Disclosure)
    assert isinstance(third, Disclosure)
    for told in (first, third):
        assert [(one.element, one.text, one.granted) for one in told.consents] == [
            ("offers", "Offers", True),
            ("personal", "Personal", False),
        ]
        assert told.raw_consents is not None
    assert (second.consents, second.raw_consents) == ((), None)
    assert second.sub == first.sub == third.sub


@pytest.mark.parametrize("told", [True, False])
async def test_a_custom_flow_is_dated_by_the_platform_or_not_at_all(counter: Counter, *, told: bool) -> None:
    counter.settings(login_scope="openid name", consents=Asking.CUSTOM_FLOW)
    await counter.sim.switches(time_in_flow_result=told)
    shared = await counter.enrol()
    assert isinstance(shared, Disclosure)
    assert {one.given_at is not None for one in shared.consents} == {told}


async def test_another_standard_provider_enrols_by_settings_alone(counter: Counter) -> None:
    sim = counter.sim
    counter.units[CLUB] = SalesUnit(
        client_id=sim.keys["client_id"],
        client_secret=Masked(sim.keys["client_secret"]),
        base_url="http://127.0.0.1:1",
        discovery_url=f"{sim.url}/op/.well-known/openid-configuration",
        login_scope="openid profile",
        login_hint="tel:+{msisdn}",
        user_exists=False,
    )
    asked = await counter.ask()
    assert asked.interval.total_seconds() == 5
    assert await counter.collect(asked) == Pending()
    await sim.press(KARI.msisdn, "approve")
    answer = await counter.collect(asked)
    assert isinstance(answer, Answered)
    told = await counter.platform.disclose(CLUB, asked.request, answer.raw)
    assert isinstance(told, Disclosure)
    assert told.phone is None
    assert told.profile == Profile(name="Kari Nordmann")
    assert await counter.platform.exists(CLUB, KARI) is None
    calls = await sim.calls()
    assert calls["violations"] == 0
    used = {name for name, seen in calls["operations"].items() if seen["count"]}
    assert used == {"discovery", "backchannel", "token", "jwks", "userinfo"}


async def test_a_ping_comes_signed_and_names_the_request(counter: Counter) -> None:
    arrived: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def receive(http: web.Request) -> web.Response:
        arrived.put_nowait((dict(http.headers), await http.read()))
        return web.Response()

    application = web.Application()
    application.router.add_post("/hooks/{path:.*}", receive)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/vipps/1/{PING}?a=b"
    made = await counter.platform.register(CLUB, PING, url)
    assert made is not None
    asked = await counter.ask()
    await counter.sim.press(KARI.msisdn, "approve")
    headers, body = await asyncio.wait_for(arrived.get(), 10)
    await runner.cleanup()
    assert asked.request.reveal().encode() in body
    assert verify(made.secret, url, headers, body)
    assert not verify(made.secret, url, headers, body + b" ")
    assert not verify(Masked("another"), url, headers, body)
