"""Waiting for something to change, for so long and no longer, and never past the end of the service."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from medlem.flows.ports import Clock


class Patience:
    """A stretch of waiting: over when its time is up or the service closes."""

    def __init__(self, clock: Clock, seconds: float, closing: asyncio.Event) -> None:
        self._clock = clock
        self._seconds = seconds
        self._closing = closing
        self._ends: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> Self:
        self._ends = [
            asyncio.create_task(self._clock.sleep(self._seconds)),
            asyncio.create_task(self._closing.wait()),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await cancel(*self._ends)

    @property
    def over(self) -> bool:
        """Whether there is nothing left of it."""
        return self._closing.is_set() or any(end.done() for end in self._ends)

    async def until(self, change: Coroutine[Any, Any, None]) -> None:
        """Return when the change comes, or when patience is over."""
        task = asyncio.create_task(change)
        try:
            await asyncio.wait([task, *self._ends], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(task)


async def cancel(*tasks: asyncio.Task[Any]) -> None:
    """End tasks, and see them end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
