"""Reads the SQL of this folder: `sql/<noun>.sql` holds the statements `<noun>.<name>`.

They are written once, in words that SQLite and PostgreSQL share; where they differ, each side puts them its own way:
here rows are not locked, since one transaction writes at a time; PostgreSQL's words are in `postgresql.dialect`.
Where SQLite, which has not counted the rows, would read all of a club, the statement names its index
(docs/decisions/0056-work-is-counted.md).

aiosql reads the files, where each statement declares its parameters; the sessions run them themselves, since what
aiosql makes of them has no types and adds a quarter to a look-up (docs/decisions/0003-sqlite-in-the-loop.md).
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import aiosql

FOLDER: Final = files("medlem.storage") / "sql"

_INSERT = re.compile(r"insert into (\w+) \(\s*([\w,\s]+?)\s*\)\s*values \(\s*[:\w,\s]+\);?")
_ROW_LOCK = re.compile(r"\bfor update( skip locked)?\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement."""

    sql: str
    parameters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Insert:
    """A plain insert of one row: `insert into TABLE (COLUMNS) values (a parameter for each)`."""

    table: str
    columns: tuple[str, ...]

    @property
    def positional(self) -> str:
        """With a question mark for each value."""
        values = ", ".join("?" * len(self.columns))
        return f"insert into {self.table} ({', '.join(self.columns)}) values ({values})"  # noqa: S608 - names of a statement of ours


@cache
def insert_of(statement: str) -> Insert:
    """What a statement inserts.

    Raises:
        ValueError: it is no plain insert.
    """
    found = _INSERT.fullmatch(statements()[statement].sql.strip())
    if found is None:
        raise ValueError(f"{statement} is no plain insert")
    return Insert(found[1], tuple(column.strip() for column in found[2].split(",")))


@cache
def statements() -> dict[str, Statement]:
    """Every statement by its name, as SQLite takes it."""
    return {name: replace(found, sql=_ROW_LOCK.sub("", found.sql)) for name, found in read(FOLDER).items()}


def read(folder: Traversable) -> dict[str, Statement]:
    """The statements of one folder."""
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        queries = aiosql.from_str(file.read_text(encoding="utf-8"), "sqlite3")
        for name in queries.available_queries:
            query = getattr(queries, name)
            if not name.endswith("_cursor"):  # aiosql adds these
                noun = file.name.removesuffix(".sql")
                found[f"{noun}.{name}"] = Statement(query.sql, frozenset(query.parameters or ()))
    return found
