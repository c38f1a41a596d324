"""Forgetting: what nobody needs any more goes, by itself.

A number that led to nothing is a stranger's number; a day is enough to tell why a till did what it did.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from medlem.flows.ports import Ports

NUMBERS: Final = timedelta(hours=24)
EVENTS: Final = timedelta(hours=24)
REPEATS: Final = timedelta(hours=72)
PINGS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each are gone."""

    numbers: int
    events: int
    repeats: int
    pings: int


async def tidy(ports: Ports) -> Forgotten:
    """Forget what is old, each kind in a transaction of its own so that no till waits for long."""
    now, storage = ports.clock.now(), ports.storage
    async with storage.transaction() as tx:
        numbers = await tx.identifications.forget(now - NUMBERS) + await tx.enrolments.forget(now - NUMBERS)
    async with storage.transaction() as tx:
        events = await tx.events.forget(now - EVENTS)
    async with storage.transaction() as tx:
        repeats = await tx.repeats.forget(now - REPEATS)
    async with storage.transaction() as tx:
        pings = await tx.webhooks.forget_pings(now - PINGS)
    return Forgotten(numbers, events, repeats, pings)
