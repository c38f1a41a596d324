"""Moves a club to PostgreSQL, and is killed before it does one thing for the nth time; for a test of what is left."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medlem.storage import capture
from medlem.storage.moving import move
from medlem.storage.postgresql.arriving import Target
from premises import NOW
from storages import VAULT


def mortal(act: Callable[..., Any], nth: int) -> Callable[..., Any]:
    times = 0

    def until_killed(*given: Any, **named: Any) -> Any:
        nonlocal times
        times += 1
        if times == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*given, **named)

    return until_killed


def main(database: str, url: str, name: str, nth: int) -> None:
    whose: Any = Target if hasattr(Target, name) else capture
    setattr(whose, name, mortal(getattr(whose, name), nth))
    asyncio.run(move(Path(database), url, VAULT, NOW))


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
