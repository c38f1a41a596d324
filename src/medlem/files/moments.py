"""Days and times in cells. A day that could be two days is never guessed."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final, TypeVar

from medlem.files.how import Dates
from medlem.files.reasons import Why, Wrong
from medlem.flows.recording import LEEWAY

_ISO: Final = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MIDNIGHT: Final = re.compile(r"\A([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00(?::00(?:\.0+)?)?Z?\Z")
_COMPACT: Final = re.compile(r"\A(?:19|20)[0-9]{6}\Z")
_DOTTED: Final = re.compile(r"\A([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})\Z")
_SLASHED: Final = re.compile(r"\A([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})\Z")
_SERIAL: Final = re.compile(r"\A[0-9]{4,5}(?:[.,][0-9]+)?\Z")
_RFC_3339: Final = re.compile(
    r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_PARTLY: Final = re.compile(r"\A(?:(?:19|20)[0-9]{2}|0000-[0-9]{2}-[0-9]{2})\Z")
"""A birthday without its day or its year, as OpenID Connect Core 5.1 writes it."""


_Made = TypeVar("_Made")


def day_of(dates: Dates | None) -> Callable[[str], date]:
    """How a day is read; of `31/12/1999` only by `dates`, unless one reading alone is a day."""

    def day(cell: str) -> date:
        text = cell.strip()
        if _ISO.match(text):
            return _made(lambda: date.fromisoformat(text))
        if found := _MIDNIGHT.match(text):
            text = found[1]
            return _made(lambda: date.fromisoformat(text))
        if _COMPACT.match(text):
            return _made(lambda: date(int(text[:4]), int(text[4:6]), int(text[6:])))
        if found := _DOTTED.match(text):
            year, month, day_of_month = (int(found[part]) for part in (3, 2, 1))
            return _made(lambda: date(year, month, day_of_month))
        if found := _SLASHED.match(text):
            return _slashed(int(found[1]), int(found[2]), int(found[3]), dates)
        raise _serial() if _SERIAL.match(text) else _no_day()

    return day


def birthdate_of(dates: Dates | None) -> Callable[[str], str | None]:
    """How a birthday is read: a day, or as much of one as is known."""
    day = day_of(dates)

    def birthdate(cell: str) -> str | None:
        text = cell.strip()
        if not text:
            return None
        return text if _PARTLY.match(text) else day(text).isoformat()

    return birthdate


def moment_of(dates: Dates | None, now: datetime) -> Callable[[str], datetime | None]:
    """How a moment is read: with its zone, or a day alone, which is its beginning in UTC."""
    day = day_of(dates)

    def moment(cell: str) -> datetime | None:
        text = cell.strip()
        if not text:
            return None
        if _RFC_3339.match(text):
            found = _timed(text)
        elif ":" in text and not _MIDNIGHT.match(text):
            raise Wrong(Why.TIME, _TIME_SAID)
        else:
            whole = day(text)
            found = datetime(whole.year, whole.month, whole.day, tzinfo=UTC)
        if found > now + LEEWAY:
            raise Wrong(Why.TIME, "This is in the future.")
        return found

    return moment


def _slashed(first: int, second: int, year: int, dates: Dates | None) -> date:
    day_first, month_first = (year, second, first), (year, first, second)
    if dates is not None:
        return _made(lambda: date(*(day_first if dates is Dates.DAY else month_first)))
    found = {reading for reading in (_or_none(*day_first), _or_none(*month_first)) if reading is not None}
    if len(found) > 1:
        raise Wrong(
            Why.DATE_AMBIGUOUS,
            "This is one of two days. Say which comes first, with --dates day or --dates month, or write 1999-12-31.",
        )
    if not found:
        raise _no_day()
    return found.pop()


def _or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _made(make: Callable[[], _Made]) -> _Made:
    try:
        return make()
    except (ValueError, OverflowError):
        raise _no_day() from None


def _timed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_day() from None


def _no_day() -> Wrong:
    return Wrong(Why.DATE, "There is no such day. Write it as 1999-12-31 or 31.12.1999.")


def _serial() -> Wrong:
    return Wrong(
        Why.DATE_SERIAL,
        "This is the number by which a spreadsheet counts days. Format the column as a date there, as 1999-12-31, and "
        "write the file again.",
    )


_TIME_SAID: Final = "Write a time with its zone, as 2026-03-01T12:00:00Z or 2026-03-01T13:00:00+01:00, or a day alone."
