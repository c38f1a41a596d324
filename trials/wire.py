"""What lies between a node and the platform, and everything that gets lost there.

A call that has left a node reaches the platform whatever becomes of the node; its answer reaches the node only if it
lives. What the real client makes of each trouble is what the port answers here (`medlem.vipps.login`).
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from trials.faults import Fault, Trouble
from trials.history import History
from trials.loop import VirtualLoop
from trials.platform import PretendPlatform

T = TypeVar("T")

FASTEST: Final = 0.005
SPREAD: Final = 0.06
"""Seconds: one way takes between the first and the sum of both."""

_ANSWERS: Final = frozenset({Fault.SLOW, Fault.BAD_ANSWER, Fault.SLOW_DOWN})
_ARRIVES: Final = _ANSWERS | {Fault.TIMEOUT_REACHED}

NEUTRAL: Final = Context()
"""Belongs to no process."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of one call."""

    fault: Fault | None
    arrives: bool
    """Whether the platform hears of it."""
    answers: bool
    """Whether its answer comes back."""
    there: float
    back: float
    """Seconds each way; where no answer comes, until the caller gives up."""


@dataclass
class Wire:
    """The network of one world."""

    loop: VirtualLoop
    platform: PretendPlatform
    trouble: Trouble
    history: History
    chance: Random
    away_until: float = 0.0

    def passage(self, faults: tuple[Fault, ...], time_out: float) -> Passage:
        """Draw what becomes of a call that is given up after so many seconds."""
        chance, trouble = self.chance, self.trouble
        there, back = FASTEST + chance.random() * SPREAD, FASTEST + chance.random() * SPREAD
        if not trouble.clear and self.loop.time() < self.away_until:
            trouble.note(Fault.AWAY)
            fault = chance.choice((Fault.SERVER_ERROR, Fault.UNSENT))
            return Passage(fault, arrives=False, answers=False, there=there, back=back)
        if trouble.strikes(trouble.weather.slow):
            fault = Fault.SLOW
        elif trouble.strikes(trouble.weather.platform):
            fault = chance.choice(faults)
        else:
            return Passage(None, arrives=True, answers=True, there=there, back=back)
        trouble.note(fault)
        arrives = fault in _ARRIVES or (fault is Fault.RESET and chance.random() < 0.5)
        if fault is Fault.SLOW:
            back = chance.random() * (time_out - 1)
        elif fault in {Fault.TIMEOUT_LOST, Fault.TIMEOUT_REACHED}:
            back = time_out
        return Passage(fault, arrives=arrives, answers=fault in _ANSWERS, there=there, back=back)

    async def carry(self, passage: Passage, effect: Callable[[], T]) -> T | None:
        """The platform's answer; None when none came. What the platform does, it does in its own time."""
        answered: asyncio.Future[T | None] = self.loop.create_future()

        def arrive() -> None:
            answer = effect()
            if passage.answers:
                self.loop.call_later(passage.back, _settle, answered, answer, context=NEUTRAL)

        if passage.arrives:
            self.loop.call_later(passage.there, arrive, context=NEUTRAL)
        if not passage.arrives or not passage.answers:
            self.loop.call_later(passage.there + passage.back, _settle, answered, None, context=NEUTRAL)
        return await answered


def _settle(answered: asyncio.Future[T | None], answer: T | None) -> None:
    if not answered.done():  # whoever asked has been cancelled
        answered.set_result(answer)
