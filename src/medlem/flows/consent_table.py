"""What is kept of consents: records, each in its place, and the words that were shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from medlem.club.consent import Head, Text
from medlem.club.ids import ClubId, MemberId
from medlem.club.member import Consent


@dataclass(frozen=True, slots=True)
class Chain:
    """One member's records as their rows keep them, in the order in which they were inserted."""

    member: MemberId
    end: Head
    rows: Sequence[dict[str, Any]]
    erased_at: int | None
    """In milliseconds; None while the member is there."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The platform's object as it came with one enrolment."""

    enrolment: str
    raw: bytes
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """What the platform's ID token said of the login of one enrolment, once it was verified."""

    enrolment: str
    claims: Mapping[str, Any]
    at: datetime
    """When the enrolment ended with it."""


class Consents(Protocol):
    """Consent records, appended and never edited, and the registry of texts."""

    async def append(self, member: MemberId, consents: Sequence[Consent], source: str) -> Sequence[Consent]:
        """Give each its place in the member's chain, its text a version; as they were written.

        All are of one club. Nobody else appends to this member's chain before the transaction is over. Records of an
        earlier version that have no place yet come first.
        """

    async def of(self, club: ClubId, member: MemberId) -> Sequence[Consent]:
        """All of one member, membership itself among them, in their order."""

    async def get(self, club: ClubId, consent: str) -> Consent | None:
        """One of them."""

    async def chains(self, club: ClubId, after: str | None, most: int) -> Sequence[Chain]:
        """So many members in the order of their ids, from after that one, each with the whole chain."""

    async def chain(self, club: ClubId, member: MemberId) -> Chain:
        """One member's; empty when there is none."""

    async def members_between(
        self, club: ClubId, since: datetime, until: datetime, after: str | None, most: int
    ) -> Sequence[MemberId]:
        """Who has a record that was heard of in that time, in the order of their ids."""

    async def without_place(self, most: int) -> Sequence[tuple[ClubId, MemberId]]:
        """Members with a record of an earlier version that has no place yet; all clubs."""

    async def place(self, club: ClubId, member: MemberId) -> None:
        """Give the member's records that have no place one, in the order in which they were inserted."""

    async def texts(self, club: ClubId) -> Sequence[Text]:
        """Every text, by question, language and version."""

    async def evidence(self, club: ClubId, member: MemberId) -> Sequence[Kept]:
        """What the platform sent, as it came, oldest first."""

    async def logins(self, club: ClubId, member: MemberId) -> Sequence[Login]:
        """Those of the member's enrolments of which it is kept, oldest first."""

    async def withdrawals(self, club: ClubId, member: MemberId) -> Sequence[datetime]:
        """When the member ended sharing in the app, which is no consent withdrawn."""

    async def take_remarks(self, club: ClubId, member: MemberId) -> int:
        """Take away what somebody wrote beside the member's records; the chain still holds. How many."""

    async def empty(self, club: ClubId, member: MemberId, now: datetime) -> int:
        """Take away all that the member's records say, and leave their places; the chain still holds. How many."""
