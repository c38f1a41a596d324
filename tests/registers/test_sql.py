"""A merchant's own table: read with care, and never written."""

from pathlib import Path

import pytest

from fakes_register import ObedientRegister
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.phone import PhoneNumber
from medlem.registers.sql import TableAway, WrongQuery, numbered
from registers_at_hand import QUERY, ROW, postgresql_register, postgresql_url, sqlite_file, sqlite_register

CLUB = ClubId("clb_01m83xj8800000000000000000")
KARI, OLA = PhoneNumber("4740000011"), PhoneNumber("4740000012")
WRONG = {
    "no such column": "select nothing as phone, customer_no as member_number from customer where mobile = :phone",
    "a column that is missing": "select mobile as phone from customer where mobile = :phone",
    "two statements": f"{QUERY}; select 1",
    "it would write": "insert into customer values ('1', '2', null, null, null) returning mobile as phone, "
    "customer_no as member_number",
    "no query": "select from where",
}


async def test_a_home_number_and_their_names_of_columns_will_do(tmp_path: Path) -> None:
    query = "select * from customer where mobile = :national or mobile = :msisdn"
    names = {"phone": "mobile", "member_number": "customer_no", "given_name": "first_name"}
    register = sqlite_register(
        sqlite_file(tmp_path, ("40000011", "C-1", "Kari", None, None)), ObedientRegister(), query, **names
    )
    found = await register.find(CLUB, KARI)
    assert found is not None
    assert (found.id, found.member_number, found.name, found.since) == ("C-1", "C-1", "Kari", None)
    await register.close()


async def test_who_joined_here_is_a_member_though_the_table_cannot_be_told(tmp_path: Path) -> None:
    own = ObedientRegister()
    ours = own.knows(OLA.msisdn, "100001")
    register = sqlite_register(sqlite_file(tmp_path, ROW), own)
    assert await register.find(CLUB, OLA) == ours
    await register.close()
    away = sqlite_register(tmp_path / "nowhere.db", own)
    assert await away.find(CLUB, OLA) == ours
    with pytest.raises(RegisterUnavailable):
        await away.find(CLUB, KARI)
    await away.close()


async def test_a_row_of_another_number_and_two_rows_are_no_answer(tmp_path: Path) -> None:
    query = QUERY.replace("where mobile = :phone", "where :phone = :phone")
    register = sqlite_register(sqlite_file(tmp_path, ROW), ObedientRegister(), query)
    assert await register.find(CLUB, KARI) is not None
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, OLA)
    await register.close()
    (tmp_path / "more").mkdir()
    two = sqlite_register(sqlite_file(tmp_path / "more", ROW, ("+4740000012", *ROW[1:])), ObedientRegister(), query)
    with pytest.raises(RegisterUnavailable):
        await two.find(CLUB, KARI)
    await two.close()


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG)
async def test_a_query_that_cannot_be_used_is_found_at_the_start(tmp_path: Path, query: str) -> None:
    file = sqlite_file(tmp_path, ROW)
    before = file.read_bytes()
    register = sqlite_register(file, ObedientRegister(), query)
    with pytest.raises(WrongQuery):
        await register.check()
    await register.close()
    assert file.read_bytes() == before


async def test_a_query_that_walks_through_the_table_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    file = sqlite_file(tmp_path, ROW)
    walks = QUERY.replace("mobile = :phone", "replace(mobile, ' ', '') = :phone")
    for query, quick in ((QUERY, True), (walks, False)):
        register = sqlite_register(file, ObedientRegister(), query)
        assert await register.check() is quick
        await register.close()


async def test_a_query_without_an_end_is_broken_off(tmp_path: Path) -> None:
    endless = (
        "with recursive n(x) as (select 1 union all select x + 1 from n) "
        "select :phone as phone, max(x) as member_number from n"
    )
    register = sqlite_register(sqlite_file(tmp_path), ObedientRegister(), endless)
    register._table._within = 0.1  # type: ignore[attr-defined]  # the table's own
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, KARI)
    with pytest.raises(TableAway):
        await register.check()
    await register.close()


async def test_in_postgresql_as_in_sqlite() -> None:
    async with postgresql_url(ROW) as url:
        for query in WRONG.values():
            register = postgresql_register(url, ObedientRegister(), query)
            with pytest.raises(WrongQuery):
                await register.check()
            await register.close()
        walks = QUERY.replace("mobile = :phone", "replace(mobile, ' ', '') = :phone")
        register = postgresql_register(url, ObedientRegister(), walks)
        assert not await register.check()
        await register.close()
        slow = postgresql_register(
            url, ObedientRegister(), QUERY.replace("from customer", "from customer, pg_sleep(60)")
        )
        slow._table._within = 0.2  # type: ignore[attr-defined]  # the table's own
        with pytest.raises(RegisterUnavailable):
            await slow.find(CLUB, KARI)
        await slow.close()


def test_parameters_are_put_as_postgresql_wants_them() -> None:
    sql, order = numbered("select ':phone', x::text from t where a = :msisdn::bigint or b = :national or c = :msisdn")
    assert sql == "select ':phone', x::text from t where a = ($1::text)::bigint or b = ($2::text) or c = ($1::text)"
    assert order == ("msisdn", "national")
