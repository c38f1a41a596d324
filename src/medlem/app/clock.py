"""The time of this machine, corrected to the database's where several machines share one.

Two nodes whose clocks differ would disagree about what is due and what has expired. So each follows the one clock that
they have in common, which is the database server's.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from medlem.flows.tables import StorageUnavailable

log = logging.getLogger(__name__)

EVERY: Final = 30.0
"""Seconds between two comparisons."""

SAMPLES: Final = 3
"""The one that took the shortest is believed."""

WORTH_TELLING: Final = timedelta(seconds=2)

LONGEST_SET_BACK: Final = timedelta(hours=1)
"""A clock that is set back further was quite wrong before; what was written then does not hold time up."""

ServerTime = Callable[[], Awaitable[datetime | None]]


class SystemClock:
    """The time, in UTC and whole milliseconds: what is written down reads back the same."""

    def __init__(self, date: Callable[[], datetime] | None = None, tick: Callable[[], float] = time.monotonic) -> None:
        """Take the time from this machine.

        Args:
            date: what the machine says that it is; may be set at any moment, forwards or back.
            tick: seconds since some moment, which nobody can set.
        """
        self.ahead = timedelta()
        """How far the clock that we follow is ahead of this machine's."""
        self._date, self._tick = date or _machine_date, tick
        self._shown, self._ticked = self._date(), tick()
        self._told = False

    def now(self) -> datetime:
        """What time it is."""
        now = self._machine_time() + self.ahead
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def not_before(self, moment: datetime | None) -> None:
        """Begin no earlier than what was written down last: the clock may have been set back while nobody ran."""
        if moment is not None and timedelta() < moment - self._shown < LONGEST_SET_BACK:
            self._shown = moment

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)

    async def compare(self, server_time: ServerTime) -> bool:
        """Follow the server's clock from now on; False where there is none to follow.

        Raises:
            StorageUnavailable: the server does not answer.
        """
        best: tuple[timedelta, timedelta] | None = None
        for _ in range(SAMPLES):
            before = self._machine_time()
            theirs = await server_time()
            if theirs is None:
                return False
            took = self._machine_time() - before
            best = min(best or (timedelta.max, timedelta()), (took, theirs - before - took / 2))
        if best is not None:
            self._correct(best[1])
        return True

    async def follow(self, server_time: ServerTime) -> None:
        """Compare now and then, for as long as the service runs."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.compare(server_time)
            except StorageUnavailable as error:
                log.debug("the server's clock could not be read: %s", error)

    def _correct(self, ahead: timedelta) -> None:
        if abs(ahead) >= WORTH_TELLING > abs(self.ahead):
            log.warning(
                "this machine's clock differs from the database server's by %.0f seconds; the server's counts. "
                "Let both be set by NTP",
                -ahead.total_seconds(),
            )
        self.ahead = ahead

    def _machine_time(self) -> datetime:
        """This machine's time, which never goes back, for what is due in five seconds must not become due in an hour.

        When the machine's clock is set back, time goes on at half its speed until the two agree again. When it is set
        forwards, that is followed at once.
        """
        date, tick = self._date(), self._tick()
        if date <= self._shown:
            self._tell(self._shown - date)
            date = self._shown + timedelta(seconds=(tick - self._ticked) / 2)
        else:
            self._told = False
        self._shown, self._ticked = date, tick
        return date

    def _tell(self, set_back: timedelta) -> None:
        if set_back >= WORTH_TELLING and not self._told:
            self._told = True
            log.warning("this machine's clock was set back by about %.0f seconds", set_back.total_seconds())


def _machine_date() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this is the Clock that everybody else asks
