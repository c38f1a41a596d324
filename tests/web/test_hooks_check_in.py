"""Scans of a sticker, as the platform delivers them: both spellings, seven digits, twice, unknown, unreadable."""

import json
import logging
from typing import Any

import pytest

from medlem.club.masked import Masked
from medlem.flows import station_qrs
from medlem.flows.answers import Subscribed
from service import RIGHT_SIGNATURE, Reply, Service
from shop import KARI

CHECK_IN = "user.checked-in.v1"
PATH = f"/hooks/vipps/100001/{CHECK_IN}"
MOMENT = "2026-11-23T10:00:00.3061965Z"


async def ready(service: Service) -> str:
    """A sticker hangs, and the platform knows where we are; the sticker's name."""
    subscribed = Subscribed(
        "hook-2", f"https://club.example.org{PATH}", Masked("shh"), created_at=service.shop.clock.now()
    )
    async with service.shop.storage.transaction() as tx:
        await tx.webhooks.keep_registration(service.shop.club.id, CHECK_IN, subscribed)
    await service.shop.clock.turn(1)
    return (await station_qrs.make(service.shop.ports, service.shop.station)).qr.id


async def deliver(service: Service, said: Any, signature: str = RIGHT_SIGNATURE) -> Reply:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = {"Authorization": signature, "Content-Type": "application/json"}
    reply = await service.call("POST", PATH, None, data=raw, headers=headers)
    await service.shop.ports.errands.finish()
    return reply


def said(service: Service, qr: str, **more: Any) -> dict[str, Any]:
    token = service.shop.platform.scan(KARI).reveal()
    return {"customerToken": token, "merchantQrId": qr, "initiatedAt": MOMENT, **more}


@pytest.mark.parametrize("spelling", ["msn", "merchantSerialNumber", None])
@pytest.mark.parametrize(
    "moment",
    [MOMENT, "2026-11-23T10:00:00Z", "2026-11-23T11:00:00.5+01:00", "2026-11-23T10:00:00.306196512Z", "at noon", ""],
)
async def test_a_scan_shows_on_the_screen_however_it_is_spelt(
    service: Service, spelling: str | None, moment: str
) -> None:
    body = said(service, await ready(service), initiatedAt=moment, version="2")
    if spelling is not None:
        body[spelling] = "100001"
    async with service.listen() as screen:
        assert (await screen.next()).kind == "snapshot"
        reply = await deliver(service, body)
        assert (reply.status, reply.raw) == (200, b"")
        event = await screen.next()
    assert (event.kind, event.body["evidence"]) == ("identification", "station_qr")
    assert event.body["customer"] == {"masked": "•• •• •• 11"}


async def test_seven_digits_are_read_to_the_millisecond(service: Service) -> None:
    await deliver(service, said(service, await ready(service), msn="100001"))
    async with service.listen() as screen:
        found = (await screen.next()).body["identification"]
    assert found["expires_at"] == "2026-11-23T10:15:00.306000Z"


async def test_the_same_scan_twice_is_one_and_the_second_answer_is_the_same(service: Service) -> None:
    body = said(service, await ready(service), msn="100001")
    assert [(await deliver(service, body)).status for _ in range(3)] == [200, 200, 200]
    assert service.shop.platform.exchanges == 1
    assert await service.shop.kinds() == ["identification"]


async def test_what_is_none_of_ours_is_taken_and_ignored_without_anybodys_data(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    qr = await ready(service)
    unknown, elsewhere = said(service, "other-sticker", msn="100001"), said(service, qr, msn="999999")
    assert [(await deliver(service, body)).status for body in (unknown, elsewhere)] == [200, 200]
    assert service.shop.platform.exchanges == 0
    assert await service.shop.kinds() == []
    for body in (unknown, elsewhere):
        assert body["customerToken"] not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"customerToken": "t"}',
        b'{"merchantQrId": "q"}',
        b"\xff",
        b"[" * 20000,
        {"customerToken": "", "merchantQrId": "q"},
        {"customerToken": "t", "merchantQrId": "a b"},
        {"customerToken": "x" * 5000, "merchantQrId": "q"},
        {"customerToken": 1, "merchantQrId": "q"},
    ],
)
async def test_a_signed_delivery_that_is_no_check_in_is_refused(service: Service, body: Any) -> None:
    await ready(service)
    reply = await deliver(service, body)
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_a_forged_scan_is_stored_nowhere(service: Service) -> None:
    reply = await deliver(service, said(service, await ready(service)), signature="forged")
    assert (reply.status, reply.problem) == (401, "unverified-webhook")
    assert service.shop.platform.exchanges == 0
