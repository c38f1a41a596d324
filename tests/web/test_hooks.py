"""The platform's deliveries: who may wake an enrolment, and who learns nothing."""

import asyncio
import json

import pytest

from medlem.club.masked import Masked
from medlem.flows.answers import Subscribed
from service import RIGHT_SIGNATURE, Reply, Service
from shop import KARI

PING = "login.merchant-initiated.ping.v1"
PATH = f"/hooks/vipps/100001/{PING}"


async def register(service: Service) -> None:
    """Let the platform know where we are."""
    subscribed = Subscribed(
        "hook-1", f"https://club.example.org{PATH}", Masked("shh"), created_at=service.shop.clock.now()
    )
    async with service.shop.storage.transaction() as tx:
        await tx.webhooks.keep_registration(service.shop.club.id, PING, subscribed)


async def deliver(
    service: Service, body: bytes, path: str = PATH, signature: str = RIGHT_SIGNATURE, **headers: str
) -> Reply:
    return await service.call(
        "POST",
        path,
        None,
        data=body,
        headers={"Authorization": signature, "Content-Type": "application/json", **headers},
    )


def ping_for(service: Service) -> bytes:
    """The platform's word that Kari has answered."""
    [request] = service.shop.platform.questions
    return json.dumps({"auth_req_id": request}).encode()


async def test_a_ping_wakes_the_enrolment_long_before_the_next_poll(service: Service) -> None:
    await register(service)
    service.shop.kari()
    enrolment = await service.ask()
    service.shop.platform.approve(KARI)
    assert await service.shop.work() == 0
    reply = await deliver(service, ping_for(service))
    assert (reply.status, reply.raw) == (200, b"")
    assert await service.shop.work() == 1
    assert (await service.get(f"/v1/enrolments/{enrolment['id']}")).body["state"] == "accepted"


async def test_a_delivery_that_came_before_changes_nothing(service: Service) -> None:
    await register(service)
    service.shop.kari()
    await service.ask()
    body = ping_for(service)
    await deliver(service, body)
    assert await service.shop.work() == 1
    assert (await deliver(service, body)).status == 200
    assert await service.shop.work() == 0


async def test_a_ping_may_come_before_the_answer_to_the_ask(service: Service) -> None:
    await register(service)
    service.shop.kari()
    gate = service.shop.platform.gate = asyncio.Event()
    found = await service.identify()
    posting = asyncio.create_task(service.post("/v1/enrolments", {"identification": found["id"]}))
    async with asyncio.timeout(10), service.listen() as screen:
        while (event := await screen.next()).kind != "enrolment" and not event.body.get("enrolments"):
            pass
    service.shop.platform.approve(KARI)
    assert (await deliver(service, ping_for(service))).status == 200
    gate.set()
    enrolment = (await posting).body
    assert await service.shop.work() == 1
    assert (await service.get(f"/v1/enrolments/{enrolment['id']}")).body["state"] == "accepted"


async def test_a_ping_for_a_request_that_nobody_knows_is_taken(service: Service) -> None:
    await register(service)
    assert (await deliver(service, b'{"auth_req_id": "unknown", "msn": "100001"}')).status == 200


async def test_what_is_not_signed_for_us_gets_one_and_the_same_answer(service: Service) -> None:
    body = b'{"auth_req_id": "unknown"}'
    unregistered = await deliver(service, body)
    await register(service)
    answers = [
        unregistered,
        await deliver(service, body, signature="forged"),
        await deliver(service, b"not JSON", signature="forged"),
        await deliver(service, body, f"/hooks/vipps/999999/{PING}"),
        await deliver(service, body, "/hooks/vipps/%00/" + PING),
        await deliver(service, body, "/hooks/vipps/100001/user.checked-in.v1"),
        await deliver(service, body, "/hooks/vipps/100001/epayments.payment.created.v1"),
    ]
    for answer in answers:
        assert (answer.status, answer.problem) == (401, "unverified-webhook")
        assert answer.headers["www-authenticate"] == "HMAC-SHA256"
        assert answer.body["detail"] == unregistered.body["detail"]


async def test_the_host_that_a_delivery_names_has_no_say(service: Service) -> None:
    await register(service)
    assert (await deliver(service, b'{"auth_req_id": "x"}', Host="evil.example")).status == 200


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"{}", b'{"auth_req_id": 1}', b"\xff", b"[" * 20_000])
async def test_a_signed_delivery_that_is_no_ping_is_refused(service: Service, body: bytes) -> None:
    await register(service)
    reply = await deliver(service, body)
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_a_delivery_that_is_too_large_is_refused(service: Service) -> None:
    await register(service)
    assert (await deliver(service, b" " * 70_000)).problem == "too-large"
