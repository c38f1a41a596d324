"""Decisions are found, short and complete."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_says_what_it_must(page: Path) -> None:
    text = page.read_text()
    for heading in ("Context", "Decision", "Consequences", "Alternatives", "Enforced by"):
        assert f"**{heading}.**" in text, heading
    assert len(text.splitlines()) < 50


def test_no_two_decisions_have_one_number() -> None:
    # Gaps may stand: parts that are built side by side are given their numbers beforehand.
    numbers = [re.match(r"(\d{4})-", page.name)[1] for page in PAGES]  # type: ignore[index]  # or it is misnamed
    assert len(numbers) == len(set(numbers))
