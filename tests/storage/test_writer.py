"""How SQLite is written: together, whole, and without holding up who does not write."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import settle
from medlem.flows.tables import StorageUnavailable
from medlem.storage import SqliteStorage, writer
from premises import NOW, Premises, add, asked, kept, new_premises, waiting
from storages import ALWAYS, Open


class Commits:
    """Watches the write connection: which thread committed, how often."""

    def __init__(self, storage: SqliteStorage) -> None:
        self.threads: list[str] = []
        storage._writer.connection.set_trace_callback(self._traced)

    def _traced(self, sql: str) -> None:
        if sql.lower() == "commit":
            self.threads.append(threading.current_thread().name)


async def test_all_who_are_ready_together_share_one_commit(storage: SqliteStorage, here: Premises) -> None:
    commits = Commits(storage)
    await asyncio.gather(*(add(storage, here) for _ in range(20)))
    assert commits.threads == ["MainThread"]


async def test_a_slow_disk_is_waited_for_on_a_thread_by_all_together(opening: Open) -> None:
    async with opening(slow_commit=ALWAYS) as storage:
        here = await new_premises(storage)
        commits = Commits(storage)
        await asyncio.gather(*(add(storage, here) for _ in range(20)))
        assert len(commits.threads) == 1
        assert commits.threads[0].startswith("medlem-commit")
        first = asyncio.create_task(add(storage, here))
        await asyncio.sleep(0)
        await asyncio.gather(first, *(add(storage, here) for _ in range(20)))
        assert len(commits.threads) <= 3


async def test_commits_move_to_the_thread_once_they_have_become_slow(
    opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opening(slow_commit=0.002) as storage:
        here = await new_premises(storage)
        ticks = iter(range(1_000_000))
        monkeypatch.setattr(writer, "perf_counter", lambda: next(ticks))
        commits = Commits(storage)
        for _ in range(3):
            await add(storage, here)
    assert commits.threads[0] == "MainThread"
    assert all(thread.startswith("medlem-commit") for thread in commits.threads[1:3])


@pytest.mark.parametrize("slow_commit", [ALWAYS, float("inf")])
async def test_who_hangs_up_during_the_commit_tears_nothing(opening: Open, slow_commit: float) -> None:
    async with opening(slow_commit=slow_commit) as storage:
        here = await new_premises(storage)
        found = here.identification()
        with storage.watch("due") as watch:
            async with storage.transaction() as tx:
                enrolment = await waiting(tx, here)
            await asyncio.wait_for(watch.changed(), 10)

            async def ping() -> None:
                async with storage.transaction() as tx:
                    await tx.identifications.add(found)
                    await tx.enrolments.wake(enrolment, NOW)

            caller = asyncio.create_task(ping())
            await asyncio.sleep(0)
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
            await asyncio.wait_for(watch.changed(), 10)
        assert await kept(storage, here, found)


async def test_a_body_that_gives_way_is_a_defect_and_takes_nobody_with_it(
    storage: SqliteStorage, here: Premises
) -> None:
    found = here.identification()

    async def gives_way() -> None:
        async with storage.transaction() as tx:
            await tx.identifications.add(found)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    outcomes = await asyncio.gather(add(storage, here), gives_way(), add(storage, here), return_exceptions=True)
    assert isinstance(outcomes[1], RuntimeError)
    assert not await kept(storage, here, found)
    for outcome in (outcomes[0], outcomes[2]):
        assert not isinstance(outcome, BaseException)
        assert await kept(storage, here, outcome)


async def test_a_full_disk_is_told_to_all_who_were_in_it_and_it_goes_on_afterwards(
    storage: SqliteStorage, here: Premises
) -> None:
    connection = storage._writer.connection
    [[pages]] = connection.execute("pragma page_count").fetchall()
    connection.execute(f"pragma max_page_count={pages + 2}").fetchall()
    outcomes = await asyncio.gather(*(add(storage, here) for _ in range(200)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert refused
    assert all(isinstance(outcome, StorageUnavailable) for outcome in refused)
    assert "disk is full" in str(refused[0])
    for outcome in outcomes:
        if not isinstance(outcome, BaseException):
            assert await kept(storage, here, outcome)
    connection.execute("pragma max_page_count=1000000").fetchall()
    assert await kept(storage, here, await add(storage, here))


async def test_a_commit_that_fails_is_told_and_rolled_back(storage: SqliteStorage, here: Premises) -> None:
    connection = storage._writer.connection
    async with storage.transaction() as tx:
        enrolment = await asked(tx, here)

    async def orphan() -> None:
        async with storage.transaction() as tx:
            connection.execute("pragma defer_foreign_keys=on")
            connection.execute("insert into follower values (?, 'enr_none', ?, 0)", (here.club.id, here.till.id))
            await tx.enrolments.follow(enrolment, here.kiosk.id)

    with pytest.raises(sqlite3.IntegrityError):
        await orphan()
    assert not await storage.reading.enrolments.follows(enrolment, here.kiosk.id)
    assert await kept(storage, here, await add(storage, here))


@pytest.fixture
def intruder(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process that writes to the file, as `medlem members import` does."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


async def test_another_writing_process_is_waited_for_while_others_read(
    storage: SqliteStorage, here: Premises, intruder: sqlite3.Connection
) -> None:
    intruder.execute("begin immediate")
    callers = [asyncio.create_task(add(storage, here)) for _ in range(3)]
    await settle()
    assert not any(caller.done() for caller in callers)
    assert await storage.reading.places.club(here.club.id) == here.club
    intruder.execute("commit")
    for caller in callers:
        assert await kept(storage, here, await asyncio.wait_for(caller, 10))


async def test_who_stops_waiting_for_another_process_leaves_no_transaction_open(
    storage: SqliteStorage, here: Premises, intruder: sqlite3.Connection
) -> None:
    intruder.execute("begin immediate")
    caller = asyncio.create_task(add(storage, here))
    await settle()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    intruder.execute("commit")
    await asyncio.wait_for(storage._writer._until_free(), 10)
    await settle()
    intruder.execute("begin immediate")
    intruder.execute("commit")
    assert await kept(storage, here, await add(storage, here))


async def test_a_process_that_never_lets_go_is_reported(
    storage: SqliteStorage, here: Premises, intruder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.001)
    intruder.execute("begin immediate")
    with pytest.raises(StorageUnavailable, match="Another process"):
        await add(storage, here)
    intruder.execute("commit")
    assert await kept(storage, here, await add(storage, here))


async def test_what_is_ready_is_committed_before_the_file_is_closed(opening: Open) -> None:
    async with opening(slow_commit=ALWAYS) as storage:
        here = await new_premises(storage)
        caller = asyncio.create_task(add(storage, here))
        await asyncio.sleep(0)
    found = await caller
    with pytest.raises(StorageUnavailable, match="closed"):
        await add(storage, here)
    async with opening() as again:
        assert await kept(again, here, found)
