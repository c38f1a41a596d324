"""Endpoints: addresses of the merchant's other systems, and the notices that they hear of members, in their order.

A notice is written down in the transaction that changed something, once for each endpoint that wants its kind. It is
told until it is heard, later each time; after three days it is parked, and the endpoint goes on with the next. One that
does not hear that one either is paused: nothing is told there until somebody says so.
"""

import base64
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from medlem.club.ids import ClubId, EndpointId, NoticeId
from medlem.club.masked import Masked

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32

PATIENCE: Final = timedelta(days=3)
"""How long a notice is told that nobody hears."""
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
"""Between two attempts to tell one notice."""
OVERLAP: Final = timedelta(hours=24)
"""How long a secret that has been replaced goes on signing, beside the one that replaced it."""


class NoticeKind(StrEnum):
    """What has happened."""

    MEMBER_CREATED = "member.created"
    MEMBER_UPDATED = "member.updated"
    """Their profile, their number, what they added, or whether they share; or they are back."""
    MEMBER_LEFT = "member.left"
    MEMBER_ERASED = "member.erased"
    CONSENT_CHANGED = "consent.changed"
    ENROLMENT_FINISHED = "enrolment.finished"
    TEST = "endpoint.test"
    """Somebody wants to see whether the endpoint hears; told whatever it wants to hear."""


WANTED: Final = tuple(kind for kind in NoticeKind if kind is not NoticeKind.TEST)
"""What an endpoint may ask to hear."""


class NoticeState(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    PARKED = "parked"
    """Nobody heard it for three days. Told again when somebody asks for it."""


class Paused(StrEnum):
    """Why nothing is told to an endpoint."""

    FAILING = "failing"
    """It has heard nothing for three days."""
    GONE = "gone"
    """It answered 410: it does not want to hear from us."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of telling one notice, once."""

    status: int | None = None
    """Of a complete answer."""
    trouble: str | None = None
    """Why there is none, or why it does not count: one word of a closed list."""
    retry_after: timedelta | None = None

    @property
    def heard(self) -> bool:
        """Whether the endpoint has it now."""
        return self.trouble is None

    @property
    def gone(self) -> bool:
        """Whether it wants to hear nothing more."""
        return self.status == 410  # noqa: PLR2004 - HTTP's Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that happened, as one endpoint is to hear it."""

    id: NoticeId
    """Goes along as `webhook-id`, the same however often it is told."""
    club: ClubId
    endpoint: EndpointId
    sequence: int
    """Counts for each endpoint, without gaps."""
    kind: NoticeKind
    body: str
    """JSON, signed and sent as it stands; ids and states, and nothing of a person."""
    happened_at: datetime
    state: NoticeState = NoticeState.WAITING
    attempts: int = 0
    tried_at: datetime | None = None
    status: int | None = None
    """What the endpoint answered last."""
    trouble: str | None = None
    give_up_at: datetime

    def tried(self, attempt: Attempt, now: datetime) -> Self:
        """Heard, parked, or to be told again."""
        state = NoticeState.DELIVERED if attempt.heard else NoticeState.WAITING
        if not attempt.heard and not attempt.gone and now >= self.give_up_at:
            state = NoticeState.PARKED
        return replace(
            self,
            state=state,
            attempts=self.attempts + 1,
            tried_at=now,
            status=attempt.status,
            trouble=attempt.trouble,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address that hears."""

    id: EndpointId
    club: ClubId
    url: str
    kinds: frozenset[NoticeKind]
    secret: Masked[bytes] = field(repr=False)
    former_secret: Masked[bytes] | None = field(default=None, repr=False)
    former_until: datetime | None = None
    created_at: datetime
    paused: Paused | None = None
    paused_at: datetime | None = None
    failing_since: datetime | None = None
    """When it began to hear nothing; None while it hears."""
    claim: int = 0
    """Fencing number: raised by each round of telling, and whenever something is to be told again."""
    due_at: datetime | None = None
    """When to tell next; None while there is nothing to tell."""

    def secrets(self, now: datetime) -> tuple[Masked[bytes], ...]:
        """Those that sign now, the present one first."""
        former = self.former_secret
        if former is None or self.former_until is None or now >= self.former_until:
            return (self.secret,)
        return (self.secret, former)

    def rotated(self, secret: Masked[bytes], now: datetime) -> Self:
        """With a new secret; the present one goes on signing for a day, whoever was there before does not."""
        return replace(self, secret=secret, former_secret=self.secret, former_until=now + OVERLAP)

    def heard(self) -> Self:
        """It hears; there may be more to tell at once."""
        return replace(self, failing_since=None)

    def unheard(self, notice: Notice, attempt: Attempt, now: datetime, chance: float) -> Self:
        """It did not hear: tell it later, or no more.

        Args:
            notice: as it is after this attempt.
            attempt: what came of it.
            now: when.
            chance: 0 to 1; spreads attempts by a quarter.
        """
        since = self.failing_since or now
        if attempt.gone:
            return replace(self, paused=Paused.GONE, paused_at=now, failing_since=since)
        if notice.state is NoticeState.PARKED:
            return replace(self, failing_since=since, due_at=now)
        if now - since >= PATIENCE:
            return replace(self, paused=Paused.FAILING, paused_at=now, failing_since=since)
        doubled = FIRST_PAUSE * 2 ** min(max(notice.attempts - 1, 0), 16)
        pause = min(doubled, LONGEST_PAUSE) * (0.75 + chance / 2)
        asked_for = min(attempt.retry_after or timedelta(), LONGEST_PAUSE)
        return replace(self, failing_since=since, due_at=now + max(pause, asked_for))

    def due(self, at: datetime | None) -> Self:
        """To be told next at that moment; None when there is nothing to tell."""
        return replace(self, due_at=at)

    def again(self, now: datetime) -> Self:
        """To be told what it was told before; whatever is on its way meanwhile does not count."""
        return replace(self, claim=self.claim + 1, due_at=now)

    def resumed(self, now: datetime) -> Self:
        """Told again from now on, as if it had never failed."""
        return replace(self, paused=None, paused_at=None, failing_since=None, due_at=now, claim=self.claim + 1)


def new_endpoint_secret() -> Masked[bytes]:
    """A new secret, of which `shown_secret` is shown once."""
    return Masked(secrets.token_bytes(SECRET_BYTES))


def shown_secret(secret: Masked[bytes]) -> Masked[str]:
    """A secret as Standard Webhooks writes it."""
    return Masked(PREFIX + base64.b64encode(secret.reveal()).decode())  # masked again
