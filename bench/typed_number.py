"""A typed number to its answer with the rows written, at a million members; and a look-up, which only reads.

Beside them the floors: the same server with nothing behind it (`bare.py`), and the service's own simplest call.
"""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import aiohttp

from parts import House, Measured, Started, house, load, table

MEMBERS: Final = 1_000_000
TIMES: Final = 10_000
FIRST: Final = 40_000_000

Row = tuple[str, str, Measured]
"""What was measured, what is to be reached, what it cost."""


def fill(database: Path) -> None:
    """A million members, each reached by a number of their own."""
    with sqlite3.connect(database) as connection:
        (club,) = connection.execute("select id from club").fetchone()

        def members() -> Iterator[tuple[str, str, str, str]]:
            for n in range(MEMBERS):
                yield club, f"mem_{n:026}", str(200_000 + n), f"sub-{n}"

        connection.executemany(
            "insert into member (club, id, member_number, sub, given_name, family_name, joined_at) "
            "values (?, ?, ?, ?, 'Kari', 'Nordmann', 0)",
            members(),
        )
        connection.executemany(
            "insert into phone_link (club, member, phone, verified_by, verified_at) values (?, ?, ?, 'login', 0)",
            ((club, f"mem_{n:026}", f"47{FIRST + n}") for n in range(MEMBERS)),
        )
        connection.execute("analyze")


async def run() -> None:
    """Measure and print."""
    numbers = random.Random(1)  # noqa: S311 - a load that repeats, no secret
    wanted = [f"{FIRST + numbers.randrange(MEMBERS)}" for _ in range(TIMES)]
    with tempfile.TemporaryDirectory() as folder:
        bare = Started.of_script("bare.py")
        try:
            async with house(Path(folder), fill) as shop, aiohttp.ClientSession() as session:
                rows = [*await served(shop, session, wanted), *await floors(shop, session, bare, wanted)]
        finally:
            bare.stop()
    table(
        f"Typed number, {MEMBERS:,} members, SQLite",
        ("what", "reach, CPU µs", "CPU µs a request", "p50 ms", "p99 ms"),
        [(what, reach, one.cpu_us, one.p50_ms, one.p99_ms) for what, reach, one in rows],
    )


async def served(shop: House, session: aiohttp.ClientSession, wanted: list[str]) -> list[Row]:
    """What the shop's calls cost."""
    station = {"Authorization": f"Bearer {shop.station_key}"}
    integration = {"Authorization": f"Bearer {shop.integration_key}"}

    async def identify(n: int) -> None:
        url = f"{shop.url}/v1/identifications"
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
        ("typed number → answer, rows written", "≤ 250", await load(TIMES, identify, lambda: shop.service.cpu)),
        ("look-up by number, read only", "≤ 150", await load(TIMES, look_up, lambda: shop.service.cpu)),
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
        ("floor: the service's /health/live", "", await load(TIMES, live, lambda: shop.service.cpu)),
        ("floor: a plain Litestar handler", "", await load(TIMES, posted("/litestar"), lambda: bare.cpu)),
        ("floor: bare ASGI on the same server", "", await load(TIMES, posted("/asgi"), lambda: bare.cpu)),
    ]


if __name__ == "__main__":
    asyncio.run(run())
