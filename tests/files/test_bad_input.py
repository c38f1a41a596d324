"""What must never stop an import, eat the machine or become somebody else."""

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from files.pages import flaw, flaws, how, line, numbers, read
from medlem.club.line import Flawed
from medlem.files import Reading, WrongFile

if TYPE_CHECKING:
    from collections.abc import Iterator

AROUND = ("41234567,Kari\n", "41234568,Ola\n")


def amid(record: str | bytes, header: str = "phone,name\n") -> bytes:
    """A file with a record between two good ones."""
    middle = record.encode() if isinstance(record, str) else record
    return header.encode() + AROUND[0].encode() + middle + AROUND[1].encode()


def test_lines_of_another_encoding_are_rejected_and_the_others_are_not() -> None:
    found = read(amid("41234569,Åse\n41234570,Bjørn\n".encode("latin-1")) + "41234571,Åse\n".encode())
    assert numbers(found) == ["4741234567", "4741234568", "4741234571"]
    assert flaws(found) == [(3, "encoding"), (4, "encoding")]
    assert "windows-1252" in str(found[1])


def test_a_header_of_another_encoding_says_what_to_try() -> None:
    with pytest.raises(WrongFile, match="windows-1252"):
        read("phone;Fødselsdato\n41234567;1999-12-31\n".encode("windows-1252"))
    with pytest.raises(WrongFile, match="utf-16-le"):
        read("phone;name\n".encode("utf-16-le"))


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_column() -> None:
    assert numbers(read(b"\xef\xbb\xbfphone,name\n41234567,Kari\n")) == ["4741234567"]
    assert numbers(read("\ufeffphone,name\n41234567,Kari\n".encode("utf-16-be"))) == ["4741234567"]


def test_a_file_of_utf_16_that_was_cut_off_within_a_letter() -> None:
    whole = "\ufeffphone,name\n41234567,Kari\n41234568,Ola".encode("utf-16-le")
    found = read(whole[:-1])
    assert numbers(found) == ["4741234567"]
    assert flaws(found) == [(3, "encoding")]


@pytest.mark.parametrize("cell", ["4,74E+10", "4.74E+10", "4,74123456E+10", "4E10", "4.74e+010"])
def test_a_number_that_a_spreadsheet_has_rounded(cell: str) -> None:
    found = flaw(f'phone;name\n"{cell}";Kari\n')
    assert (found.why, found.column) == ("phone_rounded", "phone")
    assert "as text" in found.detail
    assert cell not in found.detail


def test_a_leading_0_that_was_lost_is_missed_only_where_it_matters() -> None:
    assert numbers(read("phone\n701234567\n", country="SE")) == ["46701234567"]
    assert numbers(read("phone\n401234567\n", country="FI")) == ["358401234567"]
    found = flaw("phone,name\n4575312345,Aino\n", country="FI")
    assert found.why == "phone_two_countries"
    assert "leading 0" in found.detail
    assert numbers(read("phone\n04575312345\n", country="FI")) == ["3584575312345"]


def test_a_number_in_two_countries_is_nobodys() -> None:
    assert flaw("phone,name\n4712345678,Aino\n", country="FI").why == "phone_two_countries"
    assert numbers(read("phone\n+4741234567\n", country="FI")) == ["4741234567"]


@pytest.mark.parametrize(
    "cell", ["123", "41234567 / 41234568", "none", "22334455667788", "+49 30 123456", "22 12 34 56"]
)
def test_what_is_no_mobile_number(cell: str) -> None:
    found = flaw(f"phone;name\n{cell};Kari\n")
    assert (found.why, cell in found.detail) == ("phone", False)


def test_headers_that_are_there_twice() -> None:
    for header in ("phone,name,name", "phone,Navn,Fullt navn", "Mobil,Telefon,name"):
        with pytest.raises(WrongFile):
            read(f"{header}\n41234567,Kari,Ola\n")


@pytest.mark.parametrize(
    "record", ["41234569\n", "41234569,Åse,x\n", "41234569,Hansen, Åse\n", '41234569,"Åse"\n41234570,"\nx",y\n'[16:]]
)
def test_too_many_and_too_few_cells(record: str) -> None:
    found = read(amid(record))
    assert numbers(found) == ["4741234567", "4741234568"]
    assert [why for _, why in flaws(found)] == ["cells"]


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\x7f"])
def test_control_characters(letter: str) -> None:
    found = read(amid(f"41234569,Å{letter}se\n"))
    assert (numbers(found), flaws(found)) == (["4741234567", "4741234568"], [(3, "control")])


