"""Registrations: where the platform delivers to us, and under which secrets.

What a platform and a process at their worst can do is taken for granted here: it forgets registrations, lists them
late, or takes one whose answer we never see; we die between any two lines, or are two. Hence the order of things
(docs/decisions/0023-registrations.md):

* One process at a time, by a turn that runs out. Whoever wakes up after his has run out drops what he made.
* A new registration stands, and its secret is kept, before the old one is ended. Meanwhile both secrets are good.
* What stands at our address and is not in our tables is a leftover of somebody who died: nobody has its secret.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from medlem.club.ids import ClubId
from medlem.flows.answers import Replaced, Standing, Subscribed
from medlem.flows.ports import Ports, Registrar
from medlem.flows.webhook_table import Turn

log = logging.getLogger(__name__)

DAILY: Final = timedelta(hours=24)
"""The platform drops what did not answer for two weeks, and tells nobody (Webhooks API)."""
TURN: Final = timedelta(seconds=10)
"""Longer than a call takes on an ordinary day. Whoever is slower may be overtaken, which costs a call and no more."""
GRACE: Final = timedelta(minutes=15)
"""How long after its end a registration's secret is still good: for what was on its way."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One event that is to be delivered to one address."""

    event: str
    url: str
    alone: bool = False
    """The platform takes one registration at a time, so there is no overlap: the old one goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How one club's registrations should be."""

    club: ClubId
    wanted: tuple[Wanted, ...]
    since: datetime
    """A look at the platform before this moment does not count."""
    oldest: timedelta | None = None
    """The age at which a registration is replaced; never by age when None, and never one that stands alone."""
    anew: frozenset[str] = frozenset()
    """Events whose registrations are replaced now, whatever their age."""


class Outcome(Enum):
    """How it went."""

    RIGHT = auto()
    """All is as ordered."""
    BUSY = auto()
    """Another process is about it."""
    NOT_YET = auto()
    """Not all could be done; what stands goes on delivering. Try again."""


async def settle(ports: Ports, registrar: Registrar, order: Order) -> Outcome:
    """Bring a club's registrations to what is ordered, if there is anything to do; may be called any time.

    Raises:
        StorageUnavailable: what was done so far is found by whoever comes next.
    """
    if not order.anew and not await _due(ports, order):
        return Outcome.RIGHT
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        turn = await tx.webhooks.take_turn(order.club, now, now + TURN)
    if turn is None:
        return Outcome.BUSY
    right = await _Round(ports, registrar, order, turn).run()
    async with ports.storage.transaction() as tx:
        await tx.webhooks.end_turn(turn, ports.clock.now() if right else None)
    return Outcome.RIGHT if right else Outcome.NOT_YET


async def _due(ports: Ports, order: Order) -> bool:
    """Whether anything is to be done, by what is in our tables."""
    known, now = ports.storage.reading.webhooks, ports.clock.now()
    checked = await known.checked_at(order.club)
    if checked is None or checked < order.since or now - checked >= DAILY:
        return True
    for wanted in order.wanted:
        current = await known.registration(order.club, wanted.event)
        if current is None or not _as_wanted(order, wanted, current, now):
            return True
    events = await known.registered_events(order.club)
    if not {wanted.event for wanted in order.wanted}.issuperset(events):
        return True
    left = [one for event in events for one in await known.replaced(order.club, event)]
    return any(one.ended_at is None or now - one.ended_at >= GRACE for one in left)


def _as_wanted(order: Order, wanted: Wanted, current: Subscribed, now: datetime) -> bool:
    """Whether the registration in force need not be replaced, as far as we know ourselves."""
    if current.lost or current.url != wanted.url or wanted.event in order.anew:
        return False
    return wanted.alone or order.oldest is None or now - current.created_at < order.oldest


