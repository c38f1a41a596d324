"""QR API: codes and customer tokens for numbers."""

from typing import Any

import pytest

from simulator.desk import KARI, Desk


async def test_a_clear_code_gives_its_number_and_version_1(desk: Desk) -> None:
    await desk.person()
    content = await desk.qr("clear")

    assert content == f"https://qr.vipps.no/28/2/01/031/{KARI}?v=1"
    assert (await desk.exchange(content)).json == {"msisdn": KARI, "version": "1.0"}


async def test_a_clear_code_of_somebody_unknown_gives_the_number_too(desk: Desk) -> None:
    reply = await desk.exchange("https://qr.vipps.no/28/2/01/031/4531234567?v=1")

    assert reply.json == {"msisdn": "4531234567", "version": "1.0"}


async def test_a_tokenised_code_gives_the_number_the_time_it_was_made_and_version_2(desk: Desk) -> None:
    await desk.person()
    content = await desk.qr("token")
    reply = await desk.exchange(content)

    assert KARI not in content
    assert reply.json.keys() == {"msisdn", "timestamp", "version"}
    assert (reply.json["msisdn"], reply.json["version"]) == (KARI, "2.0")
    assert isinstance(reply.json["timestamp"], int)


async def test_every_tokenised_code_is_another(desk: Desk) -> None:
    await desk.person()

    assert await desk.qr("token") != await desk.qr("token")


async def test_a_tokenised_code_is_good_for_five_minutes_and_can_be_read_twice(desk: Desk) -> None:
    await desk.person()
    content = await desk.qr("token")
    await desk.later(290)
    assert (await desk.exchange(content)).status == 200
    assert (await desk.exchange(content)).status == 200
    await desk.later(10)

    reply = await desk.exchange(content)

    assert reply.status == 400
    assert reply.json["extraDetails"][0]["name"] == "qrCode"


async def test_a_tokenised_code_follows_its_owner_to_her_new_number(desk: Desk) -> None:
    await desk.person()
    content = await desk.qr("token")
    await desk.call("PATCH", f"/sim/people/{KARI}", json={"msisdn": "4740000060"})

    assert (await desk.exchange(content)).json["msisdn"] == "4740000060"


@pytest.mark.parametrize(
    "content",
    [
        "7038010009457",
        "https://qr.vipps.no/p/nobodymadethis",
        "https://qr.vipps.no/p/",
        "https://qr.vipps.no/28/2/01/031/4740000050?v=1\r\n",
        "https://qr.vipps.no/28/2/01/031/4740000050",
        "https://qr.vipps.no/28/2/01/031/12?v=1",
        "https://example.com/28/2/01/031/4740000050?v=1",
        "https>&&qr.vipps.no&28&2&01&031&4740000050_v´1",
        "",
        None,
        7038010009457,
    ],
)
async def test_anything_else_is_refused_in_the_shape_of_the_exchange(desk: Desk, content: object) -> None:
    reply = await desk.exchange(content)

    assert reply.status == 400
    assert reply.json.keys() == {"title", "status", "detail", "extraDetails"}
    assert reply.json["extraDetails"][0]["name"] == "qrCode"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"qrCode": "\xff"}'])
async def test_a_body_that_is_no_json_object_is_refused(desk: Desk, body: bytes) -> None:
    reply = await desk.call("POST", "/qr/v1/exchange", data=body, headers=await desk.merchant())

    assert (reply.status, reply.json["extraDetails"][0]["name"]) == (400, "body")


async def test_only_the_number_can_be_asked_for_and_an_old_intent_is_ignored(desk: Desk) -> None:
    await desk.person()
    content = await desk.qr("clear")

    assert (await desk.exchange(content, requestedData=["MSISDN"], intent="LOGIN")).status == 200
    reply = await desk.exchange(content, requestedData=["EMAIL"])
    assert (reply.status, reply.json["extraDetails"][0]["name"]) == (400, "requestedData")


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Ocp-Apim-Subscription-Key", "nonsense", 401),
        ("Authorization", "Bearer nonsense", 401),
        ("Merchant-Serial-Number", "99999", 401),
        ("Vipps-System-Name", "a name of more than thirty characters", 400),
    ],
)
async def test_the_exchange_is_for_the_holder_of_all_keys(desk: Desk, header: str, value: str, status: int) -> None:
    merchant = await desk.merchant() | {header: value}

    reply = await desk.call("POST", "/qr/v1/exchange", json={"qrCode": "x"}, headers=merchant)

    assert reply.status == status


async def test_the_sales_unit_need_not_be_named(desk: Desk) -> None:
    merchant = await desk.merchant()
    del merchant["Merchant-Serial-Number"]
    content = f"https://qr.vipps.no/28/2/01/031/{KARI}?v=1"

    assert (await desk.call("POST", "/qr/v1/exchange", json={"qrCode": content}, headers=merchant)).status == 200


async def swap(desk: Desk, body: Any) -> Any:
    return await desk.call("POST", "/qr/v1/exchange/customer", json=body, headers=await desk.merchant())


async def test_a_customer_token_gives_number_and_time_of_the_scan_for_fifteen_minutes(desk: Desk) -> None:
    await desk.person()
    token = (await desk.call("POST", f"/sim/people/{KARI}/customer-token")).json["customerToken"]

    reply = await swap(desk, {"customer": {"customerToken": token}, "requestedData": ["MSISDN"]})
    assert reply.json.keys() == {"msisdn", "timestamp"}
    assert reply.json["msisdn"] == KARI
    assert (await swap(desk, {"customer": {"customerToken": token}})).status == 200
    await desk.later(900)

    late = await swap(desk, {"customer": {"customerToken": token}})
    assert (late.status, late.json["extraDetails"][0]["name"]) == (400, "customer.customerToken")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "customer"),
        ({"customer": "x"}, "customer"),
        ({"customer": {}}, "customer.customerToken"),
        ({"customer": {"customerToken": "å"}}, "customer.customerToken"),
        ({"customer": {"customerToken": "x"}, "requestedData": []}, "requestedData"),
    ],
)
async def test_a_customer_token_that_is_none_is_refused(desk: Desk, body: object, name: str) -> None:
    reply = await swap(desk, body)

    assert (reply.status, reply.json["extraDetails"][0]["name"]) == (400, name)


async def test_a_personal_qr_is_no_customer_token(desk: Desk) -> None:
    await desk.person()
    token = (await desk.qr("token")).rpartition("/")[2]

    assert (await swap(desk, {"customer": {"customerToken": token}})).status == 400


async def test_requested_data_may_be_demanded_as_the_specification_has_it(desk: Desk) -> None:
    await desk.person()
    token = (await desk.call("POST", f"/sim/people/{KARI}/customer-token")).json["customerToken"]
    without: dict[str, Any] = {"customer": {"customerToken": token}}
    assert (await swap(desk, without)).status == 200
    await desk.switch(requested_data_required=True)

    refused = await swap(desk, without)

    assert (refused.status, refused.json["extraDetails"][0]["name"]) == (400, "requestedData")
    assert (await swap(desk, without | {"requestedData": ["MSISDN"]})).status == 200