def test_a_name_on_two_lines() -> None:
    assert flaw('phone,name\n41234567,"Kari\nNordmann"\n').why == "control"


def test_quotes_where_none_may_be() -> None:
    found = read(amid('41234569,"Å"se\n'))
    assert (numbers(found), flaws(found)) == (["4741234567", "4741234568"], [(3, "quotes")])


def test_a_quote_that_is_never_closed_costs_its_own_line() -> None:
    found = read(amid('41234569,"Åse\n'))
    assert (numbers(found), flaws(found)) == (["4741234567", "4741234568"], [(3, "quotes")])


def test_a_quote_that_is_closed_only_in_another_line_costs_its_own_line() -> None:
    found = read(amid('41234569,"Åse\n41234570,Bo\n41234571,"Cy"\n'))
    assert numbers(found) == ["4741234567", "4741234570", "4741234571", "4741234568"]
    assert flaws(found) == [(3, "quotes")]


def test_a_quote_that_swallows_a_large_file_costs_its_own_line() -> None:
    many = "".join(f"{number},Kari Nordmann\n" for number in range(41000000, 41060000))
    found = read(amid('41234569,"Åse\n' + many))
    assert len(many) > 1024 * 1024
    assert flaws(found) == [(3, "quotes")]
    assert len(numbers(found)) == 60_002


class Long(io.RawIOBase):
    """A file of any length that is nowhere as a whole."""

    def __init__(self, *pieces: tuple[bytes, int]) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = (piece for piece, times in pieces for _ in range(times))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]  # of what a buffer is given here
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        many = min(len(into), len(self._rest))
        into[:many], self._rest = self._rest[:many], self._rest[many:]
        return many


@pytest.mark.parametrize(
    ("before", "piece", "after", "times"),
    [
        (b"41234569,", b"x" * 100_000, b"\n", 1000),
        (b'41234569,"', b"x" * 100_000, b'"\n', 1000),
        (b"41234569,", "æøå".encode() * 17_000, b"\n", 50),
        (b'41234569,"', b"some words\n" * 9_000, b'"\n', 50),
        (b'41234569,"', b'""' * 50_000, b'"\n', 50),
    ],
)
def test_100_megabytes_in_one_cell_are_one_line_and_little_memory(
    before: bytes, piece: bytes, after: bytes, times: int
) -> None:
    first, last = f"phone,name\n{AROUND[0]}".encode(), AROUND[1].encode()
    file = Long((first, 1), (before, 1), (piece, times), (after, 1), (last, 1))
    tracemalloc.start()
    try:
        found = [one for _, one in Reading(io.BufferedReader(file), how())]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert numbers(found) == ["4741234567", "4741234568"]
    assert flaws(found) == [(3, "too_long")]
    assert most < 24 * 1024 * 1024


def test_a_large_cell_is_rejected_by_its_column() -> None:
    found = read(amid(f"41234569,{'x' * 70_000}\n"))
    assert flaws(found) == [(3, "too_long")]
    assert numbers(found) == ["4741234567", "4741234568"]


def test_a_quote_that_is_closed_nowhere_and_swallows_no_lines_says_where_it_opens() -> None:
    found = read(amid('41234569,"' + "some words\n" * 100_000, "phone,name\n"))
    [wrong] = [one for one in found if isinstance(one, Flawed)]
    assert (wrong.number, wrong.why) == (3, "quotes")
    assert "line 3" in wrong.detail
    assert "nothing after" in wrong.detail


def test_no_flaw_repeats_what_it_is_about() -> None:
    secret = "987654321012345"
    for column in (
        "phone",
        "birthdate",
        "joined_at",
        "email_verified",
        "phone_verified_by",
        "past",
        "consents",
        "extras",
    ):
        [found] = read(f"member_number,{column}\n1,{secret}\n")
        told = [found] if isinstance(found, Flawed) else list(found.left_out)
        assert told, column
        assert secret not in repr(told)


def test_a_line_as_long_as_can_be_held_is_one() -> None:
    assert line("phone,name\n41234567,Kari").number == 2
