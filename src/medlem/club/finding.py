"""Finding members: what is asked for, and in which order they are read.

One part of a question decides which index is read, and where on it a page begins; what the others leave out is left out
of the page. So a page costs as much as its limit, however many members there are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from medlem.club.ids import StationId
from medlem.club.member import Member

LETTERS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅÄÖÉ", "abcdefghijklmnopqrstuvwxyzæøåäöé")
LONGEST: Final = 80
LAST: Final = "\U0010ffff"
"""Comes after every letter."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where on its index a member stands: by what it is ordered, then by id."""

    member: str
    place: int | str | None = None
    """None where the id alone decides."""


START: Final = Spot("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which members somebody wants to see; what is None does not matter."""

    present: bool | None = None
    changed_since: datetime | None = None
    joined_from: datetime | None = None
    joined_to: datetime | None = None
    station: StationId | None = None
    withdrawn: bool = False

    def wants(self, member: Member) -> bool:
        """Whether this member is one of them, but for when they were changed."""
        return (
            self.present in {None, member.present}
            and (self.joined_from is None or member.joined_at >= self.joined_from)
            and (self.joined_to is None or member.joined_at < self.joined_to)
            and self.station in {None, member.station}
            and (not self.withdrawn or member.sharing_withdrawn_at is not None)
        )


def folded(name: str) -> str:
    """A name as it is looked for: in small letters, as the databases' index has it."""
    return name.strip().translate(LETTERS)[:LONGEST]
