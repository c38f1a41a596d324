"""The access token: fetched once for everybody, renewed before it ends, and replaced once when refused."""

import asyncio
import logging
from typing import Any

import pytest

from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Revealed
from stub_platform import ACCESS_TOKEN, CLUB, EXCHANGE, HangUp, House, Said, Scripted, open_house

CODE = PersonalQr("https://qr.vipps.no/p/abc")
REVEALED = Said({"msisdn": "4740000001", "version": "2.0"})


async def reveal(house: House) -> Revealed:
    return await house.platform.reveal(CLUB, CODE)


def token(name: str, life: Any = 3600) -> Said:
    return Said({"access_token": name, "expires_in": life, "token_type": "Bearer"})


def shown(house: House) -> list[str]:
    return [seen.headers["Authorization"] for seen in house.stub.calls(EXCHANGE)]


@pytest.fixture(autouse=True)
def _exchange(house: House) -> None:
    house.stub.says(EXCHANGE, REVEALED)


async def test_the_keys_travel_in_headers(house: House) -> None:
    await reveal(house)
    (seen,) = house.stub.calls(ACCESS_TOKEN)
    assert seen.method == "POST"
    assert seen.body == b""
    assert seen.headers["client_id"] == "client-1"
    assert seen.headers["client_secret"] == "s3cret:+/% of the shop"
    assert seen.headers["Ocp-Apim-Subscription-Key"] == "subscription-key-1"
    assert seen.headers["Merchant-Serial-Number"] == "123456"
    assert "Authorization" not in seen.headers


async def test_a_crowd_shares_one_fetch(house: House) -> None:
    await asyncio.gather(*(reveal(house) for _ in range(10)))
    assert len(house.stub.calls(ACCESS_TOKEN)) == 1
    assert len(house.stub.calls(EXCHANGE)) == 10


@pytest.mark.parametrize("life", [3600, "3600", 3600.0])
async def test_a_token_is_renewed_when_a_tenth_of_its_life_is_left(house: House, life: Any) -> None:
    house.stub.says(ACCESS_TOKEN, token("first", life), token("second"))
    await reveal(house)
    await house.clock.turn(3239)
    await reveal(house)
    assert len(house.stub.calls(ACCESS_TOKEN)) == 1
    renewing = house.stub.hold(ACCESS_TOKEN)
    await house.clock.turn(2)
    await reveal(house)
    assert shown(house)[-1] == "Bearer first", "nobody waits for a renewal"
    renewing.set()
    await house.clock.turn(3600)
    await reveal(house)
    assert shown(house)[-1] == "Bearer second"


async def test_a_short_token_is_renewed_at_half_its_life(house: House) -> None:
    house.stub.says(ACCESS_TOKEN, token("first", 60), token("second"))
    await reveal(house)
    await house.clock.turn(29)
    await reveal(house)
    assert len(house.stub.calls(ACCESS_TOKEN)) == 1
    await house.clock.turn(2)
    await reveal(house)
    await house.clock.turn(30)
    await reveal(house)
    assert shown(house) == ["Bearer first", "Bearer first", "Bearer first", "Bearer second"]


async def test_a_failed_renewal_leaves_the_old_token_and_is_not_repeated_at_every_call(house: House) -> None:
    house.stub.says(ACCESS_TOKEN, token("first"), Said("", 500))
    await reveal(house)
    await house.clock.turn(3300)
    for _ in range(5):
        await reveal(house)
    assert shown(house) == ["Bearer first"] * 6
    await house.stub.arrival(ACCESS_TOKEN, 2)
    await reveal(house)
    assert len(house.stub.calls(ACCESS_TOKEN)) == 2
    await house.clock.turn(301)
    with pytest.raises(PlatformUnavailable):
        await reveal(house)


async def test_a_refused_token_is_replaced_once(house: House) -> None:
    house.stub.says(EXCHANGE, Said("", 401), REVEALED)
    house.stub.says(ACCESS_TOKEN, token("old"), token("new"))
    await reveal(house)
    assert shown(house) == ["Bearer old", "Bearer new"]


