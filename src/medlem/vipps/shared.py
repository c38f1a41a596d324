"""One fetch at a time, however many are waiting for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Runs a fetch for everybody who asks while it runs; they share what comes of it, good or bad.

    A caller who gives up does not take the fetch away from the others.
    """

    def __init__(self, fetch: Callable[[], Awaitable[T]]) -> None:
        self._fetch = fetch
        self._running: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Join the fetch that runs, or begin one."""
        return await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[T]":
        """Begin a fetch unless one runs; do not wait for it."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
            # If nobody is left to hear of a failure, it must not be reported as one that was never looked at.
            self._running.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._running

    async def close(self) -> None:
        """End the fetch that runs."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _run(self) -> T:
        return await self._fetch()
