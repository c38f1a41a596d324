"""Redeeming: a code is sent once, and what came of it is never guessed."""

from typing import Any

import pytest

from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Finish, Reason
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Answered, Failed, Lost, NotAsked, Question, Redeemed, Unreachable, Worthless
from medlem.vipps.disclosure import request_named
from medlem.vipps.sales_unit import AuthMethod
from signed_tokens import NOW, SUB, Tokens, ec_key, key_set
from stub_platform import (
    ASK,
    CLUB,
    DISCOVERY,
    KEYS,
    REQUEST,
    TOKEN,
    USERINFO,
    HangUp,
    House,
    Said,
    Scripted,
    Silence,
    Stub,
    Truncated,
    open_house,
)

CODE = Masked("code-1")
PAGE = "https://club.example.org/finish/123456"
KARI = PhoneNumber("4740000001")


async def redeem(house: House, said: Scripted | None = None) -> Redeemed:
    if said is not None:
        house.stub.says(TOKEN, said)
    return await house.platform.redeem(CLUB, CODE)


def refused(error: str, status: int = 400) -> Said:
    return Said({"error": error}, status)


async def test_a_code_is_sent_with_the_platforms_own_grant_and_nothing_else(house: House) -> None:
    await redeem(house, refused("invalid_grant"))
    (seen,) = house.stub.calls(TOKEN)
    assert seen.form == {"grant_type": "urn:vipps:params:grant-type:ciba-redirect", "code": "code-1"}
    assert seen.headers["Authorization"].startswith("Basic ")


