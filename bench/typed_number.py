"""A typed number to its answer with the rows written, at a million members; and a look-up, which only reads."""

import random
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp

from parts import house, load, table

MEMBERS: Final = 1_000_000
TIMES: Final = 10_000
FIRST: Final = 40_000_000


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
        async with house(Path(folder), fill) as shop, aiohttp.ClientSession(shop.url) as session:
            station = {"Authorization": f"Bearer {shop.station_key}"}
            integration = {"Authorization": f"Bearer {shop.integration_key}"}

            async def identify(n: int) -> None:
                async with session.post("/v1/identifications", json={"phone": wanted[n]}, headers=station) as answer:
                    found = await answer.json()
                    if found["membership"] != "member":
                        raise RuntimeError(found)

            async def look_up(n: int) -> None:
                async with session.post(
                    "/v1/members/lookup", json={"phone": f"+47{wanted[n]}"}, headers=integration
                ) as answer:
                    if len((await answer.json())["members"]) != 1:
                        raise RuntimeError(answer.status)

            async def floor(_: int) -> None:
                async with session.get("/health/live") as answer:
                    await answer.read()

            rows = [
                ("typed number → answer, rows written", "≤ 250", await load(TIMES, identify, lambda: shop.service.cpu)),
                ("look-up by number, read only", "≤ 150", await load(TIMES, look_up, lambda: shop.service.cpu)),
                ("the server's floor: /health/live", "", await load(TIMES, floor, lambda: shop.service.cpu)),
            ]
    table(
        f"Typed number, {MEMBERS:,} members, SQLite",
        ("what", "reach, CPU µs", "CPU µs a request", "p50 ms", "p99 ms"),
        [(what, reach, one.cpu_us, one.p50_ms, one.p99_ms) for what, reach, one in rows],
    )
