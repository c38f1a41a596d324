"""Writes to SQLite: one connection, bodies one after another, and one commit for all who were ready together.

A body runs in the event loop without ever giving way, for it awaits nothing but storage; one that gives way is a
defect, found here and rolled back. Bodies of the same turn of the loop stand as savepoints in one transaction, which
is committed on the next turn: one flush to the disk for all of them.

The commit belongs to the writer, not to whoever waits for it: a caller who is cancelled tears nothing. While the
disk is quick, the commit runs in the loop, since a thread costs more than it saves; once commits have become slow
it runs on the writer's own thread, so that a slow disk holds up nobody who does not write.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from threading import Event
from time import perf_counter
from typing import Final

from medlem.flows.tables import StorageUnavailable
from medlem.storage.faults import code_of, told

SLOW: Final = 0.002
"""Seconds that a commit may usually take in the loop."""

PATIENCE: Final = 5.0
"""Seconds for which another process may hold the database, on the thread."""

AGAIN: Final = 0.001
"""Seconds between two looks whether it has let go. SQLite's own waiting looks ever more seldom, up to ten times a
second: between two short transactions of a command that writes many it would look too late, again and again."""

_MEMORY: Final = 8
"""Over about how many commits "usually" is reckoned."""

_GAVE_WAY: Final = "A transaction's body awaited something that is not storage; it was rolled back."
_LOST: Final = "The database gave up in the middle of writing; nothing was written. Check the disk and its free space."

Outcome = asyncio.Future[Exception | None]
"""None when it is done, or what was wrong."""


class _Batch:
    """The bodies that will be committed together."""

    __slots__ = ("topics", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Outcome] = []
        self.topics: set[str] = set()


class Writer:
    """Owns the write connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        ring: Callable[[Iterable[str]], None],
        slow: float,
        check: Callable[[], None],
    ) -> None:
        """Take the connection; `check` raises when what is written to it would be lost."""
        self.connection = connection
        self._check = check
        self._ring = ring
        self._slow = slow
        self._usual = 0.0
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="medlem-commit")
        self._free = asyncio.Event()
        """Nobody stands in a body, and the thread has not got the connection."""
        self._free.set()
        self._batch: _Batch | None = None
        self._inside = False
        self._gave_way = False
        self._closed = False
        self._never = Event()

    async def enter(self) -> None:
        """Wait for a turn, and begin a body."""
        while not await self._begun():
            pass
        self.connection.execute("savepoint body")
        self._inside = True
        self._free.clear()

    def leave(self, topics: Iterable[str], failure: BaseException | None) -> Outcome:
        """End a body, and give the turn to the next.

        Args:
            topics: what to announce once it is committed.
            failure: what the body ended with; it is rolled back.
        """
        outcome: Outcome = self._loop.create_future()
        gave_way, self._gave_way, self._inside = self._gave_way, False, False
        self._free.set()
        kept = failure is None and not gave_way
        try:
            if not kept:
                self.connection.execute("rollback to body")
            self.connection.execute("release body")
        except sqlite3.Error:
            # SQLite has rolled back the whole transaction, as on a full disk: all who are in it are told.
            lost = failure if isinstance(failure, StorageUnavailable) else StorageUnavailable(_LOST)
            outcome.set_result(lost)
            self._fail(lost)
        else:
            if kept and self._batch is not None:
                self._batch.waiting.append(outcome)
                self._batch.topics.update(topics)
            else:
                outcome.set_result(RuntimeError(_GAVE_WAY) if gave_way else None)
        if gave_way:
            self._flush()
        return outcome

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[sqlite3.Connection]:
        """Have the bare connection, with no transaction open."""
        await self._until_free()
        while self._batch is not None:
            self._flush()
            await self._until_free()
        self._free.clear()
        try:
            yield self.connection
        finally:
            self._free.set()

    async def close(self) -> None:
        """Commit what is ready, and stop."""
        self._closed = True
        async with self.alone():
            self.connection.close()
        self._thread.shutdown()

    async def _begun(self) -> bool:
        """Whether a transaction is open, now that it is our turn; False: try once more."""
        await self._until_free()
        if self._closed:
            raise StorageUnavailable("The database has been closed: the service is stopping.")
        if self._batch is not None:
            return True
        self._check()
        try:
            self.connection.execute("begin immediate")
        except sqlite3.Error as error:
            if code_of(error) != sqlite3.SQLITE_BUSY:
                raise told(error) from error
        else:
            self._open_batch()
            return True
        # Another process is writing: wait for it on the thread, which may sleep.
        begun = self._hand_over(self._begin_patiently, self._begun_elsewhere)
        await self._free.wait()
        if (refused := begun.result()) is not None:
            raise refused
        return False

    def _begin_patiently(self) -> Exception | None:
        until = perf_counter() + PATIENCE
        while True:
            try:
                self.connection.execute("begin immediate")
            except sqlite3.Error as error:
                if code_of(error) != sqlite3.SQLITE_BUSY or perf_counter() >= until:
                    return told(error)
            else:
                return None
            self._never.wait(AGAIN)

    def _begun_elsewhere(self, refused: Exception | None) -> None:
        if refused is None:
            self._open_batch()

    def _open_batch(self) -> None:
        self._batch = _Batch()
        self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Commit the batch. A body that is still in progress has given way: the batch ends when it ends."""
        if self._inside:
            self._gave_way = True
            return
        if self._batch is None or not self._free.is_set():
            return
        batch, self._batch = self._batch, None
        if self._usual <= self._slow:
            self._finish(batch, self._commit())
        else:
            self._hand_over(self._commit, lambda error: self._finish(batch, error))

    def _commit(self) -> Exception | None:
        began = perf_counter()
        try:
            self.connection.execute("commit")
        except sqlite3.Error as error:
            self._roll_back()
            return told(error)
        else:
            return None
        finally:
            self._usual += (perf_counter() - began - self._usual) / _MEMORY

    def _finish(self, batch: _Batch, error: Exception | None) -> None:
        if error is None:
            self._ring(batch.topics)
        for outcome in batch.waiting:
            if not outcome.done():  # whoever was cancelled has gone
                outcome.set_result(error)

    def _fail(self, error: Exception) -> None:
        self._roll_back()
        batch, self._batch = self._batch, None
        if batch is not None:
            self._finish(batch, error)

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # what failed before is what is told
            if self.connection.in_transaction:
                self.connection.execute("rollback")

    def _hand_over(self, work: Callable[[], Exception | None], then: Callable[[Exception | None], None]) -> Outcome:
        """Give the connection to the thread; nobody enters until it comes back."""
        self._free.clear()
        working = self._loop.run_in_executor(self._thread, work)

        def given_back(done: Outcome) -> None:
            self._free.set()
            then(done.result())

        working.add_done_callback(given_back)
        return working

    async def _until_free(self) -> None:
        while not self._free.is_set():
            await self._free.wait()
