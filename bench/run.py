"""`make bench`: the figures, measured here and now. `make bench ONLY=scan` measures one."""

import asyncio
import os
import sys

import approval
import idle
import pending
import scan
import typed_number
from medlem import __version__

MEASUREMENTS = {
    "typed_number": typed_number.run,
    "scan": scan.run,
    "pending": pending.run,
    "approval": approval.run,
    "idle": idle.run,
}


async def main(names: list[str]) -> None:
    """Measure what is named, or everything."""
    system = os.uname()
    python = sys.version.split()[0]
    print(f"medlem {__version__}, Python {python}, {os.cpu_count()} cores, {system.sysname} {system.machine}")
    for name in names or MEASUREMENTS:
        await MEASUREMENTS[name]()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
