"""Codes that a merchant hangs up: their calls, their refusals, and who is told when one is scanned."""

import re
from typing import Any

import msgspec
import pytest

from simulator.desk import KARI, OLA, Desk, Receiver, Reply
from simulator.test_deliveries import is_signed_with

BASE = "/qr/v1/merchant-callback"
CHECK_IN = "user.checked-in.v1"


async def call(desk: Desk, method: str, path: str = "", body: Any = None, **headers: str | None) -> Reply:
    sent = await desk.merchant() | {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in sent.items() if value is not None}
    return await desk.call(method, BASE + path, json=body, headers=kept)


async def hang(desk: Desk, name: str = "till-1", location: str = "Till 1", **more: str) -> None:
    reply = await call(desk, "PUT", f"/{name}", {"locationDescription": location, **more})
    assert (reply.status, reply.text) == (200, "")


async def scan(desk: Desk, msisdn: str = KARI, **wanted: str) -> Any:
    reply = await desk.call("POST", f"/sim/people/{msisdn}/scan", json=wanted or {"code": "till-1"})
    assert reply.status == 201, reply.text
    return reply.json


async def states(desk: Desk, msisdn: str = KARI) -> list[str]:
    return [one["state"] for one in (await desk.call("GET", f"/sim/people/{msisdn}/scans")).json["scans"]]


async def test_a_code_is_made_found_listed_changed_and_removed(desk: Desk) -> None:
    await hang(desk)
    found = await call(desk, "GET", "/till-1")
    assert found.status == 200
    assert found.json == {
        "merchantSerialNumber": desk.keys["msn"],
        "merchantQrId": "till-1",
        "locationDescription": "Till 1",
        "qrImageUrl": f"{desk.url}/generate/qr.svg?code=till-1",
        "qrContent": found.json["qrContent"],
    }
    assert re.fullmatch(r"https://qr\.vipps\.no/\S+", found.json["qrContent"])
    await hang(desk, location="Till 1, by the door", category="VENDING")
    [listed] = (await call(desk, "GET")).json
    assert (listed["locationDescription"], listed["qrContent"]) == ("Till 1, by the door", found.json["qrContent"])
    removed = await call(desk, "DELETE", "/till-1")
    assert (removed.status, removed.text) == (200, "")
    assert [(await call(desk, method, "/till-1")).status for method in ("GET", "DELETE")] == [404, 404]
    assert (await call(desk, "GET")).json == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Ocp_Apim_Subscription_Key": "wrong"}, 401),
        ({"Merchant_Serial_Number": None}, 400),
        ({"Merchant_Serial_Number": "999999"}, 403),
        ({"Vipps_System_Name": "x" * 31}, 400),
    ],
)
async def test_only_the_holder_of_all_keys_may(desk: Desk, headers: dict[str, str | None], status: int) -> None:
    for method, path in (("PUT", "/till-1"), ("GET", "/till-1"), ("GET", ""), ("DELETE", "/till-1")):
        assert (await call(desk, method, path, {"locationDescription": "Till 1"}, **headers)).status == status


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("PUT", "/till-1", {}, "locationDescription"),
        ("PUT", "/till-1", {"locationDescription": ""}, "locationDescription"),
        ("PUT", "/till-1", {"locationDescription": "x" * 37}, "locationDescription"),
        ("PUT", "/till-1", {"locationDescription": "Till 1", "category": "BAR"}, "category"),
        ("PUT", "/till-1", [], "body"),
        ("GET", "/till-1?qrImageFormat=GIF", None, "qrImageFormat"),
        ("GET", "/till-1?qrImageFormat=PNG&qrImageSize=99", None, "qrImageSize"),
        ("GET", "?qrImageSize=2001", None, "qrImageSize"),
    ],
)
async def test_what_is_wrong_is_named_in_this_apis_own_shape(
    desk: Desk, method: str, path: str, body: Any, name: str
) -> None:
    await hang(desk)
    reply = await call(desk, method, path, body)
    assert reply.status == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json.keys() == {"title", "detail", "instance", "invalidParams"}
    assert [one["name"] for one in reply.json["invalidParams"]] == [name]


async def test_the_pictures_are_where_they_are_said_to_be(desk: Desk) -> None:
    await hang(desk)
    for query, kind, start in (("", "image/svg+xml", b"<?xml"), ("?qrImageFormat=PNG", "image/png", b"\x89PNG")):
        url = (await call(desk, "GET", f"/till-1{query}")).json["qrImageUrl"]
        async with desk.session.get(url) as picture:
            assert (picture.status, picture.content_type) == (200, kind)
            assert (await picture.read()).startswith(start)
    assert (await desk.call("GET", "/generate/qr.svg?code=other")).status == 404


@pytest.mark.parametrize("pixels", [1024, 800])
async def test_a_picture_without_a_size_has_the_one_that_is_set(desk: Desk, pixels: int) -> None:
    await hang(desk)
    await desk.switch(qr_image_default_size=pixels)
    assert f"size={pixels}" in (await call(desk, "GET", "/till-1?qrImageFormat=PNG")).json["qrImageUrl"]
    assert "size=500" in (await call(desk, "GET", "/till-1?qrImageFormat=PNG&qrImageSize=500")).json["qrImageUrl"]


