"""Attempts that made nobody a member: after a month no more than how many there were, by day, store and outcome.

Their numbers are gone after a day already (`retention`). What is left says when somebody stood at which till: that is
of no use to anybody but as a number. What made a member is none of this: it proves a consent or a linking, and stays.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from medlem.club.place import Club
from medlem.flows.attempts_table import Standing
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables

ROUNDS: Final = 20
"""Transactions of each kind in one go, once a minute: a great many old ones hold nothing else up."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What will be counted and removed."""

    kept_for: timedelta | None
    ended: Standing
    unasked: Standing

    @property
    def next_at(self) -> datetime | None:
        """When the next one goes; None when there is none, or none ever does."""
        oldest = [one.oldest for one in (self.ended, self.unasked) if one.oldest is not None]
        return min(oldest) + self.kept_for if oldest and self.kept_for is not None else None


async def preview(ports: Ports, club: Club) -> Preview:
    """Look what it would be, and change nothing."""
    kept_for = ports.keeping.attempts
    before = ports.clock.now() - (kept_for or timedelta())
    attempts = ports.storage.reading.attempts
    return Preview(kept_for, await attempts.ended(club.id, before), await attempts.unasked(club.id, before))


async def count(ports: Ports) -> int:
    """Count some that are long past, and remove them; how many."""
    kept_for = ports.keeping.attempts
    if kept_for is None:
        return 0
    before = ports.clock.now() - kept_for
    ended = await _some(ports, lambda tx: tx.attempts.count_ended(before))
    return ended + await _some(ports, lambda tx: tx.attempts.count_unasked(before))


async def _some(ports: Ports, step: Callable[[Tables], Awaitable[int]]) -> int:
    total = 0
    for _ in range(ROUNDS):
        async with ports.storage.transaction() as tx:
            gone = await step(tx)
        if gone == 0:
            break
        total += gone
    return total
