"""An enrolment: asking one customer to join, from the ask to the answer.

    asking -> waiting -> accepted | declined | expired | failed

The last four are final, and only *accepted* makes a member. There is no cancel, because the platform has none: the
till moves on, and a late yes still counts. Every change of state is a method here; whoever holds a final
enrolment cannot change it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from medlem.club.codes import ConfirmationCode
from medlem.club.identification import Evidence, Identification
from medlem.club.ids import ClubId, EnrolmentId, IdentificationId, MemberId, StationId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber

ASK_LIFE: Final = timedelta(seconds=20)
"""An ask without an answer for this long has lost its caller: nobody will ever know what came of it."""

GRACE: Final = timedelta(seconds=30)
"""How long after expiry an unreachable platform is still given the chance to tell what happened."""

DEFAULT_INTERVAL: Final = timedelta(seconds=5)
"""CIBA Core 1.0 section 7.3: what an absent `interval` means."""

SLOWER: Final = timedelta(seconds=5)
"""CIBA Core 1.0 section 11: what `slow_down` adds, for this and all later polls."""

MARGIN: Final = timedelta(milliseconds=20)
"""Clocks are rounded and stepped; a poll that is a hair late is right, one a hair early is not."""

ANSWER_LIFE: Final = timedelta(hours=24)
"""How long after expiry a kept answer is still tried: the customer has said yes, and that is worth a day's patience."""

LONGEST_BACK_OFF: Final = timedelta(seconds=30)

UNDERSTOOD_WITHIN: Final = timedelta(seconds=5)
"""How soon a kept answer is taken up by somebody else, should its first reader have died."""


class State(StrEnum):
    """Where an enrolment stands."""

    ASKING = "asking"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    FAILED = "failed"


OPEN: Final = frozenset({State.ASKING, State.WAITING})


class Reason(StrEnum):
    """Why an enrolment failed."""

    CANNOT_USE_APP = "cannot_use_app"
    """No account, inactive or under 15: one reason, never told apart."""
    APP_TOO_OLD = "app_too_old"
    CUSTOMER_BUSY = "customer_busy"
    """The platform will not put another question to this customer now."""
    PLATFORM_UNAVAILABLE = "platform_unavailable"
    """Nothing was sent, or the platform answered completely that it cannot."""
    PLATFORM_SURPRISED_US = "platform_surprised_us"
    """An answer that must not be trusted or cannot be read."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """The question may or may not have reached the phone. Never asked again by us."""


class Finish(StrEnum):
    """Where a customer who said yes finishes."""

    IN_APP = "in_app"
    """In the app: we look for the answer, or are pinged."""
    ON_PAGE = "on_page"
    """On the merchant's page, which the phone opens with a code for the answer. Nobody looks, and no ping counts."""


