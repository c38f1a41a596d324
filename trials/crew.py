"""The nodes of a world, one place for each, and whoever is called upon to start them again."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final

from trials.faults import Fault, Trouble
from trials.history import History
from trials.loop import VirtualLoop
from trials.node import SAFE, Node
from trials.surroundings import Surroundings
from trials.wire import NEUTRAL

SPAN: Final = 260
"""Steps within which a node that is to die does so."""
LOOKS: Final = 40
"""Looks, as `Node.ices` counts them, within which a node that is to freeze does so."""


@dataclass
class Crew:
    """All nodes, and what is outside of them."""

    around: Surroundings
    places: int
    deaths_left: int
    freezes_left: int
    nodes: list[Node | None] = field(default_factory=list)
    closed: bool = False
    all: list[Node] = field(default_factory=list)
    """Those that are no more as well."""

    @property
    def loop(self) -> VirtualLoop:
        """What it all runs on."""
        return self.around.loop

    @property
    def trouble(self) -> Trouble:
        """What goes wrong."""
        return self.around.trouble

    @property
    def history(self) -> History:
        """What happened."""
        return self.around.history

    def open(self) -> None:
        """Start a node in every place."""
        self.nodes = [None] * self.places
        for place in range(self.places):
            self._start(place)

    def _start(self, place: int) -> None:
        if self.closed:
            return
        chance = self.around.chance
        node = Node(
            f"node {place + 1}.{len(self.all) + 1}", self.around, lambda _: self._ended(place), self._ice, self._wrong()
        )
        if not self.trouble.clear and self.deaths_left > 0:
            self.deaths_left -= 1
            node.fuse = chance.randrange(1, SPAN)
        self.nodes[place] = node
        self.all.append(node)
        node.start()

    def _wrong(self) -> timedelta:
        """How wrong the time of a node's machine is; alone, it is the database's as well."""
        wrong = self.around.clock.offset
        if not self.around.alone:
            wrong = timedelta(seconds=self.around.chance.choice((0, 0, 0.5, 600, -600)))
        if wrong:
            self.trouble.note(Fault.CLOCK_OFF)
        return wrong

    def _ice(self) -> int:
        """How many looks a node takes until it freezes."""
        if self.freezes_left == 0 or self.trouble.clear:
            return SAFE
        self.freezes_left -= 1
        return self.around.chance.randrange(1, LOOKS)

    def _ended(self, place: int) -> None:
        self.nodes[place] = None
        self.loop.call_later(0.2 + self.around.chance.random() * 4, self._start, place, context=NEUTRAL)

    def any_node(self, chance: Random) -> Node | None:
        """One that answers the door; a frozen one does not say so."""
        up = [node for node in self.nodes if node is not None and not node.dead and node.open]
        return chance.choice(up) if up else None

    def clear_up(self) -> None:
        """From here on nothing goes wrong any more."""
        self.trouble.clear = True
        for node in self.nodes:
            if node is not None:
                node.fuse = node.ice = SAFE
                node.thaw()

    def close(self) -> None:
        """End the day: no node has any effect from here on."""
        self.closed = True
        for node in self.all:
            node.dead = True

    # -- outside of all nodes

    def outside(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let somebody do something who is no process of ours."""
        return self.loop.create_task(work, context=NEUTRAL.copy())

    async def pause(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)

    def patience(self, seconds: float) -> asyncio.Timeout:
        """Wait for at most so long."""
        return asyncio.timeout(seconds)

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        """Do something after a while."""
        self.loop.call_later(seconds, what, context=NEUTRAL)
