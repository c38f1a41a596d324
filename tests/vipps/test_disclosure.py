"""What a yes says of the customer: everything may be missing, and a missing part never costs the yes."""

import json
from datetime import timedelta
from typing import Any

import pytest

from medlem.club.enrolment import Reason
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Address, Disclosure, Profile
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Failed, Unreachable
from signed_tokens import ACCESS, NOW, SUB
from stub_platform import (
    CLUB,
    DISCOVERY,
    REQUEST,
    USERINFO,
    HangUp,
    House,
    Said,
    Scripted,
    Silence,
    Truncated,
)


async def shared(house: House, **claims: Any) -> Disclosure:
    """What a userinfo answer becomes."""
    house.stub.says(USERINFO, Said({"sub": SUB} | claims))
    told = await house.told(house.good())
    assert isinstance(told, Disclosure)
    return told


async def test_userinfo_gets_the_customers_token_and_nothing_of_ours(house: House) -> None:
    await shared(house)
    (seen,) = house.stub.calls(USERINFO)
    assert seen.method == "GET"
    assert seen.headers["Authorization"] == f"Bearer {ACCESS}"
    assert "Ocp-Apim-Subscription-Key" not in seen.headers
    assert "Merchant-Serial-Number" not in seen.headers


async def test_a_whole_profile_is_read(house: House) -> None:
    told = await shared(
        house,
        sid="1",
        name="Kari Nordmann",
        given_name="Kari",
        family_name="Nordmann",
        phone_number="4740000001",
        phone_number_verified=True,
        email="kari@example.com",
        email_verified=True,
        birthdate="1990-05-17",
        gender="female",
        address={
            "address_type": "home",
            "country": "NO",
            "formatted": "Storgata 1\n0155\nOSLO\nNO",
            "postal_code": "0155",
            "region": "OSLO",
            "street_address": "Storgata 1\nH0101",
        },
        other_addresses=[{"address_type": "work", "street_address": "Torget 2"}, {"street_address": ""}, "nonsense"],
    )
    assert told.sub == SUB
    assert told.phone == PhoneNumber("4740000001")
    assert told.profile == Profile(
        name="Kari Nordmann",
        given_name="Kari",
        family_name="Nordmann",
        email="kari@example.com",
        email_verified=True,
        birthdate="1990-05-17",
        gender="female",
        address=Address(
            address_type="home",
            country="NO",
            formatted="Storgata 1\n0155\nOSLO\nNO",
            postal_code="0155",
            region="OSLO",
            street_address="Storgata 1\nH0101",
        ),
        other_addresses=(Address(address_type="work", street_address="Torget 2"),),
    )


async def test_an_address_of_empty_texts_is_none(house: House) -> None:
    empty = dict.fromkeys(("country", "formatted", "postal_code", "region", "street_address"), "")
    told = await shared(house, address=empty | {"address_type": "home"}, other_addresses=[])
    assert told.profile == Profile()


@pytest.mark.parametrize(
    ("claims", "phone"),
    [
        ({"phone_number": "4740000002"}, "4740000002"),
        ({"phone_number": "+4740000002"}, "4740000002"),
        ({"phone_number": " +4740000002 ", "phone_number_verified": True}, "4740000002"),
        ({"phone_number": "4740000002", "phone_number_verified": "true"}, "4740000002"),
        ({"phone_number": "4740000002", "phone_number_verified": False}, None),
        ({"phone_number": "4740000002", "phone_number_verified": "false"}, None),
        ({"phone_number": "kari"}, None),
        ({"phone_number": 4740000002}, None),
        ({"phone_number": ""}, None),
        ({}, None),
    ],
)
async def test_only_a_number_that_the_platform_vouches_for_counts(
    house: House, claims: dict[str, Any], phone: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    told = await shared(house, **claims)
    assert (told.phone.msisdn if told.phone else None) == phone
    assert "kari" not in caplog.text


async def test_wrong_types_are_left_out(house: House) -> None:
    told = await shared(
        house,
        name=["Kari"],
        given_name={"first": "Kari"},
        email=7,
        email_verified="perhaps",
        birthdate=None,
        gender=True,
        address="Storgata 1",
        other_addresses={"address_type": "home"},
        delegatedConsents=["email"],
        flowResult="yes",
    )
    assert told == Disclosure(
        sub=SUB, shared_at=NOW, phone=None, raw_consents=b'{"delegatedConsents":["email"],"flowResult":"yes"}'
    ), "what cannot be read is kept as it came"


async def test_a_name_with_a_nul_can_be_stored(house: House) -> None:
    assert (await shared(house, name="Kari\x00 Nordmann")).profile.name == "Kari Nordmann"


async def test_what_userinfo_leaves_out_the_id_token_may_say(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB, "name": "Kari From Userinfo", "email": ""}))
    tokens = house.good().claiming(name="Kari From Token", email="kari@example.com", phone_number="+4740000003")
    told = await house.told(tokens)
    assert isinstance(told, Disclosure)
    assert told.profile.name == "Kari From Userinfo"
    assert told.profile.email == "kari@example.com"
    assert told.phone == PhoneNumber("4740000003")


