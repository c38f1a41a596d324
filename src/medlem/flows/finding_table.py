"""How members are found: one more of the tables that `tables` gives. Each gives ids in the order of one index."""

from collections.abc import Sequence
from typing import Protocol

from medlem.club.finding import Spot, Wanted
from medlem.club.ids import ClubId
from medlem.club.member import Member


class Finding(Protocol):
    """Where members stand."""

    async def hold(self, member: Member) -> None:
        """Let nobody else change them before this transaction is over."""

    async def page(self, club: ClubId, wanted: Wanted, after: Spot, most: int) -> Sequence[Spot]:
        """The next members after a spot, among whom are all that are wanted."""

    async def by_number(self, club: ClubId, member_number: str) -> str | None:
        """Who has this member number."""

    async def named(self, club: ClubId, prefix: str, after: Spot, most: int, *, family: bool) -> Sequence[Spot]:
        """Those whose name, or family name, begins so, in the order of their names."""
