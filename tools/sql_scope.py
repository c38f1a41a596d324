"""Whose rows a query sees: its tables, which column of each names the club, and which are bound to `:club`."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from sql_reading import Tokens, Unreadable

STORAGE: Final = files("medlem.storage")
CLUB: Final = ":club"
OF_THE_SERVER: Final = frozenset({"pg_locks", "pg_database"})
"""Tables of PostgreSQL itself, which know nothing of clubs."""


@dataclass(slots=True)
class Source:
    """Something that rows come from, by its alias: a table, or a query whose rows are of one club or not."""

    table: str | None
    bound: bool = False
    ours: bool = True
    """Whether it has a club at all."""


Scope = dict[str, Source]


@dataclass(slots=True)
class Query:
    """A select as far as clubs are concerned."""

    shown: list[Tokens]
    sources: Scope
    faults: list[str] = field(default_factory=list)


def tables() -> dict[str, frozenset[str]]:
    """Every table that the migrations make, with its columns: SQLite itself reads them."""
    with sqlite3.connect(":memory:") as database:
        for migration in sorted((STORAGE / "migrations").iterdir(), key=lambda file: file.name):
            if migration.name.endswith(".sql"):
                database.executescript(migration.read_text(encoding="utf-8"))
        names = [name for (name,) in database.execute("select name from sqlite_schema where type = 'table'")]
        found = {
            name: frozenset(row[1] for row in database.execute(f"pragma table_info({name})"))
            for name in names
            if not name.startswith("sqlite_")
        }
    database.close()
    return found


class Schema:
    """The tables, and how each names its club."""

    def __init__(self, known: Mapping[str, frozenset[str]]) -> None:
        self.known = known

    def has_club(self, table: str) -> bool:
        """Whether its rows belong to clubs.

        Raises:
            Unreadable: there is no such table.
        """
        if table in OF_THE_SERVER:
            return False
        if table not in self.known:
            raise Unreadable(f"{table} is no table")
        return table == "club" or "club" in self.known[table]

    @staticmethod
    def club_column(table: str | None) -> str:
        """The column that names the club."""
        return "id" if table == "club" else "club"

    def is_club(self, value: Tokens, query: Query | None) -> bool:
        """Whether a value is our club, in a query's rows or by itself."""
        column = column_of(value)
        return column == (CLUB,) or (query is not None and self.is_bound(column, query.sources))

    def is_bound(self, column: tuple[str, ...], scope: Scope) -> bool:
        """Whether a column is our club."""
        alias = self.of_club(column, scope)
        return alias is not None and scope[alias].bound

    def of_club(self, column: tuple[str, ...], scope: Scope) -> str | None:
        """The alias whose club a column is, if it is one's."""
        *alias, name = column
        if alias:
            named = ".".join(alias)
            return named if named in scope and name == self.club_column(scope[named].table) else None
        having = [each for each, source in scope.items() if self._shows(source, name)]
        return having[0] if len(having) == 1 and name == self.club_column(scope[having[0]].table) else None

    def _shows(self, source: Source, column: str) -> bool:
        return column == "club" if source.table is None else column in self.known.get(source.table, ())


def column_of(value: Tokens) -> tuple[str, ...]:
    """A column, with its alias if it has one."""
    return tuple(str(piece) for piece in value if piece != ".")
