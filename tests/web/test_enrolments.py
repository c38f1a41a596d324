"""Asking a customer to join, and following how it goes, over HTTP."""

import asyncio

import pytest

from fakes_platform import App, AskTrouble
from service import Service
from shop import KARI


async def test_the_answer_waits_for_the_platforms_and_says_where_to_follow(service: Service) -> None:
    service.shop.kari()
    found = await service.identify()
    reply = await service.post("/v1/enrolments", {"identification": found["id"]})
    assert reply.status == 202
    assert reply.body == {
        "id": reply.body["id"],
        "state": "waiting",
        "reason": None,
        "code": reply.body["code"],
        "app": "Vipps",
        "customer": {"masked": "•• •• •• 11"},
        "created_at": "2026-11-23T10:00:00Z",
        "expires_at": "2026-11-23T10:03:00Z",
        "member": None,
        "outcome": None,
    }
    assert reply.headers["location"] == f"/v1/enrolments/{reply.body['id']}"
    assert int(reply.headers["retry-after"]) > 0


async def test_an_ask_that_has_failed_already_is_answered_as_final(service: Service) -> None:
    service.shop.platform.person(KARI, app=App.OLD)
    found = await service.identify()
    reply = await service.post("/v1/enrolments", {"identification": found["id"]})
    assert reply.status == 200
    assert (reply.body["state"], reply.body["reason"]) == ("failed", "app_too_old")
    assert "retry-after" not in reply.headers


async def test_a_platform_that_takes_its_time_is_answered_with_asking_after_eight_seconds(service: Service) -> None:
    service.shop.kari()
    gate = service.shop.platform.gate = asyncio.Event()
    found = await service.identify()
    posting = asyncio.create_task(service.post("/v1/enrolments", {"identification": found["id"]}))
    enrolment = await _asked(service)
    await service.watched(enrolment)
    await service.shop.clock.turn(8)
    reply = await posting
    assert (reply.status, reply.body["state"]) == (202, "asking")
    gate.set()
    await service.shop.ports.errands.finish()
    assert (await service.get(f"/v1/enrolments/{enrolment}")).body["state"] == "waiting"


async def test_a_till_that_hangs_up_does_not_stop_the_question(service: Service) -> None:
    service.shop.kari()
    gate = service.shop.platform.gate = asyncio.Event()
    found = await service.identify()
    posting = asyncio.create_task(service.post("/v1/enrolments", {"identification": found["id"]}))
    enrolment = await _asked(service)
    posting.cancel()
    gate.set()
    await service.shop.ports.errands.finish()
    assert (await service.get(f"/v1/enrolments/{enrolment}")).body["state"] == "waiting"
    assert service.shop.platform.pushes[KARI] == 1


async def test_two_stations_that_ask_one_phone_share_one_enrolment_and_one_push(service: Service) -> None:
    service.shop.kari()
    second = await service.key_for(await service.shop.another_station())
    first = await service.ask()
    other = await service.ask(key=second)
    assert other["id"] == first["id"]
    assert service.shop.platform.pushes[KARI] == 1
    for key in ("station", second):
        assert (await service.get(f"/v1/enrolments/{first['id']}", key)).status == 200


async def test_a_station_that_does_not_follow_an_enrolment_finds_none(service: Service) -> None:
    service.shop.kari()
    enrolment = await service.ask()
    stranger = await service.key_for(await service.shop.another_station())
    reply = await service.get(f"/v1/enrolments/{enrolment['id']}", stranger)
    assert (reply.status, reply.problem) == (404, "not-found")


async def test_another_stations_identification_opens_no_enrolment(service: Service) -> None:
    found = await service.identify()
    stranger = await service.key_for(await service.shop.another_station())
    reply = await service.post("/v1/enrolments", {"identification": found["id"]}, stranger)
    assert (reply.status, reply.problem) == (404, "not-found")


@pytest.mark.parametrize(
    "wrong", ["", "idn_", "enr_01kaq2y3m8e5x7r1t9v0w2z4b6", "idn_01kaq2y3m8e5x7r1t9v0w2z4b6", "\x00"]
)
async def test_an_id_that_names_nothing_is_not_found(service: Service, wrong: str) -> None:
    reply = await service.post("/v1/enrolments", {"identification": wrong})
    assert (reply.status, reply.problem) == (404, "not-found")


