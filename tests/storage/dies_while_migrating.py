"""Migrates a database, and is killed before the nth statement of its first step; for a test of what is left."""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator

from medlem.storage import migrating
from medlem.storage.migrating import migrate, shipped, statements_of
from premises import NOW


def until_killed(sql: str) -> Iterator[str]:
    for number, statement in enumerate(statements_of(sql), start=1):
        if number == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield statement


migrating.statements_of = until_killed
with sqlite3.connect(sys.argv[1], isolation_level=None) as connection:
    connection.execute("pragma journal_mode=wal")
    migrate(connection, shipped(), NOW)
