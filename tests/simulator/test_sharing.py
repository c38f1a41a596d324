"""Userinfo and consents: what comes back of what a customer shared."""

import pytest

from simulator.desk import KARI, OLA, USERINFO, Desk, Receiver, claims

EVERYTHING = "openid name phoneNumber email birthDate address gender nin delegatedConsents"
HOME = {"street_address": "Storgata 1", "postal_code": "0155", "region": "Oslo", "country": "NO"}


async def test_every_scope_brings_its_claims(desk: Desk) -> None:
    kari = await desk.person(name="Kari Anne Nordmann", email="kari@example.com", age=40, address=HOME, gender="female")

    shared = (await desk.userinfo(await desk.logged_in(scope=EVERYTHING))).json

    assert shared["sub"] == kari["sub"]
    assert (shared["name"], shared["given_name"], shared["family_name"]) == (
        "Kari Anne Nordmann",
        "Kari Anne",
        "Nordmann",
    )
    assert (shared["phone_number"], shared["phone_number_verified"]) == (KARI, True)
    assert (shared["email"], shared["email_verified"]) == ("kari@example.com", True)
    assert shared["birthdate"].endswith("-01-01")
    assert shared["address"] == HOME | {"address_type": "home", "formatted": "Storgata 1\n0155\nOslo\nNO"}
    assert shared["other_addresses"] == []
    assert shared["gender"] == "female"
    assert "nin" not in shared


async def test_a_national_identity_number_may_be_asked_for_but_nobody_has_one(desk: Desk) -> None:
    await desk.person()
    await desk.switch(plan=["openid", "nin"])

    assert (await desk.userinfo(await desk.logged_in(scope="openid nin"))).json.keys() == {"sub", "sid"}


async def test_nothing_is_told_beyond_the_scope(desk: Desk) -> None:
    await desk.person(email="kari@example.com", address=HOME)

    shared = (await desk.userinfo(await desk.logged_in(scope="openid"))).json

    assert shared.keys() == {"sub", "sid"}


async def test_who_has_no_address_has_one_of_empty_lines(desk: Desk) -> None:
    await desk.person()

    address = (await desk.userinfo(await desk.logged_in(scope="openid address"))).json["address"]

    assert set(address) == {"address_type", "country", "formatted", "postal_code", "region", "street_address"}
    assert set(address.values()) == {""}


async def test_what_a_person_does_not_have_is_left_out(desk: Desk) -> None:
    await desk.person(name="Madonna")

    shared = (await desk.userinfo(await desk.logged_in(scope="openid name email gender"))).json

    assert not shared.keys() & {"email", "email_verified", "gender"}
    assert (shared["given_name"], shared["family_name"]) == ("Madonna", "")


async def test_userinfo_refuses_a_subscription_key_that_came_along(desk: Desk) -> None:
    await desk.person()
    tokens = await desk.logged_in()

    assert (await desk.userinfo(tokens, **desk.subscription)).status == 401
    assert (await desk.userinfo(tokens, f"{USERINFO}/")).status == 200
    await desk.switch(subscription_key_at_userinfo="accept", phone_number_with_plus=True, email_verified=False)
    assert (await desk.userinfo(tokens, **desk.subscription)).json["phone_number"] == f"+{KARI}"


async def test_userinfo_is_for_the_access_token_of_a_login_while_it_lasts(desk: Desk) -> None:
    await desk.person()
    tokens = await desk.logged_in()
    merchant = {"access_token": (await desk.merchant())["Authorization"].removeprefix("Bearer ")}

    assert (await desk.userinfo({"access_token": "nonsense"})).status == 401
    assert (await desk.userinfo(merchant)).status == 401
    assert (await desk.call("GET", USERINFO)).status == 401
    await desk.later(300)
    assert (await desk.userinfo(tokens)).status == 401


async def test_who_changes_number_stays_who_she_is(desk: Desk) -> None:
    kari = await desk.person()
    tokens = await desk.logged_in()

    moved = await desk.call("PATCH", f"/sim/people/{KARI}", json={"msisdn": "4740000060"})
    shared = (await desk.userinfo(tokens)).json

    assert moved.json["sub"] == shared["sub"] == kari["sub"]
    assert shared["phone_number"] == "4740000060"


async def test_a_number_that_somebody_else_got_is_somebody_else(desk: Desk) -> None:
    kari = await desk.person()
    await desk.call("PATCH", f"/sim/people/{KARI}", json={"msisdn": "4740000060"})
    stranger = await desk.person(name="Per Dahl")

    assert claims((await desk.logged_in())["id_token"])["sub"] == stranger["sub"] != kari["sub"]


async def test_consents_come_with_text_and_time_and_only_the_first_time(desk: Desk) -> None:
    await desk.person()

    first = (await desk.userinfo(await desk.logged_in(scope="openid delegatedConsents", email=True))).json
    second = (await desk.userinfo(await desk.logged_in(scope="openid delegatedConsents"))).json

    consents = first["delegatedConsents"]
    assert consents.keys() == {
        "language", "heading", "text", "termsDescription", "confirmConsentButtonText", "links", "timeOfConsent",
        "consents",
    }  # fmt: skip
    assert consents["consents"][0] == {
        "id": "email",
        "accepted": True,
        "required": False,
        "textDisplayedToUser": "Receive offers via email",
    }
    assert [box["id"] for box in consents["consents"] if not box["accepted"]] == ["sms", "digital", "personal"]
    assert consents["timeOfConsent"].endswith("Z")
    assert "delegatedConsents" not in second


