"""Where the endpoints are: kept as long as the document says, and longer when there is no other."""

import asyncio
from typing import Any

import pytest

from medlem.club.ids import ClubId
from medlem.club.member import Disclosure
from medlem.flows.answers import Failed, Pending, Unreachable
from medlem.vipps.discovery import address
from medlem.vipps.platform import VippsPlatform
from signed_tokens import SUB
from stub_platform import ASK, CLUB, DISCOVERY, REQUEST, TOKEN, USERINFO, House, Said, Scripted, Silence, open_house

PENDING = Said({"error": "authorization_pending"}, 400)


@pytest.fixture(autouse=True)
def _pending(house: House) -> None:
    house.stub.says(TOKEN, PENDING)


async def look(house: House) -> None:
    assert await house.platform.collect(CLUB, REQUEST) == Pending()


@pytest.mark.parametrize(
    ("header", "life"),
    [
        (None, 3600),
        ("max-age=600", 600),
        ("public, max-age=7200, must-revalidate", 7200),
        ('Max-Age="600"', 600),
        ("s-maxage=600", 3600),
        ("max-age=0", 60),
        ("no-store", 60),
        ("no-cache, max-age=600", 60),
        ("max-age=99999999", 86400),
        ("nonsense", 3600),
    ],
)
async def test_a_document_is_kept_as_long_as_it_says(house: House, header: str | None, life: int) -> None:
    headers = {} if header is None else {"Cache-Control": header}
    house.stub.says(DISCOVERY, Said(house.stub.document(), headers=headers))
    await look(house)
    await house.clock.turn(life - 1)
    await look(house)
    assert len(house.stub.calls(DISCOVERY)) == 1
    await house.clock.turn(1)
    await look(house)
    assert len(house.stub.calls(DISCOVERY)) == 2


async def test_a_crowd_reads_it_once(house: House) -> None:
    await asyncio.gather(*(look(house) for _ in range(10)))
    assert len(house.stub.calls(DISCOVERY)) == 1


@pytest.mark.parametrize("said", [Said("", 500), Said("<html>"), Said("", 403), Silence(), Said({"issuer": ""})])
async def test_an_old_document_serves_while_there_is_no_other(house: House, said: Scripted) -> None:
    await look(house)
    house.stub.says(DISCOVERY, said)
    await house.clock.turn(3600)
    await look(house)
    await look(house)
    assert len(house.stub.calls(DISCOVERY)) == 2, "nobody waits for a platform that is down at every call"
    house.stub.says(DISCOVERY, Said(house.stub.document(token_endpoint=house.stub.url + "/moved")))
    house.stub.says("/moved", PENDING)
    await house.clock.turn(30)
    await look(house)
    assert len(house.stub.calls("/moved")) == 1


async def test_what_the_lists_leave_out_is_used_all_the_same(house: House) -> None:
    whole = house.stub.document(
        grant_types_supported=[], scopes_supported=[], backchannel_token_delivery_modes_supported=[]
    )
    house.stub.says(DISCOVERY, Said(whole))
    await look(house)


UNUSABLE: dict[str, Any] = {
    "no issuer": {"issuer": None},
    "issuer as a number": {"issuer": 1},
    "no token endpoint": {"token_endpoint": None},
    "no place to ask": {"backchannel_authentication_endpoint": None},
    "no keys": {"jwks_uri": None},
    "token endpoint as a list": {"token_endpoint": ["https://example.com"]},
    "a file": {"token_endpoint": "file:///etc/passwd"},
    "no host": {"token_endpoint": "/token"},
    "nonsense": {"token_endpoint": "http://[::1"},
    "userinfo as a number": {"userinfo_endpoint": 1},
}


@pytest.mark.parametrize("changes", UNUSABLE.values(), ids=list(UNUSABLE))
async def test_an_unusable_document_is_not_used(house: House, changes: dict[str, Any]) -> None:
    house.stub.says(DISCOVERY, Said(house.stub.document(**changes)))
    assert await house.platform.collect(CLUB, REQUEST) == Unreachable()
    assert not house.stub.calls(TOKEN)


def test_keys_of_ours_never_go_where_there_is_no_tls() -> None:
    document = "https://platform.example/discovery"
    assert address("https://other.example/token", document) == "https://other.example/token"
    with pytest.raises(ValueError, match="not an address"):
        address("http://platform.example/token", document)
    assert address("http://127.0.0.1/token", "http://127.0.0.1/discovery") == "http://127.0.0.1/token"


async def test_the_issuer_of_the_document_is_what_tokens_must_carry(house: House) -> None:
    house.stub.says(DISCOVERY, Said(house.stub.document(issuer="https://issuer.example/without-slash")))
    house.stub.says(USERINFO, Said({"sub": SUB}))
    assert isinstance(await house.told(house.good().claiming(iss="https://issuer.example/without-slash")), Disclosure)
    assert isinstance(await house.told(house.good().claiming(iss="https://issuer.example/without-slash/")), Failed)


async def test_clubs_of_one_provider_share_what_they_may(house: House) -> None:
    other = open_house(house.stub, client_id="client-2")
    two = VippsPlatform({CLUB: house.unit, ClubId("clb_2"): other.unit}, house.clock)
    for club in (CLUB, ClubId("clb_2")):
        assert await two.collect(club, REQUEST) == Pending()
    await two.close()
    assert len(house.stub.calls(DISCOVERY)) == 1
    first, second = house.stub.calls(TOKEN)
    assert first.headers["Authorization"] != second.headers["Authorization"]
    assert not house.stub.calls(ASK)


async def test_new_keys_of_a_club_count_from_the_next_call(house: House) -> None:
    units = {CLUB: house.unit}
    platform = VippsPlatform(units, house.clock)
    await platform.collect(CLUB, REQUEST)
    units[CLUB] = open_house(house.stub, client_id="client-2").unit
    await platform.collect(CLUB, REQUEST)
    await platform.close()
    first, second = house.stub.calls(TOKEN)
    assert first.headers["Authorization"] != second.headers["Authorization"]
