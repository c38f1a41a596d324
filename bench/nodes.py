"""PostgreSQL: two nodes against one, and what each of the figures of SQLite is there.

The server is the wheel's, with every commit flushed to the disk; its processes are counted apart. On a machine whose
cores are all at work already a second node cannot answer more in a second, so what a request costs is compared too.
"""

import asyncio
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Final

import aiohttp

import approval
import pending
from medlem.config.private_files import write_private
from medlem.vault import Vault
from parts import AT_ONCE, TICK, House, Measured, Started, command, free_port, house, load, table

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from postgres import Cluster  # the tests' server

TIMES: Final = 6_000
FIRST: Final = 40_000_000
STATIONS: Final = AT_ONCE


@dataclass(frozen=True)
class Chain:
    """A server and two nodes on one database."""

    server: Cluster
    one: House
    other: House

    def cpu(self) -> float:
        """Processor seconds of both nodes."""
        return self.one.service.cpu + self.other.service.cpu


async def run() -> None:
    """Measure and print."""
    server = Cluster("fsync=on")
    server.start()
    try:
        await compare(server)
        await approve(server)
        await pending.run(server.new_database())
    finally:
        server.remove()


async def compare(server: Cluster) -> None:
    """One node does everything, then two do the same."""
    numbers = random.Random(1)  # noqa: S311 - a load that repeats, no secret
    wanted = [f"{FIRST + numbers.randrange(1_000_000)}" for _ in range(TIMES)]
    async with chain(server, {}) as both, aiohttp.ClientSession() as session:
        stations = await open_stations(both.one, session)
        alone, alone_server = await identify(both, session, stations, wanted, [both.one])
        together, together_server = await identify(both, session, stations, wanted, [both.one, both.other])
    table(
        "Typed number, PostgreSQL: two nodes against one",
        ("what", "CPU µs a request, nodes", "CPU µs a request, server", "p50 ms", "p99 ms"),
        [
            ("one node", alone.cpu_us, alone_server, alone.p50_ms, alone.p99_ms),
            ("two nodes, turn by turn", together.cpu_us, together_server, together.p50_ms, together.p99_ms),
            ("two against one (reach: within 10 %)", together.cpu_us / alone.cpu_us, "", "", ""),
        ],
    )


async def identify(
    both: Chain, session: aiohttp.ClientSession, stations: list[str], wanted: list[str], nodes: list[House]
) -> tuple[Measured, float]:
    """Identify everybody at these nodes; what it cost them, and the server's microseconds a request."""
    turns = cycle(nodes)

    async def once(n: int) -> None:
        url, station = f"{next(turns).url}/v1/identifications", {"Authorization": f"Bearer {stations[n % STATIONS]}"}
        async with session.post(url, json={"phone": wanted[n]}, headers=station) as answer:
            found = await answer.json()
            if found["membership"] != "not_member":
                raise RuntimeError(found)

    before = server_cpu(both.server)
    measured = await load(TIMES, once, both.cpu)
    return measured, (server_cpu(both.server) - before) / (TIMES * 1.1) * 1e6


async def open_stations(shop: House, session: aiohttp.ClientSession) -> list[str]:
    """The keys of as many stations as ask at once, for what one station is told comes one after the other."""
    admin = {"Authorization": f"Bearer {command('key', 'add', 'admin', settings=shop.settings)['key']}"}
    keys = []
    for n in range(STATIONS):
        async with session.post(f"{shop.url}/v1/stations", json={"name": f"Till {n}"}, headers=admin) as answer:
            keys.append(str((await answer.json())["key"]))
    return keys


async def approve(server: Cluster) -> None:
    """The ping comes to one node, the till listens at the other."""
    public = {"MEDLEM_PUBLIC_URL": f"http://127.0.0.1:{free_port()}", "MEDLEM_REQUESTED_EXPIRY": "900"}
    async with chain(server, public) as both:
        waits = sorted([wait * 1000 async for wait in approval.approvals(both.other, approval.PINGED, 1)])
    table(
        f"Approval on the phone → event on the till, {approval.PENDING:,} others pending, PostgreSQL, two nodes",
        ("what", "reach, ms", "p50 ms", "p99 ms", "most ms"),
        [("with ping", "p50 ≤ 20, p99 ≤ 100", waits[len(waits) // 2], waits[int(len(waits) * 0.99)], waits[-1])],
    )


@asynccontextmanager
async def chain(server: Cluster, settings: dict[str, str]) -> AsyncIterator[Chain]:
    """Two nodes on a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        write_private(keys, Vault.new_line() + "\n")
        needed = settings | {"MEDLEM_DATABASE_URL": server.new_database(), "MEDLEM_SECRET_KEYS": str(keys)}
        async with house(Path(folder), settings=needed) as one:
            second = Started.of("serve", "--port", "0", settings=one.settings)
            try:
                yield Chain(server, one, replace(one, service=second))
            finally:
                second.stop()


def server_cpu(server: Cluster) -> float:
    """Processor seconds of the server's processes that are there now, and of those that have ended."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if pid == server.pid:
            total += sum(int(field) for field in fields[11:15])  # and its ended children
        elif int(fields[1]) == server.pid:
            total += sum(int(field) for field in fields[11:13])
    return total / TICK


if __name__ == "__main__":
    asyncio.run(run())
