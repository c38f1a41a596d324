"""No statement does more work in a large club than in a small one: counted by the databases themselves.

SQLite counts the steps of its virtual machine, foreign keys and triggers included; PostgreSQL the pages that it looks
at and the rows that it reads. Each statement is run in a club of a few hundred and in one twenty times as large, where
every table that grows has grown; so what walks, sorts or counts a table shows, whatever its plan looks like. A planner
chooses by what it knows of the tables, so all is done with the statistics of a million members; on SQLite also without
any, as a database of ours is (docs/decisions/0056-work-is-counted.md).

`make plans` does the same with a million members who are there (`MEMBERS=…` for another number).
"""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg

import crowd
import history
from medlem.storage.migrating import migrate, shipped
from medlem.storage.postgresql.dialect import spoken
from medlem.storage.statements import statements
from postgres import TEMPLATE, cluster
from premises import NOW
from work import CLUB, values

FEW: Final = 400
MANY: Final = int(os.environ.get("MEMBERS", "8000"))  # noqa: TID251 - a size of this test, no setting of the service
MILLION: Final = 1_000_000

SLACK: Final = 100
"""Steps of SQLite, or pages and rows of PostgreSQL, by which two runs may differ: other neighbours."""

DEEPER: Final = 1.5
"""How many times as many pages the trees of a million rows are deep as those of a few hundred, all in all."""

SO_MANY: Final = 30_000
"""More than any statement does that is bounded; then the counting is broken off."""

PLANS: Final = 7
"""PostgreSQL plans a statement five times for the parameters at hand; then it compares that with one plan for all."""

GROWS: Final[Mapping[str, str]] = {
    "announcements.turned_down": "an operator who looks: all that a register would not have in a month",
    "announcements.waiting": "an operator who looks, while a register is away: all that it has missed",
    "attempts.ended_kept": "an operator who looks what will be counted",
    "attempts.unasked_kept": "an operator who looks what will be counted",
    "outbox.count": "whoever reads the figures, while an endpoint is away: all that it has missed",
    "announcements.count_waiting": "whoever reads the figures, while a register is away: all that it has missed",
    "announcements.hurry": "once, when a register that was away hears again: all that it has missed",
    "consents.members_between": "an auditor: the members from one page of a period to the next",
    "inactivity.ages": "an operator who looks whom retention would put on the list",
    "inactivity.listed": "an operator who looks whom retention would erase",
    "outbox.extend": "once, when an endpoint goes on that was paused: all that it has missed",
    "rights.erase_events": "an erasure: what all stations were shown within a day",
}
"""What may do more in a larger club, and who waits for it: no till, and nobody who becomes a member."""

GROWS_ON_SQLITE: Final[Mapping[str, str]] = {
    "rights.erase_miss": "an erasure: the numbers that nobody had, of one day",
}
GROWS_ON_POSTGRESQL: Final[Mapping[str, str]] = {}


def test_no_statement_of_sqlite_does_more_in_a_larger_club(tmp_path: Path) -> None:
    small, large = (_file(tmp_path / f"{members}.db", members) for members in (FEW, MANY))
    try:
        found = {}
        for knowing in (False, True):
            if knowing:
                _have_known(small, FEW)
                _have_known(large, MANY)
            work = {name: (_steps(small, name, FEW), _steps(large, name, MANY)) for name in statements()}
            found[knowing] = _heavier(work, {} if knowing else GROWS_ON_SQLITE)
    finally:
        small.close()
        large.close()
    assert found == {key: {} for key in found}