async def test_an_old_identification_is_gone(service: Service) -> None:
    found = await service.identify()
    await service.shop.clock.turn(15 * 60)
    reply = await service.post("/v1/enrolments", {"identification": found["id"]})
    assert (reply.status, reply.problem) == (410, "identification-expired")


async def test_a_member_is_not_asked_but_named(service: Service) -> None:
    entered = await service.post(
        "/v1/members", {"phone": f"+{KARI}", "profile": {"name": "Kari Nordmann"}}, "integration"
    )
    found = await service.identify()
    reply = await service.post("/v1/enrolments", {"identification": found["id"]})
    assert (reply.status, reply.problem) == (409, "already-member")
    assert reply.body["member"] == {
        "id": entered.body["id"],
        "name": "Kari N.",
        "member_number": entered.body["member_number"],
        "since": "2026-11-23T10:00:00Z",
    }


async def test_a_lost_answer_to_the_ask_is_told_as_unknown(service: Service) -> None:
    service.shop.kari()
    service.shop.platform.ask_troubles.append(AskTrouble.LOST)
    assert (await service.ask())["reason"] == "outcome_unknown"


async def test_who_waits_hears_of_the_change_at_once(service: Service) -> None:
    service.shop.kari()
    enrolment = await service.ask()
    waiting = asyncio.create_task(service.get(f"/v1/enrolments/{enrolment['id']}?wait=30"))
    await service.watched(enrolment["id"])
    service.shop.platform.approve(KARI)
    await service.shop.wait(6)
    reply = await waiting
    assert reply.body["state"] == "accepted"
    assert reply.body["member"]["name"] == "Kari N."


async def test_who_waits_in_vain_hears_how_it_stands(service: Service) -> None:
    service.shop.kari()
    enrolment = await service.ask()
    waiting = asyncio.create_task(service.get(f"/v1/enrolments/{enrolment['id']}?wait=12.5"))
    await service.watched(enrolment["id"])
    await service.shop.clock.turn(12.5)
    assert (await waiting).body["state"] == "waiting"


async def test_nobody_waits_for_what_is_final(service: Service) -> None:
    service.shop.platform.person(KARI, app=App.OLD)
    enrolment = await service.ask()
    assert (await service.get(f"/v1/enrolments/{enrolment['id']}?wait=30")).body["state"] == "failed"


@pytest.mark.parametrize(
    "query",
    ["wait=31", "wait=-1", "wait=", "wait=soon", "wait=nan", "wait=inf", "wait=1e9", "wait=1&wait=2", "weight=1"],
)
async def test_a_wrong_wait_is_refused(service: Service, query: str) -> None:
    reply = await service.get(f"/v1/enrolments/enr_01kaq2y3m8e5x7r1t9v0w2z4b6?{query}")
    assert (reply.status, reply.problem) == (422, "invalid-request")


@pytest.mark.parametrize("query", ["wait=0", "wait=30", "wait=0.01", "wait=1e-3", ""])
async def test_a_right_wait_is_taken(service: Service, query: str) -> None:
    service.shop.platform.person(KARI, app=App.OLD)
    enrolment = await service.ask()
    assert (await service.get(f"/v1/enrolments/{enrolment['id']}?{query}")).status == 200


@pytest.mark.parametrize(
    "malformed", ["x", "enr_1", "enr_01KAQ2Y3M8E5X7R1T9V0W2Z4B6", "%00", "enr_01kaq2y3m8e5x7r1t9v0w2z4bu"]
)
async def test_a_malformed_id_is_not_found(service: Service, malformed: str) -> None:
    reply = await service.get(f"/v1/enrolments/{malformed}")
    assert (reply.status, reply.problem) == (404, "not-found")


async def _asked(service: Service) -> str:
    """Wait for the question to be written down; its id."""
    async with service.listen() as screen:
        snapshot = await screen.next()
        shown = snapshot.body["enrolments"]
        return str(shown[0]["id"] if shown else (await screen.next()).body["id"])
