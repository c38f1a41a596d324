"""Every club has the register that its own settings name, and a service that runs keeps up with them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from fakes import HandClock
from medlem.app import House, further_clubs, open_house
from medlem.app.clubs import FRESH
from medlem.app.doctor import examine
from medlem.app.registers import REST, ClubRegisters
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.config import ClubTexts, Settings, WrongSettings, load
from medlem.flows.answers import Heard, Unheard
from medlem.flows.tables import StorageUnavailable
from registers_at_hand import KARI, QUERY, ROW, SECRET, TOKEN, joined, member, reference_server, sqlite_file

FIRST = {
    "MEDLEM_VIPPS_CLIENT_ID": "client",
    "MEDLEM_VIPPS_CLIENT_SECRET": "secret",
    "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "subscription",
    "MEDLEM_VIPPS_MSN": "100001",
    "MEDLEM_VIPPS_BASE_URL": "http://127.0.0.1:9",
}


def texts(**said: str) -> ClubTexts:
    made = ClubTexts({})
    for name, text in said.items():
        made.add(name, text, name)
    return made


def other(**said: str) -> ClubTexts:
    keys = {"vipps_client_id": "other", "vipps_client_secret": "one", "vipps_subscription_key": "theirs"}
    return texts(vipps_msn="200200", **keys | said)


def over_http(url: str) -> dict[str, str]:
    return {
        "register": "http",
        "register_url": url,
        "register_token": TOKEN,
        "register_signing_secret": SECRET,
        "register_cache_age": "off",
    }


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[House]:
    url = {"MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'medlem.db'}"}
    async with open_house(load(None, FIRST | url)) as house:
        yield house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with reference_server() as url:
        yield url


def registers(house: House) -> ClubRegisters:
    return cast("ClubRegisters", house.ports.register)


def a_second_later(house: House) -> None:
    house.clubs._clock = HandClock(house.ports.clock.now() + FRESH)


async def test_a_further_club_has_its_own_register_and_the_first_one_keeps_ours(
    house: House, server: str, tmp_path: Path
) -> None:
    club = (await further_clubs.add(house, other(**over_http(server)))).id
    async with opened(tmp_path) as beside:
        assert beside.ports.register.told() == frozenset({club}), "known from the start, before anybody is looked up"
        assert await beside.ports.register.tell(replace(joined(member()), club=club)) == Heard()
        theirs = await beside.ports.register.find(club, KARI)
        assert theirs is not None
        assert theirs.member_number == "C-17"
        assert await beside.ports.register.find(beside.club.id, KARI) is None


async def test_a_service_that_runs_keeps_up_with_a_register_that_is_named_moved_and_taken_away(
    house: House, server: str, tmp_path: Path
) -> None:
    club = (await further_clubs.add(house, other())).id
    await registers(house).look_at_all()
    assert house.ports.register.told() == frozenset()
    async with opened(tmp_path) as elsewhere:
        await further_clubs.change(elsewhere, "200200", texts(**over_http(server)))
        a_second_later(house)
        await registers(house).look_at_all()
        assert house.ports.register.told() == frozenset({club})
        before = registers(house)._registers._tellers[club]
        await before.tell(joined(member()))

        await further_clubs.change(elsewhere, "200200", texts(club_name="Ny"))
        house.clubs._known.clear()
        await registers(house).look_at_all()
        assert registers(house)._registers._tellers[club] is before, "what has nothing to do with it moves nothing"

        url = f"sqlite:///{sqlite_file(tmp_path, ROW)}"
        table = texts(register="sql", register_database_url=url, register_query=QUERY)
        await further_clubs.change(elsewhere, "200200", table)
        house.clubs._known.clear()
        assert await house.ports.register.find(club, KARI) is not None, "a look-up looks at the settings first"
        assert house.ports.register.told() == frozenset()
    assert await cast("Any", before).look_up(KARI), "a call on its way to the old one comes home"
    registers(house)._clock = HandClock(house.ports.clock.now() + REST)
    await registers(house)._let_go()
    assert registers(house)._retired == []


async def test_a_house_looks_again_by_itself(house: House) -> None:
    looked = asyncio.Event()
    look = house.ports.storage.reading.places.clubs

    class Clubs:
        async def all(self) -> Any:
            looked.set()
            return await look()

    registers(house)._clubs = cast("Any", Clubs())
    await asyncio.wait_for(looked.wait(), 10)


async def test_a_club_whose_settings_cannot_be_read_says_unknown_and_loses_nothing(house: House, server: str) -> None:
    club = (await further_clubs.add(house, other(**over_http(server)))).id
    await registers(house).look_at_all()

    async def nothing(_: ClubId) -> Settings | None:
        return None

    house.clubs.settings = nothing  # type: ignore[assignment,method-assign] # as when its key is gone
    await registers(house).look_at_all()
    assert await house.ports.register.tell(joined(member())) == Heard(), "it was known, and stays"
    late = ClubRegisters(registers(house)._own, house.clubs, house.ports.clock)
    await late.look(club)
    assert late.told() == frozenset({club})
    assert await late.tell(replace(joined(member()), club=club)) == Unheard()
    with pytest.raises(RegisterUnavailable):
        await late.find(club, KARI)
    await late.close()


async def test_a_database_that_is_away_leaves_the_register_that_is_known(
    house: House, server: str, caplog: pytest.LogCaptureFixture
) -> None:
    club = (await further_clubs.add(house, other(**over_http(server)))).id
    await registers(house).look_at_all()
    await house.ports.register.tell(replace(joined(member()), club=club))

    async def away(_: ClubId) -> Settings | None:
        raise StorageUnavailable("It does not answer.")

    house.clubs.settings = away  # type: ignore[assignment,method-assign] # a database that does not answer
    assert await house.ports.register.find(club, KARI) is not None
    assert "the last one counts" in caplog.text


async def test_a_register_that_cannot_be_used_is_refused_when_the_club_is_added(house: House, tmp_path: Path) -> None:
    url = f"sqlite:///{sqlite_file(tmp_path, ROW)}"
    wrong = {"register": "sql", "register_database_url": url, "register_query": "select 1 as phone where :phone <> ''"}
    with pytest.raises(WrongSettings, match="does not return member_number"):
        await further_clubs.add(house, other(**wrong))
    with pytest.raises(WrongSettings, match="REGISTER_URL is needed"):
        await further_clubs.add(house, other(register="http"))
    await further_clubs.add(house, other())
    with pytest.raises(WrongSettings, match="does not return member_number"):
        await further_clubs.change(house, "200200", texts(**wrong))


async def test_the_doctor_looks_at_the_register_of_every_club(house: House, server: str) -> None:
    await further_clubs.add(house, other(**over_http(server) | {"register_token": "another"}))
    [found] = [one for one in await examine(house.settings) if one.check == "register"]
    assert (found.club, found.mark) == ("200200", "wrong")
    assert "keys_refused" in found.text
