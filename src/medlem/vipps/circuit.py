"""Keeps one trouble from becoming everybody's: a circuit breaker for each group of calls of each sales unit.

A platform that does not answer is not asked by every till in turn, each of which would wait: after a few failures the
next ones are told at once, and now and then one call tries whether it is over. Whoever looks for a customer's answer
is never held back by it, since a look that was not made may be the one that would have brought the yes; such looks
have their own back-off, enrolment by enrolment (`club.enrolment`).
"""

from collections import deque
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from medlem.flows.ports import Clock
from medlem.vipps.metrics import CIRCUITS_OPEN, CIRCUITS_REFUSED
from medlem.vipps.troubles import NotSent


class Group(StrEnum):
    """Calls that have connections and a circuit of their own, so that none of them waits for another's trouble."""

    FETCH = "fetch"
    """Discovery, keys, access token: what others need first."""
    SCAN = "scan"
    ASK = "ask"
    LOOK = "look"
    """For a customer's answer. Counted, and never refused."""
    READ = "read"
    """What the customer shares. Tried again until it is here, so never refused either."""
    ASIDE = "aside"
    """What nobody at a till waits for: user-exists, webhooks, station QR codes."""


GROUPS: Final = {
    "access_token": Group.FETCH,
    "discovery": Group.FETCH,
    "jwks": Group.FETCH,
    "exchange": Group.SCAN,
    "exchange_customer": Group.SCAN,
    "backchannel": Group.ASK,
    "token": Group.LOOK,
    "userinfo": Group.READ,
}
"""By operation; any other is `ASIDE`."""

NEVER_REFUSED: Final = frozenset({Group.LOOK, Group.READ})

WINDOW: Final = timedelta(minutes=5)
REMEMBERED: Final = 10
"""Outcomes, none older than the window, by which a circuit is judged."""
ENOUGH: Final = 4
"""Failures, and at least half of what is remembered, that open it."""
PAUSE: Final = timedelta(seconds=5)
"""How long it stays open before one call tries."""


class Shut(NotSent):
    """The circuit is open: nothing was sent, and nobody waited."""


class Circuit:
    """One group of calls of one sales unit: closed, open, or half open while one call tries."""

    def __init__(self, group: Group, clock: Clock) -> None:
        self._group = group
        self._clock = clock
        self._outcomes: deque[tuple[datetime, bool]] = deque(maxlen=REMEMBERED)
        self._open_until: datetime | None = None
        self._tries = False

    def enter(self) -> None:
        """Let a call go out, or not. Whoever went out says `succeeded`, `failed` or `gave_up`.

        Raises:
            Shut: it has just been found that nobody answers.
        """
        if self._open_until is None or self._group in NEVER_REFUSED:
            return
        left = self._open_until - self._clock.now()
        if left <= timedelta() and not self._tries:
            self._tries = True
            return
        CIRCUITS_REFUSED.labels(self._group).inc()
        raise Shut("circuit open")

    def succeeded(self) -> None:
        """It was answered, whatever the answer is worth."""
        self._tries = False
        if self._open_until is None:
            if self._outcomes:  # without a failure to weigh there is nothing to remember
                self._outcomes.append((self._clock.now(), True))
                if all(well for _, well in self._outcomes):
                    self._outcomes.clear()
            return
        self._open_until = None
        self._outcomes.clear()
        CIRCUITS_OPEN.labels(self._group).dec()

    def failed(self) -> None:
        """Nobody answered, or the platform said that it cannot."""
        now = self._clock.now()
        self._tries = False
        self._outcomes.append((now, False))
        while now - self._outcomes[0][0] > WINDOW:
            self._outcomes.popleft()
        if self._open_until is not None:
            self._open_until = now + PAUSE
            return
        failures = sum(not well for _, well in self._outcomes)
        if failures >= ENOUGH and 2 * failures >= len(self._outcomes):
            self._open_until = now + PAUSE
            CIRCUITS_OPEN.labels(self._group).inc()

    def gave_up(self) -> None:
        """Whoever called did not wait for the end: nothing was learnt, and another may try."""
        self._tries = False
