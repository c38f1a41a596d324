"""A partner: keys of its own for many merchants, and the merchant's number with every call."""

from typing import Any

from aiohttp import encode_basic_auth

from simulator.desk import BACKCHANNEL, GRANT, KARI, TOKEN, USER_EXISTS, WEBHOOKS, Desk, Reply, claims


async def partner(desk: Desk) -> dict[str, str]:
    keys: dict[str, str] = (await desk.call("GET", "/sim/credentials/partner")).json
    assert set(keys) == set(desk.keys)
    assert keys["msn"] == desk.keys["msn"]
    assert {keys[name] for name in ("client_id", "client_secret", "subscription_key")}.isdisjoint(desk.keys.values())
    return keys


async def token(desk: Desk, keys: dict[str, str], **headers: str) -> Reply:
    own = {
        "client_id": keys["client_id"],
        "client_secret": keys["client_secret"],
        "Ocp-Apim-Subscription-Key": keys["subscription_key"],
        "Merchant-Serial-Number": keys["msn"],
    }
    return await desk.call("POST", "/accesstoken/get", headers={k: v for k, v in (own | headers).items() if v})


async def bearer(desk: Desk, keys: dict[str, str], **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await token(desk, keys)).json['access_token']}", **more}


async def test_a_partner_gets_a_token_for_the_merchant_that_it_names(desk: Desk) -> None:
    keys = await partner(desk)
    good = await token(desk, keys)
    assert claims(good.json["access_token"])["appid"] == keys["client_id"]
    for wrong in (
        {"Merchant-Serial-Number": ""},
        {"Merchant-Serial-Number": "99999"},
        {"client_secret": desk.keys["client_secret"]},
        {"Ocp-Apim-Subscription-Key": desk.keys["subscription_key"]},
    ):
        assert (await token(desk, keys, **wrong)).error == (401, "invalid_client")


async def test_a_partner_logs_a_customer_in_and_knows_the_merchant_by_the_msn_claim(desk: Desk) -> None:
    await desk.person()
    keys = await partner(desk)
    named = await bearer(desk, keys, **{"Merchant-Serial-Number": keys["msn"]})
    form: dict[str, Any] = {"scope": "openid name phoneNumber", "login_hint": f"urn:msisdn:{KARI}"}
    asked = await desk.call("POST", BACKCHANNEL, data=form, headers=named)
    assert asked.status == 200, asked.text
    await desk.press("approve", asked.json["auth_req_id"])
    await desk.later(5)
    redeem = {"grant_type": GRANT, "auth_req_id": asked.json["auth_req_id"]}
    tokens = await desk.call("POST", TOKEN, data=redeem, headers=named)
    said = claims(tokens.json["id_token"])
    assert said["msn"] == keys["msn"]
    assert said["aud"] == [desk.keys["client_id"]], "the merchant's client, which a partner does not know"
    exists = await desk.call("POST", USER_EXISTS, data={"login_hint": f"urn:msisdn:{KARI}"}, headers=named)
    assert exists.json == {"exists": True}


async def test_a_partner_without_a_merchant_or_with_another_one_is_refused(desk: Desk) -> None:
    await desk.person()
    keys = await partner(desk)
    plain = await bearer(desk, keys)
    form = {"scope": "openid", "login_hint": f"urn:msisdn:{KARI}"}
    for path in (BACKCHANNEL, TOKEN, USER_EXISTS):
        nameless = await desk.call("POST", path, data=form, headers=plain)
        foreign = await desk.call("POST", path, data=form, headers=plain | {"Merchant-Serial-Number": "99999"})
        assert nameless.error == (401, "invalid_client")
        assert foreign.status == 403
    await desk.switch(client_auth="client_secret_post")
    named = plain | {"Merchant-Serial-Number": keys["msn"]}
    assert (await desk.call("POST", BACKCHANNEL, data=form, headers=named)).status == 403


async def test_a_partners_keys_are_no_sales_units_keys_and_open_the_other_apis_with_its_number(desk: Desk) -> None:
    await desk.person()
    keys = await partner(desk)
    basic = {"Authorization": encode_basic_auth(keys["client_id"], keys["client_secret"])}
    form = {"scope": "openid", "login_hint": f"urn:msisdn:{KARI}"}
    assert (await desk.call("POST", BACKCHANNEL, data=form, headers=basic)).error == (401, "invalid_client")
    own = await bearer(desk, keys, **{"Ocp-Apim-Subscription-Key": keys["subscription_key"]})
    body = {"qrCode": await desk.qr("clear")}
    assert (await desk.call("POST", "/qr/v1/exchange", json=body, headers=own)).status == 401
    named = own | {"Merchant-Serial-Number": keys["msn"]}
    assert (await desk.call("POST", "/qr/v1/exchange", json=body, headers=named)).status == 200
    assert (await desk.call("GET", WEBHOOKS, headers=named)).status == 200
