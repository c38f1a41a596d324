"""Every refusal has a status and a paragraph, and no paragraph is left over from one that is gone."""

import re
from collections.abc import Iterator
from pathlib import Path

from medlem.club.errors import Refusal
from medlem.web import problems
from medlem.web.app import operations
from medlem.web.problems import STATUSES, Replayed, title_of

PAGE = (Path(__file__).parents[1] / "docs" / "problems.md").read_text(encoding="utf-8")
PARAGRAPHS = re.findall(r"^## (\S+)\n\n\*\*(\d{3})\.\*\* ", PAGE, re.MULTILINE)


def refusals(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every kind of refusal that somebody may raise."""
    for kind in of.__subclasses__():
        if kind is not Replayed:
            yield kind
        yield from refusals(kind)


def test_every_refusal_has_a_status_and_no_status_is_left_over() -> None:
    assert operations()
    assert {kind.slug for kind in refusals()} == STATUSES.keys()


def test_every_refusal_has_a_paragraph_with_its_status_and_none_is_left_over() -> None:
    assert dict(PARAGRAPHS) == {slug: str(status) for slug, status in STATUSES.items()}


def test_no_paragraph_stands_twice_and_every_heading_is_a_problem() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert headings == [slug for slug, _ in PARAGRAPHS]
    assert len(headings) == len(set(headings))


def test_a_slug_belongs_to_one_refusal() -> None:
    slugs = [kind.slug for kind in refusals()]
    assert len(slugs) == len(set(slugs))


def test_every_refusal_has_a_title_of_one_sentence() -> None:
    for kind in refusals():
        assert re.fullmatch(r"[A-Z][^.]+\.", title_of(kind)), kind


def test_the_type_of_a_problem_is_the_same_everywhere() -> None:
    assert problems.TYPE == "urn:medlem:problem:"