class _Round:
    """One turn at one club's registrations."""

    def __init__(self, ports: Ports, registrar: Registrar, order: Order, turn: Turn) -> None:
        self._ports = ports
        self._registrar = registrar
        self._order = order
        self._turn = turn
        self._standing: dict[str, Standing] = {}

    async def run(self) -> bool:
        """Settle every event, each for itself; whether all is right."""
        if not await self._look():
            return False
        known = self._ports.storage.reading.webhooks
        right = True
        for wanted in self._order.wanted:
            right = await self._settle(wanted) and right
        for event in await known.registered_events(self._order.club):
            if event not in {wanted.event for wanted in self._order.wanted}:
                right = await self._give_up(event) and right
        return right

    async def _look(self) -> bool:
        """See what stands; whether there is a list."""
        listed = await self._registrar.registrations(self._order.club)
        self._standing = {one.id: one for one in listed or ()}
        return listed is not None

    async def _settle(self, wanted: Wanted) -> bool:
        known, club = self._ports.storage.reading.webhooks, self._order.club
        current = await known.registration(club, wanted.event)
        ours = {one.subscribed.id for one in await known.replaced(club, wanted.event)} | {current.id if current else ""}
        for name in [name for name, one in self._standing.items() if name not in ours and _at(one, wanted)]:
            log.info("a registration for %s whose secret nobody has is ended: %s", wanted.event, name)
            if not await self._end(name):
                return False
        if not self._stands(wanted, current) and not await self._renew(wanted, current):
            return False
        return await self._end_replaced(wanted.event)

    def _stands(self, wanted: Wanted, current: Subscribed | None) -> bool:
        if current is None or not _as_wanted(self._order, wanted, current, self._ports.clock.now()):
            return False
        there = self._standing.get(current.id)
        return there is not None and _at(there, wanted)

    async def _renew(self, wanted: Wanted, current: Subscribed | None) -> bool:
        """Make a registration, keep it, and see it stand; the one before is ended by the caller."""
        order = self._order
        if wanted.alone and not await self._make_room(wanted.event, current):
            return False
        if not await self._hold():
            return False
        made = await self._registrar.register(order.club, wanted.event, wanted.url)
        if made is None:
            return False
        if not await self._keep(wanted, current, made):
            log.info("another process has settled %s meanwhile; what was made here is ended", wanted.event)
            await self._registrar.unregister(order.club, made.id)
            return False
        return await self._look() and made.id in self._standing

    async def _make_room(self, event: str, current: Subscribed | None) -> bool:
        """End what stands of an event that allows one registration. Deliveries stop until the next one stands."""
        replaced = await self._ports.storage.reading.webhooks.replaced(self._order.club, event)
        names = [one.subscribed.id for one in replaced if one.ended_at is None] + ([current.id] if current else [])
        return all([await self._end(name) for name in names])

    async def _keep(self, wanted: Wanted, current: Subscribed | None, made: Subscribed) -> bool:
        """Let it be the one in force; False when another process has taken over."""
        now, club = self._ports.clock.now(), self._order.club
        async with self._ports.storage.transaction() as tx:
            if not await tx.webhooks.hold_turn(self._turn, now + TURN):
                return False
            if current is not None:
                ended = now if wanted.alone else None
                await tx.webhooks.keep_replaced(club, wanted.event, Replaced(current, ended))
            await tx.webhooks.keep_registration(club, wanted.event, made)
        return True

    async def _end_replaced(self, event: str) -> bool:
        """End what has been replaced, and forget what ended long enough ago."""
        club = self._order.club
        replaced = await self._ports.storage.reading.webhooks.replaced(club, event)
        for one in replaced:
            if one.ended_at is not None:
                continue
            # Also when it is not listed: the list may be late, and what is gone already is no trouble.
            if not await self._end(one.subscribed.id) or not await self._note_ended(event, one):
                return False
        async with self._ports.storage.transaction() as tx:
            await tx.webhooks.drop_replaced(club, event, self._ports.clock.now() - GRACE)
        return True

    async def _note_ended(self, event: str, one: Replaced) -> bool:
        now = self._ports.clock.now()
        async with self._ports.storage.transaction() as tx:
            held = await tx.webhooks.hold_turn(self._turn, now + TURN)
            if held:
                await tx.webhooks.keep_replaced(self._order.club, event, replace(one, ended_at=now))
        return held

    async def _give_up(self, event: str) -> bool:
        """End everything of an event that is not wanted any more."""
        club = self._order.club
        current = await self._ports.storage.reading.webhooks.registration(club, event)
        if current is not None:
            if not await self._hold():
                return False
            async with self._ports.storage.transaction() as tx:
                await tx.webhooks.keep_replaced(club, event, Replaced(current, None))
                await tx.webhooks.drop_registration(club, event)
        return await self._end_replaced(event)

    async def _end(self, name: str) -> bool:
        """End one at the platform, unless another process has taken over; whether it is gone."""
        return await self._hold() and await self._registrar.unregister(self._order.club, name)

    async def _hold(self) -> bool:
        until = self._ports.clock.now() + TURN
        async with self._ports.storage.transaction() as tx:
            return await tx.webhooks.hold_turn(self._turn, until)


def _at(one: Standing, wanted: Wanted) -> bool:
    return one.url == wanted.url and wanted.event in one.events
