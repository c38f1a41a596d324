"""The merchant's own table as the register: read, and never written.

Members who join here stay in our own tables, for nobody can be told; so a number reaches a member if the merchant's
table says so or ours does. The connection is opened so that the database itself refuses to write, and gives up in time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Protocol

from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.registers.fields import NUMBER, OF_A_MEMBER, PHONE, Unreadable, entry_of, national, same_number
from medlem.registers.remembering import Finder
from medlem.registers.wire import write_down

PARAMETERS: Final = ("phone", "msisdn", "national")
NEEDED: Final = (PHONE, NUMBER)
NOBODY: Final = PhoneNumber("1000000")
"""For trying the query out; too short for anybody's number."""

_PARAMETER = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):(phone|msisdn|national)\b")


class TableAway(Exception):
    """The database does not answer in time; the text is one word of a closed list."""


class WrongQuery(Exception):
    """The query cannot be used; the text says why, for the operator."""


class Table(Protocol):
    """A query in somebody else's database."""

    async def rows(self, values: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """What the query finds. Raises TableAway or WrongQuery."""

    async def columns(self, values: Mapping[str, str]) -> Sequence[str]:
        """What it would return. Raises TableAway or WrongQuery."""

    async def reads_everything(self, values: Mapping[str, str]) -> bool:
        """Whether the database plans to walk through a whole table. Raises TableAway or WrongQuery."""

    async def close(self) -> None:
        """End the connection."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the merchant's columns are called, by our names."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Columns":
        """What is not said has our name."""
        return cls({**{name: name for name in (PHONE, *OF_A_MEMBER)}, **said})

    def missing(self, returned: Sequence[str], said: Mapping[str, str]) -> list[str]:
        """The columns that a query must return and does not."""
        needed = dict.fromkeys((*NEEDED, *(name for name in said if name in self.names)))
        return [self.names[name] for name in needed if self.names[name] not in returned]

    def read(self, rows: Sequence[Mapping[str, Any]], asked: PhoneNumber) -> Entry | None:
        """The member of the one row, if there is one. Raises Unreadable."""
        if not rows:
            return None
        if len(rows) > 1:
            raise Unreadable("several")
        [row] = rows
        same_number(row.get(self.names[PHONE]), asked)
        return entry_of({name: row.get(self.names[name]) for name in OF_A_MEMBER})


class SqlRegister:
    """One club's table, with our own members beside it."""

    def __init__(self, table: Table, said: Mapping[str, str], own: Finder) -> None:
        """Take the query's table, what its columns are called, and our own register."""
        self._table = table
        self._said = said
        self._columns = Columns.of(said)
        self._own = own

    async def close(self) -> None:
        """End the connection."""
        await self._table.close()

    async def check(self) -> bool:
        """Try the query out; whether it finds its row without walking through a whole table.

        Raises:
            WrongQuery: it cannot be used.
            TableAway: nobody can tell now.
        """
        values = values_of(NOBODY)
        missing = self._columns.missing(await self._table.columns(values), self._said)
        if missing:
            raise WrongQuery(f"it does not return {', '.join(missing)}")
        await self._table.rows(values)
        return not await self._table.reads_everything(values)

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number, by the merchant's table or by ours.

        Raises:
            RegisterUnavailable: the table does not answer, and ours knows nobody.
        """
        try:
            entry = await self._look_up(phone)
        except (TableAway, WrongQuery, Unreadable):
            ours = await self._own.find(club, phone)
            if ours is None:
                raise RegisterUnavailable(
                    "The register of members does not answer. Carry on with the sale."
                ) from None  # what was wrong stands in the log, in one word
            return ours
        return entry or await self._own.find(club, phone)

    async def _look_up(self, phone: PhoneNumber) -> Entry | None:
        began, ended = monotonic(), "broken_off"
        try:
            entry = self._columns.read(await self._table.rows(values_of(phone)), phone)
            ended = "ok"
        except WrongQuery:
            ended = "wrong_query"
            raise
        except (TableAway, Unreadable) as trouble:
            ended = str(trouble)
            raise
        else:
            return entry
        finally:
            write_down("look_up", ended, 0, monotonic() - began)


def values_of(phone: PhoneNumber) -> dict[str, str]:
    """The parameters of the query."""
    return {"phone": phone.e164, "msisdn": phone.msisdn, "national": national(phone)}


def named(query: str) -> set[str]:
    """The parameters that a query uses."""
    return {found[1] for found in _PARAMETER.finditer(query) if found[1]}


def numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """The query with PostgreSQL's parameters, each a text, and their names in their order."""
    order: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"(${order.setdefault(found[1], len(order) + 1)}::text)" if found[1] else found[0]

    return _PARAMETER.sub(number, query), tuple(order)