async def test_what_the_token_says_of_the_login_is_told_without_who_it_was(house: House) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    now = int(NOW.timestamp())
    tokens = house.good().claiming(
        auth_time=now - 7, acr="urn:level:2", amr=["pin", "push"], name="Kari", jti="one", rat=1, azp=None
    )
    told = await house.told(tokens)
    assert isinstance(told, Disclosure)
    said = json.loads(told.login or "")
    assert (said["auth_time"], said["acr"], said["amr"]) == (now - 7, "urn:level:2", ["pin", "push"])
    assert {"iss", "aud", "iat", "exp"} <= said.keys()
    assert said.keys().isdisjoint({"sub", "name", "at_hash", "nonce", "sid", "jti", "azp"})
    assert SUB not in (told.login or "")


@pytest.mark.parametrize("what", ["x" * 256, {"a": 1}, [1], [], ["x"] * 11, [["x"]], True, "a\nb", ""])
async def test_what_cannot_be_said_of_a_login_is_left_out(house: House, what: Any) -> None:
    house.stub.says(USERINFO, Said({"sub": SUB}))
    told = await house.told(house.good().claiming(acr=what, amr=what, auth_time=what))
    assert isinstance(told, Disclosure)
    assert json.loads(told.login or "").keys().isdisjoint({"acr", "amr", "auth_time"})


async def test_a_provider_without_userinfo_is_no_trouble(house: House) -> None:
    house.stub.says(DISCOVERY, Said(house.stub.document(userinfo_endpoint=None)))
    told = await house.told(house.good().claiming(name="Kari Nordmann"))
    assert isinstance(told, Disclosure)
    assert told == Disclosure(sub=SUB, shared_at=NOW, phone=None, profile=Profile(name="Kari Nordmann"))


async def test_userinfo_of_somebody_else_is_refused(house: House) -> None:
    for other in ({"sub": "somebody-else", "name": "Ola"}, {"name": "Ola"}, {"sub": None}):
        house.stub.says(USERINFO, Said(other))
        told = await house.told(house.good())
        assert isinstance(told, Failed)
        assert told.reason is Reason.PLATFORM_SURPRISED_US


DOWN: dict[str, Scripted] = {
    "failing": Said("", 500),
    "busy": Said("", 429),
    "reset": HangUp(),
    "silent": Silence(),
    "cut off": Truncated(Said({"sub": SUB})),
    "html": Said("<html>"),
    "not found": Said("", 404),
    "redirect": Said("", 302, {"Location": "/elsewhere"}),
}


@pytest.mark.parametrize("said", DOWN.values(), ids=list(DOWN))
async def test_userinfo_is_waited_for_while_the_token_lives_and_no_longer(house: House, said: Scripted) -> None:
    house.stub.says(USERINFO, said)
    tokens = house.good().claiming(name="Kari Nordmann")
    assert isinstance(await house.told(tokens), Unreachable)
    await house.clock.turn(300)
    assert await house.told(tokens) == Disclosure(
        sub=SUB, shared_at=NOW, phone=None, profile=Profile(name="Kari Nordmann")
    )


async def test_userinfo_is_waited_for_ten_minutes_at_most(house: House) -> None:
    house.stub.says(USERINFO, Said("", 500))
    tokens = house.good()
    tokens.around["expires_in"] = 3599
    await house.clock.turn(599)
    assert isinstance(await house.told(tokens), Unreachable)
    await house.clock.turn(1)
    assert isinstance(await house.told(tokens), Disclosure)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_dead_token_leaves_what_the_id_token_says(house: House, status: int) -> None:
    house.stub.says(USERINFO, Said({"error": "invalid_token"}, status))
    assert await house.told(house.good()) == Disclosure(sub=SUB, shared_at=NOW, phone=None)


async def test_userinfo_may_say_when_to_come_back(house: House) -> None:
    house.stub.says(USERINFO, Said("", 503, {"Retry-After": "9"}))
    assert await house.told(house.good()) == Unreachable(timedelta(seconds=9))


async def test_a_kept_answer_is_understood_by_another_process(house: House) -> None:
    first = await shared(house, name="Kari Nordmann")
    await house.platform.close()
    assert await house.told(house.good(), received_at=NOW) == first


async def test_a_club_without_a_sales_unit_understands_nothing_yet(house: House) -> None:
    assert await house.platform.disclose(ClubId("clb_unknown"), REQUEST, Masked(b"")) == Unreachable()


async def test_a_disclosure_prints_nothing_of_the_person(house: House) -> None:
    told = await shared(house, name="Kari Nordmann", email="kari@example.com", phone_number="4740000001")
    for word in ("Kari", "example", "40000001", SUB):
        assert word not in repr(told)
    assert CLUB not in repr(told)


async def test_consents_that_cannot_be_read_cost_neither_the_yes_nor_become_an_answer(house: House) -> None:
    """A comma is missing, as in the platform's sample: userinfo is asked again, and then the ID token must do."""
    sample = (
        f'{{"sub": "{SUB}", "delegatedConsents": {{"heading": "Give consent" "consents": [{{"accepted": true}}]}}}}'
    )
    house.stub.says(USERINFO, Said(sample))
    assert await house.told(house.good()) == Unreachable()
    await house.clock.turn(601)
    told = await house.told(house.good())
    assert isinstance(told, Disclosure)
    assert (told.sub, told.consents, told.raw_consents) == (SUB, (), None)
