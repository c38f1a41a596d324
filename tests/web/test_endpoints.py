"""Endpoints over HTTP: made once, shown without their secrets, told again on demand."""

import base64
from typing import Any

import pytest

from medlem.club.endpoint import Attempt
from medlem.flows import outbox
from service import Service

URL = "https://crm.example.org/hooks"
ENDPOINTS = "/v1/webhook-endpoints"


async def listen(service: Service, **how: Any) -> Any:
    reply = await service.post(ENDPOINTS, {"url": URL, **how}, "admin")
    assert reply.status == 201, reply.raw
    return reply.body


async def enter(service: Service, last: int = 1) -> None:
    assert (await service.post("/v1/members", {"phone": f"+474000001{last}"}, "integration")).status == 201


async def tell(service: Service) -> None:
    for endpoint in await outbox.claim(service.shop.ports, 10):
        await outbox.tell(service.shop.ports, endpoint)


async def test_a_secret_is_shown_once_and_never_again(service: Service) -> None:
    made = await listen(service)
    secret = made.pop("secret")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert (await service.get(ENDPOINTS, "admin")).body == {"endpoints": [made]}
    assert (await service.get(f"{ENDPOINTS}/{made['id']}", "admin")).body == made
    assert made["url"] == URL
    assert len(made["events"]) == 6
    assert (made["paused"], made["failing_since"], made["former_secret_until"]) == (None, None, None)


async def test_a_repeat_answers_the_same_endpoint_without_its_secret(service: Service) -> None:
    body = {"url": URL, "events": ["member.left"]}
    first = await service.post(ENDPOINTS, body, "admin", Idempotency_Key="1")
    second = await service.post(ENDPOINTS, body, "admin", Idempotency_Key="1")
    assert (first.status, second.status) == (201, 201)
    assert second.body == {**first.body, "secret": None}
    assert len((await service.get(ENDPOINTS, "admin")).body["endpoints"]) == 1


@pytest.mark.parametrize("key", ["station", "integration"])
@pytest.mark.parametrize("path", ["", "/whe_01kaq2y3m8e5x7r1t9v0w2z4b6", "/whe_01kaq2y3m8e5x7r1t9v0w2z4b6/notices"])
async def test_endpoints_are_for_admins(service: Service, key: str, path: str) -> None:
    reply = await service.get(f"{ENDPOINTS}{path}", key)
    assert (reply.status, reply.problem) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://crm.example.org/"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": 1}, "/url"),
        ({"url": URL, "events": []}, "/events"),
        ({"url": URL, "events": ["member.born"]}, "/events/0"),
        ({"url": URL, "secret": "whsec_mine"}, ""),
        ({}, ""),
    ],
)
async def test_a_flaw_is_pointed_at(service: Service, body: object, pointer: str) -> None:
    reply = await service.post(ENDPOINTS, body, "admin")
    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert [error["pointer"] for error in reply.body["errors"]] == [pointer]


async def test_what_was_told_can_be_seen_and_told_again(service: Service) -> None:
    made = await listen(service, events=["member.created"])
    path = f"{ENDPOINTS}/{made['id']}"
    await enter(service, 1)
    await service.shop.clock.turn(60)
    await enter(service, 2)
    [second, first] = (await service.get(f"{path}/notices?state=waiting", "admin")).body["notices"]
    assert (first["type"], first["attempts"], first["tried_at"]) == ("member.created", 0, None)
    assert first["payload"]["data"]["present"] is True
    await tell(service)
    page = (await service.get(f"{path}/notices", "admin")).body
    assert [(one["id"], one["state"], one["status"]) for one in page["notices"]] == [
        (second["id"], "delivered", 200),
        (first["id"], "delivered", 200),
    ]
    assert page["cursor"] is None
    reply = await service.post(f"{path}/replay", {"notice": second["id"]}, "admin", Idempotency_Key="again")
    repeat = await service.post(f"{path}/replay", {"notice": second["id"]}, "admin", Idempotency_Key="again")
    assert (reply.status, reply.body, repeat.body) == (200, {"notices": 1}, {"notices": 1})
    since = await service.post(f"{path}/replay", {"since": "2026-11-23T11:00:00+01:00"}, "admin")
    assert since.body == {"notices": 2}
    await tell(service)
    assert [notice.id for notice in service.shop.messenger.heard[URL]] == [first["id"], second["id"]] * 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"notice": "ntc_01kaq2y3m8e5x7r1t9v0w2z4b6", "since": "2026-11-23T10:00:00Z"}, 422),
        ({"since": "2026-11-23T10:00:00"}, 422),
        ({"since": "yesterday"}, 422),
        ({"notice": "ntc_01kaq2y3m8e5x7r1t9v0w2z4b6"}, 404),
        ({"notice": "x"}, 404),
    ],
)
async def test_a_replay_needs_a_beginning(service: Service, body: object, status: int) -> None:
    made = await listen(service)
    assert (await service.post(f"{ENDPOINTS}/{made['id']}/replay", body, "admin")).status == status


