"""The doctor looks at the merchant's own register."""

from pathlib import Path

import pytest

from fakes import HandClock
from medlem.app.doctor.register import register
from medlem.config import Settings, load
from registers_at_hand import QUERY, ROW, SECRET, TOKEN, lying, reference_server, sqlite_file


def over_http(url: str, token: str = TOKEN) -> Settings:
    named = {"": "http", "_URL": url, "_TOKEN": token, "_SIGNING_SECRET": SECRET}
    return load(None, {f"MEDLEM_REGISTER{name}": value for name, value in named.items()})


def table(file: Path, query: str = QUERY) -> Settings:
    named = {"": "sql", "_DATABASE_URL": f"sqlite:///{file}", "_QUERY": query}
    return load(None, {f"MEDLEM_REGISTER{name}": value for name, value in named.items()})


async def told(settings: Settings) -> tuple[str, str]:
    """The mark and the text of the one finding."""
    [finding] = await register(settings, HandClock())
    assert finding.check == "register"
    assert (finding.advice is None) == (finding.mark == "well")
    return finding.mark.value, finding.text


async def test_nothing_is_said_of_our_own() -> None:
    assert await register(load(None, {}), HandClock()) == []


async def test_a_register_that_answers_is_well_and_one_that_does_not_is_told() -> None:
    with reference_server() as url:
        assert await told(over_http(url)) == ("well", "The merchant's register answers.")
        mark, text = await told(over_http(url, "another"))
        assert mark == "wrong"
        assert "keys_refused" in text
    mark, text = await told(over_http(url))
    assert mark == "wrong"
    assert "no_line" in text


@pytest.mark.parametrize(("body", "word"), [(b"<html>", "no_json"), (b"{}", "shape")])
async def test_a_register_that_says_something_else_is_told(body: bytes, word: str) -> None:
    async with lying() as liar:
        liar.says(body)
        mark, text = await told(over_http(liar.url))
    assert mark == "wrong"
    assert f"({word})" in text


async def test_a_table_is_looked_at(tmp_path: Path) -> None:
    file = sqlite_file(tmp_path, ROW)
    assert (await told(table(file)))[0] == "well"
    mark, text = await told(table(file, QUERY.replace("= :phone", "like :phone")))
    assert mark == "look"
    assert "reads the whole table" in text
    assert (await told(table(tmp_path / "nowhere.db")))[0] == "wrong"
    mark, text = await told(table(file, "select 1 as one where :phone = 1"))
    assert mark == "wrong"
    assert "does not return phone, member_number" in text
