"""A typed number to its answer with the rows written, at a million members; and a look-up, which only reads.

Beside them the floors: the same server with nothing behind it (`bare.py`), and the service's own simplest call.
`python bench/typed_number.py --postgresql` does it on PostgreSQL, whose processes are counted apart.
"""

import asyncio
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp

from filling import fill
from medlem.config.private_files import write_private
from medlem.vault import Vault
from nodes import open_stations, server_cpu
from parts import House, Measured, Started, house, load, table

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import crowd
from postgres import Cluster  # the tests' server

MEMBERS: Final = 1_000_000
TIMES: Final = 10_000

Row = tuple[str, str, Measured, object]
"""What was measured, what is to be reached, what it cost the service, and the processes of PostgreSQL."""


async def run(*, postgresql: bool = False) -> None:
    """Measure and print."""
    numbers = random.Random(1)  # noqa: S311 - a load that repeats, no secret
    wanted = [crowd.msisdn(numbers.randrange(MEMBERS), MEMBERS)[2:] for _ in range(TIMES)]
    server = Cluster("fsync=on", "shared_buffers=1GB") if postgresql else None
    with tempfile.TemporaryDirectory() as folder:
        bare = Started.of_script("bare.py")
        try:
            settings = {} if server is None else on(server, Path(folder))
            url = settings.get("MEDLEM_DATABASE_URL")
            async with (
                house(Path(folder), lambda file: fill(url or file, MEMBERS), settings) as shop,
                aiohttp.ClientSession() as session,
            ):
                rows = [*await served(shop, session, wanted, server), *await floors(shop, session, bare, wanted)]
        finally:
            bare.stop()
            if server is not None:
                server.remove()
    table(
        f"Typed number, {MEMBERS:,} members, {'PostgreSQL' if postgresql else 'SQLite'}",
        ("what", "reach, CPU µs", "CPU µs a request", "p50 ms", "p99 ms", "CPU µs, server"),
        [(what, reach, one.cpu_us, one.p50_ms, one.p99_ms, server) for what, reach, one, server in rows],
    )


def on(server: Cluster, folder: Path) -> dict[str, str]:
    """The settings of a service on this server."""
    server.start()
    keys = folder / "keys"
    write_private(keys, Vault.new_line() + "\n")
    return {"MEDLEM_DATABASE_URL": server.new_database(), "MEDLEM_SECRET_KEYS": str(keys)}


async def served(shop: House, session: aiohttp.ClientSession, wanted: list[str], server: Cluster | None) -> list[Row]:
    """What the shop's calls cost; on PostgreSQL at many stations, for one station's calls come one after the other."""
    keys = [shop.station_key] if server is None else await open_stations(shop, session)
    integration = {"Authorization": f"Bearer {shop.integration_key}"}

    async def measured(what: str, reach: str, once: Callable[[int], Awaitable[None]]) -> Row:
        before = 0.0 if server is None else server_cpu(server)
        found = await load(TIMES, once, lambda: shop.service.cpu)
        return what, reach, found, "" if server is None else round((server_cpu(server) - before) / TIMES / 1.1 * 1e6)

    async def identify(n: int) -> None:
        url, station = f"{shop.url}/v1/identifications", {"Authorization": f"Bearer {keys[n % len(keys)]}"}
        async with session.post(url, json={"phone": wanted[n]}, headers=station) as answer:
            found = await answer.json()
            if found["membership"] != "member":
                raise RuntimeError(found)

    async def look_up(n: int) -> None:
        url = f"{shop.url}/v1/members/lookup"
        async with session.post(url, json={"phone": f"+47{wanted[n]}"}, headers=integration) as answer:
            if len((await answer.json())["members"]) != 1:
                raise RuntimeError(answer.status)

    return [
        await measured("typed number → answer, rows written", "≤ 250", identify),
        await measured("the same again that day", "", identify),
        await measured("look-up by number, read only", "≤ 150", look_up),
    ]


async def floors(shop: House, session: aiohttp.ClientSession, bare: Started, wanted: list[str]) -> list[Row]:
    """What a call costs that does nothing."""

    async def live(_: int) -> None:
        async with session.get(f"{shop.url}/health/live") as answer:
            await answer.read()

    def posted(path: str) -> Callable[[int], Awaitable[None]]:
        async def post(n: int) -> None:
            async with session.post(f"{bare.said['url']}{path}", json={"phone": wanted[n]}) as answer:
                await answer.read()

        return post

    return [
        ("floor: the service's /health/live", "", await load(TIMES, live, lambda: shop.service.cpu), ""),
        ("floor: a plain Litestar handler", "", await load(TIMES, posted("/litestar"), lambda: bare.cpu), ""),
        ("floor: bare ASGI on the same server", "", await load(TIMES, posted("/asgi"), lambda: bare.cpu), ""),
    ]


if __name__ == "__main__":
    asyncio.run(run(postgresql="--postgresql" in sys.argv))
