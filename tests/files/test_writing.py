"""Exports: the same members are the same bytes, and come back as they were."""

import io
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from files.pages import how
from files.test_consents import RECORDS
from medlem.club.line import Flawed, Line
from medlem.club.member import Address, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.files import Reading, Writing, WrongFile
from medlem.files.columns import EXPORTED, spoken_of

COLUMNS = frozenset(word for column in EXPORTED if (word := spoken_of(column)) is not None)
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TEXTS = st.none() | st.text(LETTERS, min_size=1, max_size=30) | st.sampled_from(["=1+1", "'=x", "''", "'t Hart", " a "])
MOMENTS = st.none() | st.datetimes(
    datetime(1990, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC)  # noqa: DTZ001 - Hypothesis adds the zone
).map(lambda found: found.replace(microsecond=found.microsecond // 1000 * 1000))  # fmt: skip
ADDRESSES = st.builds(
    Address, street_address=TEXTS, postal_code=TEXTS, region=TEXTS, country=TEXTS, address_type=TEXTS, formatted=TEXTS
).filter(lambda found: found != Address())
FLAGS = st.none() | st.booleans()
PROFILES = st.builds(
    Profile, name=TEXTS, given_name=TEXTS, family_name=TEXTS, email=TEXTS, email_verified=FLAGS, birthdate=TEXTS,
    gender=TEXTS, address=st.none() | ADDRESSES, other_addresses=st.lists(ADDRESSES, max_size=2).map(tuple),
)  # fmt: skip


def lines(**changed: Any) -> st.SearchStrategy[Line]:
    """Members as the register has them."""
    known: dict[str, Any] = {
        "number": st.just(2), "columns": st.just(COLUMNS), "id": st.just("mem_01"), "member_number": TEXTS,
        "sub": TEXTS,
        "phone": st.none() | st.from_regex(r"\A[1-9][0-9]{6,14}\Z").map(PhoneNumber),
        "phone_verified_by": st.none() | st.sampled_from(VerifiedBy), "phone_verified_at": MOMENTS,
        "shared_number": st.booleans(), "profile": PROFILES, "joined_at": MOMENTS, "left_at": MOMENTS, "station": TEXTS,
        "last_seen_at": MOMENTS, "restricted_at": MOMENTS, "shared_at": MOMENTS, "sharing_withdrawn_at": MOMENTS,
        "past": st.lists(st.tuples(MOMENTS.filter(bool), MOMENTS.filter(bool)), max_size=2).map(tuple),
        "extras": st.dictionaries(st.sampled_from(["shoe_size", "hat"]), st.text(LETTERS, min_size=1), max_size=2),
        "consents": st.sampled_from([(), RECORDS[:1], RECORDS]),
    }  # fmt: skip
    return st.builds(Line, **(known | changed))


def exported(members: list[Line]) -> bytes:
    """The file of some members."""
    file = io.BytesIO()
    writing = Writing(file)
    for member in members:
        writing.write([member])
    return file.getvalue()


@settings(max_examples=100)
@given(st.lists(lines(), max_size=3))
def test_what_is_written_is_read_as_it_was_and_written_again_to_the_byte(members: list[Line]) -> None:
    whole = exported(members)
    found = [one for _, one in Reading(io.BytesIO(whole), how())]
    assert all(isinstance(one, Line) for one in found), found
    read = [one for one in found if isinstance(one, Line)]
    assert [(one.profile, one.past, dict(one.extras), one.consents) for one in read] == [
        (one.profile, one.past, dict(one.extras), one.consents) for one in members
    ]
    assert exported(read) == whole


@settings(max_examples=400)
@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "windows-1252", "utf-16-le", "cp865", "utf-8-sig"]))
def test_any_bytes_are_lines_or_flaws(content: bytes, encoding: str | None) -> None:
    header = "phone,name,birthdate,consents\n".encode(encoding or "utf-8")
    reading = Reading(io.BytesIO(header + content), how(encoding=encoding))
    numbers = [found.number for _, found in reading]
    assert numbers == sorted(numbers)
    assert all(number >= 2 for number in numbers)


ODD = st.lists(
    st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "a", "41234567", "å", "\udc80", "\x00"]), max_size=40
).map("".join)


@given(ODD)
def test_lines_after_anything_have_their_numbers(odd: str) -> None:
    before = f"phone,name\n41234567,Kari\n{odd}\n"
    whole = f"{before}41234568,Ola\n41234569,Ase\n".encode("utf-8", "surrogateescape")
    found = [one for _, one in Reading(io.BytesIO(whole), how())]
    first, last = found[0], found[-1]
    assert (first.number, isinstance(first, Line)) == (2, True)
    assert [one.number for one in found] == sorted({one.number for one in found})
    if '"' not in odd:
        read = len(io.StringIO(before, newline="").readlines())
        assert (last.number, isinstance(last, Line)) == (read + 2, True)


@given(st.binary(max_size=400))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        found = [one for _, one in Reading(io.BytesIO(content), how())]
    except WrongFile:
        return
    assert all(isinstance(one, Line | Flawed) for one in found)
