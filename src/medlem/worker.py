"""Moves what is due: looks for answers, gives up what is lost, forgets what is old.

The database says what is due; nothing is remembered here that could not be found again. Looks run side by side, and
what they saw is written down in one transaction for as many as are ready: alone an answer is written at once, under
load a commit carries a hundred.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from medlem.club.endpoint import Endpoint
from medlem.club.enrolment import Enrolment
from medlem.club.ids import ClubId
from medlem.club.landing import Landing
from medlem.flows import (
    announcing,
    attempts,
    check_in,
    inactivity,
    landing,
    outbox,
    proofs,
    proving,
    retention,
    rights,
    station_qrs,
)
from medlem.flows import enrolment as flow
from medlem.flows.answers import Look
from medlem.flows.failures import report
from medlem.flows.ports import Ports, Watch

log = logging.getLogger(__name__)

DUE: Final = "due"

MOST_AT_ONCE: Final = 500
"""Looks in flight; more would only queue inside the HTTP client."""

GATHER: Final = 0.02
"""Seconds between two claims under load, so that each finds many. A ping does not wait for it."""

LONGEST_REST: Final = 1.0
"""Seconds: another process may have written what no watch of ours announces."""

TIDY_EVERY: Final = timedelta(minutes=1)

GO_ON_EVERY: Final = timedelta(seconds=1)
"""How often to look for errands whose process has died: rare, and not worth a look in every round."""

AFTER_TROUBLE: Final = 1.0
"""Seconds to leave a database alone that has just failed."""

WRITE_AGAIN: Final = 0.2
"""Seconds until an answer that could not be written down is tried again: there is time for it in the last looks."""

LAST_LOOKS: Final = 0.4
"""Seconds that looks on their way have to come back when the service stops: the platform hands tokens out once."""


class Worker:
    """One per process; any number of processes, since a claim has one winner."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._seen: asyncio.Queue[Look] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()
        self._landing: set[str] = set()
        self._tidied: datetime | None = None
        self._went_on: datetime | None = None
        self._proofs = proofs.Walk()
        self._telling: dict[ClubId, asyncio.Task[None]] = {}
        self._delivering: set[asyncio.Task[None]] = set()

    async def run(self, closing: asyncio.Event) -> None:
        """Work until told to stop; what is still in flight then is found again by whoever comes next."""
        settling = asyncio.create_task(self._settle_forever(), name="settle")
        closed = asyncio.create_task(closing.wait(), name="closing")
        try:
            with self._ports.storage.watch(DUE) as watch:
                while not closing.is_set():
                    rest = await self._round()
                    await self._pause(watch, rest, closed)
            await self._bring_home()
        finally:
            left = [settling, closed, *self._running, *self._telling.values(), *self._delivering]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _round(self) -> float:
        """Do what is due; the seconds until there is more to do."""
        try:
            await self._claim()
            await flow.give_up_lost_asks(self._ports)
            await self._go_on()
            self._tell_registers()
            await self._tell_endpoints()
            await self._take_up_landings()
            await self._tidy()
            return await self._rest()
        except Exception as error:  # noqa: BLE001 - whatever befell the database, the worker has to outlive it
            report(log, "a round of the worker failed; it goes on in a second", error)
            return AFTER_TROUBLE

    async def _claim(self) -> None:
        room = MOST_AT_ONCE - len(self._running)
        due = await self._ports.storage.reading.enrolments.next_due()
        if room <= 0 or due is None or due > self._ports.clock.now():
            return
        for claimed in await flow.claim(self._ports, room):
            self._start(self._look(claimed) if claimed.answer is None else self._conclude(claimed))

    async def _take_up_landings(self) -> None:
        """Go on with codes that phones have brought, where whoever took them in could not."""
        for left in await self._ports.storage.reading.landings.left_lying(self._ports.clock.now(), MOST_AT_ONCE):
            if left.digest not in self._landing:
                self._landing.add(left.digest)
                self._start(self._see_through(left))

    async def _see_through(self, left: Landing) -> None:
        try:
            await landing.see_through(self._ports, left)
        finally:
            self._landing.discard(left.digest)

    async def _rest(self) -> float:
        due = await self._ports.storage.reading.enrolments.next_due()
        if due is None:
            return LONGEST_REST
        left = (due - self._ports.clock.now()).total_seconds()
        return min(max(left, GATHER), LONGEST_REST)

    async def _pause(self, watch: Watch, rest: float, closed: asyncio.Task[Any]) -> None:
        changed = asyncio.create_task(watch.changed(), name="due")
        rested = asyncio.create_task(self._ports.clock.sleep(rest), name="rest")
        try:
            await asyncio.wait({changed, rested, closed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            rested.cancel()

    async def _look(self, claimed: Enrolment) -> None:
        await self._seen.put(await flow.look(self._ports, claimed))

    async def _conclude(self, answered: Enrolment) -> None:
        await flow.conclude(self._ports, answered)

    async def _settle_forever(self) -> None:
        while True:
            looks = [await self._seen.get()]
            while not self._seen.empty():
                looks.append(self._seen.get_nowait())
            await self._settle(looks)

    async def _settle(self, looks: list[Look]) -> None:
        """Write down what was seen. An answer is handed out once, so it is held until it is written."""
        while True:
            try:
                for answered in await flow.settle(self._ports, looks):
                    self._start(self._conclude(answered))
            except Exception as error:  # noqa: BLE001 - a full disk is emptied; the tokens never come again
                report(log, f"{len(looks)} answers not written down; again in a moment", error)
                await self._ports.clock.sleep(WRITE_AGAIN)
            else:
                for _ in looks:
                    self._seen.task_done()
                return

    async def _bring_home(self) -> None:
        """Let looks that are out come back and be written down. Nothing new is begun."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_LOOKS):
                while self._running:
                    await asyncio.wait(self._running)
                await self._seen.join()
                while self._running:  # members are made of the last answers
                    await asyncio.wait(self._running)

    def _tell_registers(self) -> None:
        """Let merchants' own registers hear what is due, beside everything else: a slow one holds nothing up."""
        for club in self._ports.register.told():
            telling = self._telling.get(club)
            if telling is None or telling.done():
                self._telling[club] = asyncio.create_task(self._tell(club), name="tell")

    async def _tell(self, club: ClubId) -> None:
        try:
            await announcing.tell_all(self._ports, club)
        except Exception as error:  # noqa: BLE001 - what was claimed is found again when its lease has run out
            report(log, "a register could not be told; it is tried again", error)
            await self._ports.clock.sleep(AFTER_TROUBLE)

    async def _tell_endpoints(self) -> None:
        """Let endpoints hear what is due, beside everything else: a slow one holds nothing up, nor another one."""
        for endpoint in await outbox.claim(self._ports, outbox.SIDE_BY_SIDE - len(self._delivering)):
            task = asyncio.create_task(self._deliver(endpoint), name="deliver")
            self._delivering.add(task)
            task.add_done_callback(self._delivering.discard)

    async def _deliver(self, endpoint: Endpoint) -> None:
        try:
            await outbox.tell(self._ports, endpoint)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and it is told again
            report(log, f"endpoint {endpoint.id} could not be told; it is tried again", error)

    async def _tidy(self) -> None:
        now = self._ports.clock.now()
        if self._tidied is None or now - self._tidied >= TIDY_EVERY:
            await retention.tidy(self._ports)
            await rights.sweep(self._ports)
            await attempts.count(self._ports)
            await inactivity.enforce(self._ports)
            await proofs.forget(self._ports, self._proofs)
            await proving.place_older(self._ports)
            self._tidied = now

    async def _go_on(self) -> None:
        """Take up scans of stickers, and stickers, that nobody sees to any more."""
        now = self._ports.clock.now()
        if self._went_on is None or now - self._went_on >= GO_ON_EVERY:
            await check_in.go_on(self._ports)
            await station_qrs.go_on(self._ports)
            self._went_on = now

    def _start(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            report(log, "a step of the worker failed; its claim runs out, and it is tried again", error)
