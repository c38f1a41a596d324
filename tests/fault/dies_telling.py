"""`medlem serve`, the real one, which dies as by `kill -9` at the n-th time of a named step of telling endpoints.

    python dies_telling.py STEP TIMES -- serve --port 8001

The calls that mark a step are wrapped from outside (docs/decisions/0018-killed-at-named-steps-from-outside.md).
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from medlem.cli import main as medlem
from medlem.flows import outbox
from medlem.outbox.wire import HttpMessenger
from medlem.storage.outbox import Outbox

Step = Callable[..., Awaitable[Any]]

STEPS: dict[str, tuple[object, str, bool]] = {
    "a notice is written, not committed": (Outbox, "add", False),
    "an endpoint is claimed, nothing is told": (HttpMessenger, "tell", True),
    "a notice is told, that is not written": (HttpMessenger, "tell", False),
    "a round is written": (outbox, "tell", False),
}
"""What is wrapped, and whether the process dies before it or after."""


def wrapped(step: Step, times: int, *, before: bool) -> Step:
    left = times

    def passed() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def watched(*told: Any) -> Any:
        if before:
            passed()
        came = await step(*told)
        if not before:
            passed()
        return came

    return watched


if __name__ == "__main__":
    name, count, _, *words = sys.argv[1:]
    where, what, early = STEPS[name]
    setattr(where, what, wrapped(getattr(where, what), int(count), before=early))
    medlem(words)
