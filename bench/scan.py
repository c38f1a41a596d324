"""A scan to its answer, against the bare exchange by the same client.

Of a member, and of a stranger: behind the answer to that one the platform is asked whether there is an app, so that a
second transaction tells the till.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp

from medlem.app import SystemClock
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.scanned import PersonalQr
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import SalesUnit
from parts import House, Measured, house, load, own_cpu, table

TIMES: Final = 4_000
AT_ONCE: Final = 4
MEMBER: Final = "4740000055"
STRANGER: Final = "4740000056"
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
            codes = {who: await code(shop, session, who) for who in (MEMBER, STRANGER)}
            headers = {"Authorization": f"Bearer {shop.integration_key}"}
            async with session.post(f"{shop.url}/v1/members", json={"phone": f"+{MEMBER}"}, headers=headers) as answer:
                answer.raise_for_status()

            def identify(by: dict[str, str], membership: str) -> Callable[[int], Awaitable[None]]:
                headers = {"Authorization": f"Bearer {shop.station_key}"}

                async def once(_: int) -> None:
                    async with session.post(f"{shop.url}/v1/identifications", json=by, headers=headers) as answer:
                        if (await answer.json()).get("membership") != membership:
                            raise RuntimeError(answer.status)

                return once

            bare = await platform(shop)

            async def exchange(_: int) -> None:
                await bare.reveal(CLUB, PersonalQr(codes[MEMBER]))

            alone = await load(TIMES, exchange, own_cpu, AT_ONCE)
            await bare.close()
            whole = await load(TIMES, identify({"scan": codes[MEMBER]}, "member"), lambda: shop.service.cpu, AT_ONCE)
            typed = await load(TIMES, identify({"phone": MEMBER[2:]}, "member"), lambda: shop.service.cpu, AT_ONCE)
            stranger = await load(
                TIMES, identify({"scan": codes[STRANGER]}, "not_member"), lambda: shop.service.cpu, AT_ONCE
            )
    table(
        "Scan → exchange → answer, against the bare exchange",
        ("what", "CPU µs", "p50 ms", "p99 ms"),
        [
            ("bare exchange, the same client", alone.cpu_us, alone.p50_ms, alone.p99_ms),
            ("scan of a member, through the service, rows written", whole.cpu_us, whole.p50_ms, whole.p99_ms),
            against("ratio (reach ≤ 2.5) and difference (reach ≤ 1 ms)", whole, alone),
            ("typed number of that member, as many at once", typed.cpu_us, typed.p50_ms, typed.p99_ms),
            (
                "scan of a stranger, and the look for an app behind it",
                stranger.cpu_us,
                stranger.p50_ms,
                stranger.p99_ms,
            ),
            against("ratio and difference", stranger, alone),
        ],
    )


def against(what: str, whole: Measured, alone: Measured) -> tuple[object, ...]:
    """A row that sets one beside the bare exchange."""
    return what, whole.cpu_us / alone.cpu_us, whole.p50_ms - alone.p50_ms, ""


async def code(shop: House, session: aiohttp.ClientSession, who: str) -> str:
    """Somebody on the platform; what their app shows."""
    async with session.post(f"{shop.platform}/sim/people", json={"msisdn": who}) as answer:
        await answer.read()
    async with session.get(f"{shop.platform}/sim/people/{who}/qr?kind=token") as answer:
        return str((await answer.json())["content"])


if __name__ == "__main__":
    asyncio.run(run())
