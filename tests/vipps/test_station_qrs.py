"""Stickers as the platform knows them: what is sent, and what every answer comes to."""

from typing import TYPE_CHECKING, Any

import pytest

from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.ids import StationQrId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Asked, HungQr, NotAsked, Question
from stub_platform import (
    ASK,
    CALLBACK_QR,
    CLUB,
    CODE,
    CUSTOMER,
    KARI,
    HangUp,
    House,
    Said,
    Scripted,
    Silence,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NAME = StationQrId("sqr_01kaq2y3m8e5x7r1t9v0w2z4b6")
ONE = f"{CALLBACK_QR}/{NAME}"
OBJECT = {
    "merchantSerialNumber": "123456",
    "merchantQrId": NAME,
    "locationDescription": "Till 1",
    "qrImageUrl": "https://qr.vipps.no/generate/qr.svg?x=1",
    "qrContent": "https://qr.vipps.no/c/abc",
    "somethingNew": True,
}
HUNG = HungQr(NAME, "Till 1", "https://qr.vipps.no/c/abc", "https://qr.vipps.no/generate/qr.svg?x=1")
INVALID_PARAMS = {
    "title": "Bad Request",
    "detail": "?",
    "instance": "/v1/merchant-callback",
    "invalidParams": [{"name": "locationDescription", "reason": "Too long."}],
}
TOKEN = Masked("dG9rZW4gb2YgYSBzY2Fu+/==")


async def test_a_sticker_is_put_and_then_read(house: House) -> None:
    house.stub.says(ONE, Said(b""), Said(OBJECT))
    assert await house.platform.hang_qr(CLUB, NAME, "Till 1") == HUNG
    put, get = house.stub.calls(ONE)
    assert (put.method, put.json) == ("PUT", {"locationDescription": "Till 1", "category": "IN_STORE"})
    assert (get.method, get.body) == ("GET", b"")
    for seen in (put, get):
        assert seen.headers["Authorization"] == "Bearer api.token_1"
        assert seen.headers["Merchant-Serial-Number"] == "123456"
        assert seen.headers["Ocp-Apim-Subscription-Key"] == "subscription-key-1"
        assert 0 < len(seen.headers["Vipps-System-Name"]) <= 30


async def test_a_sticker_is_found_again_with_its_picture_of_today(house: House) -> None:
    house.stub.says(ONE, Said(OBJECT | {"qrImageUrl": "https://qr.vipps.no/new"}))
    found = await house.platform.find_qr(CLUB, NAME)
    assert found is not None
    assert found.image == "https://qr.vipps.no/new"
    house.stub.says(ONE, Said({name: value for name, value in OBJECT.items() if name != "qrImageUrl"}))
    found = await house.platform.find_qr(CLUB, NAME)
    assert found is not None
    assert found.image is None
    house.stub.says(ONE, Said({"title": "Not Found", "detail": "?", "instance": "?"}, 404))
    assert await house.platform.find_qr(CLUB, NAME) is None


async def test_all_are_listed_and_what_cannot_be_read_is_left_out(house: House) -> None:
    house.stub.says(CALLBACK_QR, Said([OBJECT, {"merchantQrId": "x"}, "?", {"qrContent": "y"}]))
    assert await house.platform.hung_qrs(CLUB) == [HUNG]
    house.stub.says(CALLBACK_QR, Said([]))
    assert await house.platform.hung_qrs(CLUB) == []


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_a_sticker_is_removed_or_was_gone(house: House, status: int) -> None:
    house.stub.says(ONE, Said(b"", status))
    await house.platform.remove_qr(CLUB, NAME)
    assert [seen.method for seen in house.stub.calls(ONE)] == ["DELETE"]


CASES: dict[str, tuple[Scripted, type[Exception]]] = {
    "refused by its shape": (Said(INVALID_PARAMS, 400), PlatformSurprisedUs),
    "refused by the exchange's shape": (
        Said({"title": "Bad", "status": 400, "detail": "?", "extraDetails": [{"name": "x", "reason": "y"}]}, 400),
        PlatformSurprisedUs,
    ),
    "unauthorized": (Said(b"", 401), PlatformRefusedKeys),
    "forbidden": (Said(INVALID_PARAMS, 403), PlatformRefusedKeys),
    "busy": (Said(b"", 429), PlatformUnavailable),
    "failing": (Said(INVALID_PARAMS, 500), PlatformUnavailable),
    "reset": (HangUp(), PlatformUnavailable),
    "silent": (Silence(), PlatformUnavailable),
}
UNREADABLE: dict[str, tuple[Scripted, type[Exception]]] = {
    "html": (Said("<html>"), PlatformSurprisedUs),
    "no code": (Said(OBJECT | {"qrContent": None}), PlatformSurprisedUs),
    "empty code": (Said(OBJECT | {"qrContent": ""}), PlatformSurprisedUs),
    "endless code": (Said(OBJECT | {"qrContent": "x" * 1001}), PlatformSurprisedUs),
    "no name": (Said({"qrContent": "x"}), PlatformSurprisedUs),
}


@pytest.mark.parametrize(("said", "refusal"), CASES.values(), ids=list(CASES))
@pytest.mark.parametrize("call", ["hang", "find", "list", "remove"])
async def test_every_trouble_has_its_refusal(house: House, call: str, said: Scripted, refusal: type[Exception]) -> None:
    house.stub.says(CALLBACK_QR if call == "list" else ONE, said)
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "hang": lambda: house.platform.hang_qr(CLUB, NAME, "Till 1"),
        "find": lambda: house.platform.find_qr(CLUB, NAME),
        "list": lambda: house.platform.hung_qrs(CLUB),
        "remove": lambda: house.platform.remove_qr(CLUB, NAME),
    }
    with pytest.raises(refusal):
        await calls[call]()


