"""What is kept of the stickers at stations, and of the scans of them: two more of the tables that `tables` gives."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from medlem.club.ids import ClubId, StationId
from medlem.club.masked import Masked
from medlem.club.station_qr import CheckIn, StationQr


class StationQrs(Protocol):
    """The stickers at stations."""

    async def add(self, qr: StationQr) -> None:
        """Add it, unless its station has one already that counts."""

    async def present(self, club: ClubId, station: StationId) -> StationQr | None:
        """The one of this station that counts."""

    async def get(self, club: ClubId, qr: str) -> StationQr | None: ...
    async def hold(self, club: ClubId, qr: str) -> StationQr | None:
        """As `get`, and nobody else writes it before this transaction is over."""

    async def all(self, club: ClubId) -> Sequence[StationQr]:
        """Every one that there ever was, oldest first."""

    async def save(self, qr: StationQr) -> None: ...
    async def claim_due(self, now: datetime, until: datetime, most: int) -> Sequence[StationQr]:
        """Take those that somebody has to see to; due again at `until`. All clubs."""

    async def any_due(self, now: datetime) -> bool:
        """Whether there are any; all clubs."""


class CheckIns(Protocol):
    """Scans of those stickers."""

    async def add(self, check_in: CheckIn) -> bool:
        """Add it; False, and nothing added, when this scan has been told before."""

    async def hold(self, club: ClubId, check_in: str) -> CheckIn | None:
        """One of them; nobody else writes it before this transaction is over."""

    async def save(self, check_in: CheckIn) -> None:
        """Write what has become of it."""

    async def token_of(self, club: ClubId, identification: str, now: datetime) -> Masked[str] | None:
        """The token that led to an identification, if it is still good."""

    async def claim_due(self, now: datetime, until: datetime, most: int) -> Sequence[CheckIn]:
        """Take those that somebody has to see to; due again at `until`. All clubs."""

    async def any_due(self, now: datetime) -> bool:
        """Whether there are any; all clubs."""

    async def forget(self, now: datetime) -> int:
        """Drop those whose token is worth nothing any more; how many."""
