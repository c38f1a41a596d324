"""The SQL and the code that runs it fit each other, and nothing hot reads a whole table."""

import ast
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import medlem.storage
from medlem.storage.migrating import migrate, shipped
from medlem.storage.statements import statements
from premises import NOW

CODE = Path(medlem.storage.__file__).parent
WALKED = {
    "enrolments.count_open": "the index of the open ones",
    "enrolments.next_due": "the index of the waiting ones, in its order and to its first",
    "outbox.release_leases": "a club has at most twenty endpoints, when a service starts",
    "enrolments.release_leases": "the index of the waiting ones, when a service starts",
    "consents.without_place": "the index of those that an earlier version left, to its limit",
    "events.forget": "the oldest rows, to its limit",
    "events.latest": "the newest row alone",
    "members.page": "the members of one page, once they have been read",
    "members.shared": "as many of the youngest members as it is told",
    "outbox.next_due": "the index of the endpoints that are to be told something, in its order and to its first",
    "places.clubs": "as many clubs as sales units",
    "places.digests": "as many clubs as sales units",
}
GIVEN = "SCAN json_each"  # the list of a parameter
SORTED = {
    "announcements.turned_down": "what one register would not have in a month, for an operator who looks",
    "announcements.waiting": "what one register has yet to hear, for an operator who looks",
    "inactivity.ages": "those who are inactive, for an operator who looks",
    "enrolments.count_open": "two states",
    "enrolments.last_ended": "the enrolments of one phone",
    "members.page": "the members of one page",
    "rights.enrolments": "the enrolments of one member",
    "rights.evidence": "the enrolments of one member",
    "events.followed_enrolments": "what one station follows now",
}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every `one`, `all`, `run`, `each` and `put` of a named statement in the code."""
    for file in CODE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
                first = node.args[0]
                if node.func.attr in {"one", "all", "run", "each", "write", "put"} and isinstance(first, ast.Constant):
                    yield str(first.value), node
                if node.func.attr == "write_next":
                    for name in node.args[:2]:
                        if isinstance(name, ast.Constant):
                            yield str(name.value), node


def test_every_statement_is_run_somewhere_and_every_run_has_its_statement() -> None:
    assert {name for name, _ in calls()} == set(statements())


@pytest.mark.parametrize(("name", "call"), [pytest.param(*pair, id=pair[0]) for pair in calls()])
def test_a_run_gives_the_parameters_that_its_statement_declares(name: str, call: ast.Call) -> None:
    given = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    spread = isinstance(call.func, ast.Attribute) and call.func.attr in {"each", "put"}
    spread = spread or any(keyword.arg is None for keyword in call.keywords)
    declared = statements()[name].parameters
    if isinstance(call.func, ast.Attribute) and call.func.attr == "write_next":
        assert declared <= given | {"position"}
        return
    assert given <= declared
    assert spread or given == declared


@pytest.mark.parametrize("name", sorted(statements()))
def test_no_statement_reads_or_sorts_a_whole_table(name: str) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, shipped(), NOW)
    statement = statements()[name]
    plan = connection.execute(f"explain query plan {statement.sql}", dict.fromkeys(statement.parameters, 1)).fetchall()
    connection.close()
    steps = [row[3] for row in plan if not row[3].startswith(GIVEN)]
    assert name in WALKED or not any(step.startswith("SCAN") and step != "SCAN CONSTANT ROW" for step in steps), steps
    assert name in SORTED or not any("TEMP B-TREE" in step for step in steps), steps
