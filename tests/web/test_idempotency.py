"""A POST that comes twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from fakes_platform import App
from medlem.flows.limits import Limit, Limits
from service import Reply, Service, open_service
from shop import KARI, Shop


async def post(service: Service, path: str, body: Any, key: str = "station", idempotency: str = "sale-1") -> Reply:
    return await service.call("POST", path, key, json=body, headers={"Idempotency-Key": idempotency})


async def identify(service: Service, phone: str = "400 00 011", **more: str) -> Reply:
    return await post(service, "/v1/identifications", {"phone": phone}, **more)


async def lines(service: Service) -> int:
    """How many lines the station's screen has shown."""
    shop = service.shop
    return len(await shop.storage.reading.events.after(shop.club.id, shop.station.id, 0, 100))


async def test_a_repeat_answers_the_identification_that_the_first_call_made(service: Service) -> None:
    first, again = await identify(service), await identify(service)
    assert (again.status, again.body) == (201, first.body)
    assert await lines(service) == 1


async def test_without_a_key_every_call_is_a_new_one(service: Service) -> None:
    assert (await service.identify())["id"] != (await service.identify())["id"]


async def test_another_key_is_another_call(service: Service) -> None:
    assert (await identify(service)).body["id"] != (await identify(service, idempotency="sale-2")).body["id"]


async def test_another_station_may_use_the_same_key(service: Service) -> None:
    second = await service.key_for(await service.shop.another_station())
    assert (await identify(service)).body["id"] != (await identify(service, key=second)).body["id"]


async def test_another_path_may_use_the_same_key(service: Service) -> None:
    service.shop.kari()
    found = await identify(service)
    asked = await post(service, "/v1/enrolments", {"identification": found.body["id"]})
    assert asked.status == 202


async def test_another_body_under_the_same_key_is_a_conflict(service: Service) -> None:
    await identify(service)
    reply = await identify(service, "400 00 012")
    assert (reply.status, reply.problem) == (422, "idempotency-conflict")


async def test_a_repeat_that_comes_while_the_first_call_runs_waits_for_it(service: Service) -> None:
    service.shop.kari()
    gate = service.shop.platform.gate = asyncio.Event()
    found = await service.identify()
    body = {"identification": found["id"]}
    calls = [asyncio.create_task(post(service, "/v1/enrolments", body)) for _ in range(3)]
    await service.shop.clock.turn(0)
    gate.set()
    replies = [await call for call in calls]
    assert {reply.status for reply in replies} == {202}
    assert {reply.body["id"] for reply in replies} == {replies[0].body["id"]}
    assert {reply.body["state"] for reply in replies} == {"waiting"}
    assert service.shop.platform.pushes[KARI] == 1


