"""What our client makes of the documented answers, in detail: lives, profiles, consents, deliveries."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from documented.client_bench import KARI, KID, WELL_KNOWN, benched
from documented.documents import load
from medlem.club.masked import Masked
from medlem.club.member import Disclosure, Profile
from medlem.vipps.webhooks import verify
from medlem.web.delivered import CheckedIn, Ping
from medlem.web.withdrawals import read
from signed_tokens import SUB, ec_key, key_set, rsa_key
from stub_platform import Said, Stub


async def test_the_key_for_es256_may_stand_beside_the_documented_one(stub: Stub) -> None:
    async with benched(stub) as bench:
        stub.says(f"{WELL_KNOWN}jwks.json", Said(key_set(rsa_key(KID), ec_key())))
        bench.say(bench.case("userinfo"))
        assert isinstance(await bench.read(), Disclosure)


@pytest.mark.parametrize("name", ["access-token", "access-token-in-integers"])
async def test_the_life_of_an_access_token_is_read_in_either_form(stub: Stub, name: str) -> None:
    async with benched(stub) as bench:
        case = bench.case(name)
        bench.say(case)
        bench.say(bench.case("exchange-clear"))
        await bench.reveal()
        await bench.clock.turn(int(case.answer["json"]["expires_in"]) / 2)
        await bench.reveal()
        assert len(stub.calls(case.request["path"])) == 1
        await bench.clock.turn(int(case.answer["json"]["expires_in"]) / 2)
        await bench.reveal()
        assert len(stub.calls(case.request["path"])) == 2


async def told(stub: Stub, name: str) -> Disclosure:
    async with benched(stub) as bench:
        bench.say(bench.case(name))
        said = await bench.read("worn-out" if name == "userinfo-unauthorized" else "ciba.W_IfBcSr-documented")
        assert isinstance(said, Disclosure)
        return said


async def test_a_whole_profile_is_read(stub: Stub) -> None:
    said = await told(stub, "userinfo")
    assert (said.sub, said.phone) == (SUB, KARI)
    assert said.profile.name == "Kari Nordmann"
    assert (said.profile.email, said.profile.email_verified) == ("kari@example.com", True)
    assert said.profile.birthdate == "1996-01-01"
    assert said.profile.address is not None
    assert said.profile.address.street_address == "Storgata 1"


async def test_an_address_of_empty_texts_is_none(stub: Stub) -> None:
    said = await told(stub, "userinfo-without-an-address")
    assert (said.profile.address, said.profile.other_addresses) == (None, ())


@pytest.mark.parametrize("name", ["userinfo-delegated-consents", "userinfo-delegated-consents-as-published"])
async def test_delegated_consents_are_read_with_their_text_and_time(stub: Stub, name: str) -> None:
    said = await told(stub, name)
    email, sms = said.consents
    assert (email.element, email.granted, sms.element, sms.granted) == ("email", True, "sms", False)
    assert email.text == "Receive offers via email"
    assert email.given_at is not None
    assert email.given_at.isoformat() == "2022-11-23T11:40:13+00:00"
    assert said.raw_consents is not None
    assert b"termsDescription" in said.raw_consents


async def test_a_flow_result_is_read_without_a_time(stub: Stub) -> None:
    said = await told(stub, "userinfo-flow-result")
    (one,) = said.consents
    assert (one.element, one.granted, one.text, one.given_at) == ("cf_accept_terms", True, "Accept T&C", None)
    assert json.loads(said.raw_consents or b"") == {
        "flowResult": load("userinfo-flow-result").answer["json"]["flowResult"]
    }


async def test_without_userinfo_the_id_token_must_do(stub: Stub) -> None:
    said = await told(stub, "userinfo-unauthorized")
    assert (said.sub, said.phone, said.profile) == (SUB, None, Profile())


def test_the_published_delivery_is_genuine() -> None:
    request = load("delivery-published-vector").request
    secret, body = Masked(request["secret"]), request["text"].encode()
    assert verify(secret, request["path"], request["headers"], body)
    assert not verify(secret, request["path"], request["headers"], body + b" ")


def test_the_published_word_of_withdrawn_sharing_is_read() -> None:
    said = read(load("delivery-consent-revoked").request["text"].encode())
    assert said is not None
    assert (said.sub, said.said_at) == (
        "c9d10444-d992-4850-ac60-9d3502095008",
        datetime(2020, 6, 19, 12, 58, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", ["delivery-check-in", "delivery-check-in-older"])
def test_a_documented_check_in_is_read(name: str) -> None:
    case = load(name).bound({"msn": "123456", "station_qr": "till-1", "customer_token": "dG9rZW4="})
    said = msgspec.json.decode(json.dumps(case.request["json"]), type=CheckedIn)
    assert (said.customer_token, said.merchant_qr_id, said.sales_unit) == ("dG9rZW4=", "till-1", "123456")
    assert said.moment == datetime(2023, 10, 6, 10, 45, 40, 306000, tzinfo=UTC)


def test_a_documented_ping_is_read() -> None:
    case = load("delivery-ping").bound({"auth_req_id": "request-1"})
    assert msgspec.json.decode(json.dumps(case.request["json"]), type=Ping).auth_req_id == "request-1"
