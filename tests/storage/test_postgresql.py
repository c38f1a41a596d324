"""PostgreSQL as the cluster: several nodes on one database, and a server that comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import asyncpg
import pytest

from medlem.club.codes import confirmation_code
from medlem.club.enrolment import MARGIN, Enrolment, State
from medlem.club.ids import enrolment_id
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.flows.ports import Storage
from medlem.flows.tables import Clash, StorageUnavailable
from medlem.flows.views import IdentificationView
from medlem.storage import open_storage
from medlem.storage.migrating import BESIDE, Migration, shipped
from medlem.storage.postgresql import PostgresqlStorage, connections, migrating, node
from medlem.storage.postgresql.dialect import numbered, schema, spoken
from medlem.storage.postgresql.faults import Defect
from medlem.storage.statements import statements
from medlem.vault import Vault
from postgres import TEMPLATE, Cluster, cluster
from premises import INTERVAL, KARI, NOW, Premises, add, kept, last_position, later, new_premises, waiting
from storages import VAULT

LEASE = timedelta(seconds=30)
PATIENCE = 20
SECRET = "hunter2"


@pytest.fixture
def url() -> Iterator[str]:
    made = cluster().new_database(TEMPLATE)
    yield made
    cluster().drop(made)


@asynccontextmanager
async def opened(url: str, *, serving: bool = True, vault: Vault = VAULT) -> AsyncIterator[PostgresqlStorage]:
    storage = await open_storage(url, vault, serving=serving)
    assert isinstance(storage, PostgresqlStorage)
    try:
        yield storage
    finally:
        await storage.close()


@pytest.fixture
async def one(url: str) -> AsyncIterator[PostgresqlStorage]:
    async with opened(url) as storage:
        yield storage


@pytest.fixture
async def other(url: str) -> AsyncIterator[PostgresqlStorage]:
    async with opened(url) as storage:
        yield storage


@pytest.fixture
def at_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server's clock says, in the tests' own time."""

    async def server_time(_: PostgresqlStorage) -> datetime:
        return later(12)

    monkeypatch.setattr(PostgresqlStorage, "server_time", server_time)
    monkeypatch.setattr(node, "BEAT", 0.01)


@pytest.fixture
async def here(one: PostgresqlStorage) -> Premises:
    return await new_premises(one)


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server that these tests may stop."""
    own = Cluster()
    own.start()
    yield own
    own.remove()


async def show(storage: Storage, here: Premises) -> int:
    """One event on the till's screen; its position."""
    view = IdentificationView.of(here.identification(), None)
    async with storage.transaction() as tx:
        await tx.events.add(here.club.id, here.till.id, view, NOW)
    return await last_position(storage, here)


async def bring(storage: Storage, here: Premises, many: int = 1) -> None:
    """Enrolments that wait, due in five seconds."""
    async with storage.transaction() as tx:
        for n in range(many):
            await waiting(tx, here, PhoneNumber(f"47474000{n:02}"), request=f"req-{n}")


async def claim(storage: Storage, at: float, most: int = 10) -> list[Enrolment]:
    async with storage.transaction() as tx:
        return list(await tx.enrolments.claim_due(later(at), LEASE, most))


