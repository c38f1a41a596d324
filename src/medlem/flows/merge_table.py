"""The tables of merges and of possible duplicates, as `flows.tables` has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from medlem.club.duplicate import Distinct
from medlem.club.ids import ClubId, LinkingId, MemberId, MergeId
from medlem.club.linking import Link, Linking
from medlem.club.member import Member
from medlem.club.merging import Merge


class Merges(Protocol):
    """What was proposed of two members, what was done, and how both were before."""

    async def add(self, merge: Merge) -> None: ...
    async def get(self, club: ClubId, merge: str) -> Merge | None: ...
    async def hold(self, club: ClubId, merge: str) -> Merge | None:
        """As `get`, and nobody else decides it before this transaction is over."""

    async def page(self, club: ClubId, before: str | None, most: int) -> Sequence[Merge]:
        """The newest first, from before that id."""

    async def of_member(self, club: ClubId, member: MemberId) -> Sequence[Merge]:
        """All that name the member, oldest first."""

    async def save_confirmed(self, merge: Merge) -> None:
        """Write down that it is done, and how both were before."""

    async def save_undone(self, merge: Merge) -> None:
        """Write down that it is undone; how both were before is not needed any more."""

    async def version(self, club: ClubId, member: str) -> int | None:
        """How often the member was changed; nobody else changes them before this transaction is over."""

    async def dissolve(self, member: Member) -> None:
        """Write one who is merged: who they are now, when they left, and nothing that names them.

        Raises Clash if they were erased or merged already.
        """

    async def part(self, member: Member) -> None:
        """Let one who was merged be a row of their own again; `members.save` writes the rest."""

    async def merged_into(self, club: ClubId, member: MemberId) -> Sequence[MemberId]:
        """Who was merged into this member, directly."""

    async def move_sharing(self, giver: Member, taker: Member) -> None:
        """Whether they share, and since when, goes along with the login."""

    async def set_seen(self, member: Member) -> None:
        """Write when a till last found them."""

    async def begin_link(self, member: Member, by: LinkingId | MergeId, now: datetime) -> None:
        """Let their number reach this member, as well known as it was; by whichever decision."""

    async def begun(self, merge: Merge, member: Member) -> Link | None:
        """The link by which the merge let a number reach this member, if it still does."""

    async def ended(self, merge: Merge, member: Member) -> Link | None:
        """The link of this member that the merge ended."""

    async def move_links(self, giver: Member, taker: Member, by: LinkingId | MergeId) -> None:
        """Links that this decision began and that are over were the other's."""

    async def move_login(self, taker: Member, linking: Linking) -> None:
        """That login, with its enrolment and what the platform said of it, was the other's."""

    async def take_extra(self, member: Member, name: str, answer: str) -> bool:
        """Take an extra away, if it is what it was; whether it was."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who may be one; `one` was there before."""

    one: MemberId
    other: MemberId


class Duplicates(Protocol):
    """Who may be one person with somebody who was there before, found by indexes."""

    async def pairs(self, club: ClubId, after: str, until: str) -> Sequence[Pair]:
        """Pairs whose `other` is after one id and up to another, in the order of those; nobody twice."""

    async def say(self, distinct: Distinct) -> None:
        """Keep that they are two people; said twice the first counts."""

    async def take_back(self, club: ClubId, one: MemberId, other: MemberId) -> None: ...
    async def said(self, club: ClubId, one: MemberId, other: MemberId) -> Distinct | None: ...
