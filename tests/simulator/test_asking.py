"""Login API: discovery, user-exists, and putting a question on a phone."""

from typing import Any

import pytest

from simulator.desk import ACCESS, BACKCHANNEL, KARI, USER_EXISTS, Desk, Reply


async def test_discovery_tells_every_address_below_the_host_that_was_asked(desk: Desk) -> None:
    reply = await desk.call("GET", f"{ACCESS}/.well-known/openid-configuration")

    assert reply.headers["Cache-Control"] == "max-age=3600"
    assert reply.json["issuer"] == f"{desk.url}{ACCESS}/"
    for name in ("token_endpoint", "userinfo_endpoint", "jwks_uri", "backchannel_authentication_endpoint"):
        assert reply.json[name].startswith(f"{desk.url}/")


async def test_discovery_lists_neither_the_ciba_grant_nor_custom_flow(desk: Desk) -> None:
    document = (await desk.call("GET", f"{ACCESS}/.well-known/openid-configuration")).json

    assert document["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert "customFlow" not in document["scopes_supported"]
    assert document["backchannel_token_delivery_modes_supported"] == ["poll"]


async def test_the_key_set_has_one_rsa_and_one_p256_key_and_nothing_private(desk: Desk) -> None:
    keys = (await desk.call("GET", f"{ACCESS}/.well-known/jwks.json")).json["keys"]

    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {("RSA", "RS256", "sig"), ("EC", "ES256", "sig")}
    assert all(key["kid"].startswith("public:") for key in keys)
    assert not any({"d", "p", "q"} & key.keys() for key in keys)


async def test_an_ask_is_answered_with_its_name_its_life_and_its_interval(desk: Desk) -> None:
    await desk.person()

    reply = await desk.ask(binding_message="4MX-CQ3", requested_expiry="120")

    assert reply.status == 200
    assert reply.json.keys() == {"auth_req_id", "expires_in", "interval"}
    assert (reply.json["expires_in"], reply.json["interval"]) == (120, 5)
    waiting = (await desk.call("GET", f"/sim/people/{KARI}/requests")).json["requests"]
    assert [(each["auth_req_id"], each["binding_message"]) for each in waiting] == [
        (reply.json["auth_req_id"], "4MX-CQ3")
    ]
    assert waiting[0]["scope"] == "openid name phoneNumber"
    assert waiting[0]["expires_at"].endswith("Z")


async def test_a_request_lives_ten_minutes_unless_asked_otherwise(desk: Desk) -> None:
    await desk.person()

    assert (await desk.ask()).json["expires_in"] == 600


async def test_an_accepted_ask_is_one_push(desk: Desk) -> None:
    await desk.person()
    await desk.asked()
    await desk.ask(binding_message="no")

    assert (await desk.calls())["pushes"] == {KARI: 1}


async def test_a_phone_without_push_gets_none_but_the_request_is_there(desk: Desk) -> None:
    await desk.person(push=False)
    auth_req_id = await desk.asked()

    assert (await desk.calls())["pushes"] == {}
    waiting = (await desk.call("GET", f"/sim/people/{KARI}/requests")).json["requests"]
    assert [each["auth_req_id"] for each in waiting] == [auth_req_id]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"login_hint": ""}, "invalid_request"),
        ({"login_hint": "4740000050"}, "invalid_request"),
        ({"login_hint": "urn:msisdn:+4740000050"}, "invalid_request"),
        ({"login_hint": "urn:msisdn:1555000111"}, "invalid_request"),
        ({"login_hint": "urn:mobilenumber:40000050"}, "invalid_request"),
        ({"login_hint": "urn:customer-token:nonsense"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": "name"}, "invalid_scope"),
        ({"scope": "openid shoeSize"}, "invalid_scope"),
        ({"scope": "openid nnin"}, "invalid_scope"),
        ({"binding_message": "abc-def"}, "invalid_binding_message"),
        ({"binding_message": "ABCD"}, "invalid_binding_message"),
        ({"binding_message": "ABCDEFGHI"}, "invalid_binding_message"),
        ({"requested_expiry": "59"}, "invalid_request"),
        ({"requested_expiry": "901"}, "invalid_request"),
        ({"requested_expiry": "2m"}, "invalid_request"),
        ({"requested_flow": "login_to_webpage"}, "invalid_request"),
    ],
)
async def test_a_malformed_ask_is_refused(desk: Desk, fields: dict[str, str], error: str) -> None:
    await desk.person()

    assert (await desk.ask(**fields)).error == (400, error)
    assert (await desk.calls())["pushes"] == {}


