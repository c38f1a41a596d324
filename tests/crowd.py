"""A club of any size, made by the database itself: members with their numbers and a consent record each.

A million members take seconds that way. Ids and member numbers come in order, phone numbers are scattered: whoever
joins next may have any number. New rows come after all of these, as they do in a shop.
"""

import re
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncpg

MOST: Final = 10_000_000
"""As many members as find a number: of every eight of Norway's five are taken."""

APART: Final = 48_271
"""How far the numbers of two members who joined one after the other lie apart. It is a prime."""

JOINED: Final = 1_600_000_000_000
GIVEN: Final = (
    "Kari",
    "Ola",
    "Ingrid",
    "Lars",
    "Anne",
    "Knut",
    "Marit",
    "Per",
    "Nora",
    "Emil",
    "Sofie",
    "Jakob",
    "Åse",
)
FAMILY: Final = ("Nordmann", "Hansen", "Johansen", "Olsen", "Larsen", "Andersen", "Nilsen", "Kristiansen", "Ødegård")

_SQLITE: Final = {
    "series": "series (n) as (select 0 union all select n + 1 from series where n < :last)",
    "padded": "substr('00000000000000000000000000' || n, -26)",
    "hash": "lower(hex(randomblob(32)))",
    "blob": "x'00'",
}
_POSTGRESQL: Final = {
    "series": "series (n) as (select generate_series(0::bigint, :last))",
    "padded": "right('00000000000000000000000000' || n, 26)",
    "hash": "md5(n::text) || md5((n + 1)::text)",
    "blob": r"'\x00'::bytea",
}
_PLACE: Final = f"(n * {APART} % (:last + 1) * 8 / 5)"
_WORDS: Final = {
    "given": " ".join(f"when {n} then '{name}'" for n, name in enumerate(GIVEN)),
    "givens": str(len(GIVEN)),
    "family": " ".join(f"when {n} then '{name}'" for n, name in enumerate(FAMILY)),
    "families": str(len(FAMILY)),
    "joined": str(JOINED),
    "phone": (
        f"'47' || ({_PLACE} + case when {_PLACE} < 2000000 then 40000000 "
        f"when {_PLACE} < 6000000 then 43000000 else 84000000 end)"
    ),
}

_MEMBERS: Final = """
with recursive {series}, named (n, given, family) as (
    select n, case n % {givens} {given} end, case n / {givens} % {families} {family} end from series
)
insert into member (
    club, id, member_number, sub, name, given_name, family_name, joined_at, changed_at, version, last_consent,
    consent_hash
)
select
    :club, 'mem_' || {padded}, cast(200000 + n as text), 'sub-' || n, given || ' ' || family, given, family,
    {joined} + n * 1000, {joined} + n * 1000, 1, 1, {hash}
from named
"""

_LINKS: Final = """
with recursive {series}
insert into phone_link (club, member, phone, verified_by, verified_at, begun_at)
select :club, 'mem_' || {padded}, {phone}, 'login', {joined} + n * 1000, {joined} + n * 1000
from series
"""

_CONSENTS: Final = """
with recursive {series}
insert into consent (
    club, id, member, element, wording, granted, given_at, seen_at, act, purpose, method, actor, format, sequence,
    digest, hash
)
select
    :club, 'con_' || {padded}, 'mem_' || {padded}, 'membership', 'Membership of the club', 1, {joined}, {joined},
    'granted', 'membership', 'app', 'member', 1, 1, {hash}, {hash}
from series
"""

MEMBERS: Final = (_MEMBERS, _LINKS, _CONSENTS)
"""Statements that make the members; `history` has more of their kind."""

_TABLE = re.compile(r"(?:insert into|update) (\w+)")


def msisdn(n: int, members: int) -> str:
    """The number of the member who joined as the n-th of so many."""
    return _at(n * APART % members * 8 // 5)


def vacant(n: int) -> str:
    """A number between those that are taken; of so many members there are a fifth as many, from 0."""
    return _at(n * 8 + 2)


def _at(place: int) -> str:
    """Norway's mobile numbers, in their order: they begin with 40, 41, 45 to 48, and 9."""
    return f"47{place + (40_000_000 if place < 2_000_000 else 43_000_000 if place < 6_000_000 else 84_000_000)}"


def fill_sqlite(
    connection: sqlite3.Connection,
    club: str,
    members: int,
    statements: Sequence[str] = MEMBERS,
    before: Sequence[str] = (),
) -> None:
    """Make members in a migrated database that has none. Indices are made after the rows, which is quicker.

    Args:
        connection: to the database.
        club: whose members.
        members: how many.
        statements: what makes them.
        before: statements that are run first, for rows that stay few.
    """
    tables = [_TABLE.findall(statement)[-1] for statement in statements]
    marks = ", ".join("?" * len(tables))
    indices = connection.execute(
        f"select name, sql from sqlite_schema where type = 'index' and sql is not null and tbl_name in ({marks})",
        tables,
    ).fetchall()
    connection.execute("begin")
    for name, _ in indices:
        connection.execute(f"drop index {name}")
    for statement in (*before, *statements):
        connection.execute(statement.format(**_WORDS, **_SQLITE), {"club": club, "last": members - 1})
    for _, sql in indices:
        connection.execute(sql)
    connection.execute("commit")


async def fill_postgresql(
    connection: "asyncpg.Connection",
    club: str,
    members: int,
    statements: Sequence[str] = MEMBERS,
    before: Sequence[str] = (),
) -> None:
    """As `fill_sqlite`. Of a superuser: the keys of other tables are not looked up for each row."""
    tables = [_TABLE.findall(statement)[-1] for statement in statements]
    indices = await connection.fetch(
        "select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as sql from pg_index "
        "where indrelid::regclass::text = any($1) and not exists "
        "(select 1 from pg_constraint where conindid = indexrelid)",
        tables,
    )
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("set local maintenance_work_mem = '512MB'")
        for index in indices:
            await connection.execute(f"drop index {index['name']}")
        for statement in before:
            await connection.execute(statement.format(**_POSTGRESQL).replace(":club", "$1"), club)
        for statement in statements:
            sql = statement.format(**_WORDS, **_POSTGRESQL).replace(":club", "$1::text").replace(":last", "$2::bigint")
            await connection.execute(sql, club, members - 1, timeout=None)
        for index in indices:
            await connection.execute(index["sql"], timeout=None)
