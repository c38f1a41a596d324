"""Importing: lines of a file become members, or change those who are there; docs/importing.md tells it to shops.

Each batch of lines is one short transaction, and between two of them the database is left to the tills. Whoever is
killed between two batches has done the ones before, and may begin the file anew: what is in the register already comes
out as `unchanged`.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum

from medlem.club.ids import MemberId
from medlem.club.line import Flawed, Line
from medlem.club.place import Club
from medlem.flows.ports import Ports


class Existing(StrEnum):
    """What is done to members who are in the register already."""

    KEEP = "keep"
    """Nothing."""
    FILL = "fill"
    """What is empty is filled in."""
    OVERWRITE = "overwrite"
    """What the file says is written over what is there."""


class Outcome(StrEnum):
    """What became of a member."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Why(StrEnum):
    """Why the register does not take a line, or a part of it; docs/importing.md has each."""

    NOBODY = "nobody"
    CONFLICTING = "conflicting"
    NUMBER_TAKEN = "number_taken"
    REPEATED_LINE = "repeated_line"
    HAS_LEFT = "has_left"
    STILL_MEMBER = "still_member"
    ERASED_BEFORE = "erased_before"
    RESTRICTED = "restricted"
    NUMBER_VERIFIED = "number_verified"
    SUB_KNOWN = "sub_known"
    STATION_UNKNOWN = "station_unknown"
    CONSENT_KNOWN = "consent_known"
    CONSENT_EVIDENCE = "consent_evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be taken."""

    existing: Existing = Existing.FILL
    dry_run: bool = False
    """Do all but the commit."""
    notices: bool = True
    """Let the endpoints hear of each member."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A line that was taken."""

    number: int
    """Of the line."""
    outcome: Outcome
    member: MemberId
    consents: int = 0
    """How many answers were added."""
    left_out: tuple[Flawed, ...] = ()
    """Parts that were not taken, though the rest was."""


Result = Taken | Flawed


class RegisterElsewhere(Exception):
    """The club's register is the merchant's own system: members are entered there. The text says so."""


def take(ports: Ports, club: Club, lines: Iterable[Line], order: Order | None = None) -> AsyncIterator[list[Result]]:
    """Take lines; what became of them, batch by batch, in their order, each as soon as it is committed.

    Args:
        ports: the outside world.
        club: whose members.
        lines: drawn between two batches, while the database is free.
        order: how.

    Raises:
        RegisterElsewhere: at once.
    """
    raise NotImplementedError