async def test_a_new_setup_asks_everybody_again(desk: Desk) -> None:
    await desk.person()
    await desk.logged_in(scope="openid delegatedConsents", email=True)
    await desk.switch(consents_version=2, consents=[{"id": "news", "title": "News", "required": True}])

    again = (await desk.userinfo(await desk.logged_in(scope="openid delegatedConsents"))).json

    assert [(box["id"], box["accepted"]) for box in again["delegatedConsents"]["consents"]] == [("news", True)]


async def test_a_switch_repeats_what_was_answered(desk: Desk) -> None:
    await desk.person()
    await desk.switch(repeat_consents=True)
    await desk.logged_in(scope="openid customFlow", sms=True)

    again = (await desk.userinfo(await desk.logged_in(scope="openid customFlow"))).json

    assert again["flowResult"]["screens"][0]["elements"][1]["checked"] is True


async def test_a_custom_flow_comes_as_flow_result(desk: Desk) -> None:
    await desk.person()
    await desk.switch(time_in_flow_result=True)

    shared = (await desk.userinfo(await desk.logged_in(scope="openid customFlow", email=True))).json

    assert not shared.keys() & {"customFlow", "delegatedConsents"}
    screen = shared["flowResult"]["screens"][0]
    assert screen["elements"][0] == {
        "type": "checkbox",
        "id": "email",
        "title": "Receive offers via email",
        "checked": True,
    }
    assert screen["terms"]["links"][0].keys() == {"title", "url"}
    assert shared["flowResult"]["timeOfConsent"]


@pytest.mark.parametrize("ticks", [{"loyalty": True}, {"email": False}])
async def test_a_screen_that_cannot_be_left_like_that_says_so(desk: Desk, ticks: dict[str, bool]) -> None:
    await desk.person()
    await desk.switch(consents=[{"id": "email", "title": "E-mail", "required": True}])
    auth_req_id = await desk.asked(scope="openid delegatedConsents")

    refused = await desk.press("approve", auth_req_id, consents=ticks)

    assert refused.status == 422
    assert "Tick otherwise" in refused.json["detail"]
    assert (await desk.press("approve", auth_req_id)).status == 204


async def test_sharing_withdrawn_ends_the_tokens_and_asks_anew(desk: Desk) -> None:
    kari = await desk.person()
    await desk.person(OLA)
    tokens = await desk.logged_in(scope="openid delegatedConsents")
    others = await desk.logged_in(OLA)

    assert (await desk.call("POST", f"/sim/people/{KARI}/revoke")).status == 204

    assert (await desk.userinfo(tokens)).status == 401
    assert (await desk.userinfo(others)).status == 200
    again = (await desk.userinfo(await desk.logged_in(scope="openid delegatedConsents"))).json
    assert again["sub"] == kari["sub"]
    assert "delegatedConsents" in again


@pytest.mark.parametrize(("parts", "dots"), [(2, 1), (3, 2)])
async def test_the_merchant_hears_of_it_by_an_unsigned_token(
    desk: Desk, receiver: Receiver, parts: int, dots: int
) -> None:
    kari = await desk.person()
    await desk.switch(revocation_url=receiver.url, revocation_authorization="Bearer agreed", revocation_parts=parts)
    await desk.call("POST", f"/sim/people/{KARI}/revoke")

    told = await receiver.next()

    assert told.headers["Content-Type"] == "text/plain"
    assert told.headers["Authorization"] == "Bearer agreed"
    token = told.body.decode()
    assert token.count(".") == dots
    assert (claims(token)["sub"], claims(token)["event"]) == (kari["sub"], "CONSENT_REVOKED")
    assert claims(token)["exp"] - claims(token)["iat"] == 300


async def test_a_merchant_who_cannot_be_reached_or_has_no_address_hears_nothing(desk: Desk) -> None:
    await desk.person()
    assert (await desk.call("POST", f"/sim/people/{KARI}/revoke")).status == 204
    await desk.switch(revocation_url="http://127.0.0.1:9/")
    for _ in range(4):
        assert (await desk.call("POST", f"/sim/people/{KARI}/revoke")).status == 204
        await desk.later(2)

    assert (await desk.calls())["operations"]["ping"]["count"] == 0


async def test_the_merchant_is_told_three_times_at_most(desk: Desk, receiver: Receiver) -> None:
    await desk.person()
    await desk.switch(revocation_url=receiver.url)
    receiver.answers = [500, 302, 404, 500]
    await desk.call("POST", f"/sim/people/{KARI}/revoke")

    tokens = set()
    for _ in range(3):
        tokens.add((await receiver.next()).body)
        await desk.later(2)
        await desk.later(2)

    assert len(tokens) == 1
    assert receiver.empty
