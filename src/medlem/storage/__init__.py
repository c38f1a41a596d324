"""Keeps everything that outlives the process: the `Storage` port on SQLite.

A reader would think that `transaction()` commits when its block ends. It does, but the commit is shared by all who
were ready at that moment (`writer`), and nobody is told of anything before it is on the disk.
"""

from medlem.storage.scope import in_transaction
from medlem.storage.sqlite import SqliteStorage, open_storage

__all__ = ["SqliteStorage", "in_transaction", "open_storage"]
