"""Phone numbers, for any digits that anybody might type."""

import re

import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from medlem.club.errors import InvalidPhoneNumber
from medlem.club.phone import COUNTRIES, PhoneNumber

NORWEGIAN = st.from_regex(r"\A[49][0-9]{7}\Z")
DANISH = st.from_regex(r"\A[2-9][0-9]{7}\Z")
SWEDISH = st.from_regex(r"\A7[02369][0-9]{7}\Z")
FINNISH = st.from_regex(r"\A(4[0-8]|50)[0-9]{5,8}\Z")
SPACES = st.sampled_from(["", " ", "\u00a0", "-", ".", "  "])


@st.composite
def people(draw: st.DrawFn) -> tuple[str, str]:
    """A country and a mobile number there, without its code."""
    country = draw(st.sampled_from(["NO", "DK", "SE", "FI"]))
    digits = draw({"NO": NORWEGIAN, "DK": DANISH, "SE": SWEDISH, "FI": FINNISH}[country])
    number = phonenumbers.parse(digits, country)
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    assume(phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in mobile)
    return country, digits


@given(people(), st.data())
def test_every_way_of_writing_a_number_is_the_same_number(person: tuple[str, str], data: st.DataObject) -> None:
    country, digits = person
    code = COUNTRIES[country]
    trunk = "0" if country in {"SE", "FI"} else ""
    cut = data.draw(st.integers(1, len(digits) - 1))
    spaced = digits[:cut] + data.draw(SPACES) + digits[cut:]
    anywhere = data.draw(st.sampled_from(sorted(COUNTRIES)))
    expected = PhoneNumber(code + digits)
    assert PhoneNumber.typed(trunk + spaced, country) == expected
    assert PhoneNumber.typed(f"+{code} {spaced}", anywhere) == expected
    assert PhoneNumber.typed(f"00{code}{spaced}", anywhere) == expected
    assert PhoneNumber.typed(f"+{code} (0){spaced}", anywhere) == expected
    assert PhoneNumber.from_platform(code + digits) == expected
    assert PhoneNumber.typed(expected.e164, anywhere) == expected


@given(people())
def test_an_msisdn_without_plus_is_read_or_refused_but_never_taken_for_another_number(person: tuple[str, str]) -> None:
    country, digits = person
    msisdn = COUNTRIES[country] + digits
    for till in COUNTRIES:
        try:
            assert PhoneNumber.typed(msisdn, till) == PhoneNumber(msisdn)
        except InvalidPhoneNumber:
            assert till == "FI", "only in Finland can the same digits be a national number"


@given(NORWEGIAN)
def test_eight_digits_are_read_in_the_country_on_the_till_and_in_no_other(digits: str) -> None:
    for country in ("NO", "DK"):
        try:
            assert PhoneNumber.typed(digits, country).msisdn == COUNTRIES[country] + digits
        except InvalidPhoneNumber:
            continue
    with pytest.raises(InvalidPhoneNumber):
        PhoneNumber.typed(digits, "SE")


@given(st.text(max_size=40), st.sampled_from(sorted(COUNTRIES)))
def test_any_text_is_a_number_or_a_refusal_that_does_not_repeat_it(text: str, country: str) -> None:
    try:
        number = PhoneNumber.typed(text, country)
    except InvalidPhoneNumber as refusal:
        repeated = [digits for digits in re.findall(r"[0-9]{3,}", text) if digits in str(refusal)]
        assert repeated == []
    else:
        assert number.msisdn.isascii()
        assert number.msisdn.isdecimal()


@given(people())
def test_a_number_shows_its_last_two_digits_and_no_more(person: tuple[str, str]) -> None:
    country, digits = person
    number = PhoneNumber(COUNTRIES[country] + digits)
    for shown in (repr(number), str(number), f"{number}", f"{number!r:>40}", str([number]), str({"n": number})):
        assert re.findall("[0-9]+", shown) == [digits[-2:]]


DIGITS = st.from_regex(r"\A\+?(47|45|46|358|299|00|0)?[0-9]{0,12}\Z")


@settings(max_examples=1000)
@given(DIGITS, st.sampled_from(sorted(COUNTRIES)))
def test_a_number_without_spaces_which_is_read_faster_is_read_the_same(text: str, country: str) -> None:
    def read(written: str) -> PhoneNumber | str:
        try:
            return PhoneNumber.typed(written, country)
        except InvalidPhoneNumber as refusal:
            return refusal.detail

    assert read(text) == read(f" {text}")


KINDS = phonenumbers.PhoneNumberType
PERSONS = {KINDS.MOBILE, KINDS.FIXED_LINE_OR_MOBILE, KINDS.UNKNOWN}


@settings(max_examples=1000)
@given(st.sampled_from(sorted(COUNTRIES.items())), st.integers(100_000, 9_999_999_999))
def test_what_the_metadata_knows_as_something_else_is_refused_and_nothing_more(
    country: tuple[str, str], national: int
) -> None:
    region, code = country
    number = phonenumbers.PhoneNumber(country_code=int(code), national_number=national)
    assume(phonenumbers.is_possible_number_for_type(number, KINDS.MOBILE))
    assume(len(str(national)) == {"NO": 8, "DK": 8, "SE": 9, "GL": 6}.get(region, len(str(national))))
    try:
        taken = PhoneNumber.typed(f"+{code}{national}", region) == PhoneNumber(f"{code}{national}")
    except InvalidPhoneNumber:
        taken = False
    assert taken == (phonenumbers.number_type(number) in PERSONS)
