"""The page for integrators names every call, every state and every reason, and no call that is gone."""

import re
from pathlib import Path

import pytest

from medlem.club.enrolment import Reason, State
from medlem.web.app import operations
from medlem.web.operation import Operation

PAGE = (Path(__file__).parents[2] / "docs" / "integrating.md").read_text(encoding="utf-8")
SHOWN_BY_CURL = {"POST /v1/identifications", "POST /v1/enrolments", "GET /v1/enrolments/{enrolment}"}


@pytest.mark.parametrize("operation", operations(), ids=lambda of: f"{of.method} {of.path}")
def test_every_call_is_on_the_page(operation: Operation) -> None:
    call = f"{operation.method} {operation.path}"
    if call in SHOWN_BY_CURL:
        assert f"https://club.example.org{operation.path.partition('{')[0]}" in PAGE
    else:
        assert f"`{call}" in PAGE


def test_no_call_on_the_page_is_gone() -> None:
    known = {f"{of.method} {of.path}" for of in operations()}
    assert set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^\s`]+)", PAGE)) <= known


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_line_to_show(state: State) -> None:
    assert re.search(rf"^\| `{state}` \| .*\| .+ \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_line_to_show(reason: Reason) -> None:
    assert re.search(rf"^\| `failed` \| `{reason}` \| .+ \|$", PAGE, re.MULTILINE)


def test_numbers_on_the_page_are_nobodys() -> None:
    for number in re.findall(r"(?:\+?47)?4\d{2} ?\d{2} ?\d{3}\b", PAGE):
        assert number.replace(" ", "").removeprefix("+").removeprefix("47").startswith(("4000", "40000")), number
