"""The control API: who there is, what they press, and what time it is."""

from io import BytesIO
from typing import Any

import pytest

from simulator.desk import KARI, OLA, Desk

DEFAULTS = {
    "name": "Kari Nordmann",
    "email": None,
    "age": 30,
    "app": "current",
    "push": True,
    "answers": "by_hand",
    "after": 0,
}


async def test_a_person_needs_only_a_number(desk: Desk) -> None:
    made = await desk.call("POST", "/sim/people", json={"msisdn": KARI})
    again = await desk.call("POST", "/sim/people", json={"msisdn": KARI, "name": "Kari Lie"})

    assert (made.status, again.status) == (201, 200)
    assert made.json.items() >= {"msisdn": KARI, **DEFAULTS}.items()
    assert (again.json["name"], again.json["sub"]) == ("Kari Lie", made.json["sub"])
    assert (await desk.call("GET", "/sim/people")).json == {"people": [again.json]}
    assert (await desk.call("GET", f"/sim/people/{KARI}")).json == again.json


async def test_some_traits_change_and_the_others_stay(desk: Desk) -> None:
    await desk.person(name="Nora", age=14)

    changed = await desk.call("PATCH", f"/sim/people/{KARI}", json={"age": 15, "app": "old"})

    assert changed.status == 200
    assert (changed.json["name"], changed.json["age"], changed.json["app"]) == ("Nora", 15, "old")