async def test_an_ask_must_be_a_form_with_each_parameter_once(desk: Desk) -> None:
    await desk.person()
    as_json = await desk.call("POST", BACKCHANNEL, json={"scope": "openid"}, headers=desk.basic)
    twice = await desk.call("POST", BACKCHANNEL, data=[("scope", "openid"), ("scope", "openid")], headers=desk.basic)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    garbled = await desk.call("POST", BACKCHANNEL, data=b"scope=\xff%ff", headers=desk.basic | form)

    assert {as_json.error, twice.error, garbled.error} == {(400, "invalid_request")}


async def test_switches_for_what_the_pages_leave_open_about_an_ask(desk: Desk) -> None:
    await desk.person()
    await desk.switch(
        accept_mobilenumber_hint=True,
        bad_binding_message="invalid_request",
        scope_outside_plan="refuse",
        interval_in_answer=False,
    )

    assert (await desk.ask(login_hint="urn:mobilenumber:40000050")).json.keys() == {"auth_req_id", "expires_in"}
    assert (await desk.ask(binding_message="no")).error == (400, "invalid_request")
    assert (await desk.ask(scope="openid nin")).error == (400, "invalid_scope")


async def test_a_scope_outside_the_plan_falls_away_in_silence(desk: Desk) -> None:
    await desk.person()
    await desk.asked(scope="openid nin name")

    waiting = (await desk.call("GET", f"/sim/people/{KARI}/requests")).json["requests"]
    assert waiting[0]["scope"] == "openid name"


@pytest.mark.parametrize("traits", [None, {"app": "none"}, {"age": 14}])
async def test_who_has_no_usable_account_is_refused_in_one_way(desk: Desk, traits: dict[str, Any] | None) -> None:
    if traits is not None:
        await desk.person(**traits)

    reply = await desk.ask()

    assert reply.error == (400, "unknown_user_id")
    assert reply.json["error_code"] == "invalid_user"
    assert (await desk.calls())["pushes"] == {}


async def test_an_old_app_is_refused_with_its_own_code(desk: Desk) -> None:
    await desk.person(app="old")

    reply = await desk.ask()

    assert reply.error == (400, "access_denied")
    assert reply.json["error_code"] == "old_app"


@pytest.mark.parametrize("place", ["error_code", "error", "error_description"])
async def test_a_switch_moves_the_vendors_code_to_another_field_and_to_the_poll(desk: Desk, place: str) -> None:
    await desk.person(app="old")
    await desk.switch(ineligible_told_at="poll", ineligible_told_in=place)

    auth_req_id = await desk.asked()
    await desk.later(5)
    reply = await desk.collect(auth_req_id)

    assert (reply.status, reply.json[place]) == (400, "old_app")
    assert (await desk.calls())["pushes"] == {}


async def test_the_fourth_open_request_of_one_person_is_too_many(desk: Desk) -> None:
    await desk.person()
    requests = [await desk.asked() for _ in range(3)]

    busy = await desk.ask()
    assert (busy.status, busy.headers["Retry-After"]) == (429, "30")
    await desk.press("decline", requests[0])

    assert (await desk.ask()).status == 200


async def test_a_customer_token_may_stand_for_the_number(desk: Desk) -> None:
    await desk.person()
    token = (await desk.call("POST", f"/sim/people/{KARI}/customer-token")).json["customerToken"]

    assert (await desk.ask(login_hint=f"urn:customer-token:{token}")).status == 200


