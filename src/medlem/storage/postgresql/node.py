"""This process among others that share the database: it listens to what they commit, and notices when one is gone.

One connection of its own does both. It listens, so that what any node commits wakes whoever waits here; and it holds
an advisory lock under this node's number, which PostgreSQL takes back when the process dies, however that is. Nobody
sends heartbeats, and no clock decides who is alive.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from medlem.flows import failures
from medlem.flows.tables import StorageUnavailable
from medlem.storage.postgresql.connections import Connection
from medlem.storage.postgresql.faults import EXPECTED, GONE, told
from medlem.storage.postgresql.sessions import CHANNEL
from medlem.storage.watching import Bell

log = logging.getLogger(__name__)

BEAT: Final = 1.0
"""Seconds between two looks at who is there."""

BEATS: Final = 10
"""After so many of them what nobody holds is looked for in any case: somebody may have come and gone between two."""

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between attempts to reach a server that is away."""

_JOIN: Final = "select pg_try_advisory_lock(1835361388, $1)"

_PRESENT: Final = """
select l.objid::bigint as node
from pg_locks l join pg_database d on d.oid = l.database
where l.locktype = 'advisory' and l.granted and d.datname = current_database()
    and l.classid::bigint = 1835361388 and l.objid <> 0
"""


class Node:
    """Membership and news. Begun by `start`, ended by `close`."""

    def __init__(
        self,
        number: int,
        connect: Callable[[], Awaitable[Connection]],
        bell: Bell,
        someone_left: Callable[[], Awaitable[None]],
    ) -> None:
        self._number = number
        self._connect = connect
        self._bell = bell
        self._someone_left = someone_left
        self._lost = asyncio.Event()
        self._connection: Connection | None = None
        self._present: frozenset[int] = frozenset()
        self._beats = 0
        self._staying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join, and stay until `close`.

        Raises:
            StorageUnavailable: the server does not answer.
        """
        await self._join()
        self._staying = asyncio.create_task(self._stay(), name="node")

    async def close(self) -> None:
        """Leave: what we hold is free for the others."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.gather(self._staying, return_exceptions=True)
        await self._hang_up()

    async def _stay(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._be_there()
                pause = FIRST_PAUSE
            except Exception as error:  # noqa: BLE001 - whatever befell the server, the node has to outlive it
                await self._hang_up()
                if pause == FIRST_PAUSE:
                    log.warning("PostgreSQL is away; trying again until it is back\n%s", failures.told(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _be_there(self) -> None:
        """Look around once, and listen until it is time to look again or the connection is lost."""
        if self._connection is None:
            await self._join()
            log.info("PostgreSQL is back")
        await self._look_around()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), BEAT)
            raise StorageUnavailable(GONE)

    async def _join(self) -> None:
        self._lost.clear()
        self._connection = connection = await self._connect()
        connection.add_termination_listener(lambda _: self._lost.set())
        try:
            await connection.execute("set idle_in_transaction_session_timeout = 0")
            await connection.add_listener(CHANNEL, self._heard)
            await connection.fetchval(_JOIN, self._number)
        except EXPECTED as error:
            raise told(error) from error
        self._present = frozenset()
        self._bell.ring_all()  # what was committed while nobody listened

    async def _look_around(self) -> None:
        if self._connection is None:
            return
        try:
            rows = await self._connection.fetch(_PRESENT)
        except EXPECTED as error:
            raise told(error) from error
        present = frozenset(int(row["node"]) for row in rows)
        self._beats += 1
        if self._present - present or not self._present or self._beats % BEATS == 0:
            await self._someone_left()
        self._present = present

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    def _heard(self, *heard: object) -> None:
        """A commit's news, as `<node> <topic>`. Our own have been told here already."""
        node, _, topic = str(heard[-1]).partition(" ")
        if node != str(self._number):
            self._bell.ring([topic])
