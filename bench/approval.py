"""Approval on the phone to the event on the till, one customer after another, while a thousand others are being asked.

With the platform's ping, and without it: then the answer is found when it is looked for.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

import aiohttp

from parts import House, free_port, house, table

PENDING: Final = 1_000
ASKED_AT_ONCE: Final = 16
PINGED: Final = 200
POLLED: Final = 40
INTERVAL: Final = 5.0
NO_PING: Final = {"MEDLEM_WEBHOOKS": "off"}


async def run() -> None:
    """Measure and print."""
    public = {"MEDLEM_PUBLIC_URL": f"http://127.0.0.1:{free_port()}", "MEDLEM_REQUESTED_EXPIRY": "900"}
    rows = [
        ("with ping", "p50 ≤ 20, p99 ≤ 100", *await measured(public, PINGED, at_once=1)),
        ("without", f"≤ {INTERVAL * 1000 + 250:.0f}", *await measured(public | NO_PING, POLLED, at_once=POLLED)),
    ]
    table(
        f"Approval on the phone → event on the till, {PENDING:,} others pending, SQLite",
        ("what", "reach, ms", "p50 ms", "p99 ms", "most ms"),
        rows,
    )


async def measured(settings: dict[str, str], times: int, at_once: int) -> tuple[float, float, float]:
    """Milliseconds from approvals to their events: half of them, nearly all, the longest."""
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), settings=settings) as shop:
            waits = sorted([wait * 1000 async for wait in approvals(shop, times, at_once)])
    cuts = statistics.quantiles(waits, n=100)
    return cuts[49], cuts[98], waits[-1]


async def approvals(shop: House, times: int, at_once: int) -> AsyncIterator[float]:
    """Seconds from each approval to its event; so many approve side by side."""
    headers = {"Authorization": f"Bearer {shop.station_key}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(None)) as session:
        await invite_all(session, shop, (f"4793{n:06}" for n in range(PENDING)))
        async with session.get(f"{shop.url}/v1/events") as stream:
            accepted: dict[str, asyncio.Future[float]] = {}
            listening = asyncio.create_task(listen(stream, accepted))
            for first in range(0, times, at_once):
                customers = [f"4792{n:06}" for n in range(first, min(first + at_once, times))]
                for wait in await asyncio.gather(*(one(session, shop, msisdn, accepted) for msisdn in customers)):
                    yield wait
            listening.cancel()


async def one(
    session: aiohttp.ClientSession, shop: House, msisdn: str, accepted: dict[str, asyncio.Future[float]]
) -> float:
    """Ask one customer, who says yes; the seconds from that to the event."""
    enrolment = await invite(session, shop, msisdn)
    told: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    accepted[enrolment] = told
    async with session.get(f"{shop.platform}/sim/people/{msisdn}/requests") as answer:
        request = (await answer.json())["requests"][0]["auth_req_id"]
    began = time.perf_counter()
    async with session.post(f"{shop.platform}/sim/requests/{request}/approve", json={}) as answer:
        await answer.read()
    return await asyncio.wait_for(told, 60) - began


async def invite_all(session: aiohttp.ClientSession, shop: House, people: Iterable[str]) -> None:
    """Ask everybody, some at once."""
    waiting = iter(people)

    async def several() -> None:
        for msisdn in waiting:
            await invite(session, shop, msisdn)

    await asyncio.gather(*(several() for _ in range(ASKED_AT_ONCE)))


async def invite(session: aiohttp.ClientSession, shop: House, msisdn: str) -> str:
    """Put the question to somebody whom the platform knows; the enrolment."""
    await post(session, f"{shop.platform}/sim/people", {"msisdn": msisdn})
    found = await post(session, f"{shop.url}/v1/identifications", {"phone": f"+{msisdn}"})
    return await post(session, f"{shop.url}/v1/enrolments", {"identification": found})


async def post(session: aiohttp.ClientSession, url: str, body: dict[str, str]) -> str:
    """Post, and give the id of what was made."""
    async with session.post(url, json=body) as answer:
        answer.raise_for_status()
        made = await answer.json()
        return str(made.get("id"))


async def listen(stream: aiohttp.ClientResponse, accepted: dict[str, asyncio.Future[float]]) -> None:
    """Note when the till is told of a customer who has joined."""
    async for line in stream.content:
        if line.startswith(b"data: "):
            now, told = time.perf_counter(), json.loads(line[6:])
            waiting = accepted.get(told.get("id", ""))
            if told.get("state") == "accepted" and waiting is not None and not waiting.done():
                waiting.set_result(now)


if __name__ == "__main__":
    asyncio.run(run())
