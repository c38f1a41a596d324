"""Our client against the documented requests and answers; the simulator has no part in this.

A stub gives the documented answer, letter by letter. The client must have sent the documented request, and must read
the answer for what the page says it means.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from documented.client_bench import (
    CLEAR,
    CUSTOMER_TOKEN,
    HOOK,
    KARI,
    NOBODY,
    OLD,
    OPAQUE,
    PAGE,
    REQUEST,
    STATION_QR,
    WELL_KNOWN,
    Bench,
    benched,
    means,
    outcome_of,
    sent_as_documented,
)
from documented.documents import NAMES, load
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Finish, Reason
from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.ids import StationQrId
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import (
    Answered,
    Asked,
    Declined,
    Expired,
    Failed,
    HungQr,
    Pending,
    Question,
    Revealed,
    Standing,
    Unreachable,
    Worthless,
)
from medlem.vipps.sales_unit import AuthMethod
from medlem.vipps.webhooks import PING
from stub_platform import CLUB, Stub

Drive = Callable[[Bench], Awaitable[Any]]


@dataclass(frozen=True)
class Reading:
    """How a case is brought about, and what the client must make of it."""

    drive: Drive
    means: Any
    """The outcome; a type where any of its kind will do; an exception's type where it is raised."""
    unit: dict[str, Any] = field(default_factory=dict)


def asking(phone: PhoneNumber = KARI, code: str = "4MX-CQ3") -> Drive:
    return lambda bench: bench.ask(phone, code)


def scanning(code: str = CLEAR) -> Drive:
    return lambda bench: bench.reveal(code)


def collecting(bench: Bench) -> Awaitable[Any]:
    return bench.collect()


def reading(bench: Bench) -> Awaitable[Any]:
    return bench.read()


def reading_with_a_worn_out_token(bench: Bench) -> Awaitable[Any]:
    return bench.read("worn-out")


async def scanning_with_this_token(bench: Bench) -> Any:
    bench.say(bench.case("exchange-clear"))
    return await bench.reveal()


async def scanning_with_a_worn_out_token(bench: Bench) -> Any:
    said = bench.case("access-token")
    said.answer["json"]["access_token"] = "worn-out"
    bench.say(said)
    return await bench.reveal()


async def asking_as_a_partner(bench: Bench) -> Any:
    return await bench.ask()


async def looking_up(bench: Bench, phone: PhoneNumber = KARI) -> Any:
    return await bench.platform.exists(CLUB, phone)


async def looking_nobody_up(bench: Bench) -> Any:
    return await looking_up(bench, NOBODY)


async def registering(bench: Bench) -> Any:
    made = await bench.platform.register(CLUB, PING, HOOK)
    return made and (made.id, made.url, made.secret.reveal())


async def listing_registrations(bench: Bench) -> Any:
    return await bench.platform.registrations(CLUB)


def giving_up(name: str) -> Drive:
    async def drive(bench: Bench) -> Any:
        return await bench.platform.unregister(CLUB, name)

    return drive


async def asking_by_token(bench: Bench) -> Any:
    return await bench.ask(token=CUSTOMER_TOKEN)


async def asking_to_finish_on_the_page(bench: Bench) -> Any:
    return await bench.platform.ask(Question(CLUB, KARI, ConfirmationCode("4MX-CQ3"), finish=Finish.ON_PAGE))


def redeeming(code: str = "the-code") -> Drive:
    return lambda bench: bench.platform.redeem(CLUB, Masked(code))


async def swapping(bench: Bench) -> Any:
    return await bench.platform.reveal_customer(CLUB, CUSTOMER_TOKEN)


def hanging(label: str = "Till 1") -> Drive:
    """A sticker is placed, and then read: placing it answers nothing."""

    async def drive(bench: Bench) -> Any:
        placed = bench.case("callback-qr-place" if label == "Till 1" else "callback-qr-refused")
        bench.say(placed, bench.case("callback-qr-show"))
        return await bench.platform.hang_qr(CLUB, STATION_QR, label)

    return drive


def finding(name: str = STATION_QR) -> Drive:
    return lambda bench: bench.platform.find_qr(CLUB, StationQrId(name))


HUNG = HungQr(STATION_QR, "Till 1", "https://qr.vipps.no/o/Jjp7SqAo", "https://qr.vipps.no/generate/qr.png?sample=1")
REVEALED = Revealed(KARI, Evidence.PERSONAL_QR_CLEAR)
ASKED = Asked(REQUEST, timedelta(seconds=180), timedelta(seconds=5))