async def decline(storage: Storage, claimed: Enrolment, held: asyncio.Event) -> None:
    """End it, slowly: from when the row is held until it is written, others have time to ask for it."""
    async with storage.transaction() as tx:
        current = await tx.enrolments.hold(claimed.club, claimed.id)
        assert current is not None
        held.set()
        for _ in range(20):
            await tx.places.club(claimed.club)
        await tx.enrolments.save(current.declined(later(11)))


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what another process does and rings no bell for."""
    async with asyncio.timeout(PATIENCE):
        while not await true():  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.005)


def sees(storage: PostgresqlStorage, nodes: int) -> Callable[[], Awaitable[bool]]:
    """Whether this node knows of so many, itself among them."""

    async def seen() -> bool:
        return len(storage._node._present) == nodes

    return seen


def has_freed(storage: PostgresqlStorage) -> Callable[[], Awaitable[bool]]:
    """Whether what was claimed at ten is due long before its lease ends."""

    async def freed() -> bool:
        due = await storage.reading.enrolments.next_due()
        return due is not None and due < later(30)

    return freed


# -- many nodes


async def test_what_one_node_commits_wakes_who_waits_at_another(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    with other.watch(here.till.id) as watch:
        await show(one, here)
        async with asyncio.timeout(PATIENCE):
            await watch.changed()
    assert len(await other.reading.events.after(here.club.id, here.till.id, 0, 10)) == 1


async def test_what_is_rolled_back_wakes_nobody(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    view = IdentificationView.of(here.identification(), None)
    with other.watch(here.till.id) as till, other.watch(here.kiosk.id) as kiosk:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the transaction is what fails
            async with one.transaction() as tx:
                await tx.events.add(here.club.id, here.till.id, view, NOW)
                raise ZeroDivisionError
        async with one.transaction() as tx:
            await tx.events.add(here.club.id, here.kiosk.id, view, NOW)
        async with asyncio.timeout(PATIENCE):
            await kiosk.changed()  # news arrive in their order
        assert not till.announced.is_set()  # type: ignore[attr-defined] # of the one in use
    assert await show(one, here) == 1


async def test_nodes_that_claim_at_once_never_claim_the_same(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    await bring(one, here, 20)
    parts = await asyncio.gather(*(claim(storage, 10, 5) for storage in (one, other) * 4))
    claimed = [enrolment.id for part in parts for enrolment in part]
    assert len(claimed) == len(set(claimed)) == 20


async def test_nodes_that_ask_one_phone_at_once_ask_it_once(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    async def ask(storage: Storage) -> Enrolment:
        customer = here.identification()
        async with storage.transaction() as tx:
            await tx.identifications.add(customer)
            wanted = Enrolment.begin(enrolment_id(NOW), customer, confirmation_code(), NOW)
            return await tx.enrolments.open(wanted)

    asked = await asyncio.gather(*(ask(storage) for storage in (one, other) * 4))
    assert len({enrolment.id for enrolment in asked}) == 1


async def test_events_of_a_station_become_visible_in_their_order_and_none_is_left_out(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    seen: list[int] = []

    async def read() -> None:
        with one.watch(here.till.id) as watch:
            while len(seen) < 40:
                news = await one.reading.events.after(here.club.id, here.till.id, seen[-1] if seen else 0, 100)
                seen.extend(event.position for event in news)
                if not news:
                    await watch.changed()

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(read(), *(show(storage, here) for storage in (one, other) * 20))
    assert seen == list(range(1, 41))


async def test_a_row_that_is_held_is_written_by_nobody_else(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    await bring(one, here)
    (claimed,) = await claim(one, 10)
    held = asyncio.Event()

    async def look() -> State | None:
        await held.wait()
        async with other.transaction() as tx:
            current = await tx.enrolments.hold(claimed.club, claimed.id)
            return current.state if current else None

    _, state = await asyncio.gather(decline(one, claimed, held), look())
    assert state is State.DECLINED


async def test_who_would_follow_a_question_that_is_just_ending_begins_a_new_one(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    await bring(one, here)
    (claimed,) = await claim(one, 10)
    held = asyncio.Event()

    async def ask() -> Enrolment:
        await held.wait()
        customer = here.identification(PhoneNumber("4747400000"))
        async with other.transaction() as tx:
            await tx.identifications.add(customer)
            wanted = Enrolment.begin(enrolment_id(NOW), customer, confirmation_code(), NOW)
            return await tx.enrolments.open(wanted)

    _, asked = await asyncio.gather(decline(one, claimed, held), ask())
    assert (asked.state, asked.id == claimed.id) == (State.ASKING, False)


async def test_a_dead_nodes_claims_are_free_as_soon_as_its_connection_is_gone(
    at_twelve: None, url: str, one: PostgresqlStorage, here: Premises
) -> None:
    del at_twelve
    await bring(one, here)

    async with opened(url) as dying:
        (held,) = await claim(dying, 10)
        await until(sees(one, 2))
        assert not await claim(one, 12)
        assert not await has_freed(one)()
        assert dying._node._staying is not None
        dying._node._staying.cancel()  # as a killed process: nobody says goodbye
        assert dying._node._connection is not None
        dying._node._connection.terminate()
        await until(has_freed(one))
    assert await one.reading.enrolments.next_due() == later(12) + INTERVAL + MARGIN  # until then it may have looked
    (again,) = await claim(one, 20)
    assert (again.id, again.claim) == (held.id, held.claim + 1)
    assert not await claim(one, 20)


async def test_an_answer_that_a_dead_node_was_to_understand_is_due_at_once(
    at_twelve: None, url: str, one: PostgresqlStorage, here: Premises
) -> None:
    del at_twelve
    await bring(one, here)

    async with opened(url) as dying:
        await until(sees(one, 2))
        (taken,) = await claim(dying, 10)
        async with dying.transaction() as tx:
            await tx.enrolments.save(taken.answered(Masked(b"tokens"), later(11)))

    async def due() -> bool:
        return await one.reading.enrolments.next_due() == later(10)

    await until(due)


async def test_a_node_alone_frees_what_was_left_when_everything_went_down(at_twelve: None, url: str) -> None:
    del at_twelve
    async with opened(url, serving=False) as gone:
        await bring(gone, await new_premises(gone))
        assert len(await claim(gone, 10)) == 1
    async with opened(url) as started:
        await until(has_freed(started))


async def test_claims_of_a_node_that_nobody_has_ever_seen_are_free_after_a_while(
    at_twelve: None, url: str, one: PostgresqlStorage, here: Premises
) -> None:
    del at_twelve
    await bring(one, here)

    await until(sees(one, 1))
    async with opened(url, serving=False) as came_and_went:
        assert len(await claim(came_and_went, 10)) == 1
    await until(has_freed(one))


async def test_a_later_claim_keeps_out_who_thawed(
    one: PostgresqlStorage, other: PostgresqlStorage, here: Premises
) -> None:
    await bring(one, here)
    (frozen,) = await claim(one, 10)
    (current,) = await claim(other, 45)
    async with one.transaction() as tx:
        assert not await tx.enrolments.save(frozen.declined(later(46)))
    async with other.transaction() as tx:
        assert await tx.enrolments.save(current.pending(later(46), slow_down=False))
    found = await one.reading.enrolments.get(here.club.id, current.id)
    assert found is not None
    assert found.state is State.WAITING


# -- transactions


async def test_a_cancelled_caller_leaves_the_commit_whole(one: PostgresqlStorage, here: Premises) -> None:
    found = here.identification()
    written = asyncio.Event()

    async def write() -> None:
        async with one.transaction() as tx:
            await tx.identifications.add(found)
            written.set()

    writing = asyncio.create_task(write())
    await written.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    async def there() -> bool:
        return await kept(one, here, found)

    await until(there)


async def test_more_who_write_than_there_are_connections_wait_for_their_turn(
    one: PostgresqlStorage, here: Premises
) -> None:
    found = await asyncio.gather(*(add(one, here) for _ in range(connections.MOST * 4)))
    assert all([await kept(one, here, one_of_them) for one_of_them in found])


async def test_a_row_that_is_there_already_is_told_without_what_it_holds(
    one: PostgresqlStorage, here: Premises
) -> None:
    found = await add(one, here)
    with pytest.raises(Clash) as refused:
        async with one.transaction() as tx:
            await tx.identifications.add(found)
    assert KARI.msisdn not in str(refused.value)


async def test_a_statement_that_cannot_be_run_is_a_defect_without_its_values(
    one: PostgresqlStorage, here: Premises
) -> None:
    found = here.identification()
    with pytest.raises(Defect) as refused:
        async with one.transaction() as tx:
            await tx.identifications.note_miss(here.club.id, found.id, KARI, NOW)  # type: ignore[arg-type] # no station
    assert KARI.msisdn not in str(refused.value)


async def test_reading_writes_nothing_and_announces_nothing(one: PostgresqlStorage, here: Premises) -> None:
    with pytest.raises(RuntimeError, match="writes"):
        await one.reading.identifications.add(here.identification())
    with pytest.raises(RuntimeError, match="nothing was written"):
        one.reading.events._session.announce("due")
    async with one.reading.events._session.steady() as session:
        with pytest.raises(RuntimeError, match="nothing was written"):
            session.announce("due")


async def test_tables_are_of_no_use_after_their_transaction(one: PostgresqlStorage, here: Premises) -> None:
    async with one.transaction() as tx:
        pass
    with pytest.raises(RuntimeError, match="after the end"):
        await tx.places.club(here.club.id)


# -- a server that comes and goes


async def test_a_node_goes_on_by_itself_after_the_server_was_killed(server: Cluster) -> None:
    url = server.new_database()
    async with opened(url, serving=False) as first:
        await first.migrate(NOW)
    async with opened(url) as storage:
        here = await new_premises(storage)
        before = await add(storage, here)
        await asyncio.gather(*(kept(storage, here, before) for _ in range(5)))  # several connections, all to die
        with storage.watch(here.till.id) as watch:
            server.kill()
            with pytest.raises(StorageUnavailable, match="does not answer"):
                await add(storage, here)
            with pytest.raises(StorageUnavailable, match="does not answer"):
                await storage.reading.places.clubs()
            with pytest.raises(StorageUnavailable):
                await storage.healthy()
            server.start()
            async with asyncio.timeout(PATIENCE):
                await watch.changed()  # something may have been committed that nobody heard of
        await asyncio.gather(*(add(storage, here) for _ in range(20)))
        await asyncio.gather(*(storage.reading.places.clubs() for _ in range(20)))
        assert await kept(storage, here, before)
        await storage.healthy()
        async with opened(url) as other:
            with storage.watch(here.till.id) as watch:
                await show(other, here)
                async with asyncio.timeout(PATIENCE):
                    await watch.changed()


async def test_a_commit_whose_answer_never_came_is_told_as_not_done(server: Cluster) -> None:
    url = server.new_database()
    async with opened(url) as storage:
        await storage.migrate(NOW)
        here = await new_premises(storage)
        with pytest.raises(StorageUnavailable):  # noqa: PT012 - the commit is what fails
            async with storage.transaction() as tx:
                await tx.identifications.add(here.identification())
                server.kill()
        server.start()
        assert await kept(storage, here, await add(storage, here))


async def test_a_transaction_that_the_server_ends_is_told_and_writes_nothing(
    url: str, one: PostgresqlStorage, here: Premises
) -> None:
    found = here.identification()
    with pytest.raises(StorageUnavailable):  # noqa: PT012 - the transaction is what fails
        async with one.transaction() as tx:
            await tx.identifications.add(found)
            await _end_sessions(url)
            await tx.places.club(here.club.id)
    assert not await kept(one, here, found)


async def test_a_body_that_fails_just_when_the_server_hangs_up_is_told_as_it_failed(
    url: str, one: PostgresqlStorage, here: Premises
) -> None:
    found = here.identification()
    with ThreadPoolExecutor(1) as thread, pytest.raises(ZeroDivisionError):  # noqa: PT012 - the transaction fails
        async with one.transaction() as tx:
            await tx.identifications.add(found)
            thread.submit(asyncio.run, _end_sessions(url)).result()  # the loop stands still: nobody has noticed yet
            raise ZeroDivisionError
    assert await kept(one, here, await add(one, here))
    assert not await kept(one, here, found)


async def _end_sessions(url: str) -> None:
    """As the server does with a session that is frozen in the middle of a transaction."""
    connection = await asyncpg.connect(url)
    await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where state ~ 'in transaction'")
    await connection.close()


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("postgresql://medlem:hunter2@127.0.0.1:1/club", "does not answer"),
        ("postgresql://postgres@127.0.0.1:{port}/nowhere", "does not let us in"),
        ("postgresql://nobody:hunter2@127.0.0.1:{port}/postgres", "does not let us in"),
        ("postgresql://medlem:hunter2@127.0.0.1:port/club", "no address"),
    ],
)
async def test_a_server_that_cannot_be_had_is_told_without_the_password(address: str, advice: str) -> None:
    with pytest.raises(StorageUnavailable, match=advice) as refused:
        await open_storage(address.format(port=cluster().port), VAULT, serving=True)
    assert SECRET not in str(refused.value)


async def test_a_database_of_other_secret_keys_is_refused(url: str, one: PostgresqlStorage, here: Premises) -> None:
    del one, here
    with pytest.raises(StorageUnavailable, match="other secret keys"):
        await open_storage(url, Vault.of_lines(Vault.new_line()), serving=True)


async def test_everybody_can_ask_what_time_it_is_at_the_server(one: PostgresqlStorage) -> None:
    first = await one.server_time()
    assert first.utcoffset() == timedelta()
    assert await one.server_time() >= first


# -- migrations


async def test_two_nodes_that_begin_together_take_each_step_once() -> None:
    url = cluster().new_database()
    async with opened(url) as first, opened(url) as second:
        with pytest.raises(StorageUnavailable, match="medlem migrate"):
            await first.healthy()
        with pytest.raises(StorageUnavailable, match="medlem migrate"):
            await first.reading.places.clubs()
        taken = await asyncio.gather(first.migrate(NOW), second.migrate(NOW))
        assert sorted(step for steps in taken for step in steps) == [step.name for step in shipped()]
        assert await first.pending_migrations() == []
        await second.healthy()
    cluster().drop(url)


async def test_a_step_that_fails_half_way_leaves_nothing_of_itself(url: str, one: PostgresqlStorage) -> None:
    connection = await asyncpg.connect(url)
    broken = Migration("0002_second", "create table second (a integer) strict;\ninsert into nowhere values (1);")
    with pytest.raises(StorageUnavailable):
        await migrating.migrate(connection, (*shipped(), broken), NOW)
    assert await connection.fetchval("select to_regclass('second')") is None
    assert await one.pending_migrations() == []
    await connection.close()


async def test_a_node_of_the_version_before_goes_on_beside_a_step_that_allows_it(
    url: str, one: PostgresqlStorage, here: Premises
) -> None:
    await bring(one, here)
    assert len(await claim(one, 10)) == 1  # plans are cached
    connection = await asyncpg.connect(url)
    more = Migration(
        "9999_second",
        f"{BESIDE}\nalter table enrolment add column mood text;\nalter table member add column mood text;",
    )
    assert await migrating.migrate(connection, (*shipped(), more), NOW) == ["9999_second"]
    await one.healthy()
    assert len(await claim(one, 60)) == 1
    await connection.execute("update migration set beside = 0 where name = '9999_second'")
    with pytest.raises(StorageUnavailable, match="newer version"):
        await one.healthy()
    await connection.close()


# -- the same SQL in other words


def test_parameters_are_numbered_in_the_order_of_their_first_use() -> None:
    found = numbered("select max(a, :one) from t -- not :this\nwhere b = :two and c = :one and d::text = 'x'")
    assert found.sql == "select greatest(a, $1) from t \nwhere b = $2 and c = $1 and d::text = 'x'"
    assert found.parameters == ("one", "two")
    assert numbered("select max(number) from event").sql == "select max(number) from event"


def test_rows_are_locked_where_many_write_and_nowhere_else() -> None:
    assert spoken()["enrolments.hold"].sql.endswith("for update\n;")
    assert "skip locked" in spoken()["enrolments.forget"].sql
    assert not [name for name, found in statements().items() if "for update" in found.sql]


def test_a_table_is_made_in_postgresqls_words() -> None:
    made = schema("create table t (a integer not null primary key, b text, c blob, -- integer\n d integer) strict;")
    assert made == (
        "create table t (a bigint generated by default as identity primary key, "
        'b text collate "C", c bytea, \n d bigint);'
    )
