"""Is the platform there, is it the one that is meant, and does its clock agree with ours?"""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from doctor.ward import Ward, marks, only
from medlem.app.doctor import platform
from medlem.app.doctor.findings import Mark, examined
from medlem.club.masked import Masked
from medlem.vipps.discovery import Endpoints
from medlem.vipps.sales_unit import SalesUnit
from signed_tokens import NOW, key_set
from sim import Sim
from stub_platform import DISCOVERY, KEYS, Endless, HangUp, Said, Scripted, Stub, unit_for


async def test_the_simulated_platform_is_well(sim: Sim, ward: Ward) -> None:
    way = ward.way(sim.unit())
    found = [*platform.environment(way.unit), *await platform.discovery(way), *await platform.signing(way)]
    assert ("discovery", "well") in marks(found)
    assert ("signing-keys", "well") in marks(found)
    assert "2 that can be used" in found[-1].text


@pytest.mark.parametrize(
    ("base", "discovery", "mark"),
    [
        ("https://api.vipps.no", "https://api.vipps.no/x", "well"),
        ("https://apitest.vipps.no", "https://apitest.vipps.no/x", "well"),
        ("https://api.vipps.no", "https://apitest.vipps.no/x", "wrong"),
        ("https://apitest.vipps.no", "https://api.vipps.no/x", "wrong"),
        ("https://api.vipps.no", "https://id.example.org/x", "well"),
    ],
)
def test_two_environments_in_one_set_of_settings_are_seen(base: str, discovery: str, mark: str) -> None:
    unit = SalesUnit(client_id="c", client_secret=Masked("s"), base_url=base, discovery_url=discovery)
    assert marks(platform.environment(unit)) == [("environment", mark)]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "500"}, "does not answer"),
        ({"kind": "429"}, "does not answer"),
        ({"kind": "reset"}, "does not answer"),
        ({"kind": "bad_json"}, "cannot be read"),
        ({"kind": "timeout"}, "Not done|does not answer"),
    ],
)
async def test_a_platform_that_is_down_is_told_and_not_waited_for(
    sim: Sim, ward: Ward, fault: dict[str, Any], words: str
) -> None:
    await sim.faults({"operation": "discovery"} | fault)
    way = ward.way(sim.unit())
    found = only(await examined("discovery", lambda: platform.discovery(way), patience=0.5))
    assert found.mark is Mark.WRONG
    assert any(word in found.text for word in words.split("|")), found.text


async def test_a_platform_whose_keys_are_down_is_told(sim: Sim, ward: Ward) -> None:
    await sim.faults({"operation": "jwks", "kind": "500"})
    way = ward.way(sim.unit())
    assert marks(await examined("signing-keys", lambda: platform.signing(way))) == [("signing-keys", "wrong")]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"keys": []}, "no key"),
        ({"keys": "none"}, "no key"),
        ({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "1"}]}, "no key"),
        ({"keys": [{"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}]}, "no key"),
        ({"keys": [{**key, "kid": ""} for key in key_set()["keys"]]}, "no name"),
    ],
)
async def test_keys_that_cannot_verify_anything_are_told(stub: Stub, ward: Ward, said: Any, text: str) -> None:
    stub.says(KEYS, Said(said))
    assert text in only(await platform.signing(ward.way(unit_for(stub)))).text


@pytest.mark.parametrize(
    ("changes", "mark", "text"),
    [
        ({"backchannel_authentication_endpoint": None}, "wrong", "lacks backchannel_authentication_endpoint"),
        ({"issuer": None, "jwks_uri": 3}, "wrong", "lacks issuer, jwks_uri"),
        ({"token_endpoint": "file:///etc/passwd"}, "wrong", "would not call"),
        ({"issuer": "https://elsewhere.example.org/"}, "wrong", "The issuer is elsewhere.example.org"),
        ({"token_endpoint": "https://tokens.example.com/t"}, "look", "The token endpoint is at tokens.example.com"),
    ],
)
async def test_a_document_that_leads_astray_is_told(
    stub: Stub, ward: Ward, changes: dict[str, Any], mark: str, text: str
) -> None:
    stub.says(DISCOVERY, Said(stub.document(**changes)))
    found = await platform.discovery(ward.way(unit_for(stub)))
    marks(found)
    assert found[0].mark == mark
    assert text in found[0].text


async def test_an_issuer_of_another_environment_is_told() -> None:
    """Not by a call: the hosts are the platform's own."""
    endpoints = Endpoints(
        issuer="https://apitest.vipps.no/access-management-1.0/access/",
        ask="https://api.vipps.no/ask",
        token="https://api.vipps.no/token",
        keys="https://api.vipps.no/keys",
        userinfo="http://api.vipps.no/userinfo",
    )
    unit = SalesUnit(client_id="c", client_secret=Masked("s"))
    found = platform.led_astray(endpoints, unit)
    assert [(one.mark.value, one.text) for one in found] == [
        ("wrong", "The issuer is apitest.vipps.no: another environment."),
        ("wrong", "The userinfo endpoint is not https."),
    ]
    there = "https://api.vipps.no/x"
    fine = Endpoints("https://api.vipps.no/a/", there, there, there, there)
    assert marks(platform.led_astray(fine, unit)) == [("discovery", "well")]
    bare = Endpoints("https://api.vipps.no/a", there, there, there, there)
    assert marks(platform.led_astray(bare, unit)) == [("discovery", "look")]


@pytest.mark.parametrize("said", [HangUp(), Endless(), Said("", 204), Said("[]"), Said("", 302, {"Location": "/x"})])
async def test_whatever_comes_instead_of_a_document_is_a_finding(stub: Stub, ward: Ward, said: Scripted) -> None:
    stub.says(DISCOVERY, said)
    way = ward.way(unit_for(stub))
    assert marks(await examined("discovery", lambda: platform.discovery(way))) == [("discovery", "wrong")]


@pytest.mark.parametrize(
    ("ahead", "mark"), [(0, "well"), (1, "well"), (3, "look"), (-59, "look"), (60, "wrong"), (-7200, "wrong")]
)
async def test_a_clock_that_differs_from_the_platforms_is_told(stub: Stub, ward: Ward, ahead: int, mark: str) -> None:
    date = format_datetime(NOW - timedelta(seconds=ahead), usegmt=True)
    stub.says(DISCOVERY, Said(stub.document(), headers={"Date": date}))
    found = await platform.discovery(ward.way(unit_for(stub)))
    assert ("clock", mark) in marks(found)


async def test_a_platform_without_a_clock_is_told(stub: Stub, ward: Ward) -> None:
    stub.says(DISCOVERY, Said(stub.document(), headers={"Date": "soon"}))
    assert ("clock", "look") in marks(await platform.discovery(ward.way(unit_for(stub))))


async def test_a_check_that_fails_by_itself_repeats_nothing_of_what_it_met() -> None:
    async def breaks() -> list[Any]:
        raise RuntimeError("4740000011 and a secret")

    found = only(await examined("anything", breaks))
    assert (found.mark, found.text) == (Mark.WRONG, "The check itself failed (RuntimeError).")
    assert "4740000011" not in str(found)
