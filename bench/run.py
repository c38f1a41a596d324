"""`make bench`: the figures, measured here and now. `make bench ONLY=scan` measures one."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import approval
import idle
import importing
import lookup
import nodes
import pending
import scan
import typed_number
from medlem import __version__
from parts import flush_ms

MEASUREMENTS: Final[dict[str, Callable[[], Awaitable[None]]]] = {
    "typed_number": typed_number.run,
    "lookup": lookup.run,
    "scan": scan.run,
    "pending": pending.run,
    "approval": approval.run,
    "idle": idle.run,
    "importing": importing.run,
    "nodes": nodes.run,
}


async def main(names: list[str]) -> None:
    """Measure what is named, or everything."""
    system = os.uname()
    python = sys.version.split()[0]
    print(f"medlem {__version__}, Python {python}, {os.cpu_count()} cores, {system.sysname} {system.machine}")
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}; the disk takes a page in {flush_ms():.2f} ms")
    for name in names or MEASUREMENTS:
        await MEASUREMENTS[name]()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
