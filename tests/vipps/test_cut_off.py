"""An answer that would never end, or leads elsewhere, is cut off, whichever call it answers."""

import gzip
from collections.abc import Awaitable, Callable

import pytest

from medlem.club.errors import PlatformSurprisedUs, PlatformUnavailable
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import NotAsked, Question, Unreachable
from medlem.vipps.http import LONGEST_BODY
from stub_platform import (
    ACCESS_TOKEN,
    ASK,
    CLUB,
    CODE,
    DISCOVERY,
    EXCHANGE,
    EXISTS,
    KARI,
    KEYS,
    REQUEST,
    TOKEN,
    USERINFO,
    Drip,
    Endless,
    House,
    Said,
    Scripted,
)

ELSEWHERE = "/elsewhere"


async def scanned(house: House) -> bool:
    try:
        await house.platform.reveal(CLUB, PersonalQr("https://qr.vipps.no/p/abc"))
    except (PlatformSurprisedUs, PlatformUnavailable):
        return False
    return True


async def asked(house: House) -> bool:
    return not isinstance(await house.platform.ask(Question(CLUB, KARI, CODE)), NotAsked)


async def collected(house: House) -> bool:
    return not isinstance(await house.platform.collect(CLUB, REQUEST), Unreachable)


async def understood(house: House) -> bool:
    return not isinstance(await house.told(house.good()), Unreachable)


async def known(house: House) -> bool:
    return await house.platform.exists(CLUB, KARI) is not None


CALLS: dict[str, Callable[[House], Awaitable[bool]]] = {
    ACCESS_TOKEN: scanned,
    EXCHANGE: scanned,
    DISCOVERY: asked,
    ASK: asked,
    TOKEN: collected,
    KEYS: understood,
    USERINFO: understood,
    EXISTS: known,
}
GOOD = {
    ACCESS_TOKEN: {"access_token": "api.token_1", "expires_in": 3600},
    EXCHANGE: {"msisdn": "4740000001", "version": "2.0"},
    ASK: {"auth_req_id": "request-1", "expires_in": 180},
    TOKEN: {"access_token": "a", "id_token": "b"},
    EXISTS: {"exists": True},
}
BOMB = gzip.compress(b" " * (50 * LONGEST_BODY) + b"{}")
SAID: dict[str, Scripted] = {
    "of 50 MB": Endless(),
    "packed, and huge when unpacked": Said(BOMB, headers={"Content-Encoding": "gzip"}),
    "elsewhere": Said("", 307, {"Location": ELSEWHERE}),
    "with a header of 100 kB": Said("{}", headers={"X-Long": "x" * 100_000}),
}


@pytest.mark.parametrize("said", SAID.values(), ids=list(SAID))
@pytest.mark.parametrize("path", CALLS)
async def test_an_answer_without_measure_is_cut_off(house: House, path: str, said: Scripted) -> None:
    house.stub.says(EXCHANGE, Said(GOOD[EXCHANGE]))
    house.stub.says(path, said)
    house.stub.says(ELSEWHERE, Said(GOOD.get(path, {})))
    assert not await CALLS[path](house)
    assert house.stub.calls(path)
    assert house.stub.calls(ELSEWHERE) == []
    assert house.stub.sent < 20 * LONGEST_BODY


@pytest.mark.parametrize("path", [EXCHANGE, DISCOVERY, ASK, TOKEN, USERINFO])
async def test_an_answer_that_drips_is_not_waited_for(house: House, path: str) -> None:
    house.stub.says(EXCHANGE, Said(GOOD[EXCHANGE]))
    house.stub.says(path, Drip())
    assert not await CALLS[path](house)
    assert house.stub.calls(path)


async def test_nothing_packed_is_asked_for(house: House) -> None:
    await collected(house)
    assert house.stub.calls(TOKEN)[0].headers["Accept-Encoding"] == "identity"
