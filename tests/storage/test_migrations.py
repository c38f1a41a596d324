"""A database takes whole steps, forwards, or none."""

import sqlite3
from pathlib import Path

import pytest

from medlem.flows.tables import StorageUnavailable
from medlem.storage import open_sqlite
from medlem.storage.migrating import BESIDE, Migration, migrate, pending, shipped, statements_of
from premises import NOW
from storages import VAULT

GOOD = Migration("0001_first", "create table first (a integer) strict;")
MORE = Migration("0002_second", "create table second (a integer) strict;\ninsert into first values (1);")
BROKEN = Migration("0002_second", "create table second (a integer) strict;\ninsert into nowhere values (1);")


@pytest.fixture
def connection(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def tables(connection: sqlite3.Connection) -> set[str]:
    found = connection.execute("select name from sqlite_schema where type = 'table'").fetchall()
    return {name for (name,) in found}


async def test_a_new_database_takes_every_step_once(path: Path) -> None:
    storage = await open_sqlite(f"sqlite:///{path}", VAULT)
    try:
        names = [migration.name for migration in shipped()]
        assert await storage.pending_migrations() == names
        with pytest.raises(StorageUnavailable, match="medlem migrate"):
            await storage.healthy()
        with pytest.raises(StorageUnavailable, match="medlem migrate"):
            await storage.reading.places.clubs()
        assert await storage.migrate(NOW) == names
        assert await storage.migrate(NOW) == []
        assert await storage.pending_migrations() == []
        await storage.healthy()
    finally:
        await storage.close()


def test_a_step_that_fails_half_way_leaves_nothing_of_itself(connection: sqlite3.Connection) -> None:
    with pytest.raises(StorageUnavailable):
        migrate(connection, (GOOD, BROKEN), NOW)
    assert tables(connection) == {"migration", "first"}
    assert connection.execute("select name, applied_at from migration").fetchall() == [("0001_first", 1795428000000)]
    assert migrate(connection, (GOOD, MORE), NOW) == ["0002_second"]
    connection.close()


def test_the_first_step_failing_leaves_an_empty_database(connection: sqlite3.Connection) -> None:
    with pytest.raises(StorageUnavailable):
        migrate(connection, (Migration("0001_first", BROKEN.sql),), NOW)
    assert tables(connection) == set()
    connection.close()


def test_a_database_of_a_newer_version_is_left_alone(connection: sqlite3.Connection) -> None:
    migrate(connection, (GOOD, MORE), NOW)
    with pytest.raises(StorageUnavailable, match="newer version"):
        pending(connection, (GOOD,))
    with pytest.raises(StorageUnavailable, match="newer version"):
        migrate(connection, (GOOD,), NOW)
    connection.close()


def test_a_step_that_was_rewritten_after_it_was_taken_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, (GOOD,), NOW)
    with pytest.raises(StorageUnavailable, match="0001_first"):
        pending(connection, (Migration("0001_first", "create table other (a integer) strict;"),))
    connection.close()


def test_a_step_that_was_skipped_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, (Migration("0002_second", GOOD.sql),), NOW)
    with pytest.raises(StorageUnavailable, match="0001_first was skipped"):
        pending(connection, (Migration("0001_first", MORE.sql), Migration("0002_second", GOOD.sql)))
    connection.close()


def test_a_file_is_split_where_its_statements_end() -> None:
    sql = "-- 1; 2\ncreate table a (b text default ';');\n\ncreate trigger t after insert on a begin\n select 1; end;"
    assert [part.strip().splitlines()[-1].strip() for part in statements_of(sql)] == [
        "create table a (b text default ';');",
        "select 1; end;",
    ]
    with pytest.raises(ValueError, match="middle"):
        list(statements_of("create table a (b text)"))
    assert list(statements_of("-- only a remark")) == []


def test_every_table_is_strict_and_names_its_club(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, shipped(), NOW)
    for name, strict in connection.execute(
        "select name, strict from pragma_table_list where schema = 'main'"
    ).fetchall():
        if name in {"migration", "sqlite_schema"}:
            continue
        columns = {column for (column,) in connection.execute("select name from pragma_table_info(?)", (name,))}
        assert strict, name
        assert "club" in columns or name == "club", name
    connection.close()


def test_a_step_that_leaves_the_version_before_alone_can_be_taken_under_it(connection: sqlite3.Connection) -> None:
    added = Migration("0002_second", f"{BESIDE}\ncreate table second (a integer) strict;")
    migrate(connection, (GOOD, added), NOW)
    assert pending(connection, (GOOD,)) == []
    assert pending(connection, (GOOD, added)) == []
    connection.close()