class Ended(Exception):
    """A final enrolment was asked to change: a defect of ours, never of the shop's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One customer being asked."""

    id: EnrolmentId
    club: ClubId
    identification: IdentificationId
    station: StationId
    """The one that asked first; others may follow."""
    phone: PhoneNumber | None
    """Forgotten (None) a day after an end without a member."""
    evidence: Evidence
    code: ConfirmationCode
    finish: Finish = Finish.IN_APP
    """Written down with the intent: a setting that changes meanwhile changes nothing for those who are being asked."""
    state: State
    reason: Reason | None = None
    created_at: datetime
    changed_at: datetime
    """When the state last changed."""
    expires_at: datetime | None = None
    """Until when the customer can answer; unknown while asking."""
    interval: timedelta = DEFAULT_INTERVAL
    due_at: datetime | None = None
    """When to look for the answer next."""
    failures: int = 0
    """How many looks in a row found no platform."""
    pinged_at: datetime | None = None
    """When the platform last said that there is an answer."""
    request: Masked[str] | None = None
    """The platform's `auth_req_id`: as good as a secret."""
    answer: Masked[bytes] | None = None
    """The token endpoint's answer, kept raw until a member has been made of it."""
    member: MemberId | None = None
    digest: str | None = None
    """SHA-256 of an answer that could not be trusted; nothing else of it is kept."""
    claim: int = 0
    """Fencing number: raised by every claim, so that a process that slept cannot write over its successor."""
    claimed_at: datetime | None = field(default=None, compare=False)

    @classmethod
    def begin(
        cls,
        eid: EnrolmentId,
        customer: Identification,
        code: ConfirmationCode,
        now: datetime,
        finish: Finish = Finish.IN_APP,
    ) -> Self:
        """Write down the intent to ask; nothing has been sent yet."""
        return cls(
            id=eid,
            club=customer.club,
            identification=customer.id,
            station=customer.station,
            phone=customer.phone,
            evidence=customer.evidence,
            code=code,
            finish=finish,
            state=State.ASKING,
            created_at=now,
            changed_at=now,
        )

    @property
    def is_open(self) -> bool:
        """Whether an answer may still come."""
        return self.state in OPEN

    @property
    def closes_at(self) -> datetime | None:
        """When nothing can come any more; unknown while asking."""
        return None if self.expires_at is None else self.expires_at + GRACE

    def _from(self, *states: State) -> None:
        if self.state not in states:
            raise Ended(f"{self.id} is {self.state}")

    def waiting(self, request: Masked[str], life: timedelta, interval: timedelta, now: datetime) -> Self:
        """The platform took the question: wait one interval, then look (CIBA Core 1.0 section 7.3).

        A customer who finishes on the page brings the answer; all there is to look for is the end.
        """
        self._from(State.ASKING)
        first = interval if self.finish is Finish.IN_APP else life + GRACE
        return replace(
            self,
            state=State.WAITING,
            changed_at=now,
            request=request,
            expires_at=now + life,
            interval=interval,
            due_at=now + first + MARGIN,
        )

    def pinged(self, at: datetime) -> Self:
        """The platform says that there is an answer: look at once, if looking is the way to it."""
        self._from(State.WAITING)
        if self.finish is Finish.ON_PAGE:
            return self
        return replace(self, pinged_at=at, due_at=at)

    def pending(self, now: datetime, *, slow_down: bool = False, retry_after: timedelta | None = None) -> Self:
        """No answer yet. After expiry there will be none; before it, look again after one interval.

        A ping that came while we were asking is not forgotten: then look again at once.

        Args:
            now: when the look ended.
            slow_down: whether this and all later looks keep a longer interval.
            retry_after: when the platform wants to be asked again, should that be later; thirty seconds after expiry
                are the last chance all the same.
        """
        self._from(State.WAITING)
        interval = self.interval + SLOWER if slow_down else self.interval
        if self.finish is Finish.ON_PAGE:
            return replace(self, failures=0, due_at=max(self.closes_at or now, now + interval) + MARGIN)
        if self.expires_at is not None and self._looked(now) >= self.expires_at:
            return self.expired(now)
        due_at = now + interval
        if retry_after is not None and retry_after > interval:
            due_at = max(due_at, min(now + retry_after, (self.expires_at or now) + GRACE))
        waited = replace(self, interval=interval, failures=0, due_at=due_at + MARGIN)
        return waited.pinged(now) if self._pinged_meanwhile() else waited

    def slowed(self) -> Self:
        """Somebody whose claim has been overtaken was told to slow down: that counts for every later look.

        Whoever holds the claim now keeps it, and a look that is due because the platform called stays due.
        """
        self._from(State.WAITING)
        called = self.answer is not None or (self.pinged_at is not None and self.pinged_at == self.due_at)
        due_at = self.due_at if called or self.due_at is None else self.due_at + SLOWER
        return replace(self, interval=self.interval + SLOWER, due_at=due_at)

    def unreachable(self, now: datetime, retry_after: timedelta | None, jitter: float) -> Self:
        """The platform could not be asked: back off, and give up thirty seconds after expiry.

        With the customer's yes in hand only its meaning is missing; that is tried for a day.

        Args:
            now: when the attempt ended.
            retry_after: what the platform asked for, if it said anything.
            jitter: 0 to 1; spreads those who all failed at the same moment.
        """
        self._from(State.WAITING)
        end = self.expires_at or now
        last = end + (GRACE if self.answer is None else ANSWER_LIFE)
        if self._looked(now) >= last:
            return self.failed(Reason.OUTCOME_UNKNOWN, now)
        doubled = min(self.interval * 2 ** min(self.failures, 5), max(LONGEST_BACK_OFF, self.interval))
        pause = max(doubled * (0.75 + jitter / 2), self.interval, retry_after or self.interval)
        # The customer's patience ends at expiry: be there then, and once more when the grace runs out.
        marks = [mark for mark in (end, last) if mark - now >= self.interval]
        due = min([now + pause, *marks]) if retry_after is None else max(min(now + pause, last), now + self.interval)
        return replace(self, failures=self.failures + 1, due_at=due + MARGIN)

    def answered(self, answer: Masked[bytes], now: datetime) -> Self:
        """The tokens were handed out, once and for all: keep them raw before anything else happens.

        Whoever wrote this goes on to understand them; due again only in case they die before that is done.
        """
        self._from(State.WAITING)
        return replace(self, answer=answer, failures=0, due_at=now + UNDERSTOOD_WITHIN)

    def accepted(self, member: MemberId, now: datetime) -> Self:
        """The customer is a member now."""
        self._from(State.WAITING)
        return self._ended(State.ACCEPTED, now, member=member)

    def declined(self, now: datetime) -> Self:
        """The customer said no."""
        self._from(State.WAITING)
        return self._ended(State.DECLINED, now)

    def expired(self, now: datetime) -> Self:
        """The customer said nothing in time."""
        self._from(State.WAITING)
        return self._ended(State.EXPIRED, now)

    def failed(self, reason: Reason, now: datetime, digest: str | None = None) -> Self:
        """It ended without the customer's doing."""
        self._from(State.ASKING, State.WAITING)
        return self._ended(State.FAILED, now, reason=reason, digest=digest)

    def _looked(self, now: datetime) -> datetime:
        """When the look began. Only that counts: by the time it is written down, the customer may have answered."""
        return self.claimed_at or now

    def _pinged_meanwhile(self) -> bool:
        return self.pinged_at is not None and self.claimed_at is not None and self.pinged_at > self.claimed_at

    def _ended(
        self,
        state: State,
        now: datetime,
        *,
        reason: Reason | None = None,
        member: MemberId | None = None,
        digest: str | None = None,
    ) -> Self:
        return replace(
            self,
            state=state,
            reason=reason,
            member=member,
            digest=digest,
            changed_at=now,
            due_at=None,
            request=None,
            answer=None,
        )
