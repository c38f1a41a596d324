"""Members, the news of them, and that somebody ended sharing: what is kept, as `tables` describes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from medlem.club.announcement import Announcement
from medlem.club.ids import ClubId, EnrolmentId, LinkingId, MemberId, MergeId
from medlem.club.linking import LinkEnd
from medlem.club.masked import Masked
from medlem.club.member import Consent, Member, VerifiedBy
from medlem.club.phone import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSoFar:
    """How many of some members shared what, of those who have logged in."""

    logins: int
    names: int
    phones: int
    """Whose number the login itself vouched for."""
    emails: int
    birthdates: int
    addresses: int
    genders: int
    consents: int


class Members(Protocol):
    """Our own register."""

    async def get(self, club: ClubId, member: str) -> Member | None: ...
    async def today(self, club: ClubId, member: str) -> Member | None:
        """As `get`; of one who was merged, whoever they are now."""

    async def by_sub(self, club: ClubId, sub: str) -> Member | None: ...
    async def by_phone(self, club: ClubId, phone: PhoneNumber) -> Member | None:
        """The present member whom this number reaches; of several, the first of `reached`."""

    async def reached(self, club: ClubId, phone: PhoneNumber) -> Sequence[Member]:
        """All of them: by the platform's word there is one at most, and comes first; entries may share a number."""

    async def page(self, club: ClubId, after: str | None, most: int) -> Sequence[Member]:
        """Members in the order of their ids, from after that id."""

    async def next_number(self, club: ClubId) -> str:
        """A member number that nobody has had."""

    async def add(self, member: Member) -> None: ...
    async def save(self, member: Member) -> None:
        """Write all but the phone number, which is linked, and whether they share.

        Raises Clash if they were erased or merged.
        """

    async def link(
        self,
        member: Member,
        phone: PhoneNumber,
        verified_by: VerifiedBy,
        now: datetime,
        linking: LinkingId | None = None,
    ) -> None:
        """Let this number reach this member; their older link ends, and by the platform's word anybody else's."""

    async def unlink(
        self, member: Member, now: datetime, because: LinkEnd, by: LinkingId | MergeId | None = None
    ) -> None:
        """End the link, keeping that it was."""

    async def touch(self, member: Member, now: datetime) -> int:
        """Note that something about them has changed; the number of this change, which is 1 for who is new."""

    async def consents(self, club: ClubId, member: MemberId) -> Sequence[Consent]:
        """All that was ever answered, oldest first; membership itself is no answer."""

    async def shared(self, club: ClubId, most: int) -> SharedSoFar:
        """What the youngest of the members have shared, among so many."""

    async def save_extras(self, member: Member, answers: Mapping[str, str], now: datetime) -> None:
        """Keep what a member adds, by the question's name; the latest answer to each counts."""

    async def extras(self, member: Member) -> Mapping[str, str]: ...
    async def keep_evidence(self, member: Member, enrolment: EnrolmentId, raw: bytes, now: datetime) -> None:
        """Keep the platform's consent objects as they came, encrypted."""


class Announcements(Protocol):
    """What merchants' own registers are to hear, and have heard."""

    async def next_sequence(self, member: Member) -> int:
        """The number of the member's next announcement; nobody else draws one before this transaction is over."""

    async def add(self, announcement: Announcement) -> None: ...
    async def latest(self, club: ClubId, phone: PhoneNumber) -> Announcement | None:
        """What happened last to whom this number reaches or reached; changes of another kind are left out."""

    async def next_due(self, club: ClubId) -> datetime | None:
        """When the next one is due and free."""

    async def claim(self, club: ClubId, now: datetime, lease: timedelta, most: int) -> Sequence[Announcement]:
        """Take some that are due and free, of each member the first that was not heard."""

    async def save(self, announcement: Announcement) -> None:
        """Write what became of it. Of an attempt that has been overtaken only a final word counts."""

    async def hurry(self, club: ClubId, now: datetime) -> None:
        """Make due what has been put off: the register is back."""

    async def count_waiting(self, club: ClubId) -> int:
        """How many have not been heard."""

    async def last(self, club: ClubId, member: MemberId) -> int | None:
        """The number of the member's last announcement that is still there."""

    async def waiting(self, club: ClubId, most: int) -> Sequence[Announcement]:
        """Those that have not been heard, what happened first before the others."""

    async def turned_down(self, club: ClubId, most: int) -> Sequence[Announcement]:
        """Those that the register will not have and after which there is none about that member, in the same order."""

    async def forget(self, heard_before: datetime, turned_down_before: datetime) -> int:
        """Drop those that are over; how many. All clubs."""


@dataclass(frozen=True, slots=True)
class WithdrawalAddress:
    """Where the platform tells of members who ended sharing; nobody can guess it."""

    club: ClubId
    secret: Masked[str]
    made_at: datetime


class Sharing(Protocol):
    """Sharing that members have ended in the app."""

    async def withdraw(self, club: ClubId, sub: str, before: datetime, now: datetime) -> MemberId | None:
        """Mark the member of that `sub`; None when there is none, or marked already, or shared anew after `before`."""

    async def renew(self, member: Member, at: datetime) -> None:
        """Note that they shared then, which takes back what they had withdrawn before."""

    async def address(self, secret: Masked[str], now: datetime) -> WithdrawalAddress | None:
        """The one with that secret, unless it has ended; all clubs."""

    async def present_address(self, club: ClubId) -> WithdrawalAddress | None:
        """The one that nothing has replaced."""

    async def add_address(self, address: WithdrawalAddress) -> None: ...
    async def end_addresses(self, club: ClubId, at: datetime) -> None:
        """Let every one of them end then, if not before."""

    async def count(self, address: WithdrawalAddress, now: datetime, most: int) -> bool:
        """Count what came there; False, and not counted, when `most` came within this minute."""
