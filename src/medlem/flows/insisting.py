"""Insisting: what the outside world has said once must be written down, though the database is away for a moment."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from medlem.flows.ports import Clock
from medlem.flows.tables import Clash, StorageUnavailable

PAUSE: Final = 0.25
"""Seconds between two attempts."""


async def insist(clock: Clock, write: Callable[[], Awaitable[None]], until: datetime) -> None:
    """Write, again and again, until it is written or too late. `write` may find that it was written after all.

    Raises:
        StorageUnavailable, Clash: it is too late, and this was the matter.
    """
    while True:
        try:
            await write()
        except (StorageUnavailable, Clash):
            if clock.now() >= until:
                raise
            await clock.sleep(PAUSE)
        else:
            return
