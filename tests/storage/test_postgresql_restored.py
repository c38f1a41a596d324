"""What docs/operating.md has an operator run after a restore of PostgreSQL keeps the rules of `medlem restore`."""

import re
from pathlib import Path

import asyncpg

from medlem.club.enrolment import Reason, State
from medlem.club.masked import Masked
from medlem.storage import open_storage, restore
from medlem.storage.postgresql.dialect import numbered
from postgres import TEMPLATE, cluster
from premises import KARI, NOW, OLA, add, asked, later, new_premises, waiting
from storages import VAULT

PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
[BLOCK] = re.findall(r"```sql\n(.+?)```", PAGE, re.DOTALL)


def plain(statement: str) -> str:
    """A rule as the page and the code both say it."""
    same = re.sub(r"extract\(epoch from now\(\)\) \* 1000", "$1", statement)
    return " ".join(re.sub(r"\b86400\b", "$1", same).split())


def test_the_rules_of_the_page_are_those_of_the_code() -> None:
    written = [plain(each) for each in BLOCK.split(";")][1:-2]
    ours = [plain(numbered(each).sql) for each in restore._RULES if not each.startswith("drop")]
    assert written == ours


async def test_after_them_nothing_is_pushed_late_or_twice() -> None:
    url = cluster().new_database(TEMPLATE)
    storage = await open_storage(url, VAULT)
    here = await new_premises(storage)
    found = await add(storage, here)
    async with storage.transaction() as tx:
        lost, kept = await asked(tx, here, KARI), await waiting(tx, here, OLA)
        await tx.places.offer_pairing(here.till, Masked("K7KM4XWT"), later(600))
        number = int(await tx.members.next_number(here.club.id))
    connection = await asyncpg.connect(url)
    await connection.execute(BLOCK)
    await connection.close()
    ended = await storage.reading.enrolments.get(here.club.id, lost.id)
    waits = await storage.reading.enrolments.get(here.club.id, kept.id)
    assert ended is not None
    assert waits is not None
    assert (ended.state, ended.reason, waits.state) == (State.FAILED, Reason.OUTCOME_UNKNOWN, State.WAITING)
    assert not await storage.reading.events.resumable(here.club.id, here.till.id, 1, NOW)
    again = await storage.reading.identifications.get(here.club.id, found.id)
    assert again is not None
    assert again.phone is None
    async with storage.transaction() as tx:
        assert await tx.places.take_pairing(Masked("K7KM4XWT"), NOW) is None
        assert int(await tx.members.next_number(here.club.id)) == number + 86_401
    await storage.close()
    cluster().drop(url)
