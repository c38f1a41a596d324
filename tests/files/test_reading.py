"""What other systems write, as it is read."""

import io
from typing import Any, get_args

import pytest

from files.pages import flaw, flaws, how, line, numbers, read
from medlem.club import spelling
from medlem.club.phone import PhoneNumber
from medlem.files import Dates, Reading, WrongFile
from medlem.files.columns import CALLED, column_of
from medlem.web.wire import Line as OneLine

PEOPLE = (
    "Fornavn;Etternavn;Mobil;E-post;Fødselsdato;Poststed\r\n"
    "Kari;Nordmann;412 34 567;kari@example.org;14.02.1986;Oslo\r\n"
)


def test_a_list_as_a_norwegian_spreadsheet_writes_it() -> None:
    found = line(PEOPLE)
    assert found.number == 2
    assert found.phone == PhoneNumber("4741234567")
    assert (found.profile.given_name, found.profile.family_name) == ("Kari", "Nordmann")
    assert (found.profile.email, found.profile.birthdate) == ("kari@example.org", "1986-02-14")
    assert found.profile.address is not None
    assert found.profile.address.region == "Oslo"
    assert found.columns == {"given_name", "family_name", "phone", "email", "birthdate", "address"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "windows-1252", "iso-8859-1", "cp865"]
)
def test_every_usual_encoding(encoding: str) -> None:
    text = "\ufeff" + PEOPLE if encoding == "utf-16-be" else PEOPLE
    marked = encoding.startswith("utf-")
    whole = text.replace("Kari;", "Åse Søderberg;").encode(encoding)
    assert line(whole, encoding=None if marked else encoding).profile.given_name == "Åse Søderberg"
    assert line(whole, encoding=encoding).profile.given_name == "Åse Søderberg"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_delimiter_and_every_end_of_line(delimiter: str, end: str) -> None:
    rows = [["phone", "name"], ["41234567", '"Kari, ""K""; Nordmann"'], ["", ""], ["41234568", "Ola"]]
    found = read(end.join(delimiter.join(row) for row in rows))
    assert numbers(found) == ["4741234567", "4741234568"]
    assert [one.number for one in found] == [2, 4]
    assert line(end.join(delimiter.join(row) for row in rows[:2])).profile.name == 'Kari, "K"; Nordmann'


def test_a_delimiter_that_excel_names_or_that_is_said() -> None:
    assert line("sep=;\r\nphone;name,first\r\n41234567;Kari\r\n", ignored=frozenset({"name,first"})).number == 3
    assert line("phone|name\n41234567|Kari\n", delimiter="|").profile.name == "Kari"


def test_a_cell_with_lines_in_it_counts_them() -> None:
    found = read('phone,note\n41234567,"one\ntwo\nthree"\n41234568,\n', ignored=frozenset({"note"}))
    assert [(one.number, type(one).__name__) for one in found] == [(2, "Line"), (5, "Line")]


@pytest.mark.parametrize(("column", "words"), CALLED.items())
def test_what_others_call_a_column(column: str, words: tuple[str, ...]) -> None:
    assert {column_of(word) for word in words} == {column}
    assert {column_of(f" {word.upper().replace(' ', '_')} ") for word in words} == {column}


def test_no_name_means_two_columns() -> None:
    words = [word for found in CALLED.values() for word in found]
    assert len(words) == len(set(words))


def test_whoever_imports_says_what_a_column_is() -> None:
    found = line("Kunde,Kontakt\n17,41234567\n", mapping={"kunde": "member_number", "Kontakt": "Mobil"})
    assert (found.member_number, found.phone) == ("17", PhoneNumber("4741234567"))


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("41234567", "4741234567"),
        ("+47 412 34 567", "4741234567"),
        ("004741234567", "4741234567"),
        ("4741234567", "4741234567"),
        ('="41234567"', "4741234567"),
        ("=+4741234567", "4741234567"),
        ("'41234567", "4741234567"),
        ("'+4741234567", "4741234567"),
        ("41234567.0", "4741234567"),
        ("tel:+46 70 123 45 67", "46701234567"),
        ("+45 20 12 34 56", "4520123456"),
    ],
)
def test_ways_to_write_a_number(cell: str, number: str) -> None:
    quoted = cell.replace('"', '""')
    assert numbers([line(f'phone,name\n"{quoted}",Kari\n')]) == [number]


