"""Webhooks API: registering an address, and what makes one unfit."""

from typing import Any

import pytest

from medlem.simulator.apis.webhooks import unfit_url
from simulator.desk import PING, WEBHOOKS, Desk, Reply

URL = "http://127.0.0.1:9/hooks"


async def test_an_address_is_registered_listed_without_its_secret_and_given_up(desk: Desk) -> None:
    registered = await desk.register(URL)
    merchant = await desk.merchant()
    listed = await desk.call("GET", WEBHOOKS, headers=merchant)
    given_up = await desk.call("DELETE", f"{WEBHOOKS}/{registered.json['id']}", headers=merchant)
    left = await desk.call("GET", WEBHOOKS, headers=merchant)

    assert registered.status == 201
    assert registered.json.keys() == {"id", "secret"}
    assert len(registered.json["secret"]) == 88
    assert listed.json == {"webhooks": [{"id": registered.json["id"], "url": URL, "events": [PING]}]}
    assert (given_up.status, given_up.text) == (204, "")
    assert left.json == {"webhooks": []}


async def test_an_unknown_registration_cannot_be_given_up(desk: Desk) -> None:
    reply = await desk.call("DELETE", f"{WEBHOOKS}/nobody", headers=await desk.merchant())

    assert reply.status == 404


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"events": [PING]}, "url"),
        ({"url": 7, "events": [PING]}, "url"),
        ({"url": "/hooks", "events": [PING]}, "url"),
        ({"url": "ftp://example.com", "events": [PING]}, "url"),
        ({"url": "http://[::1", "events": [PING]}, "url"),
        ({"url": URL}, "events"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": [7]}, "events"),
        ({"url": URL, "events": ["login.v1"]}, "events"),
        ({"url": URL, "events": [PING], "secret": "mine"}, "secret"),
    ],
)
async def test_an_unfit_registration_is_refused_with_a_problem(desk: Desk, body: dict[str, Any], name: str) -> None:
    reply = await desk.call("POST", WEBHOOKS, json=body, headers=await desk.merchant())

    assert (reply.status, reply.json["status"]) == (400, 400)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json.keys() == {"type", "title", "status", "detail", "instance", "traceId", "extraDetails"}
    assert reply.json["extraDetails"][0]["name"] == name


async def test_a_body_that_is_not_json_is_refused_and_a_switch_makes_the_status_text(desk: Desk) -> None:
    await desk.switch(problem_status_as_text=True)

    reply = await desk.call("POST", WEBHOOKS, data=b"url=x", headers=await desk.merchant())

    assert (reply.status, reply.json["status"]) == (400, "400")


async def test_at_most_25_addresses_hear_of_one_event_and_one_of_check_ins(desk: Desk) -> None:
    merchant = await desk.merchant()

    async def register(event: str) -> Reply:
        return await desk.call("POST", WEBHOOKS, json={"url": URL, "events": [event]}, headers=merchant)

    assert [(await register(PING)).status for _ in range(26)] == [201] * 25 + [400]
    assert [(await register("user.checked-in.v1")).status for _ in range(2)] == [201, 400]


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Ocp-Apim-Subscription-Key", "", 401),
        ("Authorization", "Bearer x", 401),
        ("Merchant-Serial-Number", "", 400),
        ("Merchant-Serial-Number", "99999", 403),
        ("Vipps-System-Version", "1" * 31, 400),
    ],
)
async def test_webhooks_are_for_the_holder_of_all_keys(desk: Desk, header: str, value: str, status: int) -> None:
    reply = await desk.call("GET", WEBHOOKS, headers=await desk.merchant() | {header: value})

    assert reply.status == status


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks",
        "https://localhost/hooks",
        "https://127.0.0.1/hooks",
        "https://10.0.0.4/hooks",
        "https://till.local/hooks",
        "https://example.com:9443/hooks",
    ],
)
def test_a_strict_platform_wants_a_public_https_address(url: str) -> None:
    assert unfit_url(url, plain=False)
    assert not unfit_url(url, plain=True)


@pytest.mark.parametrize("url", ["https://example.com/hooks", "https://example.com:8080/hooks"])
def test_a_public_https_address_is_always_fit(url: str) -> None:
    assert not unfit_url(url, plain=False)


async def test_a_switch_makes_the_platform_strict(desk: Desk) -> None:
    await desk.switch(plain_webhook_urls=False)

    assert (await desk.register(URL)).status == 400


async def test_switches_for_what_the_pages_leave_open_about_registrations(desk: Desk) -> None:
    await desk.switch(registrations_per_event=2, unknown_registration_status=400)
    url = "https://club.example.com/hooks"
    assert [(await desk.register(f"{url}/{number}")).status for number in range(3)] == [201, 201, 400]

    gone = await desk.call("DELETE", f"{WEBHOOKS}/nobody-made-this", headers=await desk.merchant())

    assert (gone.status, gone.json["title"]) == (400, "Bad Request")