READINGS: dict[str, Reading] = {
    "access-token": Reading(scanning_with_this_token, REVEALED),
    "access-token-in-integers": Reading(scanning_with_this_token, REVEALED),
    "access-token-wrong-secret": Reading(scanning(), PlatformRefusedKeys, {"client_secret": Masked("another")}),
    "access-token-wrong-subscription-key": Reading(
        scanning(), PlatformRefusedKeys, {"subscription_key": Masked("another")}
    ),
    "exchange-clear": Reading(scanning(), REVEALED),
    "exchange-tokenised": Reading(scanning(OPAQUE), Revealed(KARI, Evidence.PERSONAL_QR_TOKEN)),
    "exchange-refused": Reading(scanning(OPAQUE), UnreadableCode),
    "exchange-unauthorized": Reading(scanning_with_a_worn_out_token, PlatformRefusedKeys),
    "exchange-customer": Reading(swapping, KARI),
    "exchange-customer-refused": Reading(swapping, UnreadableCode),
    "callback-qr-place": Reading(hanging(), HUNG),
    "callback-qr-show": Reading(finding(), HUNG),
    "callback-qr-unknown": Reading(finding("nobody-made-this"), None),
    "callback-qr-list": Reading(lambda bench: bench.platform.hung_qrs(CLUB), [HUNG]),
    "callback-qr-delete": Reading(lambda bench: bench.platform.remove_qr(CLUB, STATION_QR), None),
    "callback-qr-refused": Reading(hanging("This text is longer than thirty-six characters"), PlatformSurprisedUs),
    "user-exists": Reading(looking_up, True),  # noqa: FBT003  the answer itself
    "user-exists-nobody": Reading(looking_nobody_up, False),  # noqa: FBT003
    "user-exists-too-often": Reading(looking_up, None),
    "ask": Reading(asking(), ASKED),
    "ask-with-keys-in-the-form": Reading(asking(), ASKED, {"auth_method": AuthMethod.POST}),
    "ask-as-a-partner": Reading(asking_as_a_partner, ASKED, {"auth_method": AuthMethod.PARTNER}),
    "ask-with-a-customer-token": Reading(asking_by_token, ASKED),
    "ask-to-finish-on-a-page": Reading(asking_to_finish_on_the_page, ASKED, {"redirect_uri": PAGE}),
    "ask-to-finish-on-an-unknown-page": Reading(
        asking_to_finish_on_the_page, Reason.PLATFORM_SURPRISED_US, {"redirect_uri": "https://elsewhere.example/page"}
    ),
    "code-tokens": Reading(redeeming(), Answered),
    "code-used": Reading(redeeming("nobody-made-this"), Worthless()),
    "ask-malformed-hint": Reading(asking(), Reason.PLATFORM_SURPRISED_US, {"login_hint": "urn:msisdn:12"}),
    "ask-bad-binding-message": Reading(asking(code="4mx cq3"), Reason.PLATFORM_SURPRISED_US),
    "ask-unheard-of-scope": Reading(asking(), Reason.PLATFORM_SURPRISED_US, {"login_scope": "openid shoeSize"}),
    "ask-nobody": Reading(asking(NOBODY), Reason.CANNOT_USE_APP),
    "ask-old-app": Reading(asking(OLD), Reason.APP_TOO_OLD),
    "ask-busy-customer": Reading(asking(), Reason.CUSTOMER_BUSY),
    "ask-wrong-keys": Reading(
        asking(), Reason.PLATFORM_UNAVAILABLE, {"client_id": "nobody", "client_secret": Masked("nothing")}
    ),
    "token-authorization-pending": Reading(collecting, Pending()),
    "token-slow-down": Reading(collecting, Pending(slow_down=True)),
    "token-expired-token": Reading(collecting, Expired()),
    "token-access-denied": Reading(collecting, Declined()),
    "token-invalid-grant": Reading(collecting, Failed(Reason.OUTCOME_UNKNOWN)),
    "token-old-app": Reading(collecting, Failed(Reason.APP_TOO_OLD)),
    "token-tokens": Reading(collecting, Answered),
    "token-lower-case-bearer": Reading(collecting, Answered),
    "userinfo": Reading(reading, Disclosure),
    "userinfo-without-an-address": Reading(reading, Disclosure),
    "userinfo-delegated-consents": Reading(reading, Disclosure),
    "userinfo-delegated-consents-as-published": Reading(reading, Disclosure),
    "userinfo-flow-result": Reading(reading, Disclosure),
    "userinfo-that-is-not-json": Reading(reading, Unreachable),
    "userinfo-unauthorized": Reading(reading_with_a_worn_out_token, Disclosure),
    "webhook-register": Reading(
        registering, ("497f6eca-6276-4993-bfeb-53cbbbba6f08", HOOK, "090a478d-37ff-4e77-970e-d457aeb26a3a")
    ),
    "webhook-list": Reading(
        listing_registrations, [Standing("497f6eca-6276-4993-bfeb-53cbbbba6f08", HOOK, frozenset([PING]))]
    ),
    "webhook-delete": Reading(giving_up("497f6eca-6276-4993-bfeb-53cbbbba6f08"), True),  # noqa: FBT003
    "webhook-delete-unknown": Reading(giving_up("00000000-0000-4000-8000-00000000dead"), True),  # noqa: FBT003
}

