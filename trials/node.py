"""A node: one process of the service, from its start to its end, with the world's trouble in its way.

What it runs is the real thing: flows, worker, streams of events. What is put around them is what can fail.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any, Final

from medlem.app.clock import SystemClock
from medlem.club.enrolment import MARGIN
from medlem.flows.enrolment import LEASE
from medlem.flows.errands import Errands
from medlem.flows.limits import Limits
from medlem.flows.places import settle_club
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable
from medlem.registers.own import OwnRegister
from medlem.storage.sqlite import LATE_LOOK
from medlem.vipps.webhooks import verify
from medlem.web.desk import Desk
from medlem.web.options import Options
from medlem.worker import Worker
from trials.calls import NodePlatform
from trials.database import Killed, NodeStorage
from trials.faults import Fault
from trials.listener import NodeMessenger
from trials.loop import WITHIN, Process
from trials.platform import EPOCH
from trials.surroundings import Surroundings
from trials.wire import NEUTRAL

SALES_UNIT: Final = "100001"
CLUB: Final = "Fjord & Fjell"
ERRAND_GRACE: Final = 0.3
HEARTBEAT: Final = 15.0
THAWING: Final = 0.5
"""Seconds in which a node that thaws sends what it was about to send when it froze."""
ROUND_TRIP: Final = 0.004
SAFE: Final = 1 << 60
"""More steps than any world has."""


class Hangup(Exception):
    """The connection broke: whoever called knows nothing."""


class Node(Process):
    """One process of the service."""

    def __init__(
        self,
        name: str,
        around: Surroundings,
        on_end: Callable[["Node"], None],
        ice: Callable[[], int],
        wrong: timedelta,
    ) -> None:
        """Not started yet.

        Args:
            name: for the history.
            around: what it shares with the others.
            on_end: called when it is no more.
            ice: draws the number of calls until it freezes.
            wrong: how wrong the time of its machine is.
        """
        super().__init__()
        self.name = name
        self.dead = False
        self.open = False
        """Whether anybody answers the door."""
        self.history = around.history
        self._around = around
        self._loop = around.loop
        self._on_end = on_end
        self._refrozen = ice
        self._calls: dict[asyncio.Task[Any], asyncio.Future[Any]] = {}
        self._thawed_at = -THAWING
        self.fuse = SAFE
        """Steps until it dies."""
        self.ice = ice()
        """Looks until it freezes, those that brought an answer counted three times."""
        self.closing = asyncio.Event()
        machine = EPOCH + wrong
        self._clock = SystemClock(lambda: machine + timedelta(seconds=self._loop.time()), self._loop.time)
        storage = NodeStorage(self, around.storage)
        self.ports = Ports(
            storage=storage,
            platform=NodePlatform(self, around.wire),
            register=OwnRegister(storage),
            messenger=NodeMessenger(self, around.wire, around.listener),
            clock=self._clock,
            limits=Limits(),
            errands=Errands(),
            chance=around.chance.random,
        )
        options = Options(verify=_verified, ready=_ready, heartbeat=HEARTBEAT)
        self.desk = Desk(self.ports, options, b"")
        self.context = Context()
        self.context.run(WITHIN.set, self)

    def __str__(self) -> str:
        return self.name

    @property
    def alone(self) -> bool:
        """Whether there is never another beside it."""
        return self._around.alone

    @property
    def just_thawed(self) -> bool:
        """Whether it may be doing what it was about to do when it froze."""
        return self._loop.time() < self._thawed_at + THAWING

    def thawed_since(self, moment: float) -> bool:
        """Whether it was frozen at that moment, or later."""
        return self._thawed_at >= moment

    # -- life

    def start(self) -> None:
        """Start it."""
        self._loop.create_task(self._main(), name=self.name, context=self.context.copy())

    async def _main(self) -> None:
        while True:
            try:
                await self._take_over()
                break
            except StorageUnavailable:
                await asyncio.sleep(1)  # the operator's supervisor starts it again
        self.open = True
        following = None if self.alone else asyncio.create_task(self._clock.follow(self._server_time))
        await Worker(self.ports).run(self.closing)
        if following is not None:
            following.cancel()
        await self.ports.errands.stop(ERRAND_GRACE)
        self.kill(Fault.STOPPED, counted=False)

    async def _take_over(self) -> None:
        """What `app.house` does before it opens the door."""
        await self._clock.compare(self._server_time)
        if self.alone:  # nobody else can hold a lease
            async with self.ports.storage.transaction() as tx:
                await tx.enrolments.release_leases(LATE_LOOK + MARGIN)  # type: ignore[attr-defined]
        await settle_club(self.ports, SALES_UNIT, CLUB, "NO")

    async def _server_time(self) -> datetime | None:
        """The time of the server that all nodes share; alone on a file there is none."""
        if self.alone:
            return None
        await asyncio.sleep(ROUND_TRIP * self._around.chance.random())
        if self.database_fails():
            self.befell(Fault.UNREADABLE)
            raise StorageUnavailable("The database does not tell the time.")
        told = self._around.clock.now()
        await asyncio.sleep(ROUND_TRIP * self._around.chance.random())
        return told

    def stop(self) -> None:
        """Ask it to end, as SIGTERM does."""
        if not self.halted:
            self._around.trouble.note(Fault.STOPPED)
            self.history.note(self, "is told to stop")
            self.open = False
            self.closing.set()
            self.desk.closing.set()

    def kill(self, fault: Fault, *, counted: bool = True) -> None:
        """End it between two lines; every connection to it breaks."""
        if self.dead:
            return
        self.dead = self.halted = True
        if counted:
            self._around.trouble.note(fault)
        self.history.befell(self, fault)
        calls, self._calls = self._calls, {}
        for call in calls.values():
            _hang_up(call)
        self._on_end(self)

    def freeze(self, seconds: float) -> None:
        """Stop it in its tracks, as a machine does that swaps or is moved."""
        if self.halted:
            return
        self.halted = True
        self._around.trouble.note(Fault.FROZEN)
        self.history.befell(self, Fault.FROZEN, seconds)
        self._loop.call_later(seconds, self.thaw, context=NEUTRAL)

    def thaw(self) -> None:
        """Let it go on as if nothing had been."""
        if self.halted and not self.dead:
            self._thawed_at = self._loop.time()
            self.history.befell(self, "thaws")
            self._loop.thaw(self)
            self.ice = self._refrozen()

    # -- the end of a step

    def burns(self, weight: int = 1) -> bool:
        """Whether this step is its last; one that matters more than others counts for several."""
        self.fuse -= weight
        return self.fuse <= 0 and not self._around.trouble.clear

    async def perish(self, fault: Fault) -> None:
        """Die here: the caller never goes on."""
        self.kill(fault)
        await self._loop.create_future()
        raise Killed

    async def perish_calling(self, there: float) -> None:
        """Die before a call, or leave it to go out and die about when it arrives."""
        if self._around.chance.random() < 0.5:
            await self.perish(Fault.KILLED_CALLING)
        self.fuse = SAFE
        when = there * 2 * self._around.chance.random()
        self._loop.call_later(when, self.kill, Fault.KILLED_CALLING, context=NEUTRAL)

    def ices(self, weight: int = 1) -> bool:
        """Whether this is the step at which it is stopped in its tracks; some count for several."""
        self.ice -= weight
        return self.ice <= 0 and not self._around.trouble.clear

    async def congeal(self, since: float) -> None:
        """Stop here until the lease that was taken then is over, and longer."""
        self.ice = SAFE
        chance = self._around.chance
        # Most of them thaw just when somebody else has taken over.
        longer = chance.expovariate(2) if chance.random() < 0.7 else 30 * chance.random()
        self.freeze(since + LEASE.total_seconds() + longer - self._loop.time())
        await asyncio.sleep(0)

    def database_fails(self) -> bool:
        """Whether the database lets it down now."""
        trouble = self._around.trouble
        return trouble.strikes(trouble.weather.database)

    def befell(self, fault: Fault) -> None:
        """Count what the database did."""
        self._around.trouble.note(fault)
        self.history.befell(self, fault)

    # -- what others ask of it

    def serve(self, work: Callable[[], Coroutine[Any, Any, Any]], within: float | None = None) -> "asyncio.Future[Any]":
        """Answer a call over the network; `Hangup` when it dies first, or takes longer than so many seconds."""
        answered: asyncio.Future[Any] = self._loop.create_future()
        if self.dead or not self.open:
            answered.set_exception(Hangup())
            return answered
        task = self._loop.create_task(work(), context=self.context.copy())
        self._calls[task] = answered
        if within is not None:
            self._loop.call_later(within, _hang_up, answered, context=NEUTRAL)
        task.add_done_callback(self._answer, context=NEUTRAL)
        return answered

    def _answer(self, task: asyncio.Task[Any]) -> None:
        answered = self._calls.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or answered is None or answered.done():
            return
        if error is None:
            answered.set_result(task.result())
        else:
            answered.set_exception(error)


def _hang_up(call: "asyncio.Future[Any]") -> None:
    if not call.done():
        call.set_exception(Hangup())


def _verified(*said: Any) -> bool:
    registration, headers, body = said
    return verify(registration.secret, registration.url, headers, body)


async def _ready() -> None:
    """It is."""
