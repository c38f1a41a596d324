"""Keeps one trouble from becoming everybody's: a circuit breaker for each group of calls of each sales unit.

A platform that does not answer is not asked by every till in turn, each of which would wait: after a few failures the
next ones are told at once, and now and then one call tries whether it is over. Whoever looks for a customer's answer
is never held back by it, since a look that was not made may be the one that would have brought the yes; such looks
have their own back-off, enrolment by enrolment (`club.enrolment`).
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from medlem.breaker import Breaker, Patience
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

ENOUGH: Final = 4
PAUSE: Final = timedelta(seconds=5)
PATIENCE: Final = Patience(remembered=10, enough=ENOUGH, pause=PAUSE, longest=PAUSE)
"""Always the same pause: somebody stands at a till, and one call in five seconds troubles nobody."""


class Shut(NotSent):
    """The circuit is open: nothing was sent, and nobody waited."""


class Circuit:
    """One group of calls of one sales unit: closed, open, or half open while one call tries."""

    def __init__(self, group: Group, clock: Clock) -> None:
        self._group = group
        self._clock = clock
        self._breaker = Breaker(PATIENCE)

    def enter(self) -> None:
        """Let a call go out, or not. Whoever went out says `succeeded`, `failed` or `gave_up`.

        Raises:
            Shut: it has just been found that nobody answers.
        """
        if self._group not in NEVER_REFUSED and not self._breaker.admits(self._clock.now()):
            CIRCUITS_REFUSED.labels(self._group).inc()
            raise Shut("circuit open")

    def succeeded(self) -> None:
        """It was answered, whatever the answer is worth."""
        if self._breaker.succeeded(self._clock.now()):
            CIRCUITS_OPEN.labels(self._group).dec()

    def failed(self) -> None:
        """Nobody answered, or the platform said that it cannot."""
        if self._breaker.failed(self._clock.now()):
            CIRCUITS_OPEN.labels(self._group).inc()

    def gave_up(self) -> None:
        """Whoever called did not wait for the end: nothing was learnt, and another may try."""
        self._breaker.gave_up()
