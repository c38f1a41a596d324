"""Asking: once, in the platform's own form, and every end of it has its name."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from medlem.club.enrolment import Reason
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Ask, Asked, NotAsked, Question
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import AuthMethod
from stub_platform import (
    ACCESS_TOKEN,
    ASK,
    CLUB,
    CODE,
    DISCOVERY,
    KARI,
    SHORT,
    Endless,
    HangUp,
    House,
    Said,
    Scripted,
    Silence,
    Truncated,
    open_house,
)

GOOD = {"auth_req_id": "request-1", "expires_in": 180, "interval": 5}


async def ask(house: House, said: Scripted | None = None) -> Ask:
    if said is not None:
        house.stub.says(ASK, said)
    return await house.platform.ask(Question(CLUB, KARI, CODE))


def refused_keys(operation: str) -> float:
    return REGISTRY.get_sample_value("medlem_platform_keys_refused_total", {"operation": operation}) or 0.0


async def test_the_question_says_all_that_the_platform_wants_to_know(house: House) -> None:
    answer = await ask(house, Said(GOOD))
    assert answer == Asked(Masked("request-1"), timedelta(seconds=180), timedelta(seconds=5))
    (seen,) = house.stub.calls(ASK)
    assert seen.method == "POST"
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert seen.form == {
        "scope": "openid name phoneNumber",
        "login_hint": "urn:msisdn:4740000001",
        "binding_message": "4MX-CQ3",
        "requested_expiry": "180",
    }


async def test_scope_and_hint_are_settings(house: House) -> None:
    other = open_house(house.stub, login_scope="profile phone", login_hint="tel:+{msisdn}", requested_expiry=60)
    await ask(other, Said(GOOD))
    await other.platform.close()
    form = house.stub.calls(ASK)[0].form
    assert (form["scope"], form["login_hint"]) == ("openid profile phone", "tel:+4740000001")
    assert form["requested_expiry"] == "60"


async def test_every_ask_has_a_connection_of_its_own(house: House) -> None:
    await ask(house, Said(GOOD))
    await ask(house)
    first, second = house.stub.calls(ASK)
    assert first.connection != second.connection
    assert house.stub.calls(DISCOVERY)[0].connection not in {first.connection, second.connection}


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [
        (None, 5),
        ("7", 7),
        (31, 31),
        (2.5, 2.5),
        (0, 1),
        (-5, 1),
        (10**9, 180),
        (True, 5),
        ("soon", 5),
        ({}, 5),
    ],
)
async def test_an_absurd_interval_is_brought_to_reason(house: House, interval: Any, seconds: float) -> None:
    body = {name: value for name, value in (GOOD | {"interval": interval}).items() if value is not None}
    answer = await ask(house, Said(body))
    assert isinstance(answer, Asked)
    assert answer.interval == timedelta(seconds=seconds)


async def test_a_life_may_come_as_text_and_ends_some_day(house: House) -> None:
    answer = await ask(house, Said(GOOD | {"expires_in": "600"}))
    assert isinstance(answer, Asked)
    assert answer.life == timedelta(minutes=10)
    answer = await ask(house, Said(GOOD | {"expires_in": 10**15}))
    assert isinstance(answer, Asked)
    assert answer.life == timedelta(days=1)


@pytest.mark.parametrize("place", ["error", "error_code", "error_description"])
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("invalid_user", Reason.CANNOT_USE_APP),
        ("unknown_user_id", Reason.CANNOT_USE_APP),
        ("old_app", Reason.APP_TOO_OLD),
        ("outdated_app_version", Reason.APP_TOO_OLD),
        ("OLD_APP", Reason.APP_TOO_OLD),
    ],
)
async def test_the_vendors_words_are_found_wherever_they_stand(
    house: House, place: str, word: str, reason: Reason
) -> None:
    spoken = f"The customer has {word}." if place == "error_description" else word
    for status in (400, 401, 403):
        answer = await ask(house, Said({"error": "access_denied"} | {place: spoken}, status))
        assert answer == NotAsked(reason)


DIGEST_OF_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

ENDS: dict[str, tuple[Scripted, Reason]] = {
    "busy": (Said({"error": "too_many"}, 429, {"Retry-After": "30"}), Reason.CUSTOMER_BUSY),
    "busy, by the gateway": (Said("<html>", 429), Reason.CUSTOMER_BUSY),
    "failing": (Said("", 500), Reason.PLATFORM_UNAVAILABLE),
    "failing with a vendor's word": (Said({"error": "invalid_user"}, 503), Reason.PLATFORM_UNAVAILABLE),
    "bad gateway": (Said("<html>", 502), Reason.PLATFORM_UNAVAILABLE),
    "reset": (HangUp(), Reason.OUTCOME_UNKNOWN),
    "silent": (Silence(), Reason.OUTCOME_UNKNOWN),
    "cut off in the middle": (Truncated(Said(GOOD)), Reason.OUTCOME_UNKNOWN),
}


@pytest.mark.parametrize(("said", "reason"), ENDS.values(), ids=list(ENDS))
async def test_every_end_of_an_ask_has_its_reason_and_nothing_is_asked_twice(
    house: House, said: Scripted, reason: Reason
) -> None:
    assert await ask(house, said) == NotAsked(reason)
    assert len(house.stub.calls(ASK)) == 1


SURPRISES: dict[str, Said] = {
    "no name": Said({"expires_in": 180}),
    "empty name": Said(GOOD | {"auth_req_id": " "}),
    "name as a number": Said(GOOD | {"auth_req_id": 1}),
    "endless name": Said(GOOD | {"auth_req_id": "x" * 4097}),
    "no life": Said({"auth_req_id": "request-1"}),
    "life of zero": Said(GOOD | {"expires_in": 0}),
    "negative life": Said(GOOD | {"expires_in": -180}),
    "life in words": Said(GOOD | {"expires_in": "soon"}),
    "life as true": Said(GOOD | {"expires_in": True}),
    "life in fractions": Said(GOOD | {"expires_in": 1.5}),
    "not a number": Said('{"auth_req_id": "request-1", "expires_in": NaN}'),
    "a list": Said([GOOD]),
    "html": Said("<html>Welcome to the hotel network</html>"),
    "empty": Said(""),
    "broken letters": Said(b'{"auth_req_id": "\xff", "expires_in": 180}'),
    "nested without end": Said("[" * 100_000),
    "redirect": Said("", 302, {"Location": "/elsewhere"}),
    "permanent redirect": Said("", 308, {"Location": "/elsewhere"}),
    "not found": Said("<html>", 404),
    "invalid request": Said({"error": "invalid_request"}, 400),
    "bad binding message": Said({"error": "invalid_binding_message"}, 400),
    "unknown code": Said({"error": "brand_new_code"}, 400),
    "code of a number": Said({"error": 17, "error_code": 17}, 400),
    "not allowed to ask": Said({"error": "unauthorized_client"}, 400),
}


@pytest.mark.parametrize("said", SURPRISES.values(), ids=list(SURPRISES))
async def test_an_answer_that_cannot_be_read_leaves_its_digest(house: House, said: Said) -> None:
    answer = await ask(house, said)
    assert isinstance(answer, NotAsked)
    assert answer.reason is Reason.PLATFORM_SURPRISED_US
    assert (answer.digest == DIGEST_OF_EMPTY) is (said.raw == b"")
    assert [seen.path for seen in house.stub.seen] == [DISCOVERY, ASK]


async def test_an_answer_without_end_is_not_read_to_its_end(house: House) -> None:
    house.stub.says(ASK, Endless())
    answer = await ask(house)
    assert isinstance(answer, NotAsked)
    assert answer.reason is Reason.PLATFORM_SURPRISED_US
    assert house.stub.sent < 20 * 1024 * 1024


@pytest.mark.parametrize(
    "said",
    [
        Said({"error": "invalid_client"}, 401),
        Said({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401),
        Said("", 403),
        Said({"error": "invalid_client"}, 400),
    ],
    ids=["OAuth", "gateway", "forbidden", "as a bad request"],
)
async def test_refused_keys_alarm_the_operator(house: House, said: Said, caplog: pytest.LogCaptureFixture) -> None:
    before = refused_keys("backchannel")
    assert await ask(house, said) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    assert refused_keys("backchannel") == before + 1
    assert "refused the sales unit's keys" in caplog.text


async def test_nothing_is_sent_when_nobody_listens(house: House) -> None:
    house.stub.says(DISCOVERY, Said(house.stub.document(backchannel_authentication_endpoint="http://127.0.0.1:1/ask")))
    assert await ask(house) == NotAsked(Reason.PLATFORM_UNAVAILABLE)


async def test_nothing_is_sent_when_the_name_is_unknown(house: House) -> None:
    nowhere = "http://nowhere.invalid/ask"
    house.stub.says(DISCOVERY, Said(house.stub.document(backchannel_authentication_endpoint=nowhere)))
    assert await ask(house) == NotAsked(Reason.PLATFORM_UNAVAILABLE)


@pytest.mark.parametrize("said", [Said("", 500), HangUp(), Silence(), Said("", 429)])
async def test_nothing_is_sent_without_discovery(house: House, said: Scripted) -> None:
    house.stub.says(DISCOVERY, said)
    assert await ask(house) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    assert not house.stub.calls(ASK)


async def test_an_unreadable_discovery_document_is_a_surprise(house: House) -> None:
    house.stub.says(DISCOVERY, Said("<html>"))
    answer = await ask(house)
    assert isinstance(answer, NotAsked)
    assert answer.reason is Reason.PLATFORM_SURPRISED_US
    assert answer.digest is not None


async def test_a_club_without_a_sales_unit_asks_nobody(house: House) -> None:
    answer = await house.platform.ask(Question(ClubId("clb_unknown"), KARI, CODE))
    assert answer == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    assert not house.stub.seen


async def test_a_slow_preparation_leaves_less_time_for_the_question(house: House) -> None:
    impatient = VippsPlatform({CLUB: house.unit}, house.clock, replace(SHORT, ask=0.3))
    house.stub.says(DISCOVERY, Silence())
    assert await impatient.ask(Question(CLUB, KARI, CODE)) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    await impatient.close()
    assert not house.stub.calls(ASK)


async def test_a_partner_shows_an_access_token_and_the_merchants_number(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER)
    house.stub.says(ASK, Said({"error": "invalid_client"}, 401), Said(GOOD))
    house.stub.says(
        ACCESS_TOKEN, *(Said({"access_token": token, "expires_in": 3600}) for token in ("old.token", "new.token"))
    )
    assert await ask(partner) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    assert len(house.stub.calls(ASK)) == 1, "not even a refused key is a reason to ask twice"
    assert isinstance(await ask(partner), Asked)
    await partner.platform.close()
    old, new = house.stub.calls(ASK)
    assert old.headers["Authorization"] == "Bearer old.token"
    assert new.headers["Authorization"] == "Bearer new.token"
    assert new.headers["Merchant-Serial-Number"] == "123456"


async def test_a_partner_whose_keys_are_refused_asks_nobody(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER)
    house.stub.says(ACCESS_TOKEN, Said({"error": "invalid_client"}, 401))
    assert await ask(partner, Said(GOOD)) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    await partner.platform.close()
    assert not house.stub.calls(ASK)


async def test_an_ask_that_is_abandoned_does_not_disturb_the_others(house: House) -> None:
    open_discovery = house.stub.hold(DISCOVERY)
    house.stub.says(ASK, Said(GOOD))
    first = asyncio.create_task(ask(house))
    second = asyncio.create_task(ask(house))
    await house.stub.arrival(DISCOVERY)
    first.cancel()
    open_discovery.set()
    assert isinstance(await second, Asked)
    assert first.cancelled()
    assert len(house.stub.calls(DISCOVERY)) == 1


@pytest.mark.parametrize(
    ("modes", "sent"),
    [(["poll", "ping"], True), (["ping"], True), (["poll"], False), (None, False), ("ping", False), ([1], False)],
)
async def test_a_notification_token_goes_only_where_pings_are_offered(house: House, modes: Any, *, sent: bool) -> None:
    document = house.stub.document() | {"backchannel_token_delivery_modes_supported": modes}
    house.stub.says(DISCOVERY, Said(document))
    house.stub.says(ASK, Said(GOOD))
    await house.platform.ask(Question(CLUB, KARI, CODE, notification=Masked("token-1")))
    assert house.stub.calls(ASK)[0].form.get("client_notification_token") == ("token-1" if sent else None)


async def test_without_a_token_none_is_sent_whatever_is_offered(house: House) -> None:
    house.stub.says(DISCOVERY, Said(house.stub.document() | {"backchannel_token_delivery_modes_supported": ["ping"]}))
    await ask(house, Said(GOOD))
    assert "client_notification_token" not in house.stub.calls(ASK)[0].form


async def test_exactly_one_hint_is_given_and_nothing_stands_in_the_address(house: House) -> None:
    await ask(house, Said(GOOD))
    (seen,) = house.stub.calls(ASK)
    assert [name for name in seen.form if name.endswith(("hint", "hint_token"))] == ["login_hint"]
    assert "request" not in seen.form
    assert seen.path == ASK
