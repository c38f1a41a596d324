"""A standard provider's ping: who may wake an enrolment, and who learns nothing (CIBA Core 1.0 section 10.2)."""

import asyncio
import json

import pytest

from service import Reply, Service
from shop import KARI, OLA

PATH = "/hooks/ciba/100001"


async def ping(service: Service, request: str, token: str | None, path: str = PATH) -> Reply:
    return await deliver(service, json.dumps({"auth_req_id": request}).encode(), token, path)


async def deliver(service: Service, body: bytes, token: str | None, path: str = PATH) -> Reply:
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": token})
    return await service.call("POST", path, None, data=body, headers=headers, allow_redirects=False)


async def ask(service: Service) -> tuple[str, str, str]:
    """Ask Kari; the enrolment, and the provider's name for it with the token that it got."""
    platform = service.shop.platform
    platform.calls_back = True
    service.shop.kari()
    asked = await service.ask()
    [(request, token)] = platform.tokens.items()
    return asked["id"], request, token


async def test_a_ping_wakes_the_enrolment_long_before_the_next_poll(service: Service) -> None:
    enrolment, request, token = await ask(service)
    service.shop.platform.approve(KARI)
    assert await service.shop.work() == 0
    reply = await ping(service, request, f"Bearer {token}")
    assert (reply.status, reply.raw) == (204, b"")
    assert await service.shop.work() == 1
    assert (await service.get(f"/v1/enrolments/{enrolment}")).body["state"] == "accepted"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_the_scheme_may_be_spelt_in_any_way(service: Service, scheme: str) -> None:
    _, request, token = await ask(service)
    assert (await ping(service, request, f"{scheme} {token}")).status == 204


async def test_pings_twice_and_at_once_redeem_once(service: Service) -> None:
    _, request, token = await ask(service)
    service.shop.platform.approve(KARI)
    replies = await asyncio.gather(*(ping(service, request, f"Bearer {token}") for _ in range(5)))
    assert [reply.status for reply in replies] == [204] * 5
    assert await service.shop.work() == 1
    assert (await ping(service, request, f"Bearer {token}")).status == 204  # after the end
    assert await service.shop.work() == 0
    assert service.shop.platform.polls[request] == 1


async def test_a_ping_may_come_before_the_answer_to_the_ask(service: Service) -> None:
    platform = service.shop.platform
    platform.calls_back = True
    service.shop.kari()
    gate = platform.gate = asyncio.Event()
    found = await service.identify()
    posting = asyncio.create_task(service.post("/v1/enrolments", {"identification": found["id"]}))
    async with asyncio.timeout(10), service.listen() as screen:
        while (event := await screen.next()).kind != "enrolment" and not event.body.get("enrolments"):
            pass
    [(request, token)] = platform.tokens.items()
    platform.approve(KARI)
    assert (await ping(service, request, f"Bearer {token}")).status == 204
    gate.set()
    enrolment = (await posting).body
    assert await service.shop.work() == 1
    assert (await service.get(f"/v1/enrolments/{enrolment['id']}")).body["state"] == "accepted"


async def test_a_token_opens_its_own_request_and_no_other(service: Service) -> None:
    _, request, token = await ask(service)
    service.shop.platform.person(OLA)
    found = await service.identify("400 00 012")
    await service.post("/v1/enrolments", {"identification": found["id"]})
    (_, _), (other, others_token) = service.shop.platform.tokens.items()
    assert others_token != token
    for name, shown in ((request, others_token), (other, token), ("unknown", token)):
        assert (await ping(service, name, f"Bearer {shown}")).status == 401
    assert await service.shop.work() == 0
    assert service.shop.platform.polls.total() == 0


async def test_who_shows_no_token_of_ours_learns_nothing(service: Service) -> None:
    _, request, token = await ask(service)
    answers = [
        await ping(service, request, None),
        await ping(service, request, f"Bearer {token}x"),
        await ping(service, request, f"Bearer {token[:-1]}"),
        await ping(service, request, f"Basic {token}"),
        await ping(service, request, f"Bearer {token} {token}"),
        await ping(service, request, "Bearer"),
        await ping(service, request, "Bearer " + "x" * 2000),
        await ping(service, request, f"Bearer {token}", "/hooks/ciba/999999"),
        await ping(service, request, f"Bearer {token}", "/hooks/ciba/%00"),
        await ping(service, "unknown", "Bearer forged"),
        await deliver(service, b"not JSON", "Bearer forged"),
    ]
    for answer in answers:
        assert (answer.status, answer.problem) == (401, "unverified-webhook")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.body["detail"] == answers[0].body["detail"]
    assert await service.shop.work() == 0


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"{}", b'{"auth_req_id": 1}', b"\xff", b"[" * 20_000])
async def test_what_is_no_ping_is_refused(service: Service, body: bytes) -> None:
    _, _, token = await ask(service)
    reply = await deliver(service, body, f"Bearer {token}")
    assert (reply.status, reply.problem) == (422, "invalid-request")
