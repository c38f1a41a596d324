"""Keeps everything that outlives the process: the `Storage` port on SQLite and on PostgreSQL.

A reader would think that `transaction()` commits when its block ends. It does, but on SQLite the commit is shared by
all who were ready at that moment (`writer`), and nobody is told of anything before it is on the disk.
"""

from medlem.storage.condition import Condition
from medlem.storage.opening import Database, open_storage
from medlem.storage.scope import in_transaction
from medlem.storage.sqlite import SqliteStorage, open_sqlite

__all__ = ["Condition", "Database", "SqliteStorage", "in_transaction", "open_sqlite", "open_storage"]
