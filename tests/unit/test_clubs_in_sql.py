"""The lint over the named SQL: what it must catch, what it must let through, and that it overlooks no table."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from clubs_in_sql import FOLDERS, Lint, faults, main, statements
from medlem.storage import statements as shared
from medlem.storage.postgresql.dialect import spoken
from sql_scope import STORAGE, tables

LINT = Lint(tables())

CAUGHT = {
    "a select": "select id from member where id = :member",
    "a select of everything": "select * from member",
    "another parameter": "select id from member where club = :sales_unit and id = :member",
    "a constant": "select id from member where club = 'clb_1'",
    "a column that is named like it": "select id from member where sub = :club",
    "only one of two": "select id from member where club = :club or id = :member",
    "under a not": "select id from member where not (club = :club)",
    "unlike": "select id from member where club <> :club",
    "within a range": "select id from member where joined_at between 1 and club = :club",
    "in parentheses with an or": "select id from member where (club = :club or 1 = 1) and id = :member",
    "in a case": "select id from member where case when club = :club then 1 else 1 end = 1",
    "one club only where it counts": "select id from club where sales_unit = :club",
    "a join that forgets": (
        "select m.id from member m join phone_link l on l.member = m.id where l.club = :club and l.phone = :phone"
    ),
    "a join on another column": (
        "select m.id from member m join phone_link l on l.club = m.id where m.club = :club and l.phone = :phone"
    ),
    "two that agree, on no club": (
        "select m.id from member m join phone_link l on l.club = m.club where l.phone = :phone"
    ),
    "a list of tables": "select m.id from member m, phone_link l where m.club = :club and l.member = m.id",
    "a left join that binds only its right": (
        "select m.id from member m left join phone_link l on l.club = m.club and m.club = :club where m.id = :member"
    ),
    "a left join that forgets": (
        "select m.id from member m left join phone_link l on l.member = m.id where m.club = :club"
    ),
    "a column that two tables have": (
        "select m.id from member m join phone_link l on l.member = m.id where club = :club"
    ),
    "a sub-select": (
        "select id from member where club = :club and id in (select member from phone_link where phone = :phone)"
    ),
    "a sub-select of the same name": (
        "select id from member where club = :club and exists (select 1 from phone_link where member = :member)"
    ),
    "a sub-select in what is shown": "select (select count(*) from event) as many from club where id = :club",
    "a sub-select in a function": (
        "select coalesce((select max(added_at) from event), 0) as at from club where id = :club"
    ),
    "a sub-select among the sources": (
        "select m.id from (select id, club from member where id = :member) m where m.club = :club"
    ),
    "a sub-select in an order": "select id from store where club = :club order by (select count(*) from event)",
    "a row out of an unbound query": (
        "select id from enrolment where (club, id) in (select club, id from enrolment where state = 'waiting')"
    ),
    "a row in which the club stands elsewhere": (
        "select id from enrolment where (id, club) in (select club, id from enrolment where club = :club)"
    ),
    "a sub-select in a join": (
        "select m.id from member m join phone_link l on l.club = m.club and l.member in (select id from member) "
        "where m.club = :club"
    ),
    "a with": "with due as (select id from enrolment where state = 'waiting') select id from due",
    "a join to an unbound with": (
        "with due as (select club, id from enrolment) select e.id from enrolment e join due d on e.club = d.club"
    ),
    "a union": "select id from member where club = :club union all select id from station",
    "an update": "update member set name = :name where id = :member",
    "an update of everything": "update member set name = :name",
    "an update that moves a row": "update member set club = :club where id = :member",
    "an update with a sub-select in its set": (
        "update member set name = (select name from station where id = :station) where club = :club and id = :member"
    ),
    "an update with a sub-select in its condition": (
        "update station set name = :name "
        "where club = :club and id in (select station from api_key where digest = :digest)"
    ),
    "an update from": "update member m set name = :name from phone_link l where m.club = l.club and l.phone = :phone",
    "a delete": "delete from pairing where digest = :digest",
    "a delete of everything": "delete from pairing",
    "a delete with a sub-select": "delete from pairing where club = :club and station in (select id from station)",
    "an insert without a club": "insert into event (station, position) values (:station, :position)",
    "an insert with another's": "insert into store (club, id) values (:other, :store)",
    "an insert with its values in another order": "insert into store (id, club) values (:club, :store)",
    "an insert of several rows": "insert into store (club, id) values (:club, :store), (:other, :store)",
    "an insert from a select": "insert into store (club, id) select club, id from store where id = :store",
    "an insert from a select of another's": (
        "insert into store (club, id) select :other, id from store where club = :club"
    ),
    "an insert that overwrites": (
        "insert into repeatable (scope_digest, club) values (:scope, :club) "
        "on conflict (scope_digest) do update set body = :body"
    ),
    "an insert with a sub-select among its values": (
        "insert into store (club, id) values (:club, (select id from station where name = :name))"
    ),
    "no table of ours": "select id from shadow where club = :club",
    "a word that nobody reads here": "vacuum",
    "a right join": "select m.id from member m right join phone_link l on l.club = m.club where m.club = :club",
    "a using": "select m.id from member m join phone_link l using (club) where m.club = :club",
    "a table of all clubs without a reason": "-- All clubs.\nselect id from member",
    "a reason of one word": "-- All clubs: retention.\nselect id from member",
    "a remark that is no reason": "-- All clubs. Only the oldest are looked at.\nselect id from member",
    "a marker that is not needed": "-- All clubs: nobody knows any more why.\nselect id from member where club = :club",
}

LET_THROUGH = {
    "the club itself": "select name from club where id = :club",
    "in parentheses": "select id from member where (club = :club and id = :member)",
    "the other way round": "select id from member where :club = club",
    "a range beside it": "select id from member where joined_at between :from_at and :until and club = :club",
    "an or beside it": "select id from member where club = :club and (name = :name or email = :email)",
    "a chain of joins": (
        "select c.id from consent c join member m on m.club = c.club and m.id = c.member "
        "join phone_link l on m.club = l.club and l.member = m.id where l.club = :club"
    ),
    "a left join": (
        "select m.id from member m left join phone_link l on l.club = m.club and l.member = m.id where m.club = :club"
    ),
    "a sub-select that looks at the row outside": (
        "select id from station s where s.club = :club and exists (select 1 from event e where e.club = s.club)"
    ),
    "a row out of a bound query": (
        "update event set body = '' where (club, station) in (select club, station from event where club = :club)"
    ),
    "a with": (
        "with due as materialized (select club, id from enrolment where club = :club) "
        "update enrolment e set claim = claim + 1 from due where e.club = due.club and e.id = due.id"
    ),
    "an update from": "update member m set name = :name from phone_link l where m.club = l.club and l.club = :club",
    "an insert from a select": "insert into store (club, id) select club, id from store where club = :club",
    "an insert or an update": (
        "insert into miss (club, station, digest) values (:club, :station, :digest) "
        "on conflict (club, station, digest) do update set missed_at = :now"
    ),
    "a reason": "-- All clubs: one worker serves all.\nselect id from member",
    "a remark and a word in quotes": "select id from member -- or all of them\nwhere club = :club and name = 'a or b'",
}


@pytest.mark.parametrize("name", CAUGHT)
def test_what_does_not_name_its_club_is_caught(name: str) -> None:
    assert list(LINT.judge(name, CAUGHT[name]))


@pytest.mark.parametrize("name", LET_THROUGH)
def test_what_names_its_club_is_let_through(name: str) -> None:
    assert [str(fault) for fault in LINT.judge(name, LET_THROUGH[name])] == []


def test_a_table_without_a_club_is_caught() -> None:
    assert [fault.statement for fault in Lint(tables() | {"anything": frozenset({"id"})}).schema()] == ["anything"]


def test_our_own_sql_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert [str(fault) for fault in faults()] == []
    assert main() == 0
    assert "names its club" in capsys.readouterr().out


def ours() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for file in folder.iterdir():
            if file.name.endswith(".sql"):
                yield from statements(file)


def test_every_statement_that_can_be_run_is_judged() -> None:
    assert {name for name, _ in ours()} == set(shared.statements()) | set(spoken())


def schema() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    for file in sorted(Path(str(STORAGE / "migrations")).glob("*.sql")):
        database.executescript(file.read_text(encoding="utf-8"))
    return database


def test_no_table_that_sqlite_sees_is_overlooked() -> None:
    """SQLite says itself which tables a statement touches, whatever this reader makes of its words."""
    touched: set[str] = set()

    def note(action: int, table: str | None, *_: str | None) -> int:
        if action in {sqlite3.SQLITE_READ, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}:
            touched.add(table or "")
        return sqlite3.SQLITE_OK

    database = schema()
    database.set_authorizer(note)
    for name, statement in shared.statements().items():
        touched.clear()
        database.execute(f"explain {statement.sql}", dict.fromkeys(statement.parameters))
        seen = LINT.touched(statement.sql)
        assert {table for table in touched if table in tables()} <= seen, name
    database.close()