@pytest.mark.parametrize(
    ("country", "cell", "number"),
    [
        ("NO", "41234567", "4741234567"),
        ("dk", "20123456", "4520123456"),
        ("Sverige", "70 123 45 67", "46701234567"),
        ("Suomi", "401234567", "358401234567"),
        ("+299", "221234", "299221234"),
        ("Germany", "+4741234567", "4741234567"),
        ("", "070-123 45 67", "46701234567"),
    ],
)
def test_a_line_says_in_which_country_its_number_is_read(country: str, cell: str, number: str) -> None:
    assert numbers([line(f"phone;land\n{cell};{country}\n", country="SE")]) == [number]


def test_a_country_where_the_platform_has_no_customers() -> None:
    found = flaw("Telefon,Land\n030123456,Germany\n")
    assert (found.why, found.column) == ("country", "Land")


@pytest.mark.parametrize(
    ("cell", "dates", "day"),
    [
        ("1999-12-31", None, "1999-12-31"),
        ("1999-12-31 00:00:00", None, "1999-12-31"),
        ("19991231", None, "1999-12-31"),
        ("31.12.1999", None, "1999-12-31"),
        ("1. 2. 1999", None, "1999-02-01"),
        ("31/12/1999", None, "1999-12-31"),
        ("12/31/1999", None, "1999-12-31"),
        ("5-5-1999", None, "1999-05-05"),
        ("2/1/1999", Dates.DAY, "1999-01-02"),
        ("2/1/1999", Dates.MONTH, "1999-02-01"),
        ("1999", None, "1999"),
        ("0000-02-14", None, "0000-02-14"),
    ],
)
def test_ways_to_write_a_day(cell: str, dates: Dates | None, day: str) -> None:
    assert line(f"phone,birthdate\n41234567,{cell}\n", dates=dates).profile.birthdate == day


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("2/1/1999", "date_ambiguous"),
        ("02-01-1999", "date_ambiguous"),
        ("36525", "date_serial"),
        ("36525.5", "date_serial"),
        ("31.12.99", "date"),
        ("30.02.1999", "date"),
        ("1999-02-30", "date"),
        ("31/13/1999", "date"),
        ("yesterday", "date"),
    ],
)
def test_a_day_is_never_guessed(cell: str, why: str) -> None:
    found = flaw(f"phone,Født\n41234567,{cell}\n")
    assert (found.why, found.column, cell in found.detail) == (why, "Født", False)


def test_moments_have_a_zone_or_are_days() -> None:
    text = "phone,joined_at\n41234567,{}\n"
    assert str(line(text.format("2019-05-01T12:00:00+02:00")).joined_at) == "2019-05-01 10:00:00+00:00"
    assert str(line(text.format("2019-05-01 12:00:00.25Z")).joined_at) == "2019-05-01 12:00:00.250000+00:00"
    assert str(line(text.format("01.05.2019")).joined_at) == "2019-05-01 00:00:00+00:00"
    assert flaw(text.format("2019-05-01 12:00")).why == "time"
    assert flaw(text.format("2019-05-01T25:00:00Z")).why == "date"
    assert flaw(text.format("9999-12-31T23:59:59-23:00")).why == "date"
    assert flaw(text.format("2026-03-02")).why == "time", "it is in the future"


def test_yes_and_no_in_the_languages_of_the_north() -> None:
    for word, meant in [("Ja", True), ("nei", False), ("NEJ", False), ("kyllä", True), ("ei", False), ("1", True)]:
        assert line(f"phone,email_verified\n41234567,{word}\n").profile.email_verified is meant
    assert flaw("phone,email_verified\n41234567,maybe\n").why == "yes_no"


def test_a_leading_0_of_a_postal_code_is_put_back_where_it_can_only_be_that() -> None:
    def code(country: str, cell: str) -> str | None:
        address = line(f"phone,postnr\n+4741234567,{cell}\n", country=country).profile.address
        return address.postal_code if address else None

    assert (code("NO", "150"), code("NO", "0150"), code("NO", "5003")) == ("0150", "0150", "5003")
    assert (code("FI", "100"), code("SE", "11129"), code("SE", "111")) == ("00100", "11129", "111")


