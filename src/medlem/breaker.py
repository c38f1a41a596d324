"""A circuit breaker: what has just failed again and again is left alone for a moment.

Pure: it is told what happened and when, and says whether to try. After a pause one caller tries for all; the others are
told at once until it is known what that one found. One who never comes back holds nobody up for longer than a pause.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=5)
"""What lies further back says nothing about now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a circuit opens, and for how long."""

    remembered: int
    """Outcomes by which it is judged."""
    enough: int
    """Failures, and at least half of what is remembered, that open it."""
    pause: timedelta
    longest: timedelta
    """The pause doubles with each try that fails, up to this."""


class Breaker:
    """One circuit: closed, open, or half open while one caller tries."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._outcomes: deque[tuple[datetime, bool]] = deque(maxlen=patience.remembered)
        self._until: datetime | None = None
        """When the next one may try; None while it is closed."""
        self._before_the_try: datetime | None = None
        self._failed_tries = 0

    @property
    def is_open(self) -> bool:
        """Whether it has failed too often, and nothing has succeeded since."""
        return self._until is not None

    def admits(self, now: datetime) -> bool:
        """Whether to try now; whoever is admitted to an open circuit is the one who tries for all."""
        if self._until is None:
            return True
        if now < self._until:
            return False
        self._before_the_try, self._until = self._until, now + self._pause()
        return True

    def succeeded(self, now: datetime) -> bool:
        """It works; whether that closes an open circuit."""
        if self._until is not None:
            self._until, self._failed_tries = None, 0
            self._outcomes.clear()
            return True
        if self._outcomes:  # without a failure to weigh there is nothing to remember
            self._outcomes.append((now, True))
            if all(well for _, well in self._outcomes):
                self._outcomes.clear()
        return False

    def failed(self, now: datetime) -> bool:
        """It does not work; whether that opens the circuit."""
        if self._until is not None:
            self._failed_tries += 1
            self._until = now + self._pause()
            return False
        self._outcomes.append((now, False))
        while now - self._outcomes[0][0] > WINDOW:
            self._outcomes.popleft()
        failures = sum(not well for _, well in self._outcomes)
        if failures < self._patience.enough or 2 * failures < len(self._outcomes):
            return False
        self._until = now + self._pause()
        return True

    def gave_up(self) -> None:
        """Whoever tried did not wait for the end: nothing was learnt, and another may try at once."""
        if self._until is not None and self._before_the_try is not None:
            self._until = self._before_the_try

    def _pause(self) -> timedelta:
        return min(self._patience.pause * (1 << min(self._failed_tries, 16)), self._patience.longest)
