"""Files of members as tests write them, and what is read out of them."""

import io
from datetime import UTC, datetime
from typing import Any, Final

from medlem.club.line import Flawed, Line
from medlem.files import How, Reading

NOW: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

Found = list[Line | Flawed]


def how(**said: Any) -> How:
    """What is said of a file; its numbers are Norwegian if nothing else is."""
    given: dict[str, Any] = {"country": "NO", "now": NOW} | said
    return How(**given)


def read(text: str | bytes, **said: Any) -> Found:
    """All that a file says."""
    whole = text.encode() if isinstance(text, str) else text
    return [found for _, found in Reading(io.BytesIO(whole), how(**said))]


def line(text: str | bytes, **said: Any) -> Line:
    """The one line of a file."""
    [found] = read(text, **said)
    assert isinstance(found, Line), found
    return found


def flaw(text: str | bytes, **said: Any) -> Flawed:
    """Why the one line of a file cannot be taken."""
    [found] = read(text, **said)
    assert isinstance(found, Flawed), found
    return found


def numbers(found: Found) -> list[str]:
    """The phone numbers that were taken, in their order."""
    return [one.phone.msisdn for one in found if isinstance(one, Line) and one.phone is not None]


def flaws(found: Found) -> list[tuple[int, str]]:
    """Which lines were not taken, and why."""
    return [(one.number, one.why) for one in found if isinstance(one, Flawed)]
