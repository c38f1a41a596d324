"""What the doctor says: one finding a check, never with a secret or a number in it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

log = logging.getLogger(__name__)

PATIENCE: Final = 9.0
"""Seconds that one check may take, whatever it meets."""


class Mark(StrEnum):
    """How it stands."""

    WELL = "well"
    LOOK = "look"
    """Works, or could not be looked at; somebody should know."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    mark: Mark
    text: str
    advice: str | None = None
    """What to do; always there when all is not well."""
    club: str | None = None
    """The sales unit that it is about; None for the installation."""


Found = list[Finding]
Check = Callable[[], Awaitable[Found]]


def well(check: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(check, Mark.WELL, text)


def look(check: str, text: str, advice: str) -> Finding:
    """Somebody should look at it."""
    return Finding(check, Mark.LOOK, text, advice)


def wrong(check: str, text: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(check, Mark.WRONG, text, advice)


def of_club(club: str, findings: Iterable[Finding]) -> Found:
    """Say whose findings these are."""
    return [replace(one, club=club) for one in findings]


NO_PLATFORM: Final = (
    "Nothing to do here if it lasts minutes: members and typed numbers go on. If it lasts, look at the platform's "
    "status page, and whether this machine may call that host (firewall, proxy, DNS)."
)


async def examined(check: str, run: Check, patience: float = PATIENCE) -> Found:
    """Run one check, bounded in time; whatever it meets becomes a finding."""
    try:
        async with asyncio.timeout(patience):
            return await run()
    except Exception as error:  # noqa: BLE001 - one check that fails keeps no other from being made
        return [_met(check, error, patience)]


def _met(check: str, error: Exception, patience: float) -> Finding:
    """What a check met instead of an answer.

    The text of an exception that nobody expected is not repeated: it may hold what must not be shown.
    """
    match error:
        case TimeoutError():
            text, advice = f"Not done within {patience:g} seconds.", "Run the doctor again; then look at the network."
        case Unavailable():
            text, advice = f"Could not be checked: the platform does not answer ({error}).", NO_PLATFORM
        case KeysRefused():
            text, advice = "Could not be checked: the platform refuses the keys.", "See first what is said of the keys."
        case Surprise():
            text = f"The platform answered what cannot be read ({error})."
            advice = "Run the doctor again. If it stays, show this line to the platform's support."
        case StorageUnavailable():
            text, advice = "Could not be checked: the database cannot be read.", str(error)
        case _:
            text = f"The check itself failed ({type(error).__name__})."
            advice = "This is a defect of medlem: report it with this line."
            log.debug("a check of the doctor failed", exc_info=error)
    return wrong(check, text, advice)
