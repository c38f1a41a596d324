"""The register that the settings name stands in the place of ours."""

from dataclasses import replace
from pathlib import Path

import pytest

from fakes import HandClock
from fakes_register import ObedientRegister
from medlem.app.house import open_house
from medlem.app.registers import put_register, try_query
from medlem.club.errors import RegisterUnavailable
from medlem.config import WrongSettings, load
from medlem.flows.answers import Heard
from medlem.registers.by_club import Registers
from registers_at_hand import CLUB, KARI, QUERY, ROW, SECRET, TOKEN, joined, member, reference_server, sqlite_file


def put(**named: str) -> dict[str, str]:
    return {f"MEDLEM_REGISTER{name}": value for name, value in named.items()}


async def test_ours_stays_where_no_other_is_named() -> None:
    own = ObedientRegister()
    ours = own.knows(KARI.msisdn)
    registers = Registers(own)
    put_register(registers, own, CLUB, load(None, {}), HandClock())
    assert await registers.find(CLUB, KARI) == ours
    assert registers.told() == frozenset()


async def test_the_merchants_system_is_asked_and_told() -> None:
    own = ObedientRegister()
    own.knows(KARI.msisdn)
    registers = Registers(own)
    with reference_server() as url:
        settings = load(None, put(**{"": "http", "_URL": url, "_TOKEN": TOKEN, "_SIGNING_SECRET": SECRET}))
        put_register(registers, own, CLUB, settings, HandClock())
        assert registers.told() == frozenset({CLUB})
        assert await registers.find(CLUB, KARI) is None
        await registers.tell(joined(member()))
        assert await registers.find(CLUB, KARI) is not None
    found = await registers.find(CLUB, KARI)
    assert found is not None
    assert found.as_of == HandClock().now()
    await registers.close()


async def test_a_wrong_secret_opens_no_register() -> None:
    registers, own = Registers(ObedientRegister()), ObedientRegister()
    with reference_server() as url:
        settings = load(None, put(**{"": "http", "_URL": url, "_TOKEN": TOKEN, "_SIGNING_SECRET": "another"}))
        put_register(registers, own, CLUB, settings, HandClock())
        with pytest.raises(RegisterUnavailable):
            await registers.find(CLUB, KARI)
    await registers.close()


async def test_the_merchants_table_is_asked_and_cannot_be_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registers, own = Registers(ObedientRegister()), ObedientRegister()
    url = f"sqlite:///{sqlite_file(tmp_path, ROW)}"
    settings = load(None, put(**{"": "sql", "_DATABASE_URL": url, "_QUERY": QUERY}))
    put_register(registers, own, CLUB, settings, HandClock())
    assert await registers.find(CLUB, KARI) is not None
    assert registers.told() == frozenset()
    assert caplog.text == ""
    await registers.close()


async def test_a_query_that_cannot_be_used_stops_the_start_and_a_table_that_is_away_does_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = sqlite_file(tmp_path, ROW)
    wrong = put(
        **{"": "sql", "_DATABASE_URL": f"sqlite:///{file}", "_QUERY": "select mobile from customer where :phone=1"}
    )
    with pytest.raises(WrongSettings, match="does not return phone, member_number"):
        await try_query(load(None, wrong))
    away = put(**{"": "sql", "_DATABASE_URL": f"sqlite:///{tmp_path}/nowhere.db", "_QUERY": QUERY})
    await try_query(load(None, away))
    assert "does not answer (no_table)" in caplog.text
    walks = put(**{"": "sql", "_DATABASE_URL": f"sqlite:///{file}", "_QUERY": QUERY.replace("= :phone", "like :phone")})
    await try_query(load(None, walks))
    assert "reads the whole table" in caplog.text
    shop = {"MEDLEM_VIPPS_MSN": "100001", "MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}"}
    with pytest.raises(WrongSettings, match="does not return phone, member_number"):
        async with open_house(load(None, shop | wrong)):
            pass


async def test_a_house_is_opened_with_the_register_that_the_settings_name(tmp_path: Path) -> None:
    shop = {"MEDLEM_VIPPS_MSN": "100001", "MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}"}
    with reference_server() as url:
        named = put(**{"": "http", "_URL": url, "_TOKEN": TOKEN, "_SIGNING_SECRET": SECRET})
        async with open_house(load(None, shop | named)) as house:
            register, club = house.ports.register, house.club.id
            assert register.told() == frozenset({club})
            assert await register.tell(replace(joined(member()), club=club)) == Heard()
            found = await register.find(club, KARI)
            assert found is not None
            assert found.member_number == "C-17"
