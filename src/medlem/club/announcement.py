"""An announcement: what a merchant's own register is told of one member.

It is written down in the transaction that changed the member, with the member as they were then: told twice it says
the same twice. Announcements of one member reach the register in their order; those of two members in any.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from medlem.club.ids import AnnouncementId, ClubId
from medlem.club.member import Consent, Member
from medlem.club.phone import PhoneNumber

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
"""Between two attempts to tell one thing."""


class News(StrEnum):
    """What has happened to a member."""

    JOINED = "joined"
    """New, or back: the register may know them already, and then knows them better."""
    NUMBER_MOVED = "number_moved"
    """Another number reaches them, or none does since it reaches somebody else."""
    CHANGED = "changed"
    """Their profile, their consents, or what they add on our page."""
    LEFT = "left"


class Hearing(StrEnum):
    """What became of an announcement."""

    WAITING = "waiting"
    HEARD = "heard"
    TURNED_DOWN = "turned_down"
    """The register said for good that it will not have it. Never told again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One piece of news."""

    id: AnnouncementId
    """Comes along as `Idempotency-Key`, so that the register hears it once however often it is told."""
    club: ClubId
    sequence: int
    """Counts for each member; nothing is told before what happened earlier has been heard."""
    news: News
    member: Member
    """As they were when it happened."""
    former_phone: PhoneNumber | None
    """The number that reached them until then, if it does no more."""
    consents: tuple[Consent, ...] = field(default=(), repr=False)
    """The answers that held then, one to each question."""
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What they added on our page, by the field's name."""
    happened_at: datetime
    hearing: Hearing = Hearing.WAITING
    attempts: int = 0
    claim: int = 0
    """Fencing number: raised by each attempt."""
    due_at: datetime
    ended_at: datetime | None = None

    def heard(self, now: datetime) -> Self:
        """The register knows it now, or knew it before."""
        return replace(self, hearing=Hearing.HEARD, ended_at=now)

    def turned_down(self, now: datetime) -> Self:
        """The register will not have it."""
        return replace(self, hearing=Hearing.TURNED_DOWN, ended_at=now)

    def unheard(self, now: datetime, retry_after: timedelta | None, chance: float) -> Self:
        """Nobody knows whether it was heard: tell it again, later each time.

        Args:
            now: when it was tried.
            retry_after: what the register asked for.
            chance: 0 to 1; spreads attempts by a quarter.
        """
        doubled = FIRST_PAUSE * 2 ** min(max(self.attempts - 1, 0), 16)
        pause = min(doubled, LONGEST_PAUSE) * (0.75 + chance / 2)
        return replace(self, due_at=now + max(pause, min(retry_after or timedelta(), LONGEST_PAUSE)))

    @property
    def makes_member(self) -> bool | None:
        """Whether `member.phone` reaches a member by this news; None when it says nothing of that."""
        if self.news is News.CHANGED:
            return None
        return self.news is not News.LEFT and self.member.present and self.member.phone is not None
