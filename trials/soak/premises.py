"""Everything that stands before the shop opens: a database server, the platform, a club with its stations."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from medlem.vault import Vault
from postgres import Cluster

LIMITS_OFF: Final = {
    f"MEDLEM_{name}": "off"
    for name in ("LOOKUPS_PER_STATION", "LOOKUP_MISSES_PER_STATION", "ASKS_PER_PHONE", "ASK_AFTER_DECLINE")
}
_ROOT: Final = Path(__file__).parents[2]
"""Where `trials` is found."""

EXPIRY: Final = 60
"""Seconds that a customer has to answer: the shortest that there is."""


@dataclass(frozen=True, slots=True)
class Place:
    """One station as the API made it."""

    id: str
    key: str


@dataclass(frozen=True)
class Premises:
    """What nodes and stations need."""

    folder: Path
    cluster: Cluster
    database: str
    platform: str
    """Where the simulator answers."""
    settings: Mapping[str, str]

    def log(self, name: str) -> Path:
        """Where somebody's standard error goes."""
        return self.folder / f"{name}.log"


@asynccontextmanager
async def open_premises(folder: Path, public_url: str) -> AsyncIterator[Premises]:
    """Start the database server and the platform."""
    cluster = Cluster()
    try:
        await asyncio.to_thread(cluster.start)
        database = await asyncio.to_thread(cluster.new_database)
        simulator = await start(folder / "simulator.log", "medlem", "simulator", "--port", "0", "--no-people", "--json")
        try:
            platform = (await said(simulator))["url"]
            settings = await _settings(folder, database, platform) | {"MEDLEM_PUBLIC_URL": public_url}
            yield Premises(folder, cluster, database, platform, settings)
        finally:
            simulator.terminate()
            await simulator.wait()
    finally:
        cluster.remove()


async def _settings(folder: Path, database: str, platform: str) -> dict[str, str]:
    keys = folder / "secret.keys"
    keys.write_text(Vault.new_line() + "\n")
    keys.chmod(0o600)
    async with aiohttp.ClientSession() as session, session.get(f"{platform}/sim/credentials") as answer:
        credentials = await answer.json()
    return LIMITS_OFF | {
        "MEDLEM_DATABASE_URL": database,
        "MEDLEM_SECRET_KEYS": str(keys),
        "MEDLEM_REQUESTED_EXPIRY": str(EXPIRY),
        "MEDLEM_VIPPS_BASE_URL": platform,
        "MEDLEM_VIPPS_CLIENT_ID": credentials["client_id"],
        "MEDLEM_VIPPS_CLIENT_SECRET": credentials["client_secret"],
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": credentials["subscription_key"],
        "MEDLEM_VIPPS_MSN": credentials["msn"],
    }


async def start(
    log: Path, module: str, *words: str, settings: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start one of our programs; what it logs goes behind what is in the file."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEDLEM_")}  # noqa: TID251 - a child's
    with log.open("ab") as lines:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=lines,
            env=ours | dict(settings or {}),
            cwd=_ROOT,
        )


async def said(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What a program says once it is ready; empty when it died before."""
    if process.stdout is None:
        raise RuntimeError("no pipe")
    line = await process.stdout.readline()
    return dict(json.loads(line)) if line else {}


def free_ports(many: int) -> list[int]:
    """Ports that nobody has just now."""
    probes = [socket.socket() for _ in range(many)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


async def settle(premises: Premises, url: str, stations: int) -> list[Place]:
    """Make the stations, by the API of a node that runs."""
    adding = await start(premises.log("key"), "medlem", "key", "add", "admin", "--json", settings=premises.settings)
    headers = {"Authorization": f"Bearer {(await said(adding))['key']}"}
    await adding.wait()
    async with aiohttp.ClientSession(headers=headers) as session:

        async def add(number: int) -> Place:
            async with session.post(f"{url}/v1/stations", json={"name": f"Till {number}", "store": None}) as answer:
                made = await answer.json()
                return Place(made["id"], made["key"])

        return [await add(number) for number in range(1, stations + 1)]
