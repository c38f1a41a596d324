"""The token endpoint: how often a client may ask, and what it gets, once."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulator.desk import ACCESS, GRANT, KARI, TOKEN, Desk, Receiver, claims


async def violations(desk: Desk) -> int:
    calls = await desk.calls()
    assert calls["violations"] == calls["operations"]["token"]["violations"]
    count: int = calls["violations"]
    return count


async def test_a_request_is_pending_until_it_is_answered_and_then_redeemed(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.later(5)
    pending = await desk.collect(auth_req_id)
    await desk.press("approve", auth_req_id)
    await desk.later(5)
    tokens = await desk.collect(auth_req_id)

    assert pending.error == (400, "authorization_pending")
    assert pending.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert tokens.status == 200
    assert tokens.headers["Cache-Control"] == "no-store"
    assert tokens.json.keys() == {"access_token", "token_type", "expires_in", "id_token"}
    assert (tokens.json["token_type"], tokens.json["expires_in"]) == ("Bearer", 300)
    assert await violations(desk) == 0


async def test_a_no_ends_the_request(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    assert (await desk.press("decline", auth_req_id)).status == 204
    await desk.later(5)

    assert (await desk.collect(auth_req_id)).error == (400, "access_denied")


async def test_time_ends_the_request(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked(requested_expiry="60")
    await desk.later(50)
    assert (await desk.collect(auth_req_id)).error == (400, "authorization_pending")
    await desk.later(10)

    assert (await desk.collect(auth_req_id)).error == (400, "expired_token")
    assert (await desk.press("approve", auth_req_id)).status == 409


@pytest.mark.parametrize("answer", ["approve", "decline", "expire"])
async def test_after_the_final_answer_every_call_is_a_violation(desk: Desk, answer: str) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    if answer == "expire":
        await desk.later(600)
    else:
        await desk.press(answer, auth_req_id)
    await desk.later(5)
    await desk.collect(auth_req_id)
    assert await violations(desk) == 0
    await desk.later(60)

    assert (await desk.collect(auth_req_id)).error == (400, "invalid_grant")
    assert await violations(desk) == 1


async def test_the_first_poll_must_wait_too(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()

    assert (await desk.collect(auth_req_id)).error == (400, "slow_down")
    assert await violations(desk) == 1


async def test_each_slow_down_adds_five_seconds_for_good(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.collect(auth_req_id)
    await desk.later(6)
    again = await desk.collect(auth_req_id)
    await desk.later(15)
    patient = await desk.collect(auth_req_id)
    await desk.later(10)
    impatient = await desk.collect(auth_req_id)

    assert [reply.json["error"] for reply in (again, patient, impatient)] == [
        "slow_down",
        "authorization_pending",
        "slow_down",
    ]
    assert await violations(desk) == 3


async def test_exactly_one_interval_is_never_too_soon(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    for _ in range(20):
        await desk.later(5)
        assert (await desk.collect(auth_req_id)).error == (400, "authorization_pending")

    assert await violations(desk) == 0


async def test_an_answer_without_a_ping_is_collected_no_sooner_than_the_interval(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.press("approve", auth_req_id)

    assert (await desk.collect(auth_req_id)).error == (400, "slow_down")
    assert await violations(desk) == 1


async def test_a_ping_sets_the_interval_aside(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await desk.register(receiver.url)
    auth_req_id = await desk.asked()
    await desk.press("approve", auth_req_id)
    await receiver.next()

    assert (await desk.collect(auth_req_id)).status == 200
    assert await violations(desk) == 0


async def test_a_second_redemption_gets_nothing(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.press("approve", auth_req_id)
    await desk.later(5)

    assert (await desk.collect(auth_req_id)).status == 200
    assert (await desk.collect(auth_req_id)).error == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"auth_req_id": "x"}, "invalid_request"),
        ({"grant_type": GRANT}, "invalid_request"),
        ({"grant_type": "authorization_code", "auth_req_id": "x"}, "unsupported_grant_type"),
        ({"grant_type": GRANT, "auth_req_id": "nobody-asked-this"}, "invalid_grant"),
    ],
)
async def test_a_token_call_that_makes_no_sense_is_refused_and_no_violation(
    desk: Desk, form: dict[str, str], error: str
) -> None:
    assert (await desk.call("POST", TOKEN, data=form, headers=desk.basic)).error == (400, error)
    assert await violations(desk) == 0


async def test_a_token_call_without_credentials_tells_nothing_about_the_request(desk: Desk) -> None:
    await desk.person()
    form = {"grant_type": GRANT, "auth_req_id": await desk.asked()}

    assert (await desk.call("POST", TOKEN, data=form)).error == (401, "invalid_client")


async def test_a_request_of_the_other_provider_is_unknown_here(desk: Desk) -> None:
    await desk.person()
    auth_req_id = await desk.asked()
    await desk.later(5)

    assert (await desk.collect(auth_req_id, "/op/token")).error == (400, "invalid_grant")
    assert (await desk.collect(auth_req_id)).error == (400, "authorization_pending")


async def verified(desk: Desk, tokens: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = KeySet.import_key_set((await desk.call("GET", f"{ACCESS}/.well-known/jwks.json")).json)
    token = jwt.decode(tokens["id_token"], keys, algorithms=["RS256", "ES256"])
    return token.header, token.claims


async def test_the_id_token_says_who_for_whom_and_when_and_is_signed(desk: Desk) -> None:
    kari = await desk.person()
    tokens = await desk.logged_in()
    header, said = await verified(desk, tokens)

    assert header["alg"] == "RS256"
    assert said["iss"] == f"{desk.url}{ACCESS}/"
    assert said["aud"] == [desk.keys["client_id"]]
    assert said["sub"] == kari["sub"]
    assert said["msn"] == desk.keys["msn"]
    assert said["exp"] - said["iat"] == 3600
    assert said["rat"] <= said["auth_time"] <= said["iat"]
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert said["at_hash"] == urlsafe_b64encode(half).rstrip(b"=").decode()
    assert said["sid"] == (await desk.userinfo(tokens)).json["sid"]
    assert said["jti"] != claims((await desk.logged_in())["id_token"])["jti"]
    assert not said.keys() & {"name", "phone_number", "nonce", "auth_req_id"}


async def test_the_id_token_tells_the_email_when_it_was_shared(desk: Desk) -> None:
    await desk.person(email="kari@example.com")

    said = claims((await desk.logged_in(scope="openid email"))["id_token"])
    assert (said["email"], said["email_verified"]) == ("kari@example.com", True)


async def test_switches_for_what_the_pages_leave_open_about_tokens(desk: Desk) -> None:
    await desk.person()
    await desk.switch(
        id_token_alg="ES256",
        id_token_profile=True,
        id_token_request_claim="auth_req_id",
        token_type="bearer",
        login_token_lifetime=60,
    )

    tokens = await desk.logged_in()
    header, said = await verified(desk, tokens)

    assert (header["alg"], tokens["token_type"], tokens["expires_in"]) == ("ES256", "bearer", 60)
    assert said["phone_number"] == KARI
    assert said["auth_req_id"]
