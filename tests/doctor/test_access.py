"""Does the platform know us; if not, which key is wrong? And nobody's phone may ring for it."""

from typing import Any

import pytest

from doctor.ward import Ward, marks, only
from medlem.app.doctor import access
from medlem.app.doctor.findings import examined
from medlem.club.masked import Masked
from medlem.vipps.sales_unit import AuthMethod
from sim import Sim
from stub_platform import ACCESS_TOKEN, TOKEN, Said, Stub, unit_for

KEYS: dict[str, tuple[dict[str, Any], str, str]] = {
    "all right": ({}, "well", "Given for the keys"),
    "wrong client id": ({"client_id": "another"}, "wrong", "client id or client secret is wrong"),
    "wrong secret": ({"client_secret": Masked("another")}, "wrong", "client id or client secret is wrong"),
    "wrong subscription key": ({"subscription_key": Masked("another")}, "wrong", "the subscription key is wrong"),
    "no subscription key": ({"subscription_key": None}, "wrong", "the subscription key is missing"),
    "another sales unit": ({"msn": "99999"}, "wrong", "the keys are good, but not for sales unit 99999"),
    "partner, another sales unit": (
        {"msn": "99999", "auth_method": AuthMethod.PARTNER},
        "wrong",
        "the partner's keys, or the sales unit is wrong",
    ),
    "another provider": ({"msn": None, "subscription_key": None}, "well", "another provider"),
}


@pytest.mark.parametrize(("changes", "mark", "text"), KEYS.values(), ids=list(KEYS))
async def test_which_key_is_wrong_is_told(sim: Sim, ward: Ward, changes: dict[str, Any], mark: str, text: str) -> None:
    found = only(await access.keys(ward.way(sim.unit(**changes))))
    assert (found.check, found.mark) == ("access-token", mark)
    assert text in found.text
    for secret in (sim.keys["client_secret"], sim.keys["subscription_key"]):
        assert secret not in f"{found.text} {found.advice}"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Said("", 500), "does not answer (access_token: 500)"),
        (Said("<html>", 429), "does not answer (access_token: 429)"),
        (Said({"access_token": "two words"}), "cannot be read"),
        (Said("nonsense"), "cannot be read"),
        (Said("", 404), "cannot be read"),
    ],
)
async def test_a_token_that_cannot_be_had_is_told(stub: Stub, ward: Ward, said: Said, text: str) -> None:
    stub.says(ACCESS_TOKEN, said)
    way = ward.way(unit_for(stub))
    assert text in only(await examined("access-token", lambda: access.keys(way))).text


async def test_a_refusal_is_told_with_the_platforms_own_name_for_the_call(stub: Stub, ward: Ward) -> None:
    stub.says(ACCESS_TOKEN, Said({"title": "Unauthorized", "traceId": "trace-7"}, 401))
    assert "trace-7" in only(await access.keys(ward.way(unit_for(stub)))).text


LOGIN: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "basic": ({}, "client_secret_basic", "well", "basic"),
    "post": ({"auth_method": AuthMethod.POST}, "client_secret_post", "well", "post"),
    "partner": ({"auth_method": AuthMethod.PARTNER}, "client_secret_basic", "well", "partner"),
    "basic, but post is on": ({}, "client_secret_post", "wrong", "refuses us by basic, and knows us by post"),
    "post, but basic is on": (
        {"auth_method": AuthMethod.POST},
        "client_secret_basic",
        "wrong",
        "refuses us by post, and knows us by basic",
    ),
    "partner, but post is on": ({"auth_method": AuthMethod.PARTNER}, "client_secret_post", "wrong", "refuses us"),
    "wrong secret": ({"client_secret": Masked("another")}, "client_secret_basic", "wrong", "refuses us"),
}


@pytest.mark.parametrize(("changes", "on", "mark", "text"), LOGIN.values(), ids=list(LOGIN))
async def test_how_the_login_knows_us_is_told(
    sim: Sim, ward: Ward, changes: dict[str, Any], on: str, mark: str, text: str
) -> None:
    await sim.switches(client_auth=on)
    found = only(await access.login(ward.way(sim.unit(**changes))))
    assert (found.check, found.mark) == ("login", mark)
    assert text in found.text


async def test_nobodys_phone_rings_and_nobody_is_looked_up(sim: Sim, ward: Ward) -> None:
    """Decision 29: what is sent could not be about anybody, whoever the platform takes us for."""
    await sim.person("4740000001")
    for method in AuthMethod:
        way = ward.way(sim.unit(auth_method=method))
        await access.keys(way)
        await access.login(way)
    calls = await sim.calls()
    assert calls["pushes"] == {}
    assert calls["violations"] == 0
    used = {name for name, seen in calls["operations"].items() if seen["count"]}
    assert used == {"access_token", "discovery", "token"}


@pytest.mark.parametrize("error", ["unauthorized_client", "unsupported_grant_type"])
async def test_keys_that_may_not_ask_are_told_from_wrong_ones(stub: Stub, ward: Ward, error: str) -> None:
    stub.says(TOKEN, Said({"error": error}, 400))
    assert "may not ask customers" in only(await access.login(ward.way(unit_for(stub)))).text


@pytest.mark.parametrize("error", ["invalid_grant", "expired_token", "access_denied"])
async def test_a_refusal_of_the_question_means_that_we_are_known(stub: Stub, ward: Ward, error: str) -> None:
    stub.says(TOKEN, Said({"error": error}, 400))
    assert marks(await access.login(ward.way(unit_for(stub)))) == [("login", "well")]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Said("", 503), "does not answer"),
        (Said({"error": "invalid_request"}, 400), "cannot be read (token: 400 invalid_request)"),
        (Said("<html>", 400), "cannot be read"),
        (Said({"access_token": "a", "id_token": "b"}), "cannot be read"),
    ],
)
async def test_a_login_that_says_neither_is_told(stub: Stub, ward: Ward, said: Said, text: str) -> None:
    stub.says(TOKEN, said)
    way = ward.way(unit_for(stub))
    assert text in only(await examined("login", lambda: access.login(way))).text
