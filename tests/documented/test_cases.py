"""The case files themselves: whole, dated, and honest about where they come from."""

import re
from datetime import date

import pytest

from documented.documents import NAMES, Case, load, misfits

FIRST_PARTY = ("https://developer.vippsmobilepay.com/", "https://github.com/vippsas/")


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_where_and_when_it_was_read(name: str) -> None:
    case = load(name)
    assert case.name == name
    assert re.fullmatch(r"[A-Z].*\.", case.says)
    assert date.fromisoformat(case.read) >= date(2026, 1, 1)
    assert case.sources
    for source in case.sources:
        assert source["url"].startswith("https://")
        assert source["place"] or not source["url"].startswith("https://github.com/"), "which file of the repository?"
    known = any(source["url"].startswith(FIRST_PARTY) for source in case.sources)
    assert known or any("openid.net" in source["url"] for source in case.sources)


@pytest.mark.parametrize("name", NAMES)
def test_a_case_names_nobody(name: str) -> None:
    """Numbers stand for themselves as words in braces; those that do stand here are the platform's own samples."""
    text = repr(load(name))
    assert not re.search(r"\b(?:45|46|47|358|299)\d{8}\b", text)
    assert "api.vipps.no" not in text
    assert "apitest" not in text


@pytest.mark.parametrize(
    ("found", "flaws"),
    [
        ({"status": "on", "all": [{"id": "a"}], "extra": 1}, []),
        ({"status": "on", "all": [{"id": "b"}, {"id": "c"}]}, []),
        ({"status": "off", "all": [{"id": "a"}], "extra": 1}, ["/status: 'off' is not 'on'"]),
        ({"status": "on", "all": []}, ["/all: empty"]),
        ({"status": "on", "all": [{"id": 1}]}, ["/all/0: /all/0/id: int is no str"]),
        ({"all": [{"id": "a"}]}, ["/status: missing"]),
        ({"status": "on", "all": [{"id": "a"}], "more": None}, ["/more: not documented"]),
        ({"status": "on", "all": [{"id": "a"}], "extra": True}, ["/extra: bool is no int"]),
    ],
)
def test_a_shape_that_does_not_fit_is_seen(found: object, flaws: list[str]) -> None:
    answer = {"fixed": ["/status"], "optional": ["/extra"]}
    assert list(misfits({"status": "on", "all": [{"id": "x"}], "extra": 1}, found, answer)) == flaws


def test_words_are_bound_wherever_they_stand() -> None:
    case = Case("a", "", [], "", {"path": "/{id}", "form": {"hint": "urn:{number}"}}, {"json": ["{id}", 1]}, [])
    bound = case.bound({"id": "7", "number": "47"})
    assert (bound.request, bound.answer) == ({"path": "/7", "form": {"hint": "urn:47"}}, {"json": ["7", 1]})
