"""Takes a file of members, and is killed at one of its statements; for a test of what is left."""

import asyncio
import os
import signal
import sys
from typing import Any

from fakes import HandClock
from importers import line
from medlem.flows import importing
from medlem.flows.ports import Ports
from medlem.registers.own import OwnRegister
from medlem.storage import SqliteStorage, open_sqlite
from medlem.storage.sqlite import _Writing
from premises import NOW
from storages import VAULT

PEOPLE = [
    line(number, f"47410000{number:02}", f"Kari Nummer{number}", member_number=str(number), extras={"size": "42"})
    for number in range(2, 14)
]


def die_at(step: int) -> None:
    """Be killed at that statement of a transaction, before it is run."""
    left = step

    def count(method: Any) -> Any:
        async def counted(*args: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return await method(*args, **named)

        return counted

    for name in ("one", "all", "run", "each", "put"):
        setattr(_Writing, name, count(getattr(_Writing, name)))


def ports_of(storage: SqliteStorage) -> Ports:
    nothing: Any = None
    return Ports(storage, nothing, OwnRegister(storage), nothing, HandClock(NOW), nothing, nothing, nothing)


async def main(database: str, step: str) -> None:
    storage = await open_sqlite(f"sqlite:///{database}", VAULT)
    [club] = await storage.reading.places.clubs()
    for name in ("FIRST", "FEWEST", "MOST"):
        setattr(importing, name, 5)
    importing.FREE = 0.0  # type: ignore[misc] # nobody waits here
    die_at(int(step))
    async for _ in importing.take(ports_of(storage), club, PEOPLE):
        pass


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
