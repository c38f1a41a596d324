"""What every measurement needs: the real processes, their processor time and memory, a load, and a table.

The service, the simulator and the load are processes of their own, so that what the service costs is counted apart
from who asks it. Processor time is the measure; the clock on the wall is shown where a customer waits for it.
"""

import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

MEDLEM: Final = str(Path(sys.executable).with_name("medlem"))
TICK: Final = os.sysconf("SC_CLK_TCK")
AT_ONCE: Final = 32
"""Requests in flight: a shop on a busy Saturday, or a chain."""


@dataclass(frozen=True)
class Started:
    """A process of ours that has said, in JSON, that it is ready."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    seconds: float
    """From its start to the first answer over HTTP."""

    @classmethod
    def of(cls, *arguments: str, settings: dict[str, str] | None = None) -> Self:
        """Start `medlem ...` and wait until it says that it is ready."""
        return cls._started([MEDLEM, *arguments, "--json"], settings)

    @classmethod
    def of_script(cls, script: str, *arguments: str) -> Self:
        """Start a script of this folder and wait until it says that it is ready."""
        return cls._started([sys.executable, str(Path(__file__).with_name(script)), *arguments], None)

    @classmethod
    def _started(cls, command: list[str], settings: dict[str, str] | None) -> Self:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if process.stdout is None:
            raise RuntimeError("no pipe")
        said = json.loads(process.stdout.readline())
        return cls(process, said, time.perf_counter() - began)

    @property
    def cpu(self) -> float:
        """Processor seconds that it has used so far, in all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    @property
    def megabytes(self) -> float:
        """Its memory (resident set)."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def stop(self) -> None:
        """End it as an operator does."""
        self.process.terminate()
        self.process.wait(10)


def environment(settings: dict[str, str] | None) -> dict[str, str]:
    """This process's environment without its own settings of medlem, and with these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEDLEM_")}  # noqa: TID251 - no setting of ours is read
    return ours | (settings or {})


def command(*arguments: str, settings: dict[str, str]) -> dict[str, Any]:
    """Run a command to its end; what it says."""
    done = subprocess.run(
        [MEDLEM, *arguments, "--json"], env=environment(settings), capture_output=True, text=True, check=True
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@dataclass(frozen=True)
class House:
    """A service on a simulated platform, with a station's and an integration's key."""

    service: Started
    simulator: Started
    station_key: str
    integration_key: str
    settings: dict[str, str]
    """The service's."""

    @property
    def url(self) -> str:
        """Where the service answers."""
        return str(self.service.said["url"])

    @property
    def platform(self) -> str:
        """Where the simulator answers."""
        return str(self.simulator.said["url"])


LIMITS_OFF: Final = {
    f"MEDLEM_{name}": "off"
    for name in ("LOOKUPS_PER_STATION", "LOOKUP_MISSES_PER_STATION", "ASKS_PER_PHONE", "ASK_AFTER_DECLINE")
}


@asynccontextmanager
async def house(
    folder: Path, fill: Callable[[Path], None] | None = None, settings: dict[str, str] | None = None
) -> AsyncIterator[House]:
    """Start everything on a fresh database in that folder.

    Args:
        folder: for the database.
        fill: fills it before the service opens it.
        settings: the service's, beyond those that it needs.
    """
    simulator = Started.of("simulator", "--port", "0")
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{simulator.said['url']}/sim/credentials") as answer,
        ):
            credentials = await answer.json()
        database = folder / "bench.db"
        needed = LIMITS_OFF | {
            "MEDLEM_DATABASE_URL": f"sqlite:///{database}",
            "MEDLEM_VIPPS_BASE_URL": simulator.said["url"],
            "MEDLEM_VIPPS_CLIENT_ID": credentials["client_id"],
            "MEDLEM_VIPPS_CLIENT_SECRET": credentials["client_secret"],
            "MEDLEM_VIPPS_SUBSCRIPTION_KEY": credentials["subscription_key"],
            "MEDLEM_VIPPS_MSN": credentials["msn"],
        }
        needed |= settings or {}
        station = command("station", "add", "Till 1", settings=needed)["key"]
        integration = command("key", "add", "integration", settings=needed)["key"]
        if fill is not None:
            fill(database)
        port = urlsplit(needed.get("MEDLEM_PUBLIC_URL", "")).port or 0
        service = Started.of("serve", "--port", str(port), settings=needed)
        try:
            yield House(service, simulator, station, integration, needed)
        finally:
            service.stop()
    finally:
        simulator.stop()


def free_port() -> int:
    """A port that nobody listens at; the service needs to know its own address to be pinged there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Measured:
    """A load's cost for the process that bore it, and what whoever asked had to wait."""

    cpu_us: float
    """Processor microseconds a request."""
    p50_ms: float
    p99_ms: float


async def load(
    times: int, once: Callable[[int], Awaitable[None]], cpu: Callable[[], float], at_once: int = AT_ONCE
) -> Measured:
    """Run `once` so many times, some at once, after a warm-up of a tenth."""
    waits: list[float] = []

    async def several(first: int, count: int) -> None:
        for number in range(first, count, at_once):
            began = time.perf_counter()
            await once(number)
            waits.append(time.perf_counter() - began)

    async def everybody(count: int) -> None:
        await asyncio.gather(*(several(first, count) for first in range(at_once)))

    await everybody(times // 10)
    waits.clear()
    before = cpu()
    await everybody(times)
    used = cpu() - before
    cuts = statistics.quantiles(waits, n=100)
    return Measured(used / times * 1e6, cuts[49] * 1000, cuts[98] * 1000)


def flush_ms() -> float:
    """Milliseconds in which the disk takes a page for good: the least that a commit waits."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(100):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def own_cpu() -> float:
    """Processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table that can be pasted into a page."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join("---" for _ in columns) + " |")
    for row in rows:
        print("| " + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
