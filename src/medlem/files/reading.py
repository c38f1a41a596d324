"""A file of members, line by line: who they are, or why a line cannot be taken.

The header is read at once, the rest as it is asked for; at no time is more than a record held.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, Final

from medlem.club.line import Carried, Flawed, Line
from medlem.club.member import Address, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.files import moments, numbers, records_of_consents, values
from medlem.files.answers import Answers
from medlem.files.columns import ADDRESS, COUNTRY, EXTRA, IDENTITY
from medlem.files.how import How
from medlem.files.layout import Layout, WrongFile, lay_out
from medlem.files.letters import Letters, opened, stray
from medlem.files.reasons import Judge, Why, Wrong
from medlem.files.records import LONGEST_CELL, LONGEST_OF_OURS, LONGEST_RECORD, Broken, Records

_DELIMITERS: Final = ";,\t"
_LONGEST_HEADER: Final = LONGEST_CELL
_PROFILE: Final = {
    "name", "given_name", "family_name", "email", "email_verified", "birthdate", "gender", "other_addresses",
}  # fmt: skip
_NAMED: Final = frozenset(IDENTITY) - {"phone"}
_TEXTS: Final = ("id", "member_number", "sub", "name", "given_name", "family_name", "email", "gender", "station")
_MOMENTS: Final = (
    "phone_verified_at", "joined_at", "left_at", "last_seen_at", "restricted_at", "shared_at", "sharing_withdrawn_at",
)  # fmt: skip


class Reading:
    """One file, being read."""

    def __init__(self, stream: BinaryIO, how: How) -> None:
        """Read the header.

        Args:
            stream: the file, at its beginning. It is the caller's to close.
            how: what is said of it.

        Raises:
            WrongFile: nothing of it can be taken as it is.
        """
        self.letters, self._buffer, self._text = opened(stream, how.encoding)
        try:
            self.header, self.delimiter, line = _header(self._text, self.letters, how)
            self.layout = lay_out(next(csv.reader([self.header], delimiter=self.delimiter)), how)
        except WrongFile:
            self.close()
            raise
        longest = LONGEST_OF_OURS if "consents" in self.layout.at else LONGEST_RECORD
        self._records = Records(self._text, self.delimiter, self.layout.width, longest, line)
        self._judging = _Judging(self.layout, how)

    def close(self) -> None:
        """Let the file go, unclosed."""
        self._text.detach()

    @property
    def columns(self) -> frozenset[str]:
        """What the file speaks of."""
        return self.layout.columns

    def position(self) -> int | None:
        """How many bytes have been read, about; None of what cannot be measured."""
        try:
            return self._buffer.tell()
        except OSError:
            return None

    def __iter__(self) -> Iterator[tuple[str, Line | Flawed]]:
        """Every line as it was written, and what it says or why it cannot be taken; empty ones are passed over."""
        judge = self._judging.line
        for number, raw, cells in self._records:
            try:
                found = judge(number, raw, cells)
            except Wrong as wrong:
                yield raw, Flawed(number=number, column=wrong.column, why=wrong.why, detail=wrong.detail)
            else:
                if found is not None:
                    yield raw, found


def _header(text: io.TextIOWrapper, letters: Letters, how: How) -> tuple[str, str, int]:
    """The line that names the columns, what stands between them, and how many lines have been read."""
    line, first = 1, _first(text, letters, how)
    said = None
    if first.casefold().startswith("sep=") and len(first.rstrip("\r\n")) == len("sep=;"):
        said, line, first = first[len("sep=")], 2, _first(text, letters, how)
    while not first.strip():
        line, first = line + 1, _first(text, letters, how)
    delimiter = how.delimiter or said or max(_DELIMITERS, key=_unquoted(first).count)
    return first.rstrip("\r\n"), delimiter, line


def _first(text: io.TextIOWrapper, letters: Letters, how: How) -> str:
    first = text.readline(_LONGEST_HEADER)
    if not first:
        raise WrongFile("The file is empty: its first line has to name the columns.")
    if len(first) >= _LONGEST_HEADER:
        raise WrongFile("The first line is too long to be one that names columns. Is this a CSV file?")
    if "\x00" in first:
        raise WrongFile("This is no text, or in UTF-16 without a mark: --encoding utf-16-le reads the latter.")
    if stray(first):
        hint = "Files of Excel are often read with --encoding windows-1252." if how.encoding is None else ""
        raise WrongFile(f"The first line is not in {letters.encoding}. {hint}".strip())
    if first.count('"') % 2:
        raise WrongFile("A double quote in the first line is never closed: a header stands on one line.")
    return first


def _unquoted(header: str) -> str:
    return "".join(header.split('"')[::2])


class _Judging:
    """What the cells of a file mean, by their place."""

    def __init__(self, layout: Layout, how: How) -> None:
        self._layout = layout
        self._how = how
        self._width = layout.width
        self._unnamed = layout.unnamed
        self._columns = layout.columns
        self._answers = Answers(layout, how)
        self._records_at = layout.at.get("consents")
        judges = _judges(layout, how)
        self._plan: list[tuple[int, Judge, str, str]] = []
        self._profile: list[tuple[int, Judge, str, str]] = []
        self._address: list[tuple[int, Judge, str, str]] = []
        self._extras: list[tuple[int, Judge, str, str]] = []
        for column, judge in judges.items():
            place = layout.at[column]
            if column in ADDRESS:
                self._address.append((place, judge, ADDRESS[column], column))
            elif column.startswith(EXTRA):
                self._extras.append((place, judge, column.removeprefix(EXTRA), column))
            elif column in _PROFILE:
                self._profile.append((place, judge, column, column))
            else:
                self._plan.append((place, judge, column, column))
        self._phone = layout.at.get("phone")
        self._country = layout.at.get(COUNTRY)
        if self._country is not None:
            self._plan = [one for one in self._plan if one[2] != "phone"]

    def line(self, number: int, raw: str, cells: list[str] | Broken) -> Line | None:
        """What a line says; None if nothing.

        Raises:
            Wrong: it cannot be taken.
        """
        if isinstance(cells, Broken):
            raise Wrong(cells.why, cells.detail)
        if len(cells) != self._width or self._unnamed or len(raw) > LONGEST_CELL or not raw.isascii():
            self._refuse(raw, cells)
            if len(cells) != self._width:
                return None
        found = self._taken(self._plan, cells)
        if self._country is not None and self._phone is not None:
            found["phone"] = self._local(cells[self._phone], cells[self._country])
        profile = self._taken(self._profile, cells)
        if self._address:
            parts = self._taken(self._address, cells)
            profile["address"] = Address(**parts) if parts else None
        if self._extras:
            found["extras"] = {**found.get("extras", {}), **self._taken(self._extras, cells)}
        if self._answers or self._records_at is not None:
            found["consents"], found["left_out"] = self._consents(number, cells)
        if found.get("phone") is None and not found.keys() & _NAMED:
            if not any(map(str.strip, cells)):
                return None
            raise Wrong(Why.NOBODY, f"Nothing says who this is: one of {_named(self._layout)} has to.")
        return Line(number=number, columns=self._columns, profile=Profile(**profile), **found)

    def _taken(self, plan: Sequence[tuple[int, Judge, str, str]], cells: list[str]) -> dict[str, Any]:
        """What some columns say, by the name of what they speak of."""
        found = {}
        column = ""
        try:
            for place, judge, name, column in plan:  # noqa: B007 - whose fault it was
                cell = cells[place]
                if cell and (value := judge(cell)) is not None:
                    found[name] = value
        except Wrong as wrong:
            raise Wrong(wrong.why, wrong.detail, self._layout.header(column)) from None
        return found

    def _local(self, cell: str, country: str) -> PhoneNumber | None:
        try:
            return numbers.phone(cell, self._how.country, country.strip())
        except Wrong as wrong:
            column = COUNTRY if wrong.why is Why.COUNTRY else "phone"
            raise Wrong(wrong.why, wrong.detail, self._layout.header(column)) from None

    def _consents(self, number: int, cells: list[str]) -> tuple[tuple[Carried, ...], tuple[Flawed, ...]]:
        kept, left_out = [], []
        found: list[Carried | Wrong] = []
        if self._records_at is not None:
            column = self._layout.header("consents")
            try:
                found += records_of_consents.read(cells[self._records_at], column)
            except Wrong as wrong:
                found.append(wrong)
        found += self._answers.of(cells)
        for one in found:
            if isinstance(one, Carried):
                kept.append(one)
            else:
                column = self._layout.header(one.column or "consents")
                left_out.append(Flawed(number=number, column=column, why=one.why, detail=one.detail))
        return tuple(kept), tuple(left_out)

    def _refuse(self, raw: str, cells: list[str]) -> None:
        """Refuse what is no line of this file; a line with nothing on it is let through."""
        width = self._width
        if len(cells) != width and any(map(str.strip, cells)):
            raise Wrong(
                Why.CELLS,
                f"There are {len(cells)} cells, and {width} columns. A cell in which the delimiter stands has to be "
                "between double quotes.",
            )
        if len(cells) == width and any(cells[place].strip() for place in self._unnamed):
            raise Wrong(Why.CELLS, "Something stands in a column that has no name.")
        if stray(raw):
            raise Wrong(Why.ENCODING, _encoding(self._how))
        for place, cell in enumerate(cells):
            if len(cell) > LONGEST_CELL and place != self._records_at:
                raise Wrong(Why.TOO_LONG, f"This is longer than {LONGEST_CELL:,} letters.", self._layout.headers[place])


def _judges(layout: Layout, how: How) -> dict[str, Judge]:
    """How each column is read that says something by itself."""
    plain: Judge = values.as_it_stands if layout.own else values.text
    moment: Judge = moments.moment_of(how.dates, how.now)
    known: dict[str, Judge] = dict.fromkeys((*_TEXTS, *ADDRESS), plain) | dict.fromkeys(_MOMENTS, moment)
    known |= {
        "phone": _phone_of(layout, how),
        "phone_verified_by": values.choice(VerifiedBy, ", ".join(VerifiedBy)),
        "shared_number": values.yes_or_no,
        "email_verified": values.yes_or_no,
        "birthdate": plain if layout.own else moments.birthdate_of(how.dates),
        "other_addresses": values.addresses(plain),
        "extras": values.extras if layout.own else values.judged_extras,
        "past": values.past,
    }
    if not layout.own and "address_country" not in layout.at:
        known["postal_code"] = values.postal_code(how.country)
    return {
        column: values.extra if column.startswith(EXTRA) else known[column]
        for column in layout.at
        if column in known or column.startswith(EXTRA)
    }


def _phone_of(layout: Layout, how: How) -> Callable[[str], PhoneNumber | None]:
    return partial(_as_kept if layout.own else numbers.phone, country=how.country, said=None)


def _as_kept(cell: str, country: str, said: str | None) -> PhoneNumber | None:
    """A number of an export of ours, which the platform may have given: no metadata has a say."""
    try:
        return PhoneNumber.from_platform(cell)
    except ValueError:
        return numbers.phone(cell, country, said)


def _named(layout: Layout) -> str:
    return ", ".join(layout.header(column) for column in IDENTITY if column in layout.at)


def _encoding(how: How) -> str:
    said = "the file's encoding" if how.encoding is None else how.encoding
    hint = " If there are many such lines, the file may be in another: try --encoding windows-1252."
    return f"There are bytes in this line that are no letters of {said}." + (hint if how.encoding is None else "")