async def test_pages_of_notices_follow_each_other(service: Service) -> None:
    made = await listen(service)
    path = f"{ENDPOINTS}/{made['id']}"
    for _ in range(60):
        await service.call("POST", f"{path}/test", "admin")
    first = (await service.get(f"{path}/notices", "admin")).body
    second = (await service.get(f"{path}/notices?cursor={first['cursor']}", "admin")).body
    assert [len(page["notices"]) for page in (first, second)] == [50, 10]
    assert second["cursor"] is None
    assert len({one["id"] for page in (first, second) for one in page["notices"]}) == 60


@pytest.mark.parametrize("query", ["state=lost", "cursor=x", "cursor=0", "cursor=", "page=2"])
async def test_a_wrong_page_is_refused(service: Service, query: str) -> None:
    made = await listen(service)
    reply = await service.get(f"{ENDPOINTS}/{made['id']}/notices?{query}", "admin")
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_a_test_notice_is_sent_once_however_often_it_is_asked_for(service: Service) -> None:
    made = await listen(service, events=["member.left"])
    path = f"{ENDPOINTS}/{made['id']}/test"
    first = await service.call("POST", path, "admin", headers={"Idempotency-Key": "1"})
    await tell(service)
    second = await service.call("POST", path, "admin", headers={"Idempotency-Key": "1"})
    assert (first.status, second.status) == (202, 202)
    assert (first.body["state"], second.body["state"]) == ("waiting", "delivered")
    assert first.body["id"] == second.body["id"]
    [heard] = service.shop.messenger.heard[URL]
    assert heard.kind == "endpoint.test"


async def test_a_secret_is_replaced_with_an_overlap(service: Service) -> None:
    made = await listen(service)
    path = f"{ENDPOINTS}/{made['id']}/rotate"
    first = await service.call("POST", path, "admin", headers={"Idempotency-Key": "1"})
    second = await service.call("POST", path, "admin", headers={"Idempotency-Key": "1"})
    assert first.body["secret"] not in {None, made["secret"]}
    assert first.body["former_secret_until"] == "2026-11-24T10:00:00Z"
    assert (second.status, second.body) == (200, {**first.body, "secret": None})


async def test_a_paused_endpoint_says_so_and_is_resumed(service: Service) -> None:
    made = await listen(service)
    path = f"{ENDPOINTS}/{made['id']}"
    service.shop.messenger.answers[URL].append(Attempt(410, "refused"))
    await enter(service)
    await tell(service)
    found = (await service.get(path, "admin")).body
    assert (found["paused"], found["paused_at"]) == ("gone", "2026-11-23T10:00:00Z")
    resumed = await service.call("POST", f"{path}/resume", "admin")
    assert (resumed.status, resumed.body["paused"]) == (200, None)
    await tell(service)
    assert len(service.shop.messenger.heard[URL]) == 1


async def test_a_removed_endpoint_is_not_found(service: Service) -> None:
    made = await listen(service)
    path = f"{ENDPOINTS}/{made['id']}"
    assert (await service.call("DELETE", path, "admin")).status == 204
    for method, where in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/rotate"), ("POST", "/resume")):
        reply = await service.call(method, f"{path}{where}", "admin")
        assert (reply.status, reply.problem) == (404, "not-found")
