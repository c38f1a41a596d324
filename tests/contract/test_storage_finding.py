"""How members are found: in the order of an index, page by page, and never by reading the whole table."""

import re
from dataclasses import replace

import asyncpg

from medlem.club.finding import START, Spot, Wanted
from medlem.club.member import Member, Profile
from medlem.storage import Database
from medlem.storage.postgresql.dialect import spoken
from postgres import TEMPLATE, cluster
from premises import Premises, later

NAMES = ("Kari Nordmann", "kåre Nordby", "Åse Berg", "ærlig Ås", "Karianne Nord", "Ola Ødegård")


async def members(storage: Database, here: Premises) -> list[Member]:
    """One a second, each with a name."""
    made = []
    async with storage.transaction() as tx:
        for number, name in enumerate(NAMES):
            given, _, family = name.partition(" ")
            member = replace(
                here.member(f"sub-{number}", f"10{number}", later(number)),
                profile=Profile(name=name, given_name=given, family_name=family),
                station=here.till.id if number % 2 else here.kiosk.id,
            )
            await tx.members.add(member)
            await tx.members.touch(member, later(number))
            made.append(member)
    return made


async def every(storage: Database, here: Premises, wanted: Wanted, most: int = 2) -> list[str]:
    """Page after page."""
    found: list[Spot] = []
    while spots := await storage.reading.finding.page(here.club.id, wanted, found[-1] if found else START, most):
        assert len(spots) <= most
        found += spots
    return [spot.member for spot in found]


async def named(storage: Database, here: Premises, prefix: str, *, family: bool = False) -> list[str]:
    found: list[Spot] = []
    finding = storage.reading.finding
    while spots := await finding.named(here.club.id, prefix, found[-1] if found else START, 2, family=family):
        found += spots
    shown = [await storage.reading.members.get(here.club.id, spot.member) for spot in found]
    return [member.profile.name or "" for member in shown if member is not None]


async def test_members_are_read_page_by_page_in_the_order_that_was_asked_for(storage: Database, here: Premises) -> None:
    made = [member.id for member in await members(storage, here)]
    assert await every(storage, here, Wanted()) == made
    assert await every(storage, here, Wanted(joined_from=later(1), joined_to=later(4))) == made[1:4]
    assert await every(storage, here, Wanted(joined_to=later(2))) == made[:2]
    assert await every(storage, here, Wanted(station=here.till.id)) == made[1::2]
    assert await every(storage, here, Wanted(changed_since=later(4))) == made[4:]
    async with storage.transaction() as tx:
        first = await tx.members.get(here.club.id, made[0])
        assert first is not None
        await tx.members.save(replace(first, left_at=later(50)))
        await tx.members.touch(first, later(50))
    assert await every(storage, here, Wanted(present=False)) == made[:1]
    assert await every(storage, here, Wanted(changed_since=later(5))) == [made[5], made[0]]


async def test_names_are_found_by_how_they_begin_in_small_letters_and_capitals(
    storage: Database, here: Premises
) -> None:
    await members(storage, here)
    assert await named(storage, here, "KAR") == ["Kari Nordmann", "Karianne Nord"]
    assert await named(storage, here, "kå") == ["kåre Nordby"]
    assert await named(storage, here, "ås") == ["Åse Berg"]
    assert await named(storage, here, "ÆR") == ["ærlig Ås"]
    assert await named(storage, here, "nord", family=True) == ["Karianne Nord", "kåre Nordby", "Kari Nordmann"]
    assert await named(storage, here, "ØDE", family=True) == ["Ola Ødegård"]
    assert await named(storage, here, "mann") == []
    assert await named(storage, here, "%") == []


async def test_neighbours_members_are_not_found(storage: Database, here: Premises, neighbour: Premises) -> None:
    await members(storage, here)
    assert await every(storage, neighbour, Wanted()) == []
    assert await every(storage, neighbour, Wanted(changed_since=later(0))) == []
    assert await named(storage, neighbour, "kari") == []
    assert await storage.reading.finding.by_number(neighbour.club.id, "100") is None
    assert await storage.reading.finding.by_number(here.club.id, "100") is not None


FINDING = sorted(name for name in spoken() if name.startswith("finding."))


async def test_postgresql_finds_by_an_index_without_sorting() -> None:
    """SQLite's plans are looked at by `storage/test_statements.py`."""
    assert len(FINDING) > 8
    url = cluster().new_database(TEMPLATE)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off")
        for name in FINDING:
            said = spoken()[name]
            values = [str(0) if kind.endswith("text") else 0 for kind in await kinds(connection, said.sql)]
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {said.sql}", *values))
            assert not re.search(r"Seq Scan|Sort", plan), (name, plan)
            assert re.search(r"Index (Only )?Scan using \w+ on member", plan), (name, plan)
            assert re.search(r"Index Cond: .*club = ", plan), (name, plan)
    finally:
        await connection.close()
        cluster().drop(url)


async def kinds(connection: "asyncpg.Connection", sql: str) -> list[str]:
    """The types of a statement's parameters."""
    return [found.name for found in (await connection.prepare(sql)).get_parameters()]