OTHERWISE = {
    "discovery": "test_every_address_comes_from_the_documented_discovery",
    "jwks": "test_every_address_comes_from_the_documented_discovery",
    "userinfo-with-a-subscription-key": "the client never sends one: every case of userinfo says that it is absent",
    "webhook-register-refused": "test_a_refused_registration_is_no_registration",
    "delivery-published-vector": "test_client_reads.py: test_the_published_delivery_is_genuine",
    "delivery-consent-revoked": "test_client_reads.py: test_the_published_word_of_withdrawn_sharing_is_read",
    "delivery-check-in": "test_client_reads.py: test_a_documented_check_in_is_read",
    "delivery-check-in-older": "test_client_reads.py: test_a_documented_check_in_is_read",
    "delivery-ping": "test_client_reads.py: test_a_documented_ping_is_read",
}
"""What is checked by a test of its own, or cannot be, and why."""


@pytest.mark.parametrize("name", READINGS)
async def test_the_client_asks_and_reads_as_documented(stub: Stub, name: str) -> None:
    wanted = READINGS[name]
    async with benched(stub, **wanted.unit) as bench:
        case = bench.case(name)
        bench.say(case)
        outcome = await outcome_of(wanted.drive(bench))
        path = case.request["path"].partition("?")[0]
        answers = [seen for seen in stub.calls(path) if seen.method == case.request["method"]]

        assert answers, "the client never called there"
        assert sent_as_documented(case, answers[0]) == []
        assert means(outcome, wanted.means), outcome


def test_every_case_is_checked_against_the_client() -> None:
    assert READINGS.keys() | OTHERWISE.keys() | REFUSALS.keys() == set(NAMES)
    for reason in OTHERWISE.values():
        assert " " in reason or reason in globals()


async def test_every_address_comes_from_the_documented_discovery(stub: Stub) -> None:
    async with benched(stub) as bench:
        bench.say(bench.case("token-tokens"))
        bench.say(bench.case("userinfo"))
        answer = await bench.collect()
        assert isinstance(answer, Answered)
        told = await bench.platform.disclose(CLUB, REQUEST, answer.raw)

        assert isinstance(told, Disclosure)
        for name in ("discovery", "jwks", "token-tokens", "userinfo"):
            case = bench.case(name)
            (seen,) = stub.calls(case.request["path"])
            assert sent_as_documented(case, seen) == []
        # Kept for the hour that the answer names.
        await bench.clock.turn(3599)
        assert await bench.collect() is not None
        assert len(stub.calls(f"{WELL_KNOWN}openid-configuration")) == 1
        await bench.clock.turn(2)
        await bench.collect()
        assert len(stub.calls(f"{WELL_KNOWN}openid-configuration")) == 2


async def test_a_refused_registration_is_no_registration(stub: Stub) -> None:
    async with benched(stub) as bench:
        bench.say(bench.case("webhook-register-refused"))
        assert await registering(bench) is None


REFUSALS: dict[str, tuple[Drive, str, Any]] = {
    "refusal-extra-details": (scanning(), "/qr/v1/exchange", UnreadableCode),
    "refusal-invalid-params": (scanning(), "/qr/v1/exchange", UnreadableCode),
    "refusal-gateway": (scanning(), "/qr/v1/exchange", PlatformUnavailable),
    "refusal-gateway-html": (scanning(), "/qr/v1/exchange", PlatformRefusedKeys),
    "refusal-empty": (scanning(), "/qr/v1/exchange", PlatformRefusedKeys),
    "refusal-locked": (scanning(), "/qr/v1/exchange", PlatformUnavailable),
    "refusal-oauth-word": (asking(), "/vipps-login-ciba/api/backchannel/authentication", Reason.APP_TOO_OLD),
    "refusal-oauth-integer": (
        asking(),
        "/vipps-login-ciba/api/backchannel/authentication",
        Reason.PLATFORM_SURPRISED_US,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_every_documented_shape_of_a_no_is_read(stub: Stub, name: str) -> None:
    drive, path, wanted = REFUSALS[name]
    async with benched(stub) as bench:
        bench.say(load(name), path=path)
        assert means(await outcome_of(drive(bench)), wanted)
