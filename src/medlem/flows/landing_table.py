"""What is kept of landings: one of `tables.Tables`, which wants a file of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from medlem.club.ids import ClubId
from medlem.club.landing import Landing, Step
from medlem.club.masked import Masked


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that may see what became of a landing."""

    landing: Landing
    used: bool


class Landings(Protocol):
    """Codes that phones bring to the page, and the browsers that see what became of them."""

    async def arrive(self, club: ClubId, code: Masked[str], now: datetime) -> Landing:
        """Write down that a code came, or give what became of it if it had come before."""

    async def hold(self, landing: Landing) -> Landing | None:
        """As it is now, and nobody else writes it before this transaction is over."""

    async def save(self, landing: Landing) -> None: ...
    async def left_lying(self, now: datetime, most: int) -> Sequence[Landing]:
        """Open ones that nobody has in hand; all clubs."""

    async def steps(self, club: ClubId, since: datetime, until: datetime) -> frozenset[Step]:
        """How far those are that arrived between the two."""

    async def open_session(self, landing: Landing, secret: Masked[str], until: datetime) -> None:
        """Let whoever shows the secret see what becomes of it, until then."""

    async def session(self, club: ClubId, secret: Masked[str], now: datetime) -> Session | None: ...
    async def use_sessions(self, landing: Landing, now: datetime) -> None:
        """Let no browser answer for it any more."""

    async def forget(self, before: datetime) -> int:
        """Drop old ones; how many."""

    async def forget_sessions(self, before: datetime) -> int: ...
