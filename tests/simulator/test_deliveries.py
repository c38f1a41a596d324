"""Signed deliveries: the ping of a finished login, its signature, and its repetitions."""

import base64
import hashlib
import hmac

import msgspec
import pytest

from medlem.simulator.deliveries import wait_after
from medlem.simulator.signature import signed_headers
from simulator.desk import WEBHOOKS, Delivered, Desk, Receiver

HOUR, DAY = 3600, 86400


def test_the_published_example_of_a_signature_is_met() -> None:
    headers = signed_headers(
        "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
        "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
        b'{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}',
        1680165512,
    )

    assert headers == {
        "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT",
        "x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
        "host": "webhook.site",
        "Authorization": "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
        "&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com:443/", "example.com"),
        ("http://example.com:80", "example.com"),
        ("http://example.com:8080/", "example.com:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_the_host_is_signed_with_its_port_when_that_is_unusual(url: str, host: str) -> None:
    assert signed_headers("secret", url, b"", 0)["host"] == host


def test_repetitions_come_quickly_then_hourly_then_daily() -> None:
    waits = [wait_after(attempt) for attempt in range(1, 32)]

    assert waits == [2] * 4 + [60, 120] + [HOUR] * 22 + [DAY] * 3


def is_signed_with(secret: str, delivered: Delivered) -> bool:
    """Check a delivery as the documentation tells a merchant to."""
    digest = base64.b64encode(hashlib.sha256(delivered.body).digest()).decode()
    date, host = delivered.headers["x-ms-date"], delivered.headers["Host"]
    text = f"POST\n{delivered.path}\n{date};{host};{digest}"
    mark = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    wanted = f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={mark}"
    return delivered.headers["x-ms-content-sha256"] == digest and delivered.headers["Authorization"] == wanted


@pytest.mark.parametrize("answer", ["approve", "decline", "expire"])
async def test_every_final_outcome_is_pinged_and_signed(desk: Desk, receiver: Receiver, answer: str) -> None:
    await desk.person()
    secret = (await desk.register(receiver.url)).json["secret"]
    auth_req_id = await desk.asked()
    if answer == "expire":
        await desk.later(600)
    else:
        await desk.press(answer, auth_req_id)

    ping = await receiver.next()

    assert msgspec.json.decode(ping.body) == {"auth_req_id": auth_req_id}
    assert ping.path == "/hooks/ping?club=1"
    assert is_signed_with(secret, ping)


async def test_every_registration_is_pinged_with_its_own_secret(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    secrets = [(await desk.register(receiver.url)).json["secret"] for _ in range(2)]
    await desk.press("approve", await desk.asked())

    pings = [await receiver.next(), await receiver.next()]

    assert sorted(sum(is_signed_with(secret, ping) for ping in pings) for secret in secrets) == [1, 1]


async def test_a_switch_keeps_silent_about_a_no(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await desk.register(receiver.url)
    await desk.switch(ping_on_refusal=False)
    await desk.press("decline", await desk.asked())
    approved = await desk.asked()
    await desk.press("approve", approved)

    assert msgspec.json.decode((await receiver.next()).body) == {"auth_req_id": approved}


async def failed(desk: Desk, receiver: Receiver, attempts: int) -> list[Delivered]:
    """Let the receiver refuse so often, turning the clock to each repetition."""
    refused = []
    for attempt in range(1, attempts + 1):
        refused.append(await receiver.next())
        await desk.deliveries(attempt)
        await desk.later(wait_after(attempt))
    return refused


@pytest.mark.parametrize("redated", [True, False])
async def test_a_delivery_that_is_not_taken_is_repeated_in_order(
    desk: Desk, receiver: Receiver, *, redated: bool
) -> None:
    await desk.person()
    await desk.switch(redate_retries=redated)
    secret = (await desk.register(receiver.url)).json["secret"]
    receiver.answers = [500, 404, 302, 500, 500]
    first, second = await desk.asked(), await desk.asked()
    await desk.press("approve", first)
    await desk.press("approve", second)
    refused = await failed(desk, receiver, 5)

    repeated, next_one = await receiver.next(), await receiver.next()

    assert msgspec.json.decode(repeated.body) == {"auth_req_id": first}
    assert msgspec.json.decode(next_one.body) == {"auth_req_id": second}
    assert is_signed_with(secret, repeated)
    assert (repeated.headers["x-ms-date"] != refused[0].headers["x-ms-date"]) is redated
    assert await desk.deliveries(7) == [500, 404, 302, 500, 500, 200, 200]


async def test_a_receiver_that_says_nothing_in_time_has_not_taken_it(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await desk.switch(webhook_answer_seconds=0.05)
    await desk.register(receiver.url)
    receiver.silent = True
    await desk.press("approve", await desk.asked())
    silent = await receiver.next()
    assert await desk.deliveries(1) == [None]
    receiver.silent = False
    await desk.later(2)

    assert (await receiver.next()).body == silent.body


async def test_a_delivery_is_given_up_after_a_week_and_the_next_one_goes_out(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await desk.register(receiver.url)
    receiver.answers = [500, 500]
    await desk.press("approve", await desk.asked())
    await receiver.next()
    await desk.deliveries(1)
    await desk.later(7 * DAY)
    await receiver.next()
    await desk.deliveries(2)
    fresh = await desk.asked()
    await desk.press("approve", fresh)
    await desk.later(DAY)

    assert msgspec.json.decode((await receiver.next()).body) == {"auth_req_id": fresh}
    assert receiver.empty


async def test_an_address_that_takes_nothing_for_two_weeks_loses_its_registration(
    desk: Desk, receiver: Receiver
) -> None:
    await desk.person()
    await desk.register(receiver.url)
    receiver.answers = [500, 500]
    await desk.press("approve", await desk.asked())
    await receiver.next()
    await desk.deliveries(1)
    await desk.later(14 * DAY - 60)
    await receiver.next()
    await desk.deliveries(2)
    standing = (await desk.call("GET", WEBHOOKS, headers=await desk.merchant())).json
    await desk.later(60)

    assert len(standing["webhooks"]) == 1
    assert (await desk.call("GET", WEBHOOKS, headers=await desk.merchant())).json == {"webhooks": []}


async def test_an_address_that_took_something_meanwhile_keeps_its_registration(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await desk.register(receiver.url)
    receiver.answers = [500]
    await desk.press("approve", await desk.asked())
    await receiver.next()
    await desk.deliveries(1)
    await desk.later(2)
    await receiver.next()
    await desk.deliveries(2)
    await desk.later(14 * DAY)

    assert len((await desk.call("GET", WEBHOOKS, headers=await desk.merchant())).json["webhooks"]) == 1


async def test_a_registration_that_is_given_up_hears_no_more(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    registered = await desk.register(receiver.url)
    kept = (await desk.register(receiver.url.replace("ping", "kept"))).json["secret"]
    receiver.answers = [500, 500]
    await desk.press("approve", await desk.asked())
    await receiver.next()
    await receiver.next()
    merchant = await desk.merchant()
    await desk.call("DELETE", f"{WEBHOOKS}/{registered.json['id']}", headers=merchant)
    await desk.deliveries(2)
    await desk.later(2)

    assert is_signed_with(kept, await receiver.next())
    assert receiver.empty
