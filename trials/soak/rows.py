"""What the database holds at the end, read from outside with statements of its own: a second pair of eyes."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final, Self

import asyncpg

Row = Any

_ENROLMENTS: Final = """
select id, station, phone, code, state, reason, member, created_at, changed_at, expires_at from enrolment order by id
"""
_CONSENTS: Final = "select member, enrolment, element from consent where enrolment is not null"
_MEMBERS: Final = """
select m.id, m.sub, m.name, m.email, m.member_number, m.left_at, l.phone
from member m left join phone_link l on l.club = m.club and l.member = m.id and l.ended_at is null
"""


@dataclass(frozen=True)
class Rows:
    """Everything that is judged."""

    enrolments: dict[str, Row]
    members: dict[str, Row]
    consents: list[Row]
    followers: dict[str, set[str]]
    """Stations by enrolment."""
    events: dict[str, list[Row]]
    """By station, in the order of their positions."""
    positions: dict[str, int]
    """Where each station's count stands."""
    identifications: dict[str, str]
    """The station of each."""

    @classmethod
    async def read(cls, database: str) -> Self:
        """Read all of it, at one moment."""
        connection = await asyncpg.connect(database)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return cls(
                    {row["id"]: row for row in await connection.fetch(_ENROLMENTS)},
                    {row["id"]: row for row in await connection.fetch(_MEMBERS)},
                    await connection.fetch(_CONSENTS),
                    await _followers(connection),
                    await _events(connection),
                    {row["id"]: row["last_position"] for row in await connection.fetch("select * from station")},
                    {row["id"]: row["station"] for row in await connection.fetch("select * from identification")},
                )
        finally:
            await connection.close()


async def _followers(connection: Any) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in await connection.fetch("select enrolment, station from follower"):
        found[row["enrolment"]].add(row["station"])
    return found


async def _events(connection: Any) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in await connection.fetch("select station, position, kind, body from event order by station, position"):
        found[row["station"]].append(row)
    return found


def told(event: Row) -> dict[str, Any]:
    """What an event says."""
    return dict(json.loads(event["body"]))


async def open_ones(database: str) -> int:
    """How many enrolments are open."""
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("select count(*) from enrolment where state in ('asking', 'waiting')"))
    finally:
        await connection.close()
