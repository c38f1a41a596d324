"""A station QR: the sticker at a station that customers scan with their app, and what a scan of it brings us.

    making -> up -> removing -> removed

Each has a name of its own, never used again: the platform knows a code by its name for ever, and whoever takes an old
sticker down must not touch the new one (QR API: merchant callback).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from medlem.club.ids import CheckInId, ClubId, IdentificationId, StationId, StationQrId
from medlem.club.masked import Masked

LONGEST_LABEL: Final = 36
"""Characters of the words that the app shows of a station (QR API: locationDescription)."""

IN_FLIGHT: Final = timedelta(seconds=30)
"""Longer than any call about a code takes: before that nobody takes up what somebody may still be at."""

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)

TOKEN_LIFE: Final = timedelta(minutes=15)
"""How long the token of a check-in is good (QR API: customer token)."""

CHECK_IN_PAUSE: Final = timedelta(seconds=2)
LONGEST_CHECK_IN_PAUSE: Final = timedelta(seconds=30)


class QrState(StrEnum):
    """Where a station QR stands."""

    MAKING = "making"
    """Wanted; the platform may or may not know of it yet."""
    UP = "up"
    """Customers can scan it."""
    REMOVING = "removing"
    """Not wanted any more; the platform may still know of it. Scans count no more."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StationQr:
    """One station QR."""

    id: StationQrId
    club: ClubId
    station: StationId
    label: str
    """What the app shows of the station."""
    state: QrState
    content: str | None
    """What the code says, in full; unknown while making."""
    made_at: datetime
    due_at: datetime | None
    """When somebody has to see to it, if nobody has."""
    failures: int = 0
    """How often in a row the platform could not be told."""

    @classmethod
    def begin(cls, qid: StationQrId, club: ClubId, station: StationId, name: str, now: datetime) -> Self:
        """Write down the intent; the platform has not been told."""
        return cls(
            id=qid,
            club=club,
            station=station,
            label=label_of(name),
            state=QrState.MAKING,
            content=None,
            made_at=now,
            due_at=now + IN_FLIGHT,
        )

    @property
    def counts(self) -> bool:
        """Whether a scan of it is one."""
        return self.state in {QrState.MAKING, QrState.UP}

    def up(self, content: str, now: datetime) -> Self:
        """The platform has it. One that is not wanted any more has to be taken down all the same, once more."""
        if self.counts:
            return replace(self, state=QrState.UP, content=content, due_at=None, failures=0)
        return replace(self, state=QrState.REMOVING, due_at=now)

    def unwanted(self, now: datetime) -> Self:
        """Take it down; but not while a call that makes it may still be on its way, which would come after."""
        due = max(now, self.due_at) if self.state is QrState.MAKING and self.due_at else now
        return replace(self, state=QrState.REMOVING, due_at=due, failures=0)

    def removed(self) -> Self:
        """The platform has forgotten it."""
        return replace(self, state=QrState.REMOVED, due_at=None, failures=0)

    def put_off(self, now: datetime) -> Self:
        """The platform could not be told: later, and ever later."""
        pause = min(FIRST_PAUSE * 2 ** min(self.failures, 10), LONGEST_PAUSE)
        return replace(self, failures=self.failures + 1, due_at=now + pause)


def label_of(name: str) -> str:
    """A station's name, as long as the app can show it."""
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A customer has scanned a station QR; whose number it is has to be asked within fifteen minutes."""

    id: CheckInId
    club: ClubId
    station: StationId
    token: Masked[str]
    """The platform's customer token: as good as the customer's number."""
    named_at: str
    """The moment of the scan as the platform spelt it; with the token it tells one scan from another."""
    at: datetime
    """The moment of the scan."""
    due_at: datetime | None
    """When somebody has to ask for the number, if nobody has; None when there is nothing left to do."""
    failures: int = 0
    identification: IdentificationId | None = None

    @property
    def until(self) -> datetime:
        """The moment from which the token is worth nothing."""
        return self.at + TOKEN_LIFE

    def identified(self, identification: IdentificationId) -> Self:
        """It has come to an identification; the token may still be asked with."""
        return replace(self, identification=identification, due_at=None)

    def dropped(self) -> Self:
        """The platform does not know the token: nothing will come of it."""
        return replace(self, due_at=None)

    def put_off(self, now: datetime, least: timedelta = timedelta()) -> Self:
        """The platform does not answer: try again, soon."""
        pause = min(CHECK_IN_PAUSE * 2 ** min(self.failures, 10), LONGEST_CHECK_IN_PAUSE)
        return replace(self, failures=self.failures + 1, due_at=now + max(pause, least))
