"""How the login endpoints know us."""

import base64

from medlem.vipps.sales_unit import AuthMethod
from stub_platform import CLUB, EXISTS, KARI, REQUEST, TOKEN, House, Said, open_house

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
