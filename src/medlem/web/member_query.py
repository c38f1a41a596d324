"""The query of a list of members, and the cursors that lead from page to page."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from medlem.club.errors import Flaw, InvalidRequest, NotFound
from medlem.club.finding import START, Spot, Wanted
from medlem.club.ids import StationId
from medlem.web.call import Call
from medlem.web.operation import Query
from medlem.web.options import Options
from medlem.web.reading import id_of

MOST: Final = 200
USUAL: Final = 50

_LIMIT = re.compile(r"[0-9]{1,3}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_NUMBER = re.compile(r"[0-9]{1,15}")


def _words(*words: str) -> Callable[[Options], Mapping[str, Any]]:
    return lambda _: {"type": "string", "enum": list(words)}


def _moment(_: Options) -> Mapping[str, Any]:
    return {"type": "string", "format": "date-time", "examples": ["2026-11-23T10:00:00Z"]}


CURSOR: Final = Query(
    name="cursor",
    description="The `cursor` of the page before, with the same other parameters.",
    schema=lambda _: {"type": "string", "examples": ["mem_01kaq2y3m8e5x7r1t9v0w2z4b6"]},
)

LIMIT: Final = Query(
    name="limit",
    description="The most on a page.",
    schema=lambda _: {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
)

QUERY: Final = (
    CURSOR,
    LIMIT,
    Query(
        name="state",
        description="`present`: only who is a member. `left`: only who was.",
        schema=_words("present", "left"),
    ),
    Query(
        name="changed_since",
        description="Only who was changed then or later, in the order of their changes.",
        schema=_moment,
    ),
    Query(name="joined_from", description="Only who joined then or later, in that order.", schema=_moment),
    Query(name="joined_to", description="Only who joined before that, in that order.", schema=_moment),
    Query(
        name="station",
        description="Only who joined at this station.",
        schema=lambda _: {"type": "string", "examples": ["sta_01kaq2y3m8e5x7r1t9v0w2z4b6"]},
    ),
    Query(
        name="sharing",
        description="`withdrawn`: only members who ended the sharing of their profile in the app.",
        schema=_words("withdrawn"),
    ),
)


def wanted_of(call: Call) -> Wanted:
    """Which members the query asks for.

    Raises:
        InvalidRequest: it cannot be read.
    """
    state = _word(call, "state", "present", "left")
    station = call.query.get("station")
    return Wanted(
        present=None if state is None else state == "present",
        changed_since=_moment_of(call, "changed_since"),
        joined_from=_moment_of(call, "joined_from"),
        joined_to=_moment_of(call, "joined_to"),
        station=None if station is None else StationId(_id("station", "sta", station)),
        withdrawn=_word(call, "sharing", "withdrawn") is not None,
    )


def limit_of(call: Call) -> int:
    """The most members on a page.

    Raises:
        InvalidRequest: no such number.
    """
    said = call.query.get("limit", str(USUAL))
    if _LIMIT.fullmatch(said) is None or not 1 <= int(said) <= MOST:
        raise _wrong(f"limit is a whole number from 1 to {MOST}.")
    return int(said)


def cursor_of(call: Call) -> Spot:
    """Where the page begins.

    Raises:
        InvalidRequest: that was no cursor of ours.
    """
    said = call.query.get("cursor")
    if said is None:
        return START
    spot = spot_of(said, "")
    timed = bool({"changed_since", "joined_from", "joined_to"} & call.query.keys())
    if isinstance(spot.place, str) or timed != (spot.place is not None):
        raise _wrong("cursor is what the page before gave, with the same other parameters.")
    return spot


def spot_of(said: str, pointer: str) -> Spot:
    """The spot that a cursor stands for.

    Raises:
        InvalidRequest: none.
    """
    place, _, member = said.rpartition("~")
    try:
        found: int | str | None = None
        if _NUMBER.fullmatch(place):
            found = int(place)
        elif place:
            found = base64.b64decode(place.removeprefix("."), altchars=b"-_", validate=True).decode()
        return Spot(id_of("mem", member), found)
    except (NotFound, binascii.Error, ValueError):
        detail = "cursor is what the page before gave."
        raise InvalidRequest(detail, Flaw(pointer, detail)) from None


def text_of(spot: Spot | None) -> str | None:
    """A spot as a cursor."""
    if spot is None or spot.place is None:
        return None if spot is None else spot.member
    if isinstance(spot.place, int):
        return f"{spot.place}~{spot.member}"
    return f".{base64.urlsafe_b64encode(spot.place.encode()).decode()}~{spot.member}"


def _moment_of(call: Call, name: str) -> datetime | None:
    said = call.query.get(name)
    if said is None:
        return None
    try:
        if _MOMENT.fullmatch(said):
            return datetime.fromisoformat(said.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong(f"{name} is a moment such as 2026-11-23T10:00:00Z.")


def _word(call: Call, name: str, *words: str) -> str | None:
    said = call.query.get(name)
    if said is not None and said not in words:
        raise _wrong(f"{name} is {' or '.join(words)}, or left out.")
    return said


def _id(name: str, prefix: str, said: str) -> str:
    try:
        return id_of(prefix, said)
    except NotFound:
        raise _wrong(f"{name} is an id of ours.") from None


def _wrong(detail: str) -> InvalidRequest:
    return InvalidRequest(detail, Flaw("", detail))