async def test_nobody_takes_a_number_that_somebody_has(desk: Desk) -> None:
    await desk.person()
    await desk.person(OLA)

    assert (await desk.call("PATCH", f"/sim/people/{KARI}", json={"msisdn": OLA})).status == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/sim/people", {}, 422),
        ("POST", "/sim/people", {"msisdn": "+4740000050"}, 422),
        ("POST", "/sim/people", {"msisdn": "40000050"}, 422),
        ("POST", "/sim/people", {"msisdn": KARI, "app": "new"}, 422),
        ("POST", "/sim/people", {"msisdn": KARI, "shoe_size": 38}, 422),
        ("POST", "/sim/people", [], 422),
        ("PATCH", f"/sim/people/{KARI}", {"age": "ten"}, 422),
        ("PATCH", f"/sim/people/{OLA}", {}, 404),
        ("GET", f"/sim/people/{OLA}", None, 404),
        ("GET", f"/sim/people/{OLA}/qr", None, 404),
        ("GET", f"/sim/people/{OLA}/requests", None, 404),
        ("GET", f"/sim/people/{KARI}/qr?kind=round", None, 422),
        ("POST", f"/sim/people/{OLA}/revoke", None, 404),
        ("POST", f"/sim/people/{OLA}/customer-token", None, 404),
        ("POST", "/sim/requests/nobody/approve", None, 404),
        ("PUT", "/sim/faults", {"faults": [{"operation": "tokens", "kind": "500"}]}, 422),
        ("PUT", "/sim/faults", {"faults": [{"operation": "token", "kind": "503"}]}, 422),
        ("PUT", "/sim/faults", {"faults": [{"operation": "token", "kind": "500", "probability": 2}]}, 422),
        ("PUT", "/sim/faults", {"faults": [{"operation": "exchange", "kind": "forged"}]}, 422),
        ("PUT", "/sim/faults", {"faults": [{"operation": "token", "kind": "delay", "seconds": -1}]}, 422),
        ("PUT", "/sim/switches", {"interval": 0}, 422),
        ("PUT", "/sim/switches", {"intervall": 5}, 422),
        ("POST", "/sim/clock", {"advance": -1}, 422),
        ("POST", "/sim/clock", {}, 422),
        ("POST", "/sim/clock", {"advance": 1e12}, 422),
        ("POST", "/sim/people", {"msisdn": f"{KARI}\n"}, 422),
    ],
)
async def test_what_cannot_be_obeyed_is_refused_with_what_to_do(
    desk: Desk, method: str, path: str, body: Any, status: int
) -> None:
    await desk.person()

    reply = await desk.call(method, path, json=body)

    assert reply.status == status
    assert reply.json.keys() == {"title", "status", "detail"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"msisdn":'])
async def test_a_body_that_is_not_json_is_refused(desk: Desk, body: bytes) -> None:
    assert (await desk.call("POST", "/sim/people", data=body)).status == 400


async def test_an_unknown_path_and_a_wrong_method_are_refused_in_json(desk: Desk) -> None:
    unknown = await desk.call("GET", "/sim/nothing")
    wrong = await desk.call("PUT", "/sim/clock")
    huge = await desk.call("POST", "/sim/people", data=BytesIO(b" " * 2_000_000))

    assert (unknown.status, unknown.json["statusCode"]) == (404, 404)
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD,POST")
    assert huge.status == 413


@pytest.mark.parametrize("answer", ["approve", "decline"])
async def test_a_request_is_answered_once(desk: Desk, answer: str) -> None:
    await desk.person()
    auth_req_id = await desk.asked()

    first = await desk.call("POST", f"/sim/requests/{auth_req_id}/{answer}")
    again = await desk.press("approve", auth_req_id)

    assert (first.status, first.text) == (204, "")
    assert again.status == 409
    assert "answered" in again.json["detail"]
    assert (await desk.call("GET", f"/sim/people/{KARI}/requests")).json == {"requests": []}


@pytest.mark.parametrize(("answers", "outcome"), [("approve", 200), ("decline", 400)])
async def test_somebody_answers_alone_after_a_while(desk: Desk, answers: str, outcome: int) -> None:
    await desk.person(answers=answers, after=20)
    auth_req_id = await desk.asked()
    await desk.later(5)
    assert (await desk.collect(auth_req_id)).error == (400, "authorization_pending")
    await desk.later(20)

    assert (await desk.collect(auth_req_id)).status == outcome


async def test_somebody_answers_alone_at_once(desk: Desk) -> None:
    await desk.person(answers="approve")
    auth_req_id = await desk.asked()
    await desk.later(5)

    assert (await desk.collect(auth_req_id)).status == 200


async def test_somebody_who_answers_too_late_or_twice_changes_nothing(desk: Desk) -> None:
    await desk.person(answers="approve", after=90)
    late = await desk.asked(requested_expiry="60")
    declined = await desk.asked()
    await desk.press("decline", declined)
    await desk.later(90)

    assert (await desk.collect(late)).error == (400, "expired_token")
    assert (await desk.collect(declined)).error == (400, "access_denied")


async def test_somebody_who_ignores_it_lets_it_expire(desk: Desk) -> None:
    await desk.person(answers="ignore")
    auth_req_id = await desk.asked(requested_expiry="60")
    await desk.later(60)

    assert (await desk.collect(auth_req_id)).error == (400, "expired_token")


async def test_the_clock_goes_forward_and_dates_every_answer(desk: Desk) -> None:
    before = (await desk.call("GET", "/sim/clock")).json["now"]
    dated = (await desk.call("GET", "/sim/calls")).headers["Date"]
    await desk.later(86400)

    assert (await desk.call("GET", "/sim/clock")).json["now"] > before
    assert (await desk.call("GET", "/sim/calls")).headers["Date"] != dated


async def test_the_calls_of_every_operation_are_counted_and_the_last_ones_shown(desk: Desk) -> None:
    calls = await desk.calls()
    assert set(calls["operations"]) == {
        "access_token", "exchange", "exchange_customer", "callback_qr", "discovery", "jwks", "user_exists",
        "backchannel", "token", "userinfo", "webhooks", "ping",
    }  # fmt: skip
    for _ in range(25):
        await desk.ask()

    line = (await desk.calls())["operations"]["backchannel"]
    assert (line["count"], line["violations"], len(line["last"])) == (25, 0, 20)
    assert line["last"][0].keys() == {"at", "status"}
    assert line["last"][0]["status"] == 400


async def test_switches_not_named_go_back_to_their_defaults(desk: Desk) -> None:
    await desk.switch(interval=7)
    await desk.switch(token_type="bearer")

    switches = (await desk.call("GET", "/sim/switches")).json
    assert (switches["interval"], switches["token_type"]) == (5, "bearer")


async def test_an_answered_request_is_forgotten_after_an_hour(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.later(600)
    assert (await desk.press("approve", auth_req_id)).status == 409
    await desk.later(3600)

    assert (await desk.press("approve", auth_req_id)).status == 404
