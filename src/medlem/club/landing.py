"""A landing: the customer has said yes in the app, and the phone opens the merchant's page with a code.

    arrived -> redeeming -> kept -> passed_on | refused
                         -> lost | worthless

The code buys the answer once. What was bought is kept raw before anybody tries to understand it, and passed on to the
enrolment that it names. A landing is known by its code, so one address that is opened twice is one landing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from medlem.club.ids import ClubId, EnrolmentId
from medlem.club.masked import Masked

CODE_LIFE: Final = timedelta(minutes=2)
"""How long a code is good for anything (Login API: a couple of minutes)."""

LEASE: Final = timedelta(seconds=30)
"""How long a step may take before whoever took it is gone: longer than any call to the platform."""

HANDED_OVER: Final = timedelta(seconds=5)
"""How soon somebody else goes on with what its first reader has left lying."""

PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(seconds=15)
"""Between two attempts while the customer waits, unless the platform names a time."""


class Step(StrEnum):
    """How far a landing is."""

    ARRIVED = "arrived"
    """The code is good as far as we know, and nothing has been sent."""
    REDEEMING = "redeeming"
    """The code may be on its way."""
    KEPT = "kept"
    """The answer is here, as it came."""
    PASSED_ON = "passed_on"
    """The enrolment has it; what became of it is told there."""
    REFUSED = "refused"
    """The answer names no question of ours that waits for one."""
    LOST = "lost"
    """Nobody will ever know what the code was good for."""
    WORTHLESS = "worthless"
    """The platform did not take the code."""


OPEN_STEPS: Final = frozenset({Step.ARRIVED, Step.REDEEMING, Step.KEPT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """One code, and what became of it."""

    club: ClubId
    digest: str
    """The keyed hash of the code: what the landing is known by."""
    step: Step
    arrived_at: datetime
    free_at: datetime
    """From when on anybody may go on with it."""
    tries: int = 0
    """How often the code was sent: also the fencing number of the attempt under way."""
    code: Masked[str] | None = None
    """None once it is good for nothing any more."""
    answer: Masked[bytes] | None = None
    enrolment: EnrolmentId | None = None

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.step in OPEN_STEPS

    def redeeming(self, now: datetime) -> Self:
        """Write down that the code is about to be sent."""
        return replace(self, step=Step.REDEEMING, tries=self.tries + 1, free_at=now + LEASE)

    def unsent(self, now: datetime, retry_after: timedelta | None) -> Self:
        """The code is what it was; try again while the customer waits."""
        pause = retry_after or min(PAUSE * 2 ** min(self.tries - 1, 3), LONGEST_PAUSE)
        return replace(self, step=Step.ARRIVED, free_at=now + pause)

    def kept(self, answer: Masked[bytes], now: datetime) -> Self:
        """The answer is here."""
        return replace(self, step=Step.KEPT, answer=answer, code=None, free_at=now + HANDED_OVER)

    def put_off(self, until: datetime) -> Self:
        """What the answer belongs to is not written down yet."""
        return replace(self, free_at=until)

    def passed_on(self, enrolment: EnrolmentId) -> Self:
        """The enrolment has the answer now."""
        return replace(self, step=Step.PASSED_ON, enrolment=enrolment, answer=None)

    def over(self, step: Step) -> Self:
        """Nothing comes of it any more."""
        return replace(self, step=step, code=None, answer=None)
