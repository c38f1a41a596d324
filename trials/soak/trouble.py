"""What goes wrong besides nodes that die: the platform's bad days, the database, frozen nodes, cut lines."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from trials.soak.crew import Crew, Node
from trials.soak.phones import Phones
from trials.soak.premises import Premises
from trials.soak.till import Till

OFTEN: Final = 1_000_000
"""A fault's `times`, from what is left of which it is known how often it struck."""

FAULTS: Final[Sequence[tuple[str, str, float, float]]] = (
    ("backchannel", "delay", 0.04, 1.5),
    ("backchannel", "429", 0.01, 0),
    ("backchannel", "500", 0.01, 0),
    ("backchannel", "reset", 0.01, 0),
    ("backchannel", "bad_json", 0.01, 0),
    ("backchannel", "lost", 0.02, 0),
    ("backchannel", "double", 0.02, 0),
    ("backchannel", "late", 0.02, 1),
    ("token", "delay", 0.04, 1.5),
    ("token", "429", 0.02, 0),
    ("token", "500", 0.02, 0),
    ("token", "reset", 0.02, 0),
    ("token", "bad_json", 0.02, 0),
    ("token", "lost", 0.02, 0),
    ("token", "late", 0.02, 1),
    ("userinfo", "delay", 0.04, 1),
    ("userinfo", "500", 0.05, 0),
    ("userinfo", "reset", 0.05, 0),
    ("userinfo", "bad_json", 0.03, 0),
    ("jwks", "500", 0.1, 0),
    ("discovery", "500", 0.1, 0),
    ("access_token", "500", 0.1, 0),
    ("exchange", "500", 0.03, 0),
    ("exchange", "reset", 0.03, 0),
    ("webhooks", "500", 0.1, 0),
    ("ping", "delay", 0.03, 0.5),
    ("ping", "reset", 0.02, 0),
    ("ping", "lost", 0.2, 0),
    ("ping", "double", 0.1, 0),
    ("ping", "forged", 0.1, 0),
)
"""Operation, kind, probability, seconds."""


@dataclass(frozen=True, slots=True)
class Span:
    """When something was away."""

    what: str
    began: float
    ended: float

    def touches(self, since: float, until: float) -> bool:
        """Whether it was in that time."""
        return self.began <= until and self.ended >= since


@dataclass(frozen=True, slots=True)
class Weather:
    """How often what goes wrong, in seconds between two of a kind; 0 is never."""

    database: float
    freeze: float
    rolling: float
    cut: float
    frozen_for: float = 35.0
    """Longer than a lease."""


@dataclass
class Trouble:
    """Makes it, and remembers it."""

    premises: Premises
    crew: Crew
    phones: Phones
    tills: list[Till]
    chance: Random
    weather: Weather
    counts: Counter[str] = field(default_factory=Counter)
    spans: list[Span] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    """How often the platform's faults struck, by operation and kind."""

    async def faults(self, seed: int) -> None:
        """Begin the platform's bad days."""
        rules = [
            {"operation": operation, "kind": kind, "probability": probability, "seconds": seconds, "times": OFTEN}
            for operation, kind, probability, seconds in FAULTS
        ]
        await self.phones.control("PUT", "/faults", {"seed": seed, "faults": rules})

    async def no_faults(self) -> None:
        """End them, and count."""
        plan: dict[str, Any] = await self.phones.control("GET", "/faults")
        for fault in plan["faults"]:
            self.struck[f"{fault['operation']} {fault['kind']}"] += OFTEN - fault["times"]
        await self.phones.control("PUT", "/faults", {"seed": 0, "faults": []})

    async def run(self) -> None:
        """Make trouble until cancelled."""
        weather = self.weather
        await asyncio.gather(
            self._every(weather.database, self._database),
            self._every(weather.freeze, self._freeze),
            self._every(weather.rolling, self._rolling),
            self._every(weather.cut, self._cut),
        )

    async def clear_up(self) -> None:
        """Nothing goes wrong any more."""
        await self.no_faults()

    async def _every(self, seconds: float, what: Callable[[], Awaitable[None]]) -> None:
        while seconds > 0:
            await asyncio.sleep(seconds * self.chance.uniform(0.7, 1.3))
            await what()

    async def _database(self) -> None:
        kill = bool(self.counts["database stopped"] > self.counts["database killed"])
        self.counts["database killed" if kill else "database stopped"] += 1
        began = time.monotonic()
        cluster = self.premises.cluster
        await asyncio.to_thread(cluster.kill if kill else cluster.stop)
        try:
            await asyncio.sleep(self.chance.uniform(0, 3))
        finally:
            await asyncio.to_thread(cluster.start)
        self.spans.append(Span("database", began, time.monotonic()))

    async def _freeze(self) -> None:
        node = await self._standing()
        began, life = time.monotonic(), node.name
        node.freeze()
        self.counts["node frozen"] += 1
        try:
            await asyncio.sleep(self.weather.frozen_for)
        finally:
            if node.name == life:
                node.thaw()
            self.spans.append(Span(life, began, time.monotonic()))

    async def _rolling(self) -> None:
        self.counts["rolling restart"] += 1
        for node in self.crew.nodes:
            if node.frozen or not node.up:
                continue
            node.ready.clear()
            node.up = False  # the load balancer is told before
            node.send(signal.SIGTERM)
            self.counts["node told to stop"] += 1
            await node.ready.wait()

    async def _cut(self) -> None:
        self.counts["stream cut"] += 1
        self.chance.choice(self.tills).cut()

    async def _standing(self) -> Node:
        while True:
            found = [node for node in self.crew.up() if not node.frozen]
            if len(found) > 1:
                return self.chance.choice(found)
            await asyncio.sleep(0.5)
