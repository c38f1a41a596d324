"""What an identification asks of each database: on PostgreSQL each line is a message that somebody at a till waits for.

Whoever adds one finds it here, and says why a customer has to wait for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from medlem.club.member import Profile
from medlem.flows import membership
from medlem.flows.limits import Limit, Limits
from medlem.flows.ports import Storage
from medlem.storage import SqliteStorage
from medlem.storage.postgresql.dialect import spoken
from medlem.storage.postgresql.storage import PostgresqlStorage
from medlem.storage.postgresql.together import Write, together
from postgres import TEMPLATE, cluster
from shop import KARI, STRANGER, Shop, open_shop

LIMITS: Final = Limits(
    lookups_per_station=(Limit(600, timedelta(minutes=10)), Limit(60, timedelta(minutes=1))),
    lookup_misses_per_station=(Limit(60, timedelta(hours=1)),),
)
"""As many as a shop has that sets none."""

ADDED, SHOWN = Write("identifications.add"), Write("events.add", "events.next_position")
KNOWN, HINT = Write("identifications.keep_app_presence"), Write("identifications.set_app_found")
MISSED = Write("identifications.note_miss")
TOGETHER: Final = {
    together(writes).sql: " + ".join(write.statement for write in writes)
    for writes in (
        (ADDED, SHOWN),
        (ADDED, Write("rights.note_seen"), SHOWN),
        (KNOWN, HINT, SHOWN, MISSED),
    )
}
NAMED: Final = {spoken()[name].sql: name for name in spoken()}

Asked = list[str]
"""What was asked of the database, in its order."""


@asynccontextmanager
async def listened(storage: Storage) -> AsyncIterator[Asked]:
    """Everything that is asked from now on: by name; on SQLite by its first word."""
    asked: Asked = []

    def hear(query: "asyncpg.connection.LoggedQuery") -> None:
        known = TOGETHER.get(query.query) or NAMED.get(query.query)
        asked.append(known or query.query.rpartition("; ")[2])

    if isinstance(storage, SqliteStorage):
        for connection in (storage._reader, storage._writer.connection):
            connection.set_trace_callback(lambda sql: asked.append(sql.split()[0]))
    elif isinstance(storage, PostgresqlStorage):
        async with storage._connections.lent() as connection:
            connection.add_query_logger(hear)
    yield asked


@pytest.fixture(params=["sqlite", "postgresql"])
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """With a member, and limits as they are by default."""
    url = "sqlite://" if request.param == "sqlite" else cluster().new_database(TEMPLATE)
    async with open_shop(url) as made:
        await membership.enter(made.ports, made.club, f"+{KARI}", Profile(name="Kari Nordmann"))
        made.platform.knows_who_exists = True
        yield replace(made, ports=replace(made.ports, limits=LIMITS))


async def identified(shop: Shop, phone: str) -> Asked:
    """What it took, whatever goes on in the background included."""
    async with listened(shop.storage) as asked:
        await shop.identify(phone)
        await shop.ports.errands.finish()
        return list(asked)


ON_SQLITE: Final = ["begin", "savepoint", "select", "select", "insert", "update", "insert", "release", "commit"]


async def test_a_member_is_five_messages_and_no_more_on_the_first_day(shop: Shop) -> None:
    first, again = await identified(shop, KARI), await identified(shop, KARI)
    if isinstance(shop.storage, SqliteStorage):
        assert first == ["select", *ON_SQLITE[:5], "update", *ON_SQLITE[5:]]
        assert again == ["select", *ON_SQLITE]
    else:
        read, written = ["members.reached", "begin", "identifications.counted"], "identifications.add + events.add"
        assert first == [*read, "identifications.add + rights.note_seen + events.add", "commit"]
        assert again == [*read, written, "commit"]


async def test_a_stranger_is_five_messages_and_four_for_a_hint_that_nobody_waits_for(shop: Shop) -> None:
    asked = await identified(shop, STRANGER)
    if isinstance(shop.storage, SqliteStorage):
        hint = ["select", "begin", "savepoint", "insert", "update", "update", "insert", "insert", "release", "commit"]
        assert asked == ["select", *ON_SQLITE, *hint]
    else:
        assert asked == [
            *("members.reached", "begin", "identifications.counted", "identifications.add + events.add", "commit"),
            *("identifications.app_presence", "begin"),
            " + ".join(write.statement for write in (KNOWN, HINT, SHOWN, MISSED)),
            "commit",
        ]


async def test_what_goes_in_one_message_takes_its_rows_in_its_order() -> None:
    url = cluster().new_database(TEMPLATE)
    async with open_shop(url) as shop:
        customer = await shop.identify(STRANGER)
        await shop.ports.errands.finish()
        kept = await shop.storage.reading.identifications.get(shop.club.id, customer.id)
        assert kept is not None
        beside, look = await asyncpg.connect(url), await asyncpg.connect(url)
        try:
            holding = beside.transaction()
            await holding.start()
            await beside.execute("select 1 from station where id = $1 for update", shop.station.id)

            async def hint() -> None:
                async with shop.storage.transaction() as tx:
                    await tx.identifications.set_app_found(kept, found=True)
                    await tx.events.add(shop.club.id, shop.station.id, customer, shop.clock.now())

            waiting = asyncio.ensure_future(hint())
            while not await look.fetchval("select 1 from pg_locks where not granted"):
                assert not waiting.done()
            mine = "select 1 from identification where id = $1 for update skip locked"
            assert await look.fetchval(mine, customer.id) is None, "the one that was given first was taken first"
            await holding.rollback()
            await waiting
        finally:
            await beside.close()
            await look.close()
