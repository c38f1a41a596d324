"""The merchant's endpoints, in memory: they hear what they are told, or do as they are told."""

import asyncio
from collections import defaultdict, deque
from datetime import datetime

from medlem.club.endpoint import Attempt, Endpoint, Notice


class ObedientMessenger:
    """Keeps what each address heard, in the order in which it was told."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Notice]] = defaultdict(list)
        self.answers: dict[str, deque[Attempt]] = defaultdict(deque)
        """What an address answers next, instead of hearing."""
        self.deaf: dict[str, Attempt] = {}
        """What an address answers always."""
        self._held: dict[str, asyncio.Event] = {}

    def hold(self, url: str) -> asyncio.Event:
        """Let an address answer only once this is set."""
        return self._held.setdefault(url, asyncio.Event())

    def flaw(self, url: str) -> str | None:
        return None if url.startswith("https://") else "An endpoint is called by https."

    async def tell(self, endpoint: Endpoint, notice: Notice, now: datetime) -> Attempt:
        del now
        if (held := self._held.get(endpoint.url)) is not None:
            await held.wait()
        if (answer := self.deaf.get(endpoint.url)) is not None:
            return answer
        if self.answers[endpoint.url]:
            return self.answers[endpoint.url].popleft()
        self.heard[endpoint.url].append(notice)
        return Attempt(200)
