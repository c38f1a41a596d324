"""Makes a failure short: leaves out steps, as long as the same rule breaks at the same step."""

import asyncio
import time
from dataclasses import replace
from typing import Final

from trials.register.world import Lived, live

SECONDS: Final = 300.0


def shrink(lived: Lived, seconds: float = SECONDS) -> Lived:
    """Try without halves, quarters, and so on, of the steps before the last; what is left when the time is over."""
    end, best = time.monotonic() + seconds, lived
    needed = [step for step in range(1, lived.step) if step not in lived.plan.left_out]
    size = len(needed) // 2
    while size and time.monotonic() < end:
        for first in range(0, len(needed), size):
            without = frozenset(needed[first : first + size])
            if time.monotonic() >= end or not without:
                break
            tried = asyncio.run(live(replace(best.plan, left_out=best.plan.left_out | without)))
            if (tried.broken, tried.step) == (lived.broken, lived.step):
                best = tried
        needed = [step for step in needed if step not in best.plan.left_out]
        size = min(size // 2, len(needed) // 2)
    return best
