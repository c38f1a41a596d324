"""What is kept of members whom no till has found for long: one of `tables.Tables`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from medlem.club.ids import ClubId, MemberId


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That an operator has seen whom it would be, and for which times."""

    inactive_after: timedelta
    notice: timedelta
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """How many are on the list of those to be erased."""

    warned: int
    """Their notice has not run out."""
    due: int
    """It has."""


class Inactivity(Protocol):
    """Members whom no till has found for long; restricted ones never count."""

    async def confirmed(self, club: ClubId) -> Confirmed | None: ...
    async def confirm(self, club: ClubId, confirmed: Confirmed) -> None: ...
    async def ages(self, club: ClubId, before: datetime, now: datetime) -> Mapping[int, int]:
        """How many were last seen before and are not on the list, by whole years."""

    async def listed(self, club: ClubId, flagged_before: datetime) -> Listed: ...
    async def flagged(self, club: ClubId, most: int) -> Sequence[tuple[MemberId, datetime]]:
        """Who is on the list, and since when; the oldest first."""

    async def flag(self, club: ClubId, before: datetime, now: datetime, most: int) -> int:
        """Put some on the list; how many."""

    async def unflag(self, club: ClubId, before: datetime) -> int:
        """Take off it who has come back; how many."""

    async def to_erase(self, club: ClubId, flagged_before: datetime, most: int) -> Sequence[MemberId]:
        """Some whose notice has run out; nobody else writes them before this transaction is over."""
