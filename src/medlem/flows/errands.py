"""Errands: what must go on though nobody waits for it any more.

A cashier's page may be closed while the customer is being asked; the question goes on. What an errand is about is
always written down before it starts, so one that dies with the process loses nothing but time.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from medlem.flows.failures import report

log = logging.getLogger(__name__)


class Errands:
    """Keeps hold of running errands, and tells of those that fail."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def send(self, errand: Coroutine[Any, Any, None], name: str) -> None:
        """Start it and go on. `name` is for the log: no personal data."""
        task = asyncio.get_running_loop().create_task(errand, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Wait for all that run now."""
        while self._running:
            await asyncio.wait(self._running)

    async def stop(self, grace: float) -> None:
        """Give them so many seconds, then break off; the database knows where each of them was."""
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            report(log, f"errand {task.get_name()} failed", error)
