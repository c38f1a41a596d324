"""How the login endpoints know us."""

import base64

from medlem.club.codes import ConfirmationCode
from medlem.flows.answers import Question
from medlem.vipps.sales_unit import AuthMethod
from stub_platform import ACCESS_TOKEN, ASK, CLUB, EXISTS, KARI, REQUEST, TOKEN, House, Said, open_house

CODE = ConfirmationCode("4MX-CQ3")
YES = {"exists": True}
PENDING = Said({"error": "authorization_pending"}, 400)


async def test_basic_is_form_encoded_before_it_is_encoded_again(house: House) -> None:
    other = open_house(house.stub, client_id="client:1")
    house.stub.says(TOKEN, PENDING)
    await other.platform.collect(CLUB, REQUEST)
    await other.platform.close()
    (seen,) = house.stub.calls(TOKEN)
    shown = base64.b64decode(seen.headers["Authorization"].removeprefix("Basic "))
    assert shown == b"client%3A1:s3cret%3A%2B%2F%25+of+the+shop"
    assert "client_id" not in seen.form


async def test_post_puts_the_keys_into_the_form_alone(house: House) -> None:
    other = open_house(house.stub, auth_method=AuthMethod.POST)
    house.stub.says(TOKEN, PENDING)
    await other.platform.collect(CLUB, REQUEST)
    await other.platform.close()
    (seen,) = house.stub.calls(TOKEN)
    assert seen.form["client_id"] == "client-1"
    assert seen.form["client_secret"] == "s3cret:+/% of the shop"
    assert "Authorization" not in seen.headers


async def test_a_partner_shows_its_token_and_the_merchant_at_every_login_endpoint(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER)
    for place, said in ((ASK, Said({"auth_req_id": "r", "expires_in": 60})), (TOKEN, PENDING), (EXISTS, Said(YES))):
        house.stub.says(place, said)
    house.stub.says(ACCESS_TOKEN, Said({"access_token": "partners", "expires_in": 3600}))
    await partner.platform.ask(Question(CLUB, KARI, CODE))
    await partner.platform.collect(CLUB, REQUEST)
    assert await partner.platform.exists(CLUB, KARI)
    await partner.platform.close()
    for place in (ASK, TOKEN, EXISTS):
        (seen,) = house.stub.calls(place)
        assert seen.headers["Authorization"] == "Bearer partners"
        assert seen.headers["Merchant-Serial-Number"] == "123456"
        assert "Ocp-Apim-Subscription-Key" not in seen.headers
        assert {"client_id", "client_secret"}.isdisjoint(seen.form)
    (fetched,) = house.stub.calls(ACCESS_TOKEN)
    assert fetched.headers["Merchant-Serial-Number"] == "123456"
    assert fetched.headers["Ocp-Apim-Subscription-Key"]


async def test_a_partners_token_that_user_exists_refused_is_not_shown_again(house: House) -> None:
    partner = open_house(house.stub, auth_method=AuthMethod.PARTNER)
    house.stub.says(EXISTS, Said({"error": "invalid_client"}, 401), Said(YES))
    house.stub.says(ACCESS_TOKEN, *(Said({"access_token": one, "expires_in": 3600}) for one in ("old", "new")))
    assert await partner.platform.exists(CLUB, KARI) is None
    assert await partner.platform.exists(CLUB, KARI) is True
    await partner.platform.close()
    assert [seen.headers["Authorization"] for seen in house.stub.calls(EXISTS)] == ["Bearer old", "Bearer new"]


async def test_login_endpoints_get_no_subscription_key_but_know_the_system(house: House) -> None:
    house.stub.says(TOKEN, PENDING)
    await house.platform.collect(CLUB, REQUEST)
    (seen,) = house.stub.calls(TOKEN)
    assert "Ocp-Apim-Subscription-Key" not in seen.headers
    assert seen.headers["Merchant-Serial-Number"] == "123456"
    assert seen.headers["Vipps-System-Name"] == "medlem"


async def test_long_system_words_are_cut(house: House) -> None:
    wordy = open_house(house.stub, system_name="x" * 31, plugin_name="")
    house.stub.says(TOKEN, PENDING)
    await wordy.platform.collect(CLUB, REQUEST)
    await wordy.platform.close()
    (seen,) = house.stub.calls(TOKEN)
    assert seen.headers["Vipps-System-Name"] == "x" * 30
    assert "Vipps-System-Plugin-Name" not in seen.headers


async def test_whether_a_number_could_be_asked(house: House) -> None:
    for said, known in [
        (Said({"exists": True}), True),
        (Said({"exists": False}), False),
        (Said({"exists": "true"}), None),
        (Said({}), None),
        (Said("<html>"), None),
        (Said("", 429), None),
        (Said("", 500), None),
        (Said({"error": "invalid_client"}, 401), None),
    ]:
        house.stub.says(EXISTS, said)
        assert await house.platform.exists(CLUB, KARI) is known
    assert house.stub.calls(EXISTS)[0].form == {"login_hint": "urn:msisdn:4740000001"}


async def test_nobody_is_asked_whether_a_number_could_be_asked_when_that_is_off(house: House) -> None:
    off = open_house(house.stub, user_exists=False)
    assert await off.platform.exists(CLUB, KARI) is None
    await off.platform.close()
    assert not house.stub.seen
