"""The platform's time: what a code, a login request or a token is old against.

It runs with the machine's clock and can be turned forward, never back. Everything that the simulator dates, expires
or repeats goes by this clock, its `Date` header included; only faults that hold up an answer take real seconds.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 1e9
"""Seconds, thirty years and more: no span that a test gives is longer, so no date leaves the calendar."""
LONGEST_NAP = 60.0
"""Seconds after which the agenda looks again, so that a machine that slept or was set right is noticed."""

_log = logging.getLogger(__name__)


class SimClock:
    """Real time and what it was turned forward by; both readings are seconds."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,  # noqa: TID251  here, and only here, the simulator reads a clock
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self.advanced = 0.0

    def now(self) -> float:
        """Seconds since 1970, for whatever bears a date."""
        return self._wall() + self.advanced

    def elapsed(self) -> float:
        """Seconds since some moment, for the gap between two polls: it never jumps with the machine's date."""
        return self._steady() + self.advanced

    def advance(self, seconds: float) -> None:
        """Turn the clock forward."""
        self.advanced += seconds


class Agenda:
    """What is to happen at which time of the clock: expiries, answers that were promised, repeated deliveries."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._changed = asyncio.Event()

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Do it then. Nothing happens within this call, even when the moment has passed."""
        entry = (moment, next(self._order), action)
        heapq.heappush(self._entries, entry)
        if self._entries[0] is entry:
            self._changed.set()

    def run_due(self) -> None:
        """Do what is due, in the order of its time."""
        while self._entries and self._entries[0][0] <= self._clock.now():
            action = heapq.heappop(self._entries)[2]
            try:
                action()
            except Exception:  # noqa: BLE001  logged; whatever it was, later entries must not suffer
                _log.exception("An entry of the agenda failed; the others go on.")

    async def keep(self) -> None:
        """Run until cancelled."""
        while True:
            self.run_due()
            self._changed.clear()
            nap = min(LONGEST_NAP, self._entries[0][0] - self._clock.now()) if self._entries else LONGEST_NAP
            with suppress(TimeoutError):
                async with asyncio.timeout(nap):
                    await self._changed.wait()


def with_digits(seconds: float, digits: int) -> str:
    """Write a moment with so many digits of its second's fraction, nine at most."""
    whole = int(seconds)
    fraction = f"{int((seconds - whole) * 10**9):09d}"[:digits]
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{fraction}Z"


def rfc3339(moment: float) -> str:
    """Write a time as JSON answers bear it: UTC, to the millisecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
