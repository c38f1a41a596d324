"""docs/platform-coverage.md is true: every requirement has its row, names both sides, and its tests exist."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "platform-coverage.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+ \|", line)
]
REQUIREMENTS: Final = 28
LEFT_OUT: Final = {21, 26}
"""Payments; loyalty events and check-ins: left out on purpose."""
SIMULATOR: Final = re.compile(
    r"tests/(simulator|fault)/|against_simulator|test_simulator|test_openapi|browser/test_phone"
)
NO_OTHER_SIDE: Final = {4, 23}
"""Only about what we do: where keys are kept, and who may ask."""
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    """Every test function of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds) and node.name.startswith("test_"))


def test_every_requirement_has_one_row_in_its_order() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, REQUIREMENTS + 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_what_is_required_where_and_what_either_side_does(row: list[str]) -> None:
    assert len(row) == 5
    _, required, ours, simulators, shown = row
    assert re.search(r"\(\[.+\]\(https://.+\)\)$", required), "no public source"
    for side in (ours, simulators):
        assert len(side) > 10, side
        assert ("**Not built**" in side) == (int(row[0]) in LEFT_OUT)
    assert bool(TEST.search(shown)) != (int(row[0]) in LEFT_OUT)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_test_that_a_row_names_exists(row: list[str]) -> None:
    named = TEST.findall(row[4])
    assert len(named) == row[4].count("`") // 2, "something that is no test is named"
    assert len(set(named)) == len(named), "named twice"
    for path, name in named:
        assert name in names_in(path), f"{path}::{name}"


@pytest.mark.parametrize("row", [row for row in ROWS if int(row[0]) not in LEFT_OUT], ids=lambda row: row[0])
def test_a_row_is_shown_on_both_sides(row: list[str]) -> None:
    paths = [f"{path}::{name}" for path, name in TEST.findall(row[4])]
    assert any(not re.match(r"tests/simulator/", path) for path in paths), "no test of ours"
    if int(row[0]) not in NO_OTHER_SIDE:
        assert any(SIMULATOR.search(path) for path in paths), "no test of the simulator"
