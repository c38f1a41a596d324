"""A scan to its answer, against the bare exchange by the same client."""

import tempfile
from pathlib import Path
from typing import Final

import aiohttp

from medlem.app import SystemClock
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.scanned import PersonalQr
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import SalesUnit
from parts import House, house, load, own_cpu, table

TIMES: Final = 4_000
AT_ONCE: Final = 4
MSISDN: Final = "4740000055"
CLUB: Final = ClubId("clb_bench")


async def platform(shop: House) -> VippsPlatform:
    """The client that the service uses, by itself."""
    async with aiohttp.ClientSession() as session, session.get(f"{shop.platform}/sim/credentials") as answer:
        keys = await answer.json()
    unit = SalesUnit(
        client_id=keys["client_id"],
        client_secret=Masked(keys["client_secret"]),
        subscription_key=Masked(keys["subscription_key"]),
        msn=keys["msn"],
        base_url=shop.platform,
    )
    return VippsPlatform({CLUB: unit}, SystemClock())


async def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder)) as shop, aiohttp.ClientSession() as session:
            async with session.post(f"{shop.platform}/sim/people", json={"msisdn": MSISDN}) as answer:
                await answer.read()
            async with session.get(f"{shop.platform}/sim/people/{MSISDN}/qr?kind=token") as answer:
                content = (await answer.json())["content"]
            headers = {"Authorization": f"Bearer {shop.station_key}"}

            async def scan(_: int) -> None:
                async with session.post(
                    f"{shop.url}/v1/identifications", json={"scan": content}, headers=headers
                ) as answer:
                    if (await answer.json()).get("evidence") != "personal_qr_token":
                        raise RuntimeError(answer.status)

            bare = await platform(shop)

            async def exchange(_: int) -> None:
                await bare.reveal(CLUB, PersonalQr(content))

            alone = await load(TIMES, exchange, own_cpu, AT_ONCE)
            await bare.close()
            whole = await load(TIMES, scan, lambda: shop.service.cpu, AT_ONCE)
    table(
        "Scan → exchange → answer, against the bare exchange",
        ("what", "CPU µs", "p50 ms", "p99 ms"),
        [
            ("bare exchange, the same client", alone.cpu_us, alone.p50_ms, alone.p99_ms),
            ("scan, through the service, rows written", whole.cpu_us, whole.p50_ms, whole.p99_ms),
            (
                "ratio (reach ≤ 2.5) and difference (reach ≤ 1 ms)",
                whole.cpu_us / alone.cpu_us,
                whole.p50_ms - alone.p50_ms,
                "",
            ),
        ],
    )
