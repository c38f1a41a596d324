"""What the platform is asked, and can answer. No answer is an exception: whatever happened is an answer.

Once a customer has been asked, a failing platform is a thing that happens to the enrolment and is told in its
state; only a scan, which has no state yet, is refused with an error (`ports.Platform.reveal`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Enrolment, Finish, Reason, State
from medlem.club.identification import Evidence
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.phone import PhoneNumber


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be put on one customer's phone."""

    club: ClubId
    phone: PhoneNumber
    code: ConfirmationCode
    customer_token: Masked[str] | None = None
    """The token of the scan that identified them, while it is good: it names the customer better than a number."""
    notification: Masked[str] | None = None
    """By what the provider shows that a ping is about this question (CIBA Core 1.0 section 7.1)."""
    finish: Finish = Finish.IN_APP


@dataclass(frozen=True, slots=True)
class Revealed:
    """A personal QR code exchanged for the number behind it."""

    phone: PhoneNumber
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class HungQr:
    """A station QR as the platform knows it (QR API: merchant callback)."""

    id: str
    label: str
    content: str
    image: str | None
    """Where a picture of it is, for now: the address may change any day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question is on its way to the phone (CIBA Core 1.0 section 7.3)."""

    request: Masked[str]
    life: timedelta
    interval: timedelta


@dataclass(frozen=True, slots=True)
class NotAsked:
    """It is not, or nobody knows."""

    reason: Reason
    digest: str | None = None
    """SHA-256 of the answer, when it was one that cannot be trusted or read."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The customer has not answered yet (CIBA Core 1.0 section 11)."""

    slow_down: bool = False
    retry_after: timedelta | None = None
    """When the platform wants to be asked again, if it says."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The tokens, handed out once: the answer as it came, to be kept before it is understood.

    `raw` means something to `Platform.disclose` alone.
    """

    raw: Masked[bytes]


@dataclass(frozen=True, slots=True)
class Declined:
    """The customer said no."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The platform ended it, in a way that says why."""

    reason: Reason
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer at all, or one that says *later*: nothing is lost, ask again."""

    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A merchant's own register has heard an announcement, now or before."""


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """It says for good that it will not have it."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """No answer, or one that does not say *heard*: tell it again."""

    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Worthless:
    """The platform does not take this code: it was used, is too old, or never was one of ours."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The code went out and no answer came that can be read: it may be used up."""


Ask = Asked | NotAsked
Answer = Pending | Answered | Declined | Expired | Failed | Unreachable
Told = Disclosure | Failed | Unreachable
Reception = Heard | TurnedDown | Unheard
Redeemed = Answered | Worthless | Lost | Unreachable
"""What came of a code. `Unreachable` promises that the code is what it was before."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A webhook registration as the platform knows it."""

    id: str
    url: str
    secret: Masked[str]
    created_at: datetime
    lost: bool = False
    """Whether its secret cannot be read any more; then `secret` is one that nobody has."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A registration that another one has taken the place of."""

    subscribed: Subscribed
    ended_at: datetime | None
    """When the platform had forgotten it; None while it may still deliver."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A registration as the platform lists it, ours or anybody's at this sales unit."""

    id: str
    url: str
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Look:
    """A claimed enrolment, and what the platform said of it."""

    enrolment: Enrolment
    answer: Answer

    @property
    def brings_tokens(self) -> bool:
        """Whether it is the one look that the platform has handed the tokens to."""
        return isinstance(self.answer, Answered)

    def slows(self, current: Enrolment | None) -> bool:
        """Whether it was told to slow down, and somebody who has taken over since must heed that."""
        if current is None or current.state is not State.WAITING or current.claim == self.enrolment.claim:
            return False
        return isinstance(self.answer, Pending) and self.answer.slow_down
