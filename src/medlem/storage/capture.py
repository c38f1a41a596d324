"""The SQLite side of a move to PostgreSQL: what has changed since when, and the end of it.

While the copy is made the service goes on, so triggers write the key of each row that changes into a log. The log
says only which rows; what is in them is read when it is carried over. A move that was cut off leaves triggers and log
behind, which do no harm, and are cleared by the next move or the next start of the service.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medlem.storage.faults import MOVED

LOG: Final = "change_to_move"
_TRIGGER: Final = "move_"
_EVENTS: Final = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}

_NOT_OURS: Final = frozenset({"migration", LOG, MOVED})

_GROUPED: Final = {"phone_link": ("club", "member")}
"""Tables without a primary key, and what their rows are carried over by, all together."""

Key = tuple[Any, ...]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table, as both databases know it."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of the key's columns, as SQLite calls them: `TEXT` or `INTEGER`."""
    grouped: bool
    """Whether several rows may share a key."""
    counted: bool
    """Whether the database counts its first column itself."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Which rows have changed, by table; each in the order in which it changed first."""

    last: int
    keys: dict[str, list[Key]]

    @property
    def many(self) -> int:
        """How many rows."""
        return sum(len(keys) for keys in self.keys.values())


def tables(connection: sqlite3.Connection) -> list[Table]:
    """Every table of the club, each after those that it refers to."""
    found = connection.execute(
        "select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite_%' "
        "order by name"
    ).fetchall()
    left = {name: _parents(connection, name) for (name,) in found if name not in _NOT_OURS}
    ordered: list[Table] = []
    while left:
        free = sorted(name for name, parents in left.items() if not parents & left.keys())
        ordered += [_table(connection, name) for name in free]
        for name in free:
            del left[name]
    return ordered


def begin(connection: sqlite3.Connection) -> None:
    """Write down which rows change once the caller's transaction is committed."""
    _clear(connection)
    connection.execute(
        f"create table {LOG} (number integer not null primary key, name text not null, key text not null) strict"
    )
    for table in tables(connection):
        for event, sides in _EVENTS.items():
            keys = " union ".join(
                f"select '{table.name}', json_array({', '.join(f'{side}.{column}' for column in table.key)})"
                for side in sides
            )
            connection.execute(
                f"create trigger {_TRIGGER}{table.name}_{event} after {event} on {table.name} "
                f"begin insert into {LOG} (name, key) {keys}; end"
            )


def standing(connection: sqlite3.Connection) -> bool:
    """Whether changes are still being written down; a service that was started meanwhile may have cleared that."""
    return bool(connection.execute("select 1 from sqlite_schema where name = ?", (LOG,)).fetchall())


def changes(connection: sqlite3.Connection, after: int) -> Changes:
    """What has changed after a number in the log."""
    [(last,)] = connection.execute(f"select coalesce(max(number), 0) from {LOG}").fetchall()  # noqa: S608 - our own name
    keys: dict[str, list[Key]] = {}
    found = connection.execute(
        f"select name, key from {LOG} where number > ? group by name, key order by min(number)",  # noqa: S608 - as above
        (after,),
    )
    for name, key in found.fetchall():
        keys.setdefault(name, []).append(tuple(json.loads(key)))
    return Changes(max(last, after), keys)


def rows_of(connection: sqlite3.Connection, table: Table, keys: Iterable[Key]) -> list[Row]:
    """The rows of these keys that are there."""
    where = " and ".join(f"{column} = ?" for column in table.key)
    sql = f"select {', '.join(table.columns)} from {table.name} where {where}"  # noqa: S608 - names of the schema
    return [row for key in keys for row in connection.execute(sql, key).fetchall()]


def all_rows(connection: sqlite3.Connection, table: Table) -> Iterator[Row]:
    """Every row, as it comes."""
    yield from connection.execute(f"select {', '.join(table.columns)} from {table.name}")  # noqa: S608 - as above


def count(connection: sqlite3.Connection, table: Table) -> int:
    """How many rows there are."""
    [(many,)] = connection.execute(f"select count(*) from {table.name}").fetchall()  # noqa: S608 - as above
    return int(many)


def speaking(connection: sqlite3.Connection) -> bool:
    """Whether a customer is just being asked, or an answer looked for."""
    found = "select 1 from enrolment where state = 'asking' or (state = 'waiting' and lease_until > 0) limit 1"
    return bool(connection.execute(found).fetchall())


def freeze(connection: sqlite3.Connection) -> None:
    """Refuse every write from now on, in the caller's transaction; whoever opens the file is told why."""
    known = tables(connection)
    _clear(connection)
    connection.execute(f"create table {MOVED} (sentence text not null) strict")
    for table in known:
        for event in _EVENTS:
            connection.execute(
                f"create trigger {_TRIGGER}{table.name}_{event} before {event} on {table.name} "
                f"begin select raise(abort, '{MOVED}'); end"
            )


@contextmanager
def only_move(database: Path) -> Iterator[bool]:
    """Whether nobody else is moving this database; nobody else can while the block lasts."""
    descriptor = os.open(database.with_name(f"{database.name}.moving"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def forget_unfinished(connection: sqlite3.Connection) -> None:
    """Clear what a move that was cut off has left."""
    if not standing(connection):
        return
    connection.execute("begin immediate")
    _clear(connection)
    connection.execute("commit")


def _clear(connection: sqlite3.Connection) -> None:
    left = connection.execute(
        "select name from sqlite_schema where type = 'trigger' and name glob ?", (f"{_TRIGGER}*",)
    ).fetchall()
    for (name,) in left:
        connection.execute(f"drop trigger {name}")
    connection.execute(f"drop table if exists {LOG}")


def _parents(connection: sqlite3.Connection, name: str) -> set[str]:
    found = connection.execute('select "table" from pragma_foreign_key_list(?)', (name,)).fetchall()
    return {parent for (parent,) in found} - {name}


def _table(connection: sqlite3.Connection, name: str) -> Table:
    columns: Sequence[tuple[str, str, int]] = connection.execute(
        "select name, type, pk from pragma_table_info(?) order by cid", (name,)
    ).fetchall()
    found = tuple(column for column, _, place in sorted(columns, key=lambda one: one[2]) if place)
    key = found or _GROUPED[name]
    kind_of = {column: kind.upper() for column, kind, _ in columns}
    kinds = tuple(kind_of[column] for column in key)
    return Table(
        name=name,
        columns=tuple(column for column, _, _ in columns),
        key=key,
        kinds=kinds,
        grouped=not found,
        counted=kinds == ("INTEGER",),
    )
