"""Signed deliveries: an event goes to whoever registered for it, again and again until it is taken.

What a reader would get wrong: order is kept for each registration, so one event that is not taken holds up all later
ones to that address. Repetitions follow the clock; the receiver's time to answer is real.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import msgspec
from aiohttp import ClientError, ClientTimeout
from yarl import URL

from medlem.simulator.journal import Journal, Table
from medlem.simulator.signature import signed_headers

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from medlem.simulator.clock import Agenda, SimClock
    from medlem.simulator.faults import Fault, Faults
    from medlem.simulator.ledger import Ledger
    from medlem.simulator.registrations import Registration, Registrations
    from medlem.simulator.requests import Requests
    from medlem.simulator.switches import Switches

FIRST_WAITS = (2.0, 2.0, 2.0, 2.0, 60.0, 120.0)
"""Seconds after the first attempts; then it is hourly."""
HOURLY_THROUGH = 29
"""The last attempt that is followed by the next within a day."""
HOUR, DAY = 3600.0, 86400.0
GIVEN_UP_AFTER = 7 * DAY
UNRESPONSIVE = 14 * DAY
"""An address that took nothing for so long loses its registration."""

NEVER_ARRIVES = frozenset({"timeout", "429", "500", "reset"})
"""Faults that keep an attempt from the receiver: to us it looks as though the network failed."""


class Surroundings(Protocol):
    """What deliveries need of the world."""

    clock: SimClock
    agenda: Agenda
    faults: Faults
    ledger: Ledger
    requests: Requests
    registrations: Registrations

    @property
    def switches(self) -> Switches:
        """How the open questions are answered now."""
        ...


class Delivery(msgspec.Struct, kw_only=True):
    """One event on its way to one address."""

    id: str
    registration: str
    body: str
    about: str
    """The request that it tells of."""
    made_at: float
    attempts: int = 0


class OnAttempt(Protocol):
    """Hears of attempts."""

    def __call__(self, about: str, /, *, taken: bool) -> None:
        """One has ended."""


def _nobody(_about: str, /, *, taken: bool) -> None:
    del taken


def wait_after(attempt: int) -> float:
    """Tell how long to wait after a failed attempt; the first is number 1."""
    if attempt <= len(FIRST_WAITS):
        return FIRST_WAITS[attempt - 1]
    return HOUR if attempt < HOURLY_THROUGH else DAY


class Deliveries:
    """Everything that is on its way, a lane for each registration."""

    def __init__(self, world: Surroundings, session: ClientSession, journal: Journal) -> None:
        self._world = world
        self._session = session
        self._table = Table(journal, "deliveries", Delivery)
        self._lanes: dict[str, deque[Delivery]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self.on_attempt: OnAttempt = _nobody
        """Is told of each attempt: what it was about, and whether it was taken."""

    def send(self, registration: Registration, body: str, *, about: str) -> None:
        """Send an event, behind whatever waits for that address."""
        delivery = Delivery(
            id=str(uuid4()), registration=registration.id, body=body, about=about, made_at=self._world.clock.now()
        )
        self._table.put(delivery.id, delivery)
        self._line_up(delivery)

    def resume(self) -> None:
        """Go on with what a simulator before us did not get rid of."""
        for registration in self._world.registrations.everyone():
            if registration.failing_since is not None:
                self._expect_silence(registration.id, registration.failing_since)
        for delivery in self._table:
            self._line_up(delivery)

    async def close(self) -> None:
        """Stop; what is not delivered stays in the journal."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _line_up(self, delivery: Delivery) -> None:
        lane = self._lanes.setdefault(delivery.registration, deque())
        lane.append(delivery)
        if len(lane) == 1:
            self._go(delivery.registration)

    def _go(self, registration: str) -> None:
        task = asyncio.get_running_loop().create_task(self._work_off(registration))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _work_off(self, name: str) -> None:
        """Deliver what waits in a lane, until one is not taken."""
        lane = self._lanes[name]
        while lane:
            registration = self._world.registrations.find(name)
            if registration is None:
                self._drop_lane(name)
                return
            delivery = lane[0]
            delivery.attempts += 1
            taken = await self._attempt(registration, delivery)
            self.on_attempt(delivery.about, taken=taken)
            if not taken:
                self._put_off(registration, delivery)
                return
            self._finish(delivery)
        del self._lanes[name]

    async def _attempt(self, registration: Registration, delivery: Delivery) -> bool:
        """Try once, with whatever goes wrong on purpose; False means try again later."""
        fault = self._world.faults.pick("ping")
        kind = fault.kind if fault else ""
        if fault and kind == "late":
            await self._until(self._world.clock.now() + fault.seconds)
        if fault and kind == "delay":
            await asyncio.sleep(fault.seconds)
        if kind == "lost":
            self._world.ledger.record("ping", self._world.clock.now(), None)
            return True
        if kind in NEVER_ARRIVES:
            self._world.ledger.record("ping", self._world.clock.now(), None)
            return self._judged(registration, taken=False)
        if kind == "forged":
            await self._post(registration, delivery, fault, secret=secrets.token_urlsafe())
        if kind == "double":
            await self._post(registration, delivery, fault, secret=registration.secret)
        taken = await self._post(registration, delivery, fault, secret=registration.secret)
        return self._judged(registration, taken=taken)

    async def _post(self, registration: Registration, delivery: Delivery, fault: Fault | None, *, secret: str) -> bool:
        world = self._world
        world.requests.note_ping(delivery.about)
        skew = fault.seconds if fault and fault.kind == "clock_skew" else 0
        dated = world.clock.now() if world.switches.redate_retries else delivery.made_at
        body = delivery.body.encode()
        if fault and fault.kind == "bad_json":
            body = body[: len(body) // 2]
        headers = signed_headers(secret, registration.url, body, dated + skew) | {"Content-Type": "application/json"}
        status: int | None = None
        try:
            async with self._session.post(
                URL(registration.url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=world.switches.webhook_answer_seconds),
            ) as answer:
                status = answer.status
        except (ClientError, TimeoutError, OSError, ValueError):
            status = None
        world.ledger.record("ping", world.clock.now(), status)
        return status is not None and 200 <= status < 300  # noqa: PLR2004  any answer of success

    def _judged(self, registration: Registration, *, taken: bool) -> bool:
        """Remember since when an address takes nothing; after two weeks it is struck off."""
        since = registration.failing_since
        now = self._world.clock.now()
        if taken and since is not None:
            registration.failing_since = None
            self._world.registrations.keep(registration)
        elif not taken and since is None:
            registration.failing_since = now
            self._world.registrations.keep(registration)
            self._expect_silence(registration.id, now)
        return taken

    def _expect_silence(self, name: str, since: float) -> None:
        """Strike a registration off when two weeks are over, unless something is taken meanwhile."""
        self._world.agenda.at(since + UNRESPONSIVE, partial(self._strike_off, name, since))

    def _strike_off(self, name: str, since: float) -> None:
        registration = self._world.registrations.find(name)
        if registration is not None and registration.failing_since == since:
            self._world.registrations.remove(name)

    def _put_off(self, registration: Registration, delivery: Delivery) -> None:
        now = self._world.clock.now()
        if now - delivery.made_at >= GIVEN_UP_AFTER:
            self._finish(delivery)
            moment = now
        else:
            self._table.put(delivery.id, delivery)
            moment = now + wait_after(delivery.attempts)
        if self._lanes[registration.id]:
            self._world.agenda.at(moment, partial(self._go, registration.id))
        else:
            del self._lanes[registration.id]

    def _finish(self, delivery: Delivery) -> None:
        self._lanes[delivery.registration].popleft()
        self._table.remove(delivery.id)

    def _drop_lane(self, name: str) -> None:
        for delivery in self._lanes.pop(name):
            self._table.remove(delivery.id)

    async def _until(self, moment: float) -> None:
        come = asyncio.Event()
        self._world.agenda.at(moment, come.set)
        await come.wait()