def _file(path: Path, members: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-200000"):
        connection.execute(f"pragma {pragma}").fetchall()
    migrate(connection, shipped(), NOW)
    connection.execute(
        "insert into club (id, sales_unit, name, country, digest, created_at) values (?, '1', '', '', '', 0)", (CLUB,)
    )
    crowd.fill_sqlite(connection, CLUB, members, history.HISTORY, history.PLACES)
    connection.execute("pragma foreign_keys=on").fetchall()
    connection.execute("pragma journal_mode=memory").fetchall()
    return connection


def _steps(connection: sqlite3.Connection, name: str, members: int) -> int:
    statement, counted = statements()[name], 0

    def step() -> bool:
        nonlocal counted
        counted += 1
        return counted > SO_MANY

    given = values(name, statement.parameters, members)
    connection.execute("begin")
    connection.set_progress_handler(step, 1)
    try:
        connection.execute(statement.sql, given).fetchall()
    except sqlite3.Error as error:
        if str(error) != "interrupted":
            error.add_note(name)
            raise
    finally:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("rollback")
    return counted


def _have_known(connection: sqlite3.Connection, members: int) -> None:
    """What `analyze` would write of a club a million strong: rows, and how many of them an index finds for a value."""
    connection.execute("analyze")
    for table, index, counted in connection.execute("select tbl, idx, stat from sqlite_stat1").fetchall():
        numbers = [int(number) for number in counted.split() if number.isdecimal()]
        grown = [number * MILLION // members if number > members // 50 else number for number in numbers]
        connection.execute(
            "update sqlite_stat1 set stat = ? where tbl = ? and idx is ?", (" ".join(map(str, grown)), table, index)
        )
    connection.execute("analyze sqlite_schema")


async def test_no_statement_of_postgresql_does_more_in_a_larger_club() -> None:
    """PostgreSQL counts its tables by itself, so only a planner who knows them is tried."""
    small, large = [await _database(members) for members in (FEW, MANY)]
    try:
        work = {name: (await _most_read(small, name, FEW), await _most_read(large, name, MANY)) for name in spoken()}
    finally:
        for connection in (small, large):
            database = await connection.fetchval("select current_database()")
            await connection.close()
            cluster().drop(cluster().url(database))
    assert _heavier(work, GROWS_ON_POSTGRESQL) == {}


async def _database(members: int) -> "asyncpg.Connection":
    connection = await asyncpg.connect(cluster().new_database(TEMPLATE), server_settings={"medlem.node": "1"})
    for table in await connection.fetch("select tablename from pg_tables where schemaname = 'public'"):
        await connection.execute(f"alter table {table['tablename']} set (autovacuum_enabled = false)")
    await connection.execute(
        "insert into club (id, sales_unit, name, country, digest, created_at) values ($1, '1', '', '', '', 0)", CLUB
    )
    await crowd.fill_postgresql(connection, CLUB, members, history.HISTORY, history.PLACES)
    await _have_counted(connection, members)
    return connection


async def _have_counted(connection: "asyncpg.Connection", members: int) -> None:
    """What PostgreSQL would know of a club a million strong: as many times more rows on every page."""
    await connection.execute("analyze")
    await connection.execute(
        "update pg_class set reltuples = reltuples * $1 where relnamespace = 'public'::regnamespace and reltuples > $2",
        float(MILLION // members),
        float(members // 50),
    )


async def _most_read(connection: "asyncpg.Connection", name: str, members: int) -> int:
    """What it reads at first, and when PostgreSQL has met it so often that it may plan for any parameters."""
    numbered = spoken()[name]
    given = values(name, numbered.parameters, members)
    prepared = await connection.prepare(numbered.sql)
    in_order = [given[parameter] for parameter in numbered.parameters]
    try:
        return max([await _read(connection, prepared, in_order) for _ in range(PLANS)])
    except asyncpg.PostgresError as error:
        error.add_note(name)
        raise


async def _read(connection: "asyncpg.Connection", prepared: "asyncpg.PreparedStatement", given: list[object]) -> int:
    """Pages that were looked at and rows that were read, by the statement itself and all that it set off."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        before = await connection.fetchval(_SO_FAR)
        await prepared.fetch(*given, timeout=None)
        counted: int = await connection.fetchval(_SO_FAR) - before
    finally:
        await transaction.rollback()
    return counted


_SO_FAR: Final = """
select sum(pg_stat_get_xact_blocks_fetched(oid) + pg_stat_get_xact_tuples_returned(oid))::bigint
from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')
"""


def _heavier(work: Mapping[str, tuple[int, int]], also: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """The statements that do more in the larger club, though they should not; and those that should, and do not."""
    grown = {name for name, (few, many) in work.items() if many > few * DEEPER + SLACK}
    return {name: work[name] for name in grown ^ (GROWS.keys() | also.keys())}