async def test_many_repeats_at_once_do_the_work_once(service: Service) -> None:
    replies = await asyncio.gather(*(identify(service) for _ in range(10)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert await lines(service) == 1


async def test_two_processes_that_take_the_same_call_do_the_work_once(shop: Shop) -> None:
    async with open_service(shop) as one, open_service(shop) as two:
        two.keys = one.keys
        replies = await asyncio.gather(*(identify(service) for service in (one, two) * 5))
        assert len({reply.body["id"] for reply in replies}) == 1
        assert await lines(one) == 1


async def test_a_repeat_after_a_crash_finds_what_was_made(shop: Shop) -> None:
    shop.kari()
    async with open_service(shop) as before:
        keys = before.keys
        found = await identify(before)
        asked = await post(before, "/v1/enrolments", {"identification": found.body["id"]})
    async with open_service(shop) as after:
        after.keys = keys
        assert (await identify(after)).body == found.body
        again = await post(after, "/v1/enrolments", {"identification": found.body["id"]})
        assert (again.status, again.body) == (202, asked.body)
        assert shop.platform.pushes[KARI] == 1


async def test_a_repeat_tells_how_the_enrolment_stands_now_with_the_first_status(service: Service) -> None:
    service.shop.kari()
    found = await service.identify()
    body = {"identification": found["id"]}
    first = await post(service, "/v1/enrolments", body)
    service.shop.platform.approve(KARI)
    await service.shop.wait(6)
    again = await post(service, "/v1/enrolments", body)
    assert (first.status, first.body["state"]) == (202, "waiting")
    assert (again.status, again.body["state"]) == (202, "accepted")


async def test_a_call_that_was_final_at_once_stays_200(service: Service) -> None:
    service.shop.platform.person(KARI, app=App.OLD)
    found = await service.identify()
    body = {"identification": found["id"]}
    assert (await post(service, "/v1/enrolments", body)).status == 200
    assert (await post(service, "/v1/enrolments", body)).status == 200


async def test_a_refusal_is_answered_again(service: Service) -> None:
    found = await service.identify()
    await service.shop.clock.turn(15 * 60)
    body = {"identification": found["id"]}
    first = await post(service, "/v1/enrolments", body)
    again = await post(service, "/v1/enrolments", body)
    assert first.problem == again.problem == "identification-expired"
    assert first.body["trace"] != again.body["trace"]
    assert first.body["detail"] == again.body["detail"]


async def test_a_flaw_is_answered_again_with_its_pointer(service: Service) -> None:
    first, again = [await post(service, "/v1/members", {"phone": 1}, "integration") for _ in range(2)]
    assert again.problem == "invalid-request"
    assert first.body["errors"] == again.body["errors"]


async def test_already_member_names_the_member_again_and_keeps_no_name(service: Service) -> None:
    kari = {"phone": f"+{KARI}", "profile": {"name": "Kari Nordmann"}}
    member = (await service.post("/v1/members", kari, "integration")).body
    first, again = [await post(service, "/v1/members", kari, "integration") for _ in range(2)]
    assert again.body["member"] == first.body["member"]
    assert again.body["member"]["id"] == member["id"]


async def test_a_limit_is_not_remembered(shop: Shop) -> None:
    strict = shop.with_limits(Limits(lookups_per_station=(Limit(1, timedelta(minutes=1)),)))
    async with open_service(strict) as service:
        await service.identify()
        limited = await identify(service)
        assert (limited.status, limited.problem) == (429, "too-many-requests")
        await shop.clock.turn(int(limited.headers["retry-after"]))
        assert (await identify(service)).status == 201


async def test_a_platform_that_was_away_is_not_remembered(service: Service) -> None:
    service.shop.kari()
    scan = {"scan": service.shop.platform.qr(KARI).reveal()}
    service.shop.platform.down = True
    assert (await post(service, "/v1/identifications", scan)).status == 503
    service.shop.platform.down = False
    assert (await post(service, "/v1/identifications", scan)).status == 201


async def test_a_secret_is_shown_once(service: Service) -> None:
    for path, body, secret in (
        ("/v1/stations", {"name": "Till 2", "store": None}, "key"),
        ("/v1/keys", {"kind": "admin", "name": "office"}, "key"),
        (f"/v1/stations/{service.shop.station.id}/pairing", None, "code"),
    ):
        first, again = [await post(service, path, body, "admin") for _ in range(2)]
        assert (first.status, again.status) == (201, 201)
        assert first.body[secret]
        assert again.body == {**first.body, secret: None}


async def test_looking_up_again_tells_how_it_is_now(service: Service) -> None:
    lookup = {"phone": f"+{KARI}"}
    first = await post(service, "/v1/members/lookup", lookup, "integration")
    await service.post("/v1/members", lookup, "integration")
    again = await post(service, "/v1/members/lookup", lookup, "integration")
    other = await post(service, "/v1/members/lookup", {"phone": "+4740000012"}, "integration")
    assert (len(first.body["members"]), len(again.body["members"])) == (0, 1)
    assert other.problem == "idempotency-conflict"


@pytest.mark.parametrize("wrong", ["", "x" * 256, "a b", "é"])
async def test_a_key_of_another_form_is_refused(service: Service, wrong: str) -> None:
    reply = await identify(service, idempotency=wrong)
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_the_longest_key_is_taken(service: Service) -> None:
    assert (await identify(service, idempotency="~" * 255)).status == 201
