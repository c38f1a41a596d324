"""Access Token API: keys in headers for a token that the other APIs take."""

from http import HTTPStatus

import pytest

from simulator.desk import WEBHOOKS, Desk, claims


async def test_the_keys_of_a_sales_unit_get_a_token_with_its_numbers_as_strings(desk: Desk) -> None:
    reply = await desk.get_token()

    assert reply.status == HTTPStatus.OK
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["expires_in"] == "3600"
    assert int(reply.json["expires_on"]) - int(reply.json["not_before"]) == 3600
    assert reply.json["ext_expires_in"] == "0"
    assert reply.json["resource"]
    assert len(reply.json["access_token"]) > 1000
    assert claims(reply.json["access_token"])["appid"] == desk.keys["client_id"]


async def test_a_switch_makes_the_numbers_integers_and_another_the_life_shorter(desk: Desk) -> None:
    await desk.switch(numbers_as_integers=True, access_token_lifetime=120)

    assert (await desk.get_token()).json["expires_in"] == 120


async def test_the_old_spelling_of_the_path_works_too(desk: Desk) -> None:
    keys = {name: desk.keys[name] for name in ("client_id", "client_secret")}

    assert (await desk.call("POST", "/accessToken/get", headers=keys | desk.subscription)).status == 200


@pytest.mark.parametrize("wrong", ["client_id", "client_secret", "Merchant-Serial-Number"])
async def test_a_wrong_key_is_refused_as_oauth_does(desk: Desk, wrong: str) -> None:
    reply = await desk.get_token(**{wrong: "123456" if wrong.startswith("M") else "nonsense"})

    assert reply.error == (401, "invalid_client")
    assert reply.json["error_description"]


@pytest.mark.parametrize(("key", "word"), [("", "missing"), ("nonsense", "invalid")])
async def test_a_wrong_subscription_key_is_refused_as_the_gateway_does(desk: Desk, key: str, word: str) -> None:
    reply = await desk.get_token(**{"Ocp-Apim-Subscription-Key": key})

    assert (reply.status, reply.json["statusCode"]) == (401, 401)
    assert word in reply.json["message"]


async def test_several_tokens_are_good_at_once_and_each_until_its_end(desk: Desk) -> None:
    first, second = await desk.merchant(), await desk.merchant()
    assert first != second
    for merchant in (first, second):
        assert (await desk.call("GET", WEBHOOKS, headers=merchant)).status == 200

    await desk.later(3600)

    assert (await desk.call("GET", WEBHOOKS, headers=first)).status == 401


@pytest.mark.parametrize("spoil", ["no word", "another word", "forged", "garbage", "none"])
async def test_only_a_whole_bearer_token_of_ours_is_taken(desk: Desk, spoil: str) -> None:
    merchant = await desk.merchant()
    token = merchant["Authorization"].removeprefix("Bearer ")
    head, body, mark = token.split(".")
    merchant["Authorization"] = {
        "no word": token,
        "another word": f"bearer {token}",
        "forged": f"Bearer {head}.{body}.{mark[::-1]}",
        "garbage": "Bearer rubbish",
        "none": "",
    }[spoil]

    reply = await desk.call("GET", WEBHOOKS, headers=merchant)

    assert (reply.status, reply.text) == (401, "")
