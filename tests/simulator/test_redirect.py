"""Customers who finish on the merchant's page: the address that the phone opens, and what its code buys."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulator.conftest import Opener
from simulator.desk import ACCESS, KARI, TOKEN, Desk, Receiver, Reply, claims
from simulator.stream import watching

PAGE = "https://club.example.org/finish/123456"
GRANT = "urn:vipps:params:grant-type:ciba-redirect"
TO_PAGE = {"requested_flow": "login_to_webpage", "redirect_uri": PAGE}


async def asked(desk: Desk, **switches: object) -> str:
    await desk.person()
    await desk.switch(redirect_uris=[PAGE], **switches)
    return await desk.asked(**TO_PAGE)


async def opened(desk: Desk, answer: str, auth_req_id: str) -> dict[str, str]:
    """Press, and read what the phone opens."""
    reply = await desk.press(answer, auth_req_id)
    assert reply.status == 200, reply.text
    address = urlsplit(reply.json["opens"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == PAGE
    return dict(parse_qsl(address.query))


async def redeem(desk: Desk, code: str) -> Reply:
    form = {"grant_type": GRANT, "code": code}
    return await desk.call("POST", TOKEN, data=form, headers=desk.basic)


async def violations(desk: Desk) -> int:
    return int((await desk.calls())["violations"])


@pytest.mark.parametrize(
    "fields",
    [
        {"requested_flow": "login_to_app", "redirect_uri": PAGE},
        {"requested_flow": "login_to_webpage"},
        {"requested_flow": "login_to_webpage", "redirect_uri": f"{PAGE}/"},
    ],
)
async def test_a_page_must_be_registered_as_it_is(desk: Desk, fields: dict[str, str]) -> None:
    await desk.person()
    await desk.switch(redirect_uris=[PAGE])
    assert (await desk.ask(**fields)).error == (400, "invalid_request")


async def test_a_code_buys_the_tokens_once(desk: Desk) -> None:
    auth_req_id = await asked(desk)
    query = await opened(desk, "approve", auth_req_id)
    assert query.keys() == {"code"}
    tokens = await redeem(desk, query["code"])
    assert tokens.status == 200
    assert (tokens.json["token_type"], tokens.json["expires_in"]) == ("bearer", 3599)
    assert tokens.json["scope"] == "openid name phoneNumber"
    said = claims(tokens.json["id_token"])
    assert said["auth_req_id"] == auth_req_id
    assert said["aud"] == desk.keys["client_id"]
    assert said["exp"] - said["iat"] == 600
    jwks = KeySet.import_key_set((await desk.call("GET", f"{ACCESS}/.well-known/jwks.json")).json)
    assert jwt.decode(tokens.json["id_token"], jwks, algorithms=["ES256"]).header["alg"] == "ES256"
    assert (await desk.userinfo(tokens.json)).json["sub"] == said["sub"]
    assert await violations(desk) == 0
    assert (await redeem(desk, query["code"])).error == (400, "invalid_grant")
    assert await violations(desk) == 1


async def test_the_request_may_be_named_by_another_claim(desk: Desk) -> None:
    auth_req_id = await asked(desk, redirect_request_claim="authReqId")
    query = await opened(desk, "approve", auth_req_id)
    said = claims((await redeem(desk, query["code"])).json["id_token"])
    assert said["authReqId"] == auth_req_id
    assert "auth_req_id" not in said


async def test_a_code_is_good_for_two_minutes(desk: Desk) -> None:
    query = await opened(desk, "approve", await asked(desk))
    await desk.later(120)
    assert (await redeem(desk, query["code"])).error == (400, "invalid_grant")


async def test_a_made_up_code_buys_nothing(desk: Desk) -> None:
    await asked(desk)
    assert (await redeem(desk, "made-up")).error == (400, "invalid_grant")
    reply = await desk.call("POST", TOKEN, data={"grant_type": GRANT}, headers=desk.basic)
    assert reply.error == (400, "invalid_request")


async def test_a_no_opens_the_page_with_an_error(desk: Desk) -> None:
    query = await opened(desk, "decline", await asked(desk))
    assert query.keys() == {"error", "error_description"}
    assert query["error"] == "access_denied"


@pytest.mark.parametrize("error", ["server_error", "outdated_app_version", "wrong_challenge", "unknown_reject_reason"])
async def test_the_page_may_be_opened_with_any_error(desk: Desk, error: str) -> None:
    assert (await opened(desk, "approve", await asked(desk, redirect_error=error)))["error"] == error


async def test_polling_for_such_an_answer_is_a_violation(desk: Desk) -> None:
    auth_req_id = await asked(desk)
    await desk.later(5)
    assert (await desk.collect(auth_req_id)).error == (400, "invalid_grant")
    assert await violations(desk) == 1


async def test_nobody_is_pinged_about_it(desk: Desk, receiver: Receiver) -> None:
    await desk.register(receiver.url)
    await opened(desk, "approve", await asked(desk))
    await opened(desk, "decline", await desk.asked(**TO_PAGE))
    in_app = await desk.asked()
    await desk.press("approve", in_app)
    assert in_app.encode() in (await receiver.next()).body
    assert receiver.empty


async def test_the_phone_shows_the_way_to_the_page(desk: Desk) -> None:
    auth_req_id = await asked(desk)
    query = await opened(desk, "approve", auth_req_id)
    async with watching(desk, f"/phone/{KARI}/news") as news:
        (past,) = (await news.next())["picture"]["past"]
    assert past["opens"] == f"{PAGE}?code={query['code']}"


async def test_a_code_outlives_a_restart(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        query = await opened(desk, "approve", await asked(desk))
    async with open_desk(tmp_path) as desk:
        assert (await redeem(desk, query["code"])).status == 200
