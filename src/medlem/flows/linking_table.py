"""The table of linkings, as `flows.tables` has it."""

from collections.abc import Sequence
from typing import Protocol

from medlem.club.ids import ClubId, EnrolmentId, MemberId
from medlem.club.linking import Link, Linking


class Linkings(Protocol):
    """What was decided about whom a number reaches."""

    async def add(self, linking: Linking) -> None:
        """Keep it; what it undoes is undone by it."""

    async def get(self, club: ClubId, linking: str) -> Linking | None: ...
    async def hold(self, club: ClubId, linking: str) -> Linking | None:
        """As `get`, and nobody else undoes it before this transaction is over."""

    async def of_enrolment(self, club: ClubId, enrolment: EnrolmentId) -> Linking | None: ...
    async def of_member(self, club: ClubId, member: MemberId) -> Sequence[Linking]:
        """All that were made of a member, oldest first."""

    async def stand_again(self, linking: Linking) -> None:
        """It is not undone any more."""

    async def fall_again(self, linking: Linking, by: Linking) -> None:
        """It is undone once more by what had undone it, and stands again itself."""

    async def begun(self, linking: Linking) -> Sequence[Link]:
        """The links that it began, over or not."""

    async def ended(self, linking: Linking) -> Sequence[Link]:
        """The links that it ended."""

    async def links(self, club: ClubId, member: MemberId) -> Sequence[Link]:
        """Every number that has ever reached a member, oldest first."""

    async def begin_again(self, link: Link, linking: Linking) -> None:
        """Let that number reach that member once more, by that decision."""
