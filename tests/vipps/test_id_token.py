"""Only the platform's own word about our own request makes a member: every tampered answer is refused."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey

from medlem.club.enrolment import Reason
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.flows.answers import Failed, Unreachable
from medlem.vipps.reply import digest
from medlem.vipps.sales_unit import AuthMethod
from signed_tokens import NOW, SUB, ec_key, key_set, rsa_key
from stub_platform import ASK, CLUB, DISCOVERY, KEYS, REQUEST, USERINFO, House, Said, Silence, open_house
from tampered import TAMPERED, Tamper, anew, seconds

MORE: dict[str, tuple[str, Tamper]] = {
    "HS256 with the public key": (
        "alg",
        lambda good: anew(
            good,
            {"alg": "HS256", "kid": "rsa-1"},
            key=OctKey.import_key(json.dumps(rsa_key().as_dict(private=False))),
        ),
    ),
    "no alg": ("not a signed token", lambda good: anew(good, {"kid": "rsa-1"})),
    "alg in other letters": ("alg", lambda good: anew(good, {"alg": "rs256", "kid": "rsa-1"})),
    "PS256, which nobody agreed on": ("alg", lambda good: anew(good, {"alg": "PS256", "kid": "rsa-1"})),
    "RS256 by another key under a known kid": ("signature", lambda good: replace(good, key=rsa_key("rsa-2"))),
    "ES256 with the kid of the RSA key": (
        "kid",
        lambda good: anew(good, {"alg": "ES256", "kid": "rsa-1"}, key=ec_key()),
    ),
    "a critical header that nobody understands": (
        "signature",
        lambda good: anew(good, {"alg": "RS256", "kid": "rsa-1", "crit": ["x"], "x": 1}),
    ),
    "kid as a number": ("kid", lambda good: anew(good, {"alg": "RS256", "kid": 1})),
    "claims that are no object": ("claims", lambda good: replace(good, payload=b"[]")),
    "claims that are no JSON": ("claims", lambda good: replace(good, payload=b"{")),
    "claims nested without end": ("claims", lambda good: replace(good, payload=b"[" * 90_000)),
    "empty aud": ("aud", lambda good: good.claiming(aud=[])),
    "aud as an object": ("aud", lambda good: good.claiming(aud={"client-1": True})),
    "exp as text": ("exp", lambda good: good.claiming(exp="tomorrow")),
    "exp as true": ("exp", lambda good: good.claiming(exp=True)),
    "iat as text": ("iat", lambda good: good.claiming(iat=str(good.claims["iat"]))),
    "iat beyond all time": ("iat", lambda good: good.claiming(iat=10**18)),
    "missing iat": ("iat", lambda good: good.claiming(iat=None)),
    "nbf in the future": ("nbf", lambda good: good.claiming(nbf=seconds(good, "iat", 3600))),
    "empty sub": ("sub", lambda good: good.claiming(sub=" ")),
    "sub as a number": ("sub", lambda good: good.claiming(sub=1)),
    "an endless sub": ("sub", lambda good: good.claiming(sub="x" * 256)),
    "at_hash as a number": ("at_hash", lambda good: good.claiming(at_hash=1)),
    "wrong authReqId": ("auth_req_id", lambda good: good.claiming(authReqId="request-2")),
    "one right and one wrong request id": (
        "auth_req_id",
        lambda good: good.claiming(auth_req_id="request-1", authReqId="request-2"),
    ),
    "request id as a list": ("auth_req_id", lambda good: good.claiming(auth_req_id=["request-1"])),
    "an id_token of other letters": ("not a signed token", lambda good: replace(good, twist=lambda one: one + "æ")),
    "an id_token as a number": ("no id_token", lambda good: replace(good, around={"id_token": 1})),
    "access token with a line break": (
        "no access_token",
        lambda good: replace(good, around={"access_token": "a\r\nX-Evil: 1"}),
    ),
    "access token as a number": ("no access_token", lambda good: replace(good, around={"access_token": 1})),
    "missing token type": ("token_type", lambda good: replace(good, around={"token_type": None})),
}


@pytest.mark.parametrize("case", [*TAMPERED.values(), *MORE.values()], ids=[*TAMPERED, *MORE])
async def test_a_tampered_answer_is_refused_for_what_is_wrong_with_it(
    house: House, case: tuple[str, Tamper], caplog: pytest.LogCaptureFixture
) -> None:
    check, tamper = case
    house.stub.says(USERINFO, Said({"sub": SUB}))
    tampered = tamper(house.good())
    assert await house.told(tampered) == Failed(Reason.PLATFORM_SURPRISED_US, digest(tampered.answer))
    assert f"check={check} digest=" in caplog.text


def test_all_twenty_three_are_here() -> None:
    assert len(TAMPERED) == 23


ACCEPTABLE: dict[str, Tamper] = {
    "as it is": lambda good: good,
    "ES256": lambda good: replace(good, header={"alg": "ES256", "kid": "ec-1"}, key=ec_key()),
    "aud as text": lambda good: good.claiming(aud="client-1"),
    "azp of ours": lambda good: good.claiming(azp="client-1"),
    "no at_hash": lambda good: good.claiming(at_hash=None),
    "empty nonce": lambda good: good.claiming(nonce=""),
    "request id by the standard's name": lambda good: good.claiming(
        **{"urn:openid:params:jwt:claim:auth_req_id": "request-1"}
    ),
    "request id by the platform's name": lambda good: good.claiming(auth_req_id="request-1"),
    "request id by its sample's name": lambda good: good.claiming(authReqId="request-1"),
    "bearer in any case": lambda good: replace(good, around={"token_type": "bEaReR"}),
    "expires_in left out": lambda good: replace(good, around={"expires_in": None}),
    "scope and whatever else": lambda good: replace(good, around={"scope": "openid", "new": {"thing": 1}}),
    "a header that nobody knows": lambda good: replace(good, header=good.header | {"x5t": "abc"}),
    "a clock that is half a minute ahead": lambda good: good.claiming(iat=seconds(good, "iat", 30)),
    "expired half a minute ago": lambda good: good.claiming(exp=seconds(good, "iat", -30)),
    "times with fractions": lambda good: good.claiming(iat=good.claims["iat"] - 0.5),
}


@pytest.mark.parametrize("variation", ACCEPTABLE.values(), ids=list(ACCEPTABLE))
async def test_what_the_standard_allows_is_accepted(house: House, variation: Tamper) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    told = await house.told(variation(house.good()))
    assert isinstance(told, Disclosure)
    assert told.sub == SUB


async def test_a_token_without_kid_needs_the_only_key_that_fits(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    unnamed = replace(house.good(), header={"alg": "RS256"})
    assert isinstance(await house.told(unnamed), Disclosure)
    house.stub.says(KEYS, Said(key_set(rsa_key(), rsa_key("rsa-2"))))
    await house.clock.turn(4000)
    assert isinstance(await house.told(unnamed, received_at=house.clock.now(), date=NOW), Failed)


async def test_a_token_is_judged_by_the_time_when_it_came(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    await house.clock.turn(24 * 3600)
    assert isinstance(await house.told(house.good(), received_at=NOW, date=None), Disclosure)
    late = await house.told(house.good(), received_at=house.clock.now(), date=None)
    assert isinstance(late, Failed)


async def test_a_wrong_clock_of_ours_is_put_right_by_the_platforms(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    ours = NOW + timedelta(days=3)
    assert isinstance(await house.told(house.good(), received_at=ours, date=NOW), Disclosure)
    assert isinstance(await house.told(house.good(), received_at=ours, date=None), Failed)


async def test_a_partner_goes_by_the_serial_number(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER, client_id="partner")
    house.stub.says(USERINFO, Said({"sub": SUB}))
    try:
        of_the_merchant = partner.good().claiming(aud=["merchants-client"], azp="merchants-client")
        assert isinstance(await partner.told(of_the_merchant.claiming(msn="123456")), Disclosure)
        assert isinstance(await partner.told(of_the_merchant.claiming(msn=123456)), Disclosure)
        assert isinstance(await partner.told(of_the_merchant.claiming(msn="654321")), Failed)
        assert isinstance(await partner.told(of_the_merchant), Failed)
    finally:
        await partner.platform.close()


async def test_a_key_younger_than_our_copy_is_fetched_once(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good()), Disclosure)
    house.stub.says(KEYS, Said(key_set(rsa_key("rsa-2"))))
    await house.clock.turn(60)
    rotated = replace(house.good(), header={"alg": "RS256", "kid": "rsa-2"}, key=rsa_key("rsa-2"))
    assert isinstance(await house.told(rotated, received_at=house.clock.now()), Disclosure)
    assert isinstance(await house.told(rotated, received_at=house.clock.now()), Disclosure)
    assert len(house.stub.calls(KEYS)) == 2


async def test_an_unknown_key_waits_out_the_cooldown_and_then_is_refused(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good()), Disclosure)
    strange = replace(house.good(), header={"alg": "RS256", "kid": "stranger"})
    waiting = await house.told(strange)
    assert waiting == Unreachable(timedelta(seconds=10))
    assert len(house.stub.calls(KEYS)) == 1
    await house.clock.turn(10)
    assert isinstance(await house.told(strange), Failed)
    assert isinstance(await house.told(strange), Failed)
    assert len(house.stub.calls(KEYS)) == 2, "a set that was read after the token came has the last word"


@pytest.mark.parametrize(
    "keys",
    [Said("<html>", 502), Said("<html>"), Said({"keys": "none"}), Said({"keys": []}), Said({}, 404), Silence()],
    ids=["failing", "html", "no list", "no keys", "not found", "silent"],
)
async def test_without_the_platforms_keys_a_yes_waits(house: House, keys: Any) -> None:
    house.stub.says(KEYS, keys)
    assert isinstance(await house.told(house.good()), Unreachable)
    house.stub.says(KEYS, Said(key_set()))
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good()), Disclosure)


async def test_keys_of_no_use_to_us_do_no_harm(house: House) -> None:
    crowd: list[Any] = [
        None,
        {"kty": "oct", "k": "AAAA", "kid": "rsa-1"},
        {"kty": "AKP", "kid": "post-quantum"},
        {"kty": "RSA", "kid": "rsa-1", "use": "enc", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "rsa-1", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "rsa-1"},
        {"kty": "RSA", "kid": "rsa-1", "n": 17, "e": "AQAB"},
        {"kty": "EC", "kid": "ec-1", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "kid": "ec-1", "crv": "P-384", "x": "AAAA", "y": "AAAA"},
    ]
    house.stub.says(KEYS, Said({"keys": crowd + key_set()["keys"]}))
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good()), Disclosure)


async def test_old_keys_serve_while_new_ones_cannot_be_had(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good()), Disclosure)
    house.stub.says(KEYS, Said("", 503))
    await house.clock.turn(4000)
    assert isinstance(await house.told(house.good(), received_at=house.clock.now(), date=NOW), Disclosure)


async def test_without_discovery_a_yes_waits(house: House) -> None:
    house.stub.says(DISCOVERY, Said("", 503, {"Retry-After": "7"}))
    assert await house.told(house.good()) == Unreachable(timedelta(seconds=7))


async def test_an_unreadable_discovery_document_makes_a_yes_wait(house: House) -> None:
    house.stub.says(DISCOVERY, Said("<html>"))
    assert await house.told(house.good()) == Unreachable()


async def test_keys_that_have_moved_are_found_where_they_are_now(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good()), Disclosure)
    house.stub.says(DISCOVERY, Said(house.stub.document(jwks_uri=house.stub.url + "/moved")))
    house.stub.says("/moved", Said(key_set(rsa_key("rsa-2"))))
    await house.clock.turn(3600)
    moved = replace(house.good(), header={"alg": "RS256", "kid": "rsa-2"}, key=rsa_key("rsa-2"))
    assert isinstance(await house.told(moved, received_at=house.clock.now()), Disclosure)


async def test_something_that_we_never_kept_is_refused(house: House) -> None:
    for nonsense in (b"", b"{}", b'{"version": 2, "received_at": 1, "platform_at": null, "body": ""}', b"\xff"):
        told = await house.platform.disclose(CLUB, REQUEST, Masked(nonsense))
        assert told == Failed(Reason.PLATFORM_SURPRISED_US)
    assert not house.stub.calls(ASK)
