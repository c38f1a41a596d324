"""Ten thousand customers who are being asked at once, and do not answer: what looking for their answers costs.

One `medlem serve` moves them all, each due every five seconds, against a platform that answers *not yet* and costs
next to nothing (`silent.py`). Lateness is what that platform sees: how much longer than the interval passed between
two looks for the same answer; the margin of 20 ms that keeps a look from being early is in it.

    python bench/pending.py [--database URL] [--pending N]

With `--database` it fills an empty database of yours, and leaves it filled; otherwise a new SQLite file.
"""

import argparse
import asyncio
import statistics
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from medlem.app import House as Premises
from medlem.app import SystemClock, open_house
from medlem.club.codes import confirmation_code
from medlem.club.enrolment import Enrolment
from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import enrolment_id, identification_id
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.place import Station
from medlem.config import load as settings_of
from medlem.config.private_files import write_private
from medlem.flows import places
from medlem.vault import Vault
from parts import LIMITS_OFF, Started, load, own_cpu, table

PENDING: Final = 10_000
INTERVAL: Final = 5.0
STATIONS: Final = 200
AT_ONCE: Final = 500
"""Rows written in one transaction."""

SPREAD_FROM: Final = 15.0
"""Seconds from the start of the filling to the first look: the service is there by then."""

BARE: Final = 4_000
WARM_UP: Final = 20.0
WATCHED: Final = 30.0


async def run(database: str | None = None, pending: int = PENDING) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        platform = Started.of_script("silent.py", str(INTERVAL))
        try:
            settings = settings_for(Path(folder), database, platform.said["url"])
            floor = await bare(platform.said["url"])
            await fill(settings, pending)
            service = Started.of("serve", "--port", "0", settings=settings)
            try:
                told, cpu, megabytes = await watch(platform.said["url"], service)
            finally:
                service.stop()
        finally:
            platform.stop()
    cuts = statistics.quantiles(told["late"], n=100)
    kind = settings["MEDLEM_DATABASE_URL"].partition(":")[0]
    table(
        f"{pending:,} pending enrolments, looked for every {INTERVAL:.0f} s by one process, {kind}",
        ("what", "reach", "measured"),
        [
            ("looks a second", f"≥ {pending / INTERVAL * 0.95:,.0f}", told["looks"] / told["seconds"]),
            ("lateness p50, ms", "", cuts[49]),
            ("lateness p99, ms", "≤ 250", cuts[98]),
            ("looks before their time", "0", told["early"]),
            ("processor, cores", "≤ 0.5", cpu / told["seconds"]),
            ("processor, µs a look", "", cpu / told["looks"] * 1e6),
            ("the floor: the bare call by aiohttp, µs", "", floor),
            ("memory, MB", "≤ 150", megabytes),
        ],
    )


async def bare(platform: str) -> float:
    """Processor microseconds of a look's bare HTTP call: a form out, its answer in."""
    form = urlencode({"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": "floor"}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession(platform) as session:

        async def look(_: int) -> None:
            async with session.post("/token", data=form, headers=headers) as answer:
                await answer.read()

        return (await load(BARE, look, own_cpu)).cpu_us


def settings_for(folder: Path, database: str | None, platform: str) -> dict[str, str]:
    """The service's settings, as environment variables."""
    keys = folder / "keys"
    write_private(keys, Vault.new_line() + "\n")
    return LIMITS_OFF | {
        "MEDLEM_DATABASE_URL": database or f"sqlite:///{folder / 'bench.db'}",
        "MEDLEM_SECRET_KEYS": str(keys),
        "MEDLEM_VIPPS_BASE_URL": platform,
        "MEDLEM_VIPPS_CLIENT_ID": "bench",
        "MEDLEM_VIPPS_CLIENT_SECRET": "bench",
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "bench",
        "MEDLEM_VIPPS_MSN": "123456",
    }


async def fill(settings: dict[str, str], pending: int) -> None:
    """Write down so many customers who are being asked, due one after another over one interval."""
    async with open_house(settings_of(None, settings)) as premises:
        stations = [
            (await places.add_station(premises.ports, premises.club, f"Till {n}", None)).station
            for n in range(STATIONS)
        ]
        first = premises.ports.clock.now() + timedelta(seconds=SPREAD_FROM)
        for begin in range(0, pending, AT_ONCE):
            await write(premises, stations, range(begin, min(begin + AT_ONCE, pending)), first, INTERVAL / pending)


async def write(premises: Premises, stations: list[Station], numbers: range, first: datetime, apart: float) -> None:
    """Write some of them in one transaction, as the flow that asks would have."""
    now = premises.ports.clock.now()
    async with premises.storage.transaction() as tx:
        for n in numbers:
            station = stations[n % STATIONS]
            customer = Identification(
                id=identification_id(now),
                club=premises.club.id,
                station=station.id,
                phone=PhoneNumber(f"47{92_000_000 + n}"),
                evidence=Evidence.TYPED,
                membership=Membership.NOT_MEMBER,
                member=None,
                created_at=now,
            )
            asking = Enrolment.begin(enrolment_id(now), customer, confirmation_code(), now)
            waiting = asking.waiting(Masked(f"request-{n}"), timedelta(hours=1), timedelta(seconds=INTERVAL), now)
            await tx.identifications.add(customer)
            await tx.enrolments.open(replace(waiting, due_at=first + timedelta(seconds=n * apart)))
            await tx.enrolments.follow(waiting, station.id)


async def watch(platform: str, service: Started) -> tuple[dict[str, Any], float, float]:
    """What the platform counted, and the service's processor seconds meanwhile and memory at the end."""
    async with aiohttp.ClientSession(platform) as session:
        await SystemClock().sleep(SPREAD_FROM + WARM_UP)
        async with session.post("/watch") as answer:
            await answer.read()
        before = service.cpu
        await SystemClock().sleep(WATCHED)
        used = service.cpu - before
        async with session.get("/watch") as answer:
            return await answer.json(), used, service.megabytes


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="What ten thousand pending enrolments cost.")
    asked.add_argument("--database")
    asked.add_argument("--pending", type=int, default=PENDING)
    given = asked.parse_args()
    asyncio.run(run(given.database, given.pending))
