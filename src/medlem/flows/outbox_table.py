"""What is kept of endpoints and notices: one more of the tables that `tables` gives."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from medlem.club.endpoint import Endpoint, Notice, NoticeKind, NoticeState
from medlem.club.ids import ClubId


class Outbox(Protocol):
    """Who of the merchant's other systems is to hear what."""

    async def add_endpoint(self, endpoint: Endpoint) -> None: ...
    async def endpoint(self, club: ClubId, endpoint: str) -> Endpoint | None: ...
    async def hold_endpoint(self, club: ClubId, endpoint: str) -> Endpoint | None:
        """As `endpoint`, and nobody else writes it, or adds to what it hears, before this transaction is over."""

    async def hold_endpoints(self, club: ClubId) -> int:
        """Let nobody else add to what any of them hears before this transaction is over; how many there are."""

    async def endpoints(self, club: ClubId) -> Sequence[Endpoint]:
        """All but those that were removed, oldest first."""

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Write all but its address and kinds, and end its lease."""

    async def remove_endpoint(self, endpoint: Endpoint, now: datetime) -> None:
        """Forget its secrets and tell it nothing more."""

    async def add(self, club: ClubId, kind: NoticeKind, body: str, now: datetime) -> int:
        """Let every endpoint hear of it that wants to; how many."""

    async def add_all(self, club: ClubId, kind: NoticeKind, bodies: Sequence[str], now: datetime) -> None:
        """As `add`, many of one kind in their order."""

    async def add_for(self, endpoint: Endpoint, kind: NoticeKind, body: str, now: datetime) -> Notice:
        """Let this endpoint hear of it, whatever it wants."""

    async def next_due(self) -> datetime | None:
        """When the next endpoint is due and free; all clubs."""

    async def claim(self, now: datetime, lease: timedelta, most: int) -> Sequence[Endpoint]:
        """Take endpoints that are due and free, under a new fencing number each; all clubs."""

    async def waiting(self, endpoint: Endpoint, most: int) -> Sequence[Notice]:
        """What it is to hear next, in order."""

    async def save(self, notice: Notice) -> None:
        """Write what became of it."""

    async def notice(self, endpoint: Endpoint, notice: str) -> Notice | None: ...
    async def notices(
        self, endpoint: Endpoint, state: NoticeState | None, before: int | None, most: int
    ) -> Sequence[Notice]:
        """Its notices, in that state if one is named, the latest first, from before that number of the order."""

    async def count(self, endpoint: Endpoint, state: NoticeState) -> int:
        """How many of its notices are in that state."""

    async def first_since(self, endpoint: Endpoint, since: datetime) -> int | None:
        """The number of the first that happened at that moment or later."""

    async def tell_again(self, endpoint: Endpoint, first: int, most: int, now: datetime) -> Sequence[int]:
        """Make the notices from this number on wait, the first so many of them; their numbers."""

    async def extend(self, endpoint: Endpoint, now: datetime) -> None:
        """Give all that waits its full time again."""

    async def forget(self, before: datetime) -> int:
        """Drop notices that happened before; how many. All clubs."""
