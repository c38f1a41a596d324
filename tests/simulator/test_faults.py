"""Faults: what goes wrong on demand, and whether the call took effect all the same."""

from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any, get_args

import msgspec
import pytest
from aiohttp import ClientConnectionError, ClientTimeout
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from medlem.simulator.faults import ONLY_FOR, Kind
from medlem.simulator.wire import Operation
from simulator.desk import ACCESS, KARI, OLA, Desk, Receiver, claims
from simulator.test_deliveries import is_signed_with

DISCOVERY = f"{ACCESS}/.well-known/openid-configuration"
JWKS = f"{ACCESS}/.well-known/jwks.json"


async def approved(desk: Desk) -> str:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.press("approve", auth_req_id)
    await desk.later(5)
    return auth_req_id


async def healthy(desk: Desk) -> None:
    await desk.call("PUT", "/sim/faults", json={"faults": []})


@pytest.mark.parametrize(
    ("kind", "status", "error"), [("429", 429, "statusCode"), ("500", 500, "title"), ("bad_json", 200, "<html>")]
)
async def test_a_gateway_that_answers_in_the_platforms_place_lets_nothing_happen(
    desk: Desk, kind: str, status: int, error: str
) -> None:
    await desk.person()
    await desk.fault("backchannel", kind, seconds=7)

    reply = await desk.ask()

    assert reply.status == status
    assert error in reply.text
    assert reply.headers.get("Retry-After") == ("7" if kind == "429" else None)
    calls = await desk.calls()
    assert calls["pushes"] == {}
    assert calls["operations"]["backchannel"]["last"][0]["status"] == status


@pytest.mark.parametrize(("kind", "pushes"), [("reset", {}), ("timeout", {}), ("lost", {KARI: 1})])
async def test_a_broken_connection_with_and_without_effect(desk: Desk, kind: str, pushes: dict[str, int]) -> None:
    await desk.person()
    await desk.fault("backchannel", kind, seconds=0.01)

    with pytest.raises(ClientConnectionError):
        await desk.ask()

    calls = await desk.calls()
    assert calls["pushes"] == pushes
    assert calls["operations"]["backchannel"]["last"][0]["status"] is None


async def test_a_call_that_is_never_answered_does_not_keep_the_simulator_from_stopping(desk: Desk) -> None:
    await desk.person()
    await desk.fault("backchannel", "timeout")

    with pytest.raises(TimeoutError):
        await desk.call("POST", "/op/bc-authorize", timeout=ClientTimeout(total=0.05))

    await desk.running.close()


async def test_a_delayed_answer_has_taken_effect_before(desk: Desk) -> None:
    await desk.person()
    await desk.fault("backchannel", "delay", seconds=30)

    with pytest.raises(TimeoutError):
        await desk.call(
            "POST",
            "/vipps-login-ciba/api/backchannel/authentication",
            data={"scope": "openid", "login_hint": f"urn:msisdn:{KARI}"},
            headers=desk.basic,
            timeout=ClientTimeout(total=0.05),
        )

    assert (await desk.calls())["pushes"] == {KARI: 1}


async def test_a_call_that_comes_late_takes_effect_late(desk: Desk) -> None:
    await desk.person()
    await desk.fault("backchannel", "late", seconds=0.01)

    assert (await desk.ask()).status == 200


async def test_a_doubled_ask_is_two_pushes_and_one_answer(desk: Desk) -> None:
    await desk.person()
    await desk.fault("backchannel", "double")
    await desk.asked()

    assert (await desk.calls())["pushes"] == {KARI: 2}


async def test_a_lost_token_answer_is_gone_but_asking_again_is_no_violation(desk: Desk) -> None:
    auth_req_id = await approved(desk)
    await desk.fault("token", "lost", times=1)

    with pytest.raises(ClientConnectionError):
        await desk.collect(auth_req_id)
    await desk.later(5)

    assert (await desk.collect(auth_req_id)).error == (400, "invalid_grant")
    assert (await desk.calls())["violations"] == 0


