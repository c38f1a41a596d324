"""What an import asks of the tables, and puts into them, many members at a time: one of `tables.Tables`."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from medlem.club.ids import ClubId, ConsentId, MemberId
from medlem.club.line import Line
from medlem.club.member import Consent, Member
from medlem.club.phone import PhoneNumber

NAMELESS: Final = ConsentId("")


@dataclass(slots=True)
class Sought:
    """What some lines name people by."""

    ids: set[str] = field(default_factory=set)
    member_numbers: set[str] = field(default_factory=set)
    subs: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    """As MSISDN."""


@dataclass(slots=True)
class Found:
    """Somebody who is in the register, or has just come into it; `member` as they are from now on."""

    member: Member
    line: int | None = None
    """Which line of the file has been about them, if one has."""


@dataclass(slots=True)
class Known:
    """Whom that means."""

    by_id: dict[str, Found] = field(default_factory=dict)
    by_number: dict[str, Found] = field(default_factory=dict)
    by_sub: dict[str, Found] = field(default_factory=dict)
    reached: dict[str, list[Found]] = field(default_factory=dict)
    """Present members, by the number that reaches them."""
    former: dict[str, list[Found]] = field(default_factory=dict)
    """Members whom the number reached before."""
    erased: Sought = field(default_factory=Sought)
    """What named somebody who was erased."""

    def add(self, found: Found) -> None:
        """Know one more."""
        member = found.member
        self.by_id[member.id] = found
        self.by_number[member.member_number] = found
        if member.sub is not None:
            self.by_sub[member.sub] = found
        if member.phone is not None:
            reached = self.reached if member.present else self.former
            reached.setdefault(member.phone.msisdn, []).append(found)

    def change(self, found: Found, after: Member) -> None:
        """Know somebody as they are from now on."""
        before, found.member = found.member, after
        if before.member_number != after.member_number:
            self.by_number.pop(before.member_number, None)
            self.by_number[after.member_number] = found
        if after.sub is not None:
            self.by_sub[after.sub] = found
        if before.phone != after.phone and after.phone is not None:
            if before.phone is not None:
                held = self.reached.get(before.phone.msisdn, [])
                self.reached[before.phone.msisdn] = [one for one in held if one is not found]
                self.former.setdefault(before.phone.msisdn, []).append(found)
            self.reached.setdefault(after.phone.msisdn, []).append(found)


@dataclass(slots=True)
class Details:
    """What else is kept of a member."""

    extras: Mapping[str, str] = field(default_factory=dict)
    past: set[datetime] = field(default_factory=set)
    """When memberships began that have ended."""
    consents: list[Consent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """A consent record that came with a file."""

    consent: Consent
    salt: str | None = None
    """Of the remark, where it was a record before."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The platform's object that came with a file."""

    digest: str
    enrolment: str
    raw: bytes = field(repr=False)
    kept_at: datetime


@dataclass(slots=True)
class Newcomer:
    """Somebody who is to be added, with all that their line says."""

    member: Member
    """Whose number has a moment and a word at which it was known."""
    shared_at: datetime | None = None
    extras: Mapping[str, str] = field(default_factory=dict)
    past: Sequence[tuple[datetime, datetime]] = ()
    joined: Consent | None = None
    """The record of their membership, where they bring none: one for all of a batch, without a member and an id."""
    joined_id: ConsentId = NAMELESS
    """What it is called."""
    records: Sequence[Record] = ()
    evidence: Sequence[Evidence] = ()


@dataclass(slots=True)
class Changed:
    """Somebody who is there and is to be changed."""

    member: Member
    """As they are from now on."""
    phone: PhoneNumber | None = None
    """The number that is to reach them from now on, by the merchant's word."""
    saved: bool = False
    """Whether any column of theirs is different."""
    extras: Mapping[str, str] = field(default_factory=dict)
    past: Sequence[tuple[datetime, datetime]] = ()
    records: Sequence[Record] = ()
    evidence: Sequence[Evidence] = ()

    @property
    def nothing(self) -> bool:
        """Whether they stay as they are."""
        return not (self.saved or self.phone or self.extras or self.past or self.records)

    @property
    def themselves(self) -> bool:
        """Whether more than their consents is different."""
        return bool(self.saved or self.phone or self.extras or self.past)


class Files(Protocol):
    """Members, many at a time."""

    @property
    def turn(self) -> float:
        """Seconds for which a transaction may last now, so that nobody at a till notices it."""

    async def hold(self, club: ClubId) -> int:
        """Let no other import come between, and nobody draw a member number, before this transaction is over.

        Gives the last number that was drawn.
        """

    async def known(self, club: ClubId, sought: Sought) -> Known:
        """Whom that means; nobody else changes them before this transaction is over."""

    async def details(self, club: ClubId, members: Collection[MemberId]) -> Mapping[MemberId, Details]:
        """What else is kept of each."""

    async def count(self) -> None:
        """Let the database see how much there is, now that it is much more than before."""

    async def stations(self, club: ClubId) -> frozenset[str]:
        """All that the club has or had."""

    async def records(self, club: ClubId, consents: Collection[str]) -> Mapping[str, MemberId]:
        """Which of these consent records are here, and whose they are."""

    async def free_numbers(self, club: ClubId, after: int, many: int) -> Sequence[int]:
        """So many member numbers that nobody has had, from after that one on."""

    async def pass_number(self, club: ClubId, number: int) -> None:
        """Give out no member number up to this one."""

    async def add(self, new: Sequence[Newcomer], now: datetime) -> None:
        """Add them, as changed for the first time."""

    async def change(self, changed: Sequence[Changed], now: datetime) -> Sequence[int]:
        """Change them; the number of each one's change."""

    def all(self, club: ClubId, most: int) -> AsyncIterator[Sequence[Line]]:
        """Every member as a line, in the order of their ids, so many at a time: all as they are at one moment."""
