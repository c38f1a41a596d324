"""An idle service: its memory, and how soon it answers after its start."""

import tempfile
import time
from pathlib import Path

import aiohttp

from parts import house, table


async def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder)) as shop:
            began = time.perf_counter()
            async with aiohttp.ClientSession() as session, session.get(f"{shop.url}/health/ready") as answer:
                await answer.read()
            first = shop.service.seconds + time.perf_counter() - began
            rows: list[tuple[str, str, float]] = [
                ("memory, MB", "≤ 110", shop.service.megabytes),
                ("first answer after start, s", "≤ 2", first),
            ]
    table("Idle service", ("what", "reach", "measured"), rows)