async def test_an_old_printed_code_leads_to_one_and_not_to_two(desk: Desk) -> None:
    path = "/mobilepay/1234"
    assert (await call(desk, "PUT", path, {"merchantQrId": "till-1", "locationDescription": "Till 1"})).status == 200
    assert (await call(desk, "PUT", path, {"merchantQrId": "till-1"})).status == 200
    assert (await call(desk, "PUT", path, {"merchantQrId": "till-2"})).status == 409
    assert (await call(desk, "PUT", path, {"merchantQrId": 2})).status == 400


async def test_a_scan_is_told_signed_to_whoever_registered(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await hang(desk)
    secret = (await desk.register(receiver.url, CHECK_IN)).json["secret"]
    told = await scan(desk)
    assert told["state"] == "connecting"
    delivery = await receiver.next()
    assert is_signed_with(secret, delivery)
    body = msgspec.json.decode(delivery.body)
    assert body.keys() == {"customerToken", "merchantQrId", "msn", "initiatedAt"}
    assert (body["merchantQrId"], body["msn"]) == ("till-1", desk.keys["msn"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", body["initiatedAt"])
    assert body["customerToken"] == told["customerToken"]
    await desk.deliveries(1)
    assert await states(desk) == ["checked_in"]
    answer = await desk.call(
        "POST",
        "/qr/v1/exchange/customer",
        json={"customer": {"customerToken": body["customerToken"]}, "requestedData": ["MSISDN"]},
        headers=await desk.merchant(),
    )
    assert answer.json["msisdn"] == KARI


async def test_the_old_field_name_and_other_digits(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await hang(desk)
    await desk.register(receiver.url, CHECK_IN)
    for digits, form in ((0, r":\d\dZ"), (3, r":\d\d\.\d{3}Z"), (9, r":\d\d\.\d{9}Z")):
        await desk.switch(check_in_sales_unit_field="merchantSerialNumber", check_in_digits=digits)
        await scan(desk)
        body = msgspec.json.decode((await receiver.next()).body)
        assert body["merchantSerialNumber"] == desk.keys["msn"]
        assert "msn" not in body
        assert re.search(form, body["initiatedAt"])


async def test_without_a_registration_the_app_cannot_connect(desk: Desk) -> None:
    await desk.person()
    await hang(desk)
    told = await scan(desk)
    assert (told["state"], told["customerToken"]) == ("no_connection", None)
    assert await states(desk) == ["no_connection"]


async def test_when_the_delivery_fails_the_app_cannot_connect_until_it_is_taken(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await hang(desk)
    await desk.register(receiver.url, CHECK_IN)
    receiver.answers = [500]
    await scan(desk)
    await receiver.next()
    await desk.deliveries(1)
    assert await states(desk) == ["no_connection"]
    await desk.later(2)
    await receiver.next()
    await desk.deliveries(2)
    assert await states(desk) == ["checked_in"]


async def test_a_code_that_was_taken_down_is_not_found_and_nobody_is_told(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await hang(desk)
    await desk.register(receiver.url, CHECK_IN)
    content = (await call(desk, "GET", "/till-1")).json["qrContent"]
    await call(desk, "DELETE", "/till-1")
    for wanted in ({"code": "till-1"}, {"content": content}, {"content": "https://qr.vipps.no/c/never"}):
        assert (await scan(desk, **wanted))["state"] == "not_found"
    assert receiver.empty
    await hang(desk)
    assert (await scan(desk, content=content))["code"] == "till-1"


async def test_there_is_one_registration_for_check_ins(desk: Desk, receiver: Receiver) -> None:
    assert (await desk.register(receiver.url, CHECK_IN)).status == 201
    assert (await desk.register(receiver.url, CHECK_IN)).status == 400


async def test_stickers_are_listed_and_scanned_by_those_who_have_an_app(desk: Desk) -> None:
    await hang(desk)
    [sticker] = (await desk.call("GET", "/sim/stickers")).json["stickers"]
    assert (sticker["code"], sticker["location"], sticker["category"]) == ("till-1", "Till 1", "IN_STORE")
    await desk.person(OLA, app="none")
    refused = await desk.call("POST", f"/sim/people/{OLA}/scan", json={"code": "till-1"})
    assert refused.status == 409
    await desk.person()
    assert (await desk.call("POST", f"/sim/people/{KARI}/scan", json={})).status == 422
    assert (await desk.call("POST", "/sim/people/4740000099/scan", json={"code": "till-1"})).status == 404


async def test_a_customer_is_asked_by_the_token_of_a_scan(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await hang(desk)
    await desk.register(receiver.url, CHECK_IN)
    token = (await scan(desk))["customerToken"]
    asked = await desk.ask(login_hint=f"urn:customer-token:{token}")
    assert asked.status == 200
    await desk.later(15 * 60)
    assert (await desk.ask(login_hint=f"urn:customer-token:{token}")).error == (400, "invalid_request")
