"""The `Storage` port on PostgreSQL, for any number of processes on any number of machines.

A reader would look for leader election, heartbeats and a list of members. There are none of ours: row locks decide who
looks for an answer, a session's advisory lock says which node is alive, the server's clock is everybody's, and
`NOTIFY` carries the news (docs/decisions/0017-postgresql-is-the-cluster.md).
"""

from medlem.storage.postgresql.storage import PostgresqlStorage, open_postgresql

__all__ = ["PostgresqlStorage", "open_postgresql"]
