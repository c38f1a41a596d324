"""Wakes those who wait for something to be committed, within this process."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Waiter:
    """One who waits for one topic. What happens between two waits is not missed."""

    def __init__(self) -> None:
        self.announced = asyncio.Event()

    async def changed(self) -> None:
        """Return once the topic was announced since the watch began or since the last return."""
        await self.announced.wait()
        self.announced.clear()


class Bell:
    """Topics, and who waits for them."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[Waiter]] = {}

    @contextmanager
    def watch(self, topic: str) -> Iterator[Waiter]:
        """Wait for a topic for as long as the block lasts."""
        waiter = Waiter()
        self._waiters.setdefault(topic, set()).add(waiter)
        try:
            yield waiter
        finally:
            others = self._waiters[topic]
            others.discard(waiter)
            if not others:
                del self._waiters[topic]

    def ring(self, topics: Iterable[str]) -> None:
        """Wake all who wait for these topics."""
        for topic in topics:
            for waiter in self._waiters.get(topic, ()):
                waiter.announced.set()

    def ring_all(self) -> None:
        """Wake everybody: something may have been committed that nobody has heard of."""
        self.ring(list(self._waiters))
