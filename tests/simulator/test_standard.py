"""The plain provider: OpenID CIBA with other paths and nothing of the platform's own."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulator.desk import GRANT, KARI, USERINFO, Desk, Reply


async def document(desk: Desk) -> Any:
    return (await desk.call("GET", "/op/.well-known/openid-configuration")).json


async def ask(desk: Desk, **fields: str) -> Reply:
    form = {"scope": "openid profile phone", "login_hint": f"tel:+{KARI}", **fields}
    return await desk.call("POST", "/op/bc-authorize", data=form, headers=desk.basic)


async def test_discovery_is_what_the_standard_says(desk: Desk) -> None:
    found = await document(desk)

    assert found["issuer"] == f"{desk.url}/op"
    assert found["backchannel_authentication_endpoint"] == f"{desk.url}/op/bc-authorize"
    assert found["grant_types_supported"] == [GRANT]


async def test_a_whole_login_by_the_standard_alone(desk: Desk) -> None:
    kari = await desk.person(email="kari@example.com", address={"street_address": "Storgata 1"})
    found = await document(desk)
    asked = await ask(desk, scope="openid profile phone email address shoeSize", binding_message="4MX-CQ3 please")
    assert asked.json.keys() == {"auth_req_id", "expires_in"}
    auth_req_id = asked.json["auth_req_id"]
    await desk.later(5)
    assert (await desk.collect(auth_req_id, "/op/token")).error == (400, "authorization_pending")
    await desk.press("approve", auth_req_id)
    await desk.later(5)

    tokens = await desk.collect(auth_req_id, "/op/token")
    assert tokens.json.keys() == {"access_token", "token_type", "id_token"}
    keys = KeySet.import_key_set((await desk.call("GET", "/op/jwks")).json)
    said = jwt.decode(tokens.json["id_token"], keys, algorithms=["RS256"]).claims
    shared = (await desk.userinfo(tokens.json, "/op/userinfo")).json

    assert (said["iss"], said["aud"]) == (found["issuer"], desk.keys["client_id"])
    assert said["sub"] == shared["sub"] != kari["sub"]
    assert (shared["name"], shared["phone_number"]) == ("Kari Nordmann", f"+{KARI}")
    assert (shared["email"], shared["address"]) == ("kari@example.com", {"street_address": "Storgata 1"})
    assert (await desk.calls())["violations"] == 0


async def test_only_what_was_asked_for_is_told(desk: Desk) -> None:
    await desk.person(email="kari@example.com", address={"street_address": "Storgata 1"})
    auth_req_id = (await ask(desk, scope="openid")).json["auth_req_id"]
    await desk.press("approve", auth_req_id)
    await desk.later(5)
    tokens = (await desk.collect(auth_req_id, "/op/token")).json

    assert (await desk.userinfo(tokens, "/op/userinfo")).json.keys() == {"sub"}


async def test_without_an_interval_five_seconds_hold(desk: Desk) -> None:
    await desk.person()
    auth_req_id = (await ask(desk)).json["auth_req_id"]

    assert (await desk.collect(auth_req_id, "/op/token")).error == (400, "slow_down")
    await desk.later(10)
    assert (await desk.collect(auth_req_id, "/op/token")).error == (400, "authorization_pending")
    assert (await desk.calls())["violations"] == 1


@pytest.mark.parametrize("hint", [KARI, f"+{KARI}", f"urn:msisdn:{KARI}", f"tel:+{KARI}"])
async def test_a_number_may_be_written_in_the_usual_ways(desk: Desk, hint: str) -> None:
    await desk.person()

    assert (await ask(desk, login_hint=hint)).status == 200


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"login_hint": ""}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"login_hint": "", "login_hint_token": "x"}, "invalid_request"),
        ({"requested_expiry": "0"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"binding_message": "x" * 65}, "invalid_binding_message"),
        ({"login_hint": "kari"}, "unknown_user_id"),
        ({"login_hint": "tel:+4740000099"}, "unknown_user_id"),
    ],
)
async def test_a_bad_ask_gets_the_errors_of_the_standard(desk: Desk, fields: dict[str, str], error: str) -> None:
    await desk.person()
    reply = await ask(desk, **fields)

    assert reply.error == (400, error)
    assert "error_code" not in reply.json


async def test_who_cannot_use_the_app_is_unknown(desk: Desk) -> None:
    await desk.person(app="old")

    assert (await ask(desk)).error == (400, "unknown_user_id")


async def test_the_client_may_prove_itself_in_the_header_or_in_the_form(desk: Desk) -> None:
    await desk.person()
    form = {"scope": "openid", "login_hint": f"tel:+{KARI}"}
    keys = {name: desk.keys[name] for name in ("client_id", "client_secret")}

    assert (await desk.call("POST", "/op/bc-authorize", data=form | keys)).status == 200
    assert (await desk.call("POST", "/op/bc-authorize", data=form)).error == (401, "invalid_client")


async def test_its_access_tokens_are_not_the_platforms(desk: Desk) -> None:
    await desk.person()
    theirs = await desk.logged_in()
    auth_req_id = (await ask(desk)).json["auth_req_id"]
    await desk.press("approve", auth_req_id)
    await desk.later(5)
    ours = (await desk.collect(auth_req_id, "/op/token")).json

    assert (await desk.userinfo(ours, USERINFO)).status == 401
    assert (await desk.userinfo(theirs, "/op/userinfo")).status == 401


async def test_it_sends_no_pings_and_waits_no_less_for_them(desk: Desk) -> None:
    await desk.person()
    await desk.register("http://127.0.0.1:9/")
    auth_req_id = (await ask(desk)).json["auth_req_id"]
    await desk.press("approve", auth_req_id)

    assert (await desk.collect(auth_req_id, "/op/token")).error == (400, "slow_down")
    assert (await desk.calls())["operations"]["ping"]["count"] == 0


async def test_its_faults_have_the_same_names(desk: Desk) -> None:
    await desk.fault("discovery", "wrong_issuer")
    assert (await document(desk))["issuer"] == "https://elsewhere.example/"
    before = len((await desk.call("GET", "/op/jwks")).json["keys"])
    await desk.fault("jwks", "rotated_key", times=1)
    assert len((await desk.call("GET", "/op/jwks")).json["keys"]) == 2 * before
