"""What was not taken is given back as it was written, with why."""

import csv
import io

import pytest

from files.pages import flaws, how, numbers, read
from medlem.club.line import Flawed
from medlem.files import Reading, Rejects


def rejected(whole: bytes, **said: object) -> bytes:
    """The file of what was not taken."""
    reading, file = Reading(io.BytesIO(whole), how(**said)), io.BytesIO()
    rejects = Rejects(file, reading)
    for raw, found in reading:
        if isinstance(found, Flawed):
            rejects.add(raw, found)
    return file.getvalue()


def test_every_byte_comes_back() -> None:
    bad = [b'4,74E+10;"K\xe5ri ""K""";x', b'  12 ;"on\ntwo lines";', b"41234567;Kari", b'41234567;"Kari', b"1;\x80;"]
    found = rejected(b"phone;Navn;note\r\n" + b"\r\n".join(bad) + b"\r\n", ignored=frozenset({"note"}))
    assert found.startswith(b"rejected_line;rejected_column;rejected_why;rejected_detail;phone;Navn;note\r\n")
    for record in bad:
        assert b";" + record + b"\r\n" in found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_it_is_read_again_when_it_is_mended(encoding: str) -> None:
    said = None if encoding.startswith("utf-16") or encoding == "utf-8-sig" else encoding
    first = rejected("phone;Navn\r\n4123;Kåre;\r\n4123;Åse\r\n41234567;Ola\r\n".encode(encoding), encoding=said)
    again = rejected(first, encoding=said)
    assert flaws(read(first, encoding=said)) == [(2, "cells"), (3, "phone")]
    assert again.decode(encoding).count("rejected_why") == 2, "reasons of both times stand there"
    mended = first.decode(encoding).replace("4123;", "41234568;").replace("Kåre;", "Kåre").encode(encoding)
    assert numbers(read(mended, encoding=said)) == ["4741234568", "4741234568"]
    assert "Åse" in mended.decode(encoding)


def test_why_can_be_read_whatever_the_line_is() -> None:
    found = rejected(b'phone,name\n41234567,"Kari\n')
    [row] = [row for row in csv.reader(io.StringIO(found.decode())) if row[0] == "2"]
    assert row[:3] == ["2", "", "quotes"]
    assert "double quote" in row[3]
    long = rejected(b"phone,name\n41234567," + b"x" * 2_000_000 + b"\n")
    assert b"xxx" not in long
    assert b"too_long" in long