async def test_a_second_refusal_is_the_last(house: House) -> None:
    house.stub.says(EXCHANGE, Said({"statusCode": 401, "message": "No."}, 401))
    house.stub.says(ACCESS_TOKEN, token("old"), token("new"), token("newest"))
    with pytest.raises(PlatformRefusedKeys):
        await reveal(house)
    assert shown(house) == ["Bearer old", "Bearer new"]


async def test_a_crowd_of_refusals_fetches_one_new_token(house: House) -> None:
    await reveal(house)
    house.stub.says(EXCHANGE, *[Said("", 401)] * 5, REVEALED)
    await asyncio.gather(*(reveal(house) for _ in range(5)))
    assert len(house.stub.calls(ACCESS_TOKEN)) == 2


TROUBLES: dict[str, tuple[Scripted, type[Exception]]] = {
    "wrong keys": (Said({"error": "invalid_client"}, 401), PlatformRefusedKeys),
    "wrong keys by the gateway": (Said({"statusCode": 401, "message": "Access denied"}, 401), PlatformRefusedKeys),
    "failing": (Said("", 500), PlatformUnavailable),
    "busy": (Said("", 429), PlatformUnavailable),
    "html": (Said("<html>"), PlatformSurprisedUs),
    "redirect": (Said("", 302, {"Location": "/login"}), PlatformSurprisedUs),
    "no token": (Said({"expires_in": 3600}), PlatformSurprisedUs),
    "token as a number": (Said({"access_token": 1, "expires_in": 3600}), PlatformSurprisedUs),
    "token with a line break": (Said({"access_token": "a\r\nb", "expires_in": 3600}), PlatformSurprisedUs),
    "no life": (Said({"access_token": "a"}), PlatformSurprisedUs),
    "life in words": (Said({"access_token": "a", "expires_in": "long"}), PlatformSurprisedUs),
    "life of zero": (Said({"access_token": "a", "expires_in": 0}), PlatformSurprisedUs),
}


@pytest.mark.parametrize(("said", "refusal"), TROUBLES.values(), ids=list(TROUBLES))
async def test_without_a_token_a_scan_says_why(house: House, said: Scripted, refusal: type[Exception]) -> None:
    house.stub.says(ACCESS_TOKEN, said)
    with pytest.raises(refusal):
        await reveal(house)
    assert not house.stub.calls(EXCHANGE)


async def test_a_dropped_connection_is_tried_once_more(house: House) -> None:
    house.stub.says(ACCESS_TOKEN, HangUp(), token("second"))
    await reveal(house)
    assert shown(house) == ["Bearer second"]
    house.stub.says(EXCHANGE, HangUp(), HangUp(), REVEALED)
    with pytest.raises(PlatformUnavailable):
        await reveal(house)


async def test_without_a_subscription_key_or_serial_number_none_is_sent(house: House) -> None:
    bare = open_house(house.stub, subscription_key=None, msn=None)
    await reveal(bare)
    await bare.platform.close()
    for seen in house.stub.seen:
        assert "Ocp-Apim-Subscription-Key" not in seen.headers
        assert "Merchant-Serial-Number" not in seen.headers


async def test_a_renewal_that_nobody_waits_for_ends_with_the_platform(house: House) -> None:
    house.stub.says(ACCESS_TOKEN, token("first"), token("second"))
    await reveal(house)
    house.stub.hold(ACCESS_TOKEN)
    await house.clock.turn(3300)
    await reveal(house)
    await house.platform.close()
    await house.platform.close()


async def test_no_secret_is_ever_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    house.stub.says(ACCESS_TOKEN, token("api.token_1"))
    await reveal(house)
    house.stub.says(EXCHANGE, Said({"title": "No", "detail": "4740000001 api.token_1"}, 403))
    with pytest.raises(PlatformRefusedKeys):
        await reveal(house)
    assert "operation=exchange" in caplog.text
    for secret in ("s3cret", "subscription-key", "api.token", "40000001", "qr.vipps.no"):
        assert secret not in caplog.text
    assert "s3cret" not in repr(house.unit)
