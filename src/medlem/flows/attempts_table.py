"""What is kept of attempts that made nobody a member: one of `tables.Tables`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from medlem.club.ids import ClubId, StoreId


@dataclass(frozen=True, slots=True)
class Counted:
    """How many attempts of a day in a store ended in one way."""

    day: date
    """In UTC, by when they began."""
    store: StoreId
    outcome: str
    """`declined`, `expired`, the reason of one that failed, `not_asked`, or `recognised` for a member."""
    many: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How many attempts of one kind are still there as they were."""

    kept: int
    due: int
    """Of those, how many ended before the moment that was asked about."""
    oldest: datetime | None


class Attempts(Protocol):
    """Questions that ended without a member, and looks that led to no question."""

    async def count_ended(self, before: datetime) -> int:
        """Count some questions that ended before, and remove them with all that hangs on them; how many. All clubs."""

    async def count_unasked(self, before: datetime) -> int:
        """Count some looks that led to no question and are older, and remove them; how many. All clubs."""

    async def counted(self, club: ClubId, since: date, until: date) -> Sequence[Counted]:
        """What was counted of the days from one until before another."""

    async def ended(self, club: ClubId, before: datetime) -> Standing:
        """Questions that ended without a member."""

    async def unasked(self, club: ClubId, before: datetime) -> Standing:
        """Looks that led to no question."""
