"""What all nodes of one world share: the database and its clock, the wire, the trouble, the history."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from medlem.flows.ports import Storage
from trials.faults import Trouble
from trials.history import History
from trials.listener import Listener
from trials.loop import VirtualLoop
from trials.platform import EPOCH
from trials.wire import Wire


class ServerClock:
    """`flows.ports.Clock` of the machine on which the database is, right or wrong."""

    def __init__(self, loop: VirtualLoop, offset: timedelta) -> None:
        self._loop = loop
        self.offset = offset
        self._zero = EPOCH + offset

    def now(self) -> datetime:
        """The time in UTC, in whole milliseconds."""
        return self._zero + timedelta(milliseconds=int(self._loop.time() * 1000))

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all nodes of a world share."""

    loop: VirtualLoop
    storage: Storage
    wire: Wire
    trouble: Trouble
    history: History
    chance: Random
    alone: bool
    """Whether there is only ever one node: it takes over at once what its predecessor held."""
    clock: ServerClock
    listener: Listener
