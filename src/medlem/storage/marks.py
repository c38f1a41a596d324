"""What is not to be served from, though it is a database of ours: it says so itself, by a table.

Whoever copies a backup into the place of a database would skip all that `restore` does; so it is not opened.
"""

import sqlite3
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.storage.faults import MOVED, MOVED_AWAY, told

BACKUP: Final = "backup"
"""A copy of one moment."""

_SENTENCES: Final = {
    MOVED: MOVED_AWAY,
    BACKUP: "This file is a backup, and nobody serves from one. Bring it back with `medlem restore`.",
}


def marks(connection: sqlite3.Connection) -> set[str]:
    """The marks on this file."""
    try:
        tables = connection.execute("select name from sqlite_schema where type = 'table'").fetchall()
    except sqlite3.Error as error:
        raise told(error) from error
    return {name for (name,) in tables} & _SENTENCES.keys()


def refuse_marked(connection: sqlite3.Connection) -> None:
    """Let nobody work with a marked file.

    Raises:
        StorageUnavailable: it is one; with what to do.
    """
    for mark in sorted(marks(connection)):
        raise StorageUnavailable(_SENTENCES[mark])