async def test_a_poll_too_soon_is_one_also_when_a_gateway_answers_it(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.fault("token", "500", times=2)
    await desk.later(5)

    assert (await desk.collect(auth_req_id)).status == 500
    assert (await desk.calls())["violations"] == 0
    assert (await desk.collect(auth_req_id)).status == 500
    assert (await desk.calls())["violations"] == 1
    await desk.later(5)
    assert (await desk.collect(auth_req_id)).error == (400, "authorization_pending")


@pytest.mark.parametrize("auth_req_id", ["nobody-asked-this", "å"])
async def test_a_call_about_nothing_that_a_gateway_answers_is_no_violation(desk: Desk, auth_req_id: str) -> None:
    await desk.fault("token", "500")

    assert (await desk.collect(auth_req_id)).status == 500
    assert (await desk.calls())["violations"] == 0


async def keys_of(desk: Desk) -> KeySet:
    return KeySet.import_key_set((await desk.call("GET", JWKS)).json)


async def test_a_forged_id_token_bears_the_name_of_a_true_key(desk: Desk) -> None:
    auth_req_id = await approved(desk)
    await desk.fault("token", "forged")
    token = (await desk.collect(auth_req_id)).json["id_token"]

    with pytest.raises(BadSignatureError):
        jwt.decode(token, await keys_of(desk), algorithms=["RS256"])


async def test_a_rotated_key_is_published_beside_the_one_before(desk: Desk) -> None:
    before = await keys_of(desk)
    auth_req_id = await approved(desk)
    await desk.fault("token", "rotated_key")
    token = (await desk.collect(auth_req_id)).json["id_token"]
    after = await keys_of(desk)

    assert jwt.decode(token, after, algorithms=["RS256"]).claims["sub"]
    assert {key.kid for key in before} < {key.kid for key in after}
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(token, before, algorithms=["RS256"])


async def test_the_key_set_rotates_when_it_is_looked_at(desk: Desk) -> None:
    before = await keys_of(desk)
    await desk.fault("jwks", "rotated_key", times=1)

    assert len((await keys_of(desk)).keys) == 2 * len(before.keys)


async def test_a_wrong_issuer_in_the_token_and_in_discovery(desk: Desk) -> None:
    auth_req_id = await approved(desk)
    await desk.fault("token", "wrong_issuer")
    token = (await desk.collect(auth_req_id)).json["id_token"]
    await desk.fault("discovery", "wrong_issuer")

    assert claims(token)["iss"] == (await desk.call("GET", DISCOVERY)).json["issuer"] == "https://elsewhere.example/"


async def test_a_forged_userinfo_is_about_somebody_else(desk: Desk) -> None:
    kari = await desk.person()
    tokens = await desk.logged_in()
    await desk.fault("userinfo", "forged")

    assert (await desk.userinfo(tokens)).json["sub"] != kari["sub"]


async def test_a_skewed_clock_shows_in_the_date_and_in_what_is_signed(desk: Desk) -> None:
    auth_req_id = await approved(desk)
    straight = parsedate_to_datetime((await desk.call("GET", DISCOVERY)).headers["Date"])
    await desk.fault("token", "clock_skew", seconds=-3600)

    reply = await desk.collect(auth_req_id)

    skewed = parsedate_to_datetime(reply.headers["Date"])
    assert -3600 <= (skewed - straight).total_seconds() < -3500
    assert abs(claims(reply.json["id_token"])["iat"] - skewed.timestamp()) <= 2


async def pinged(desk: Desk, receiver: Receiver, kind: str, **more: Any) -> str:
    await desk.person()
    secret: str = (await desk.register(receiver.url)).json["secret"]
    await desk.fault("ping", kind, times=1, **more)
    await desk.press("approve", await desk.asked())
    return secret


async def test_a_doubled_ping_comes_twice(desk: Desk, receiver: Receiver) -> None:
    secret = await pinged(desk, receiver, "double")
    first, second = await receiver.next(), await receiver.next()

    assert first.body == second.body
    assert is_signed_with(secret, first)
    assert is_signed_with(secret, second)


async def test_a_forged_ping_comes_before_the_true_one(desk: Desk, receiver: Receiver) -> None:
    secret = await pinged(desk, receiver, "forged")
    forged, true = await receiver.next(), await receiver.next()

    assert not is_signed_with(secret, forged)
    assert is_signed_with(secret, true)


async def test_a_broken_ping_is_signed_all_the_same(desk: Desk, receiver: Receiver) -> None:
    secret = await pinged(desk, receiver, "bad_json")
    broken = await receiver.next()

    assert is_signed_with(secret, broken)
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(broken.body)


async def test_a_skewed_ping_is_dated_wrong(desk: Desk, receiver: Receiver) -> None:
    now = parsedate_to_datetime((await desk.call("GET", DISCOVERY)).headers["Date"])
    secret = await pinged(desk, receiver, "clock_skew", seconds=7200)
    ping = await receiver.next()

    assert is_signed_with(secret, ping)
    assert (parsedate_to_datetime(ping.headers["x-ms-date"]) - now).total_seconds() >= 7200


async def test_a_lost_ping_never_comes_and_the_interval_holds(desk: Desk, receiver: Receiver) -> None:
    await pinged(desk, receiver, "lost")
    other = await desk.asked()
    await desk.press("approve", other)

    assert msgspec.json.decode((await receiver.next()).body) == {"auth_req_id": other}
    assert receiver.empty


@pytest.mark.parametrize(("kind", "seconds"), [("reset", 2), ("late", 30), ("delay", 0)])
async def test_a_ping_that_does_not_get_through_comes_later(
    desk: Desk, receiver: Receiver, kind: str, seconds: int
) -> None:
    secret = await pinged(desk, receiver, kind, seconds=seconds)
    await desk.later(0)
    await desk.later(seconds)

    assert is_signed_with(secret, await receiver.next())


async def outcomes(desk: Desk, calls: int) -> list[int]:
    return [(await desk.call("GET", DISCOVERY)).status for _ in range(calls)]


async def test_the_same_seed_breaks_the_same_calls_whatever_else_is_called(desk: Desk) -> None:
    await desk.fault("discovery", "500", probability=0.5)
    first = await outcomes(desk, 20)
    await desk.fault("discovery", "500", probability=0.5)
    second = []
    for _ in range(20):
        second += await outcomes(desk, 1)
        await desk.call("GET", JWKS)

    assert first == second
    assert set(first) == {200, 500}


async def test_a_fault_happens_as_often_as_it_may_and_a_new_plan_replaces_it(desk: Desk) -> None:
    await desk.fault("discovery", "500", times=2)
    assert await outcomes(desk, 4) == [500, 500, 200, 200]
    assert (await desk.call("GET", "/sim/faults")).json["faults"][0]["times"] == 0
    await desk.fault("jwks", "500")
    assert await outcomes(desk, 1) == [200]


async def test_the_first_rule_that_hits_decides(desk: Desk) -> None:
    rules = [{"operation": "discovery", "kind": kind, "times": 1} for kind in ("429", "500")]
    await desk.call("PUT", "/sim/faults", json={"faults": rules})

    assert await outcomes(desk, 3) == [429, 500, 200]


async def exchange(desk: Desk) -> int:
    return (await desk.exchange(f"https://qr.vipps.no/28/2/01/031/{OLA}?v=1")).status


async def swap(desk: Desk) -> int:
    merchant = await desk.merchant()
    return (await desk.call("POST", "/qr/v1/exchange/customer", json={}, headers=merchant)).status


async def exists(desk: Desk) -> int:
    return (await desk.call("POST", "/vipps-login-ciba/api/v1/user-exists", headers=desk.basic)).status


async def listed(desk: Desk) -> int:
    return (await desk.call("GET", "/webhooks/v1/webhooks", headers=await desk.merchant())).status


async def keyed(desk: Desk) -> int:
    return (await desk.get_token()).status


async def shared(desk: Desk) -> int:
    return (await desk.userinfo({"access_token": "x"})).status


@pytest.mark.parametrize(
    ("operation", "attempt"),
    [
        ("access_token", keyed),
        ("exchange", exchange),
        ("exchange_customer", swap),
        ("user_exists", exists),
        ("userinfo", shared),
        ("webhooks", listed),
    ],
)
async def test_every_operation_can_fail(desk: Desk, operation: str, attempt: Callable[[Desk], Awaitable[int]]) -> None:
    await desk.fault(operation, "500")
    assert await attempt(desk) == 500
    await healthy(desk)
    assert await attempt(desk) != 500
    assert (await desk.calls())["operations"][operation]["count"] == 2


async def test_every_combination_is_taken_or_refused_with_where_it_means_something(desk: Desk) -> None:
    for operation in get_args(Operation):
        for kind in get_args(Kind):
            where = ONLY_FOR.get(kind)
            rule = {"operation": operation, "kind": kind, "seconds": 1, "times": 1, "probability": 0.5}
            reply = await desk.call("PUT", "/sim/faults", json={"seed": 1, "faults": [rule]})
            meant = where is None or operation in where
            assert reply.status == (200 if meant else 422), (operation, kind)
            assert meant or f"{kind} means something only for" in reply.json["detail"]


@pytest.mark.parametrize(
    "rule",
    [
        {"operation": "payment", "kind": "500"},
        {"operation": "token", "kind": "503"},
        {"operation": "token"},
        {"operation": "token", "kind": "delay", "seconds": -1},
        {"operation": "token", "kind": "delay", "probability": 1.1},
        {"operation": "token", "kind": "delay", "times": -1},
        {"operation": "token", "kind": "delay", "often": 2},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_with_what_to_do(desk: Desk, rule: dict[str, Any]) -> None:
    reply = await desk.call("PUT", "/sim/faults", json={"faults": [rule]})
    assert reply.status == 422
    assert "docs/simulator.md" in reply.json["detail"]
