"""What is kept for the rights of members: one of `tables.Tables`, which wants a file of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from medlem.club.ids import ClubId, MemberId
from medlem.club.linking import Linking
from medlem.club.member import Member
from medlem.club.phone import PhoneNumber
from medlem.club.rights import Erasure, Exercised


@dataclass(frozen=True, slots=True)
class Reached:
    """A number that reaches or reached a member."""

    phone: PhoneNumber
    verified_by: str
    verified_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stood:
    """That a till found a member."""

    identification: str
    station: str
    phone: PhoneNumber | None
    evidence: str
    membership: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question by which somebody became a member, or came back."""

    enrolment: str
    identification: str
    station: str
    phone: PhoneNumber | None
    evidence: str
    state: str
    asked_at: datetime
    ended_at: datetime
    login: Mapping[str, Any]
    """What the platform's ID token said of the login; empty where nothing is kept of it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The platform's consent objects as they came with one enrolment."""

    enrolment: str
    raw: bytes = field(repr=False)
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a merchant's own register was told of a member."""

    id: str
    news: str
    happened_at: datetime
    hearing: str
    attempts: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of somebody who was erased: enough to erase them again, and to know them by nothing else."""

    erasure: Erasure
    sub_digest: str | None = field(repr=False)
    numbers: tuple[str, ...] = field(repr=False)
    """Keyed hashes."""
    member_number: str | None = field(default=None, repr=False)
    """A keyed hash; None of whoever was erased by an earlier version."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of a member beside themselves, their consents and their extras."""

    restricted_at: datetime | None
    last_seen_at: datetime | None
    to_be_erased_since: datetime | None
    numbers: Sequence[Reached]
    linkings: Sequence[Linking]
    """What was decided about whom their numbers reach, by logins and by people."""
    identifications: Sequence[Stood]
    enrolments: Sequence[Asked]
    answers: Sequence[Answered]
    withdrawals: Sequence[datetime]
    memberships: Sequence[tuple[datetime, datetime]]
    """Those that have ended: from when to when."""
    deliveries: Sequence[Delivered]
    exercised: Sequence[Exercised]


class Rights(Protocol):
    """Restriction, erasure, and all that is kept of a member."""

    async def kept(self, member: Member, since: datetime) -> Kept:
        """Everything; identifications at tills from then on, since older ones tell nothing any more."""

    async def keep_membership(self, member: Member, left_at: datetime) -> None:
        """Keep from when to when they were a member, as they leave."""

    async def restrict(self, member: Member, now: datetime) -> bool:
        """Whether they were not restricted before."""

    async def lift(self, member: Member) -> bool:
        """Whether they were restricted."""

    async def note_seen(self, club: ClubId, member: MemberId, now: datetime, before: datetime) -> None:
        """A till has found them; written if it was last written before, or if they were to be erased."""

    async def exercise(self, exercised: Exercised) -> None: ...
    async def exercised(self, club: ClubId, member: str) -> Sequence[Exercised]: ...

    async def erase(self, erasure: Erasure, member: Member) -> bool:
        """Leave nothing of them but what proves their consents; False when they are erased already."""

    async def sweep(self, erasure: Erasure) -> None:
        """Remove once more what was being written of them while they were erased."""

    async def to_sweep(self, before: datetime) -> Sequence[Erasure]:
        """Erasures until then after which nobody has swept; all clubs."""

    async def erasure(self, club: ClubId, member: str) -> Erasure | None: ...
    async def tombstones(self, club: ClubId, after: str, most: int) -> Sequence[Tombstone]:
        """Of those who were erased, in the order of their ids, from after that id."""

    async def bury(self, tombstone: Tombstone) -> None:
        """Keep a tombstone that comes from another database."""

    async def proves(self, club: ClubId, member: MemberId) -> bool:
        """Whether a record of theirs still says something."""

    async def forget_history(self, club: ClubId, member: MemberId) -> None:
        """Forget when they were members, how they logged in, and when they ended sharing."""

    async def erased_since(self, club: ClubId, sub: str, moment: datetime) -> bool:
        """Whether the person of that `sub` was erased at that moment or later."""

    async def number_erased(self, club: ClubId, phone: PhoneNumber) -> bool:
        """Whether this number reached somebody who was erased."""

    async def number_erased_since(self, club: ClubId, phone: PhoneNumber, moment: datetime) -> bool:
        """Whether somebody whom this number reached was erased at that moment or later."""
