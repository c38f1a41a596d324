"""Forgetting: what nobody needs any more goes, by itself.

A number that led to nothing is a stranger's number; a day is enough to tell why a till did what it did.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from medlem.flows import app_presence
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables

NUMBERS: Final = timedelta(hours=24)
EVENTS: Final = timedelta(hours=24)
REPEATS: Final = timedelta(hours=72)
PINGS: Final = timedelta(minutes=15)
HEARD: Final = timedelta(hours=72)
"""Announcements that a register has heard: longer than what it once said may be remembered."""
TURNED_DOWN: Final = timedelta(days=30)
NOTIFICATIONS: Final = timedelta(hours=24)
LANDINGS: Final = timedelta(hours=24)
NOTICES: Final = timedelta(days=30)
"""Whatever became of them: so long they can be told again."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each are gone."""

    numbers: int
    events: int
    repeats: int
    pings: int
    check_ins: int
    announcements: int
    apps: int
    landings: int
    notices: int


async def tidy(ports: Ports) -> Forgotten:
    """Forget what is old, a few rows to a transaction, so that no till waits for it."""
    now = ports.clock.now()
    return Forgotten(
        numbers=await _all(ports, lambda tx: tx.identifications.forget(now - NUMBERS))
        + await _all(ports, lambda tx: tx.enrolments.forget(now - NUMBERS)),
        events=await _all(ports, lambda tx: tx.events.forget(now - EVENTS)),
        repeats=await _all(ports, lambda tx: tx.repeats.forget(now - REPEATS)),
        pings=await _all(ports, lambda tx: tx.webhooks.forget_pings(now - PINGS))
        + await _all(ports, lambda tx: tx.webhooks.forget_notifications(now - NOTIFICATIONS)),
        apps=await _all(ports, lambda tx: tx.identifications.forget_app_presence(now - app_presence.LIFE)),
        check_ins=await _all(ports, lambda tx: tx.check_ins.forget(now)),
        announcements=await _all(ports, lambda tx: tx.announcements.forget(now - HEARD, now - TURNED_DOWN)),
        notices=await _all(ports, lambda tx: tx.outbox.forget(now - NOTICES)),
        landings=await _all(ports, lambda tx: tx.landings.forget_sessions(now))
        + await _all(ports, lambda tx: tx.landings.forget(now - LANDINGS)),
    )


async def _all(ports: Ports, forget: Callable[[Tables], Awaitable[int]]) -> int:
    """The tables forget a few rows at a time: go on until there are none."""
    total = 0
    while True:
        async with ports.storage.transaction() as tx:
            gone = await forget(tx)
        if gone == 0:
            return total
        total += gone