async def call_with(desk: Desk, headers: dict[str, str], **fields: str) -> Reply:
    form = {"scope": "openid", "login_hint": f"urn:msisdn:{KARI}", **fields}
    return await desk.call("POST", BACKCHANNEL, data=form, headers=headers)


@pytest.mark.parametrize(
    "credentials", ["Basic bm9ib2R5OmhlcmU=", "Basic nonsense", "Basic bm9jb2xvbg==", "Digest x", ""]
)
async def test_a_client_that_proves_nothing_is_refused(desk: Desk, credentials: str) -> None:
    await desk.person()

    reply = await call_with(desk, {"Authorization": credentials})

    assert reply.error == (401, "invalid_client")
    assert reply.headers["WWW-Authenticate"].startswith("Basic")


async def test_the_secret_in_the_form_works_only_for_a_sales_unit_that_has_it_switched_on(desk: Desk) -> None:
    await desk.person()
    keys = {name: desk.keys[name] for name in ("client_id", "client_secret")}
    assert (await call_with(desk, {}, **keys)).error == (401, "invalid_client")
    await desk.switch(client_auth="client_secret_post")

    assert (await call_with(desk, {}, **keys)).status == 200
    assert (await call_with(desk, desk.basic)).error == (401, "invalid_client")


async def test_a_client_proves_itself_in_one_way_only(desk: Desk) -> None:
    reply = await call_with(desk, desk.basic, client_secret=desk.keys["client_secret"])

    assert reply.error == (400, "invalid_request")


async def test_a_partner_comes_with_its_token_and_the_number_of_the_sales_unit(desk: Desk) -> None:
    await desk.person()
    token = {"Authorization": (await desk.merchant())["Authorization"]}

    assert (await call_with(desk, token | desk.sales_unit)).status == 200
    assert (await call_with(desk, token)).error == (401, "invalid_client")
    assert (await call_with(desk, token | {"Merchant-Serial-Number": "99999"})).status == 403
    assert (await call_with(desk, {"Authorization": "Bearer x"} | desk.sales_unit)).error == (401, "invalid_client")


@pytest.mark.parametrize(
    ("traits", "exists"),
    [(None, False), ({}, True), ({"app": "old"}, True), ({"app": "none"}, False), ({"age": 14}, False)],
)
async def test_whether_a_number_can_be_asked(desk: Desk, traits: dict[str, Any] | None, *, exists: bool) -> None:
    if traits is not None:
        await desk.person(**traits)

    form = {"login_hint": f"urn:msisdn:{KARI}"}
    assert (await desk.call("POST", USER_EXISTS, data=form, headers=desk.basic)).json == {"exists": exists}


async def test_user_exists_refuses_a_hint_that_is_none_and_a_stranger(desk: Desk) -> None:
    bad = await desk.call("POST", USER_EXISTS, data={"login_hint": KARI}, headers=desk.basic)
    stranger = await desk.call("POST", USER_EXISTS, data={"login_hint": f"urn:msisdn:{KARI}"})

    assert (bad.error, stranger.error) == ((400, "invalid_request"), (401, "invalid_client"))


async def test_user_exists_is_limited_for_each_number_and_minute(desk: Desk) -> None:
    await desk.switch(user_exists_per_minute=2, user_exists_field="loginHint")

    async def look(msisdn: str) -> Reply:
        form = {"loginHint": f"urn:msisdn:{msisdn}"}
        return await desk.call("POST", USER_EXISTS, data=form, headers=desk.basic)

    replies = [await look(KARI) for _ in range(4)]
    while replies[2].status == 200:  # A minute began in between.
        replies = [await look(KARI) for _ in range(4)]

    assert replies[2].status == 429
    assert 0 < int(replies[2].headers["Retry-After"]) <= 60
    assert (await look("4740000051")).status == 200
    await desk.later(60)
    assert (await look(KARI)).status == 200