@pytest.mark.parametrize(("said", "refusal"), UNREADABLE.values(), ids=list(UNREADABLE))
async def test_an_answer_that_names_no_code_is_a_surprise(
    house: House, said: Scripted, refusal: type[Exception]
) -> None:
    house.stub.says(ONE, Said(b""), said)
    with pytest.raises(refusal):
        await house.platform.hang_qr(CLUB, NAME, "Till 1")
    house.stub.says(CALLBACK_QR, Said({"not": "a list"}))
    with pytest.raises(PlatformSurprisedUs):
        await house.platform.hung_qrs(CLUB)


async def test_the_token_of_a_scan_is_exchanged_whole(house: House) -> None:
    house.stub.says(CUSTOMER, Said({"msisdn": "4740000001", "timestamp": 1634025600}))
    assert await house.platform.reveal_customer(CLUB, TOKEN) == PhoneNumber("4740000001")
    (seen,) = house.stub.calls(CUSTOMER)
    assert seen.json == {"customer": {"customerToken": TOKEN.reveal()}, "requestedData": ["MSISDN"]}
    assert seen.headers["Merchant-Serial-Number"] == "123456"


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (Said({"title": "Bad", "extraDetails": [{"name": "customer", "reason": "?"}]}, 400), UnreadableCode),
        (Said({"title": "Bad", "extraDetails": [{"name": "customer.customerToken"}]}, 400), UnreadableCode),
        (Said({"title": "Bad", "invalidParams": [{"name": "customerToken"}]}, 400), UnreadableCode),
        (Said({"title": "Not found", "status": 404, "detail": "?"}, 404), UnreadableCode),
        (Said({"title": "Bad", "extraDetails": [{"name": "requestedData"}]}, 400), PlatformSurprisedUs),
        (Said({"version": "2.0"}), PlatformSurprisedUs),
        (Said("", 403), PlatformRefusedKeys),
        (Said("", 500), PlatformUnavailable),
        (Silence(), PlatformUnavailable),
    ],
)
async def test_every_other_answer_to_a_token_has_its_refusal(
    house: House, said: Scripted, refusal: type[Exception]
) -> None:
    house.stub.says(CUSTOMER, said)
    with pytest.raises(refusal) as caught:
        await house.platform.reveal_customer(CLUB, TOKEN)
    assert "dG9rZW4" not in str(caught.value)


QUESTION = Question(CLUB, KARI, CODE, TOKEN)
TAKEN = Said({"auth_req_id": "request-1", "expires_in": 180, "interval": 5})


async def test_a_question_names_the_customer_by_the_token(house: House) -> None:
    house.stub.says(ASK, TAKEN)
    assert isinstance(await house.platform.ask(QUESTION), Asked)
    (seen,) = house.stub.calls(ASK)
    assert seen.form["login_hint"] == f"urn:customer-token:{TOKEN.reveal()}"


async def test_a_token_that_is_not_liked_any_more_gives_way_to_the_number(house: House) -> None:
    house.stub.says(ASK, Said({"error": "invalid_request", "error_description": "login_hint"}, 400), TAKEN)
    assert isinstance(await house.platform.ask(QUESTION), Asked)
    assert [seen.form["login_hint"] for seen in house.stub.calls(ASK)] == [
        f"urn:customer-token:{TOKEN.reveal()}",
        "urn:msisdn:4740000001",
    ]


@pytest.mark.parametrize(
    "said",
    [
        Said({"error": "unknown_user_id", "error_code": "invalid_user"}, 400),
        Said({"error": "invalid_request", "error_code": "invalid_user"}, 400),
        Said({"error": "access_denied", "error_code": "old_app"}, 400),
        Said({"error": "invalid_scope"}, 400),
        Said({"error": "invalid_request"}, 500),
        Said("", 429),
        HangUp(),
        Silence(),
    ],
)
async def test_whatever_may_have_reached_the_customer_is_asked_once(house: House, said: Scripted) -> None:
    house.stub.says(ASK, said)
    assert isinstance(await house.platform.ask(QUESTION), NotAsked)
    assert len(house.stub.calls(ASK)) == 1