def test_extras_and_texts() -> None:
    found = line("phone,extra.shoe_size,navn\n41234567,43,'=Kari\n")
    assert (found.extras, found.profile.name) == ({"shoe_size": "43"}, "=Kari")
    assert found.columns == {"phone", "extras", "name"}
    assert line("phone,navn\n41234567,'t Hart\n").profile.name == "'t Hart"
    assert flaw(f"phone,navn\n41234567,{'x' * 201}\n").why == "text"


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("extras", '{"shoe_size": "43"}', None),
        ("extras", '{"Shoe size": "43"}', "text"),
        ("extras", '{"shoe_size": "' + "4" * 201 + '"}', "text"),
        ("extras", '{"shoe_size": 43}', "json"),
        ("extra.shoe_size", "4" * 201, "text"),
        ("other_addresses", '[{"street_address": "Gata 1"}]', None),
        ("other_addresses", '[{"street_address": "' + "x" * 201 + '"}]', "text"),
        ("other_addresses", "[1]", "json"),
        ("past", '[["2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]]', None),
        ("past", '[["2019-01-01T00:00:00Z"]]', "json"),
        ("past", '[["2019-01-01T00:00:00", "2020-01-01T00:00:00"]]', "json"),
        ("phone_verified_by", "Login", None),
        ("phone_verified_by", "hearsay", "choice"),
    ],
)
def test_what_an_export_writes_is_held_to_the_limits_in_any_other_file(column: str, cell: str, why: str | None) -> None:
    quoted = cell.replace('"', '""')
    [found] = read(f'phone,{column}\n41234567,"{quoted}"\n')
    assert getattr(found, "why", None) == why


def test_lines_with_nothing_on_them_are_nobody() -> None:
    assert read("phone,name\n,\n   ,\n\n;;\n".replace(";;", '"",""')) == []
    assert read("phone;land\n;\n") == []
    assert [flaw(f"phone,name\n{cell},Kari\n").why for cell in ("", " ", "'", '""')] == ["nobody"] * 4
    assert flaw("phone,land\n,NO\n").why == "nobody"
    assert line("member_number,name\n17,Kari\n").phone is None


def test_where_it_is_in_the_file() -> None:
    whole = PEOPLE.encode()
    reading = Reading(io.BytesIO(whole), how())
    assert list(reading)
    assert reading.position() == len(whole)


@pytest.mark.parametrize(
    ("text", "said", "words"),
    [
        ("", {}, "empty"),
        ("\n\n", {}, "empty"),
        ("name,email\n", {}, "says whom"),
        ("phone,Shoe size,Hat\n", {}, "Shoe size, Hat"),
        ("phone,Mobil,name\n", {}, "phone, Mobil all mean phone"),
        ("phone,phone\n", {}, "called phone"),
        ("phone,name,Name \n", {}, "name"),
        ("phone\n", {"mapping": {"Tlf": "phone"}}, "--map: the file has no column Tlf"),
        ("Tlf\n", {"mapping": {"Tlf": "telefax"}}, "no column telefax"),
        ("phone\n", {"ignored": frozenset({"Tlf"})}, "--ignore: the file has no column Tlf"),
        ("phone,consent.email.text\n", {}, "consent.email"),
        ("phone,consent.sms\n", {"words": {"email": "May we?"}}, "--consent-text email"),
        ("phone,consent.membership\n", {}, "membership is no consent"),
        ("phone,consent.e mail\n", {}, "names no question"),
        ("phone,extra.Shoe size\n", {}, "extra.Shoe size"),
        ("phone\n", {"encoding": "klingon"}, "klingon"),
        ("phone\n", {"encoding": "base64"}, "base64"),
        ('"phone,name\n', {}, "never closed"),
        ("x" * 70_000, {}, "too long"),
    ],
)
def test_what_cannot_be_told_is_refused_before_a_line_is_read(text: str, said: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongFile) as refused:
        read(text + "41234567\n" * bool(text.strip()), **said)
    assert words in str(refused.value)


def test_a_file_without_a_header_is_refused_without_naming_anybody() -> None:
    with pytest.raises(WrongFile) as refused:
        read("41234567,kari@example.org\n41234568,ola@example.org\n")
    assert "41234567" not in str(refused.value)
    assert "kari" not in str(refused.value)


def test_columns_without_a_name_are_left_alone_while_nothing_is_in_them() -> None:
    assert flaws(read("phone,,\n41234567,,\n41234568,x,\n")) == [(3, "cells")]


def test_the_same_limits_as_the_api() -> None:
    [meta] = get_args(OneLine)[1:]
    assert (meta.max_length, meta.pattern) == (spelling.LONGEST_LINE, spelling.LINE)