ANSWERS: dict[str, tuple[Scripted, Redeemed]] = {
    "used, too old or somebody else's": (refused("invalid_grant"), Worthless()),
    "refused for another reason": (refused("unsupported_grant_type"), Worthless()),
    "an unknown error": (refused("tired"), Worthless()),
    "failing": (Said({}, 503), Unreachable()),
    "failing with a page": (Said(b"<html>", 502), Unreachable()),
    "too many": (Said({}, 429), Unreachable()),
    "our keys": (refused("invalid_client", 401), Unreachable()),
    "in trouble": (refused("temporarily_unavailable"), Unreachable()),
    "a page in the place of tokens": (Said(b"<html>"), Lost()),
    "tokens that are none": (Said({"expires_in": 3599}), Lost()),
    "a page in the place of an error": (Said(b"<html>", 400), Lost()),
    "hung up": (HangUp(), Lost()),
    "cut off": (Truncated(Said({"access_token": "a", "id_token": "b"})), Lost()),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_only_what_surely_changed_nothing_may_be_sent_again(house: House, what: str) -> None:
    said, answer = ANSWERS[what]
    assert await redeem(house, said) == answer
    assert len(house.stub.calls(TOKEN)) == 1


async def test_silence_is_a_lost_answer(house: House) -> None:
    assert await redeem(house, Silence()) == Lost()


async def test_a_platform_that_was_never_reached_got_no_code(house: House) -> None:
    house.stub.says(DISCOVERY, Said({}, 503))
    assert isinstance(await redeem(house), Unreachable)
    assert house.stub.calls(TOKEN) == []


async def test_a_partner_brings_a_code_with_its_own_token(stub: Stub) -> None:
    house = open_house(stub, auth_method=AuthMethod.PARTNER)
    await redeem(house, refused("invalid_grant"))
    (seen,) = stub.calls(TOKEN)
    assert seen.headers["Authorization"] == "Bearer api.token_1"
    assert seen.headers["Merchant-Serial-Number"] == "123456"
    await house.platform.close()


# -- the question


async def asked(house: House, finish: Finish) -> dict[str, str]:
    house.stub.says(ASK, refused("invalid_request"))
    await house.platform.ask(Question(CLUB, KARI, ConfirmationCode("4MX-CQ3"), finish=finish))
    (seen,) = house.stub.calls(ASK)
    return seen.form


async def test_the_question_says_on_which_page_the_customer_finishes(stub: Stub) -> None:
    house = open_house(stub, redirect_uri=PAGE)
    form = await asked(house, Finish.ON_PAGE)
    assert (form["requested_flow"], form["redirect_uri"]) == ("login_to_webpage", PAGE)
    assert "openid" in form["scope"].split()
    assert await house.platform.finish(CLUB) is Finish.ON_PAGE
    await house.platform.close()


async def test_a_customer_who_is_to_finish_in_the_app_does_whatever_the_setting_says_by_now(stub: Stub) -> None:
    house = open_house(stub, redirect_uri=PAGE)
    assert not {"requested_flow", "redirect_uri"} & (await asked(house, Finish.IN_APP)).keys()
    await house.platform.close()


async def test_nobody_is_asked_to_finish_on_a_page_that_is_gone(house: House) -> None:
    question = Question(CLUB, KARI, ConfirmationCode("4MX-CQ3"), finish=Finish.ON_PAGE)
    assert await house.platform.ask(question) == NotAsked(Reason.PLATFORM_UNAVAILABLE)
    assert house.stub.calls(ASK) == []
    assert await house.platform.finish(CLUB) is Finish.IN_APP


# -- what a code buys


def on_page(good: Tokens, **claims: Any) -> Tokens:
    """A token as the platform writes it for a page: ES256, one text as `aud`, ten minutes, and the request's name."""
    header, now = {"alg": "ES256", "kid": "ec-1", "typ": "JWT"}, int(NOW.timestamp())
    made = Tokens(good.claims, header, ec_key())
    return made.claiming(**{"aud": "client-1", "exp": now + 600, "auth_req_id": "request-1"} | claims)


async def bought(house: House, tokens: Tokens) -> Answered:
    house.stub.says(KEYS, Said(key_set()))
    house.stub.says(USERINFO, Said({"sub": SUB}))
    answer = await redeem(house, Said(tokens.answer))
    assert isinstance(answer, Answered)
    return answer


@pytest.mark.parametrize("claims", [{}, {"aud": ["client-1"]}, {"auth_req_id": None, "authReqId": "request-1"}])
async def test_either_spelling_and_either_audience_will_do(house: House, claims: dict[str, Any]) -> None:
    answer = await bought(house, on_page(house.good(), **claims))
    assert house.platform.names(answer.raw) == REQUEST
    assert isinstance(await house.platform.disclose(CLUB, REQUEST, answer.raw), Disclosure)


@pytest.mark.parametrize(
    "claims",
    [
        {"auth_req_id": None},
        {"auth_req_id": "request-2"},
        {"auth_req_id": ["request-1"]},
        {"auth_req_id": "request-1", "authReqId": "request-2"},
        {"aud": "client-2"},
        {"exp": int(NOW.timestamp()) - 61},
        {"nonce": "never sent"},
    ],
)
async def test_a_token_about_another_request_or_none_makes_nobody_a_member(
    house: House, claims: dict[str, Any]
) -> None:
    answer = await bought(house, on_page(house.good(), **claims))
    told = await house.platform.disclose(CLUB, REQUEST, answer.raw)
    assert isinstance(told, Failed)
    assert told.reason is Reason.PLATFORM_SURPRISED_US


async def test_a_token_by_another_key_may_be_found_and_is_not_believed(house: House) -> None:
    forged = on_page(house.good())
    answer = await bought(house, Tokens(forged.claims, forged.header, ec_key("ec-2")))
    assert house.platform.names(answer.raw) == REQUEST
    assert isinstance(await house.platform.disclose(CLUB, REQUEST, answer.raw), Failed)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", None, 17])
async def test_nonsense_names_no_request(house: House, token: object) -> None:
    answer = await redeem(house, Said({"access_token": "a", "id_token": token}))
    assert isinstance(answer, Answered)
    assert house.platform.names(answer.raw) is None


def test_something_that_we_never_kept_names_no_request() -> None:
    assert request_named(Masked(b"{}")) is None
