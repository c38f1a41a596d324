"""A circuit breaker: what has just failed again and again is left alone for a moment.

Pure: it is told what happened and when, and says whether to try. After a pause one caller may try; the others wait for
what that one finds.
"""

from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
"""In a row, until the circuit opens."""

PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(seconds=30)


class Breaker:
    """One circuit."""

    def __init__(self) -> None:
        self._failures = 0
        self._until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has failed too often, and nothing has succeeded since."""
        return self._failures >= FAILURES

    def admits(self, now: datetime) -> bool:
        """Whether to try now; whoever is admitted to an open circuit is the one who tries for all."""
        if not self.is_open or self._until is None:
            return True
        if now < self._until:
            return False
        self._until = now + self._pause()  # also if nobody ever says how it went
        return True

    def succeeded(self) -> None:
        """It works: the circuit closes."""
        self._failures, self._until = 0, None

    def failed(self, now: datetime) -> None:
        """It does not."""
        self._failures += 1
        if self.is_open:
            self._until = now + self._pause()

    def _pause(self) -> timedelta:
        beyond = min(self._failures - FAILURES, 8)
        return min(PAUSE * (1 << max(beyond, 0)), LONGEST_PAUSE)
