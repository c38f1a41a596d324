"""Approval on the phone to the event on the till, one customer after another, with the platform's ping."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp

from parts import Started, table

TIMES: Final = 60


async def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Started.of("demo", "--port", "0", "--simulator-port", "0", "--directory", folder)
        try:
            waits = await measure(demo.said)
        finally:
            demo.stop()
    cuts = statistics.quantiles(waits, n=100)
    table(
        f"Approval on the phone → event on the till, with ping, {TIMES} customers",
        ("what", "p50 ms", "p99 ms"),
        [("approve to `accepted`", cuts[49] * 1000, cuts[98] * 1000)],
    )


async def measure(said: dict[str, Any]) -> list[float]:
    """Seconds from each approval to its event."""
    waits = []
    headers = {"Authorization": f"Bearer {said['station_key']}"}
    async with (
        aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(None)) as session,
        session.get(f"{said['service']}/v1/events") as stream,
    ):
        events = accepted(stream)
        for n in range(TIMES):
            request = await invite(session, said, f"47920000{n:02}")
            began = time.perf_counter()
            async with session.post(f"{said['simulator']}/sim/requests/{request}/approve", json={}) as answer:
                await answer.read()
            await asyncio.wait_for(anext(events), 30)
            waits.append(time.perf_counter() - began)
    return waits


async def invite(session: aiohttp.ClientSession, said: dict[str, Any], msisdn: str) -> str:
    """Put the question; the platform's name for it."""

    async def post(url: str, body: dict[str, Any]) -> Any:
        async with session.post(url, json=body) as answer:
            return await answer.json()

    await post(f"{said['simulator']}/sim/people", {"msisdn": msisdn})
    found = await post(f"{said['service']}/v1/identifications", {"phone": f"+{msisdn}"})
    await post(f"{said['service']}/v1/enrolments", {"identification": found["id"]})
    async with session.get(f"{said['simulator']}/sim/people/{msisdn}/requests") as answer:
        return str((await answer.json())["requests"][0]["auth_req_id"])


async def accepted(stream: aiohttp.ClientResponse) -> AsyncIterator[str]:
    """The ids of accepted enrolments, as the till is told."""
    async for line in stream.content:
        if line.startswith(b"data: "):
            told = json.loads(line[6:])
            if told.get("state") == "accepted":
                yield told["id"]
