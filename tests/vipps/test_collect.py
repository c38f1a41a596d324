"""Collecting: what ends a login ends it, and nothing else does."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from medlem.club.enrolment import Reason
from medlem.club.ids import ClubId
from medlem.flows.answers import Answer, Answered, Declined, Expired, Failed, Pending, Unreachable
from medlem.vipps.receipt import Receipt
from medlem.vipps.sales_unit import AuthMethod
from signed_tokens import NOW
from stub_platform import (
    ACCESS_TOKEN,
    CLUB,
    DISCOVERY,
    REQUEST,
    TOKEN,
    Endless,
    HangUp,
    House,
    Said,
    Scripted,
    Silence,
    Truncated,
    open_house,
)


async def collect(house: House, said: Scripted | None = None) -> Answer:
    if said is not None:
        house.stub.says(TOKEN, said)
    return await house.platform.collect(CLUB, REQUEST)


def refused(error: str, status: int = 400, **more: str) -> Said:
    return Said({"error": error, **more}, status)


async def test_a_poll_names_the_request_and_us(house: House) -> None:
    await collect(house, refused("authorization_pending"))
    (seen,) = house.stub.calls(TOKEN)
    assert seen.form == {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": "request-1"}
    assert b"urn%3Aopenid%3Aparams%3Agrant-type%3Aciba" in seen.body
    assert seen.headers["Authorization"].startswith("Basic ")


async def test_polls_share_a_connection(house: House) -> None:
    for _ in range(3):
        await collect(house, refused("authorization_pending"))
    assert len({seen.connection for seen in house.stub.calls(TOKEN)}) == 1


NAMED: dict[str, tuple[Said, Answer]] = {
    "pending": (refused("authorization_pending"), Pending()),
    "slow down": (refused("slow_down"), Pending(slow_down=True)),
    "slow down as a limit": (refused("slow_down", 429), Pending(slow_down=True)),
    "denied": (refused("access_denied"), Declined()),
    "denied as forbidden": (refused("access_denied", 403), Declined()),
    "denied for an old app": (refused("access_denied", error_code="old_app"), Failed(Reason.APP_TOO_OLD)),
    "denied to a child": (
        refused("access_denied", error_description="invalid_user: not eligible"),
        Failed(Reason.CANNOT_USE_APP),
    ),
    "vendor's word alone": (refused("outdated_app_version"), Failed(Reason.APP_TOO_OLD)),
    "expired": (refused("expired_token"), Expired()),
    "spent": (refused("invalid_grant"), Failed(Reason.OUTCOME_UNKNOWN)),
}


@pytest.mark.parametrize(("said", "answer"), NAMED.values(), ids=list(NAMED))
async def test_what_the_platform_names_is_what_happened(house: House, said: Said, answer: Answer) -> None:
    assert await collect(house, said) == answer


@pytest.mark.parametrize("error", ["invalid_request", "unauthorized_client", "invalid_scope", "brand_new_code"])
async def test_an_unknown_end_is_an_end_and_leaves_its_digest(house: House, error: str) -> None:
    answer = await collect(house, refused(error))
    assert isinstance(answer, Failed)
    assert answer.reason is Reason.PLATFORM_SURPRISED_US
    assert answer.digest is not None


NO_ANSWER: dict[str, Scripted] = {
    "limit": Said("<html>", 429),
    "failing": Said("", 500),
    "bad gateway": Said("<html>Bad gateway</html>", 502),
    "failing with a code": refused("access_denied", 503),
    "reset": HangUp(),
    "silent": Silence(),
    "cut off in the middle": Truncated(Said({"access_token": "a", "id_token": "b"})),
    "without end": Endless(),
    "refused keys": refused("invalid_client", 401),
    "refused keys by the gateway": Said({"statusCode": 401, "message": "Access denied"}, 401),
    "server in trouble": refused("server_error"),
    "a page in place of the answer": Said("<html>", 200),
    "half an answer": Said('{"access_token": "a", "id_tok'),
    "an answer without tokens": Said({"status": "ok"}),
    "tokens that are none": Said({"access_token": None, "id_token": 1}),
    "a refusal that says nothing": Said({}, 400),
    "not found": Said("<html>", 404),
    "gateway does not know the address": Said({"statusCode": 404, "message": "Resource not found"}, 404),
    "redirect": Said("", 302, {"Location": "/elsewhere"}),
}


@pytest.mark.parametrize("said", NO_ANSWER.values(), ids=list(NO_ANSWER))
async def test_what_is_no_answer_keeps_the_login_alive(house: House, said: Scripted) -> None:
    assert isinstance(await collect(house, said), Unreachable)
    assert len(house.stub.calls(TOKEN)) == 1
    assert await collect(house, refused("authorization_pending")) == Pending()


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("17", timedelta(seconds=17)),
        ("0", timedelta()),
        ("99999999", timedelta(hours=1)),
        ("Mon, 23 Nov 2026 10:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 23 Nov 2026 09:00:00 GMT", timedelta()),
        ("Mon, 23 Nov 2026 10:00:30 -0000", timedelta(seconds=30)),
        ("soon", None),
        ("-5", None),
        ("Mon, 99 Nov 2026 10:01:00 GMT", None),
    ],
)
async def test_the_platform_may_say_when_to_come_back(house: House, header: str, wait: timedelta | None) -> None:
    assert await collect(house, Said("", 503, {"Retry-After": header})) == Unreachable(wait)


async def test_pending_and_slow_down_may_say_when_to_come_back_too(house: House) -> None:
    for error, slow_down in (("authorization_pending", False), ("slow_down", True)):
        said = Said({"error": error}, 400, {"Retry-After": "17"})
        assert await collect(house, said) == Pending(slow_down=slow_down, retry_after=timedelta(seconds=17))


async def test_refused_keys_alarm_the_operator_and_lose_nothing(house: House) -> None:
    def alarms() -> float:
        return REGISTRY.get_sample_value("medlem_platform_keys_refused_total", {"operation": "token"}) or 0.0

    before = alarms()
    assert await collect(house, refused("invalid_client", 401)) == Unreachable()
    assert alarms() == before + 1


async def test_a_partners_next_poll_takes_a_new_token(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER)
    house.stub.says(TOKEN, refused("invalid_client", 401), refused("authorization_pending"))
    house.stub.says(ACCESS_TOKEN, *(Said({"access_token": one, "expires_in": 3600}) for one in ("old", "new")))
    assert isinstance(await collect(partner), Unreachable)
    assert await collect(partner) == Pending()
    await partner.platform.close()
    assert [seen.headers["Authorization"] for seen in house.stub.calls(TOKEN)] == ["Bearer old", "Bearer new"]


async def test_a_partner_who_may_not_act_for_the_merchant_takes_that_for_no_customers_no(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER)
    house.stub.says(ACCESS_TOKEN, Said({"access_token": "one", "expires_in": 3600}))
    assert await collect(partner, refused("access_denied", 403)) == Unreachable()
    await partner.platform.close()
    assert await collect(house, refused("access_denied")) == Declined()


@pytest.mark.parametrize("said", [Said("", 500), Said("<html>"), Silence()], ids=["failing", "html", "silent"])
async def test_without_discovery_a_login_stays_alive(house: House, said: Scripted) -> None:
    house.stub.says(DISCOVERY, said)
    assert isinstance(await collect(house), Unreachable)


async def test_a_club_without_a_sales_unit_finds_nobody(house: House) -> None:
    assert await house.platform.collect(ClubId("clb_unknown"), REQUEST) == Unreachable()


async def test_the_tokens_are_kept_as_they_came_with_both_clocks(house: House) -> None:
    body = house.good().answer
    answer = await collect(house, Said(body, headers={"Date": "Mon, 23 Nov 2026 10:00:05 GMT"}))
    assert isinstance(answer, Answered)
    kept = Receipt.open(answer.raw)
    assert kept.body == body
    assert kept.received_at == NOW
    assert kept.platform_at == NOW + timedelta(seconds=5)
    assert kept.judged_at == kept.platform_at


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Foo 2026 10:00:05 GMT"])
async def test_without_a_readable_date_our_own_clock_counts(house: House, date: str) -> None:
    answer = await collect(house, Said(house.good().answer, headers={"Date": date}))
    assert isinstance(answer, Answered)
    assert Receipt.open(answer.raw).judged_at == NOW
