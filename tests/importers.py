"""Files of members for tests: lines, how they are taken, and what is in the register afterwards."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable
from typing import Any

from medlem.club.consent import Verdict, follow
from medlem.club.line import Line
from medlem.club.member import Profile
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club
from medlem.files import How, Reading, Writing
from medlem.flows import exporting, importing
from medlem.flows.importing import Order, Result, Taken
from shop import KARI, Shop


def line(number: int = 2, phone: str | None = KARI, name: str | None = "Kari Nordmann", **said: Any) -> Line:
    profile = said.pop("profile", None) or Profile(name=name, email=said.pop("email", None))
    return Line(
        number=number,
        columns=frozenset({"phone", "name", *said}),
        phone=PhoneNumber(phone) if phone else None,
        profile=profile,
        **said,
    )


async def run(shop: Shop, lines: Iterable[Line], club: Club | None = None, **order: Any) -> list[Result]:
    """Take lines, and let time pass while it rests."""
    results: list[Result] = []
    task = asyncio.ensure_future(_all(importing.take(shop.ports, club or shop.club, lines, Order(**order)), results))
    while not task.done():
        await asyncio.wait({task}, timeout=0)
        await shop.clock.turn(0.001)
    await task
    return results


async def _all(taking: AsyncIterator[list[Result]], results: list[Result]) -> None:
    async for batch in taking:
        results += batch


async def told(shop: Shop, *lines: Line, **order: Any) -> list[str]:
    """What became of each line, in a word."""
    return [one.outcome if isinstance(one, Taken) else one.why for one in await run(shop, lines, **order)]


async def one(shop: Shop, line: Line, **order: Any) -> Result:
    [result] = await run(shop, [line], **order)
    return result


async def everybody(shop: Shop, club: Club | None = None) -> list[Line]:
    found = exporting.members(shop.ports, club or shop.club)
    return [line for page in [page async for page in found] for line in page]


async def exported(shop: Shop, club: Club | None = None) -> bytes:
    """The whole register as a file."""
    stream = io.BytesIO()
    Writing(stream).write(await everybody(shop, club))
    return stream.getvalue()


def read(shop: Shop, file: bytes) -> list[Line]:
    """The lines of a file, all of which are right."""
    reading = Reading(io.BytesIO(file), How(country="NO", now=shop.clock.now()))
    found = [one for _, one in reading]
    assert all(isinstance(one, Line) and not one.left_out for one in found)
    return [one for one in found if isinstance(one, Line)]


async def chains(shop: Shop, club: Club | None = None) -> list[str]:
    """What is the matter with the chains of consents."""
    verdict = Verdict()
    for chain in await shop.storage.reading.consents.chains((club or shop.club).id, None, 1000):
        follow(chain.member, chain.end, chain.rows, verdict, erased_at=chain.erased_at)
    return [fault.said for fault in verdict.faults]
