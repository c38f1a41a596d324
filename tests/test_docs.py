"""Documentation that leads somewhere: every link and picture in it exists, and the first screen says what to type."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(#[^)\s]+)?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FIRST_SCREEN = 25


def anchor(heading: str) -> str:
    """As Git hosts make them: lower case, spaces to dashes, punctuation gone."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, fragment in LINK.findall(page.read_text()):
        target = (page.parent / path) if path else page
        assert target.exists(), path
        if fragment and target.suffix == ".md":
            anchors = {anchor(heading) for heading in HEADING.findall(target.read_text())}
            assert fragment[1:] in anchors, f"{path}{fragment}"


def test_every_page_can_be_found_from_the_first() -> None:
    seen, queue = set(), [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        for path, _ in LINK.findall(page.read_text()):
            target = (page.parent / path).resolve() if path else page
            queue += sorted(target.glob("*.md")) if target.is_dir() else [target]
    assert {page for page in PAGES if page not in seen} == set()


def test_the_first_screen_has_the_commands_and_a_picture() -> None:
    top = "\n".join((ROOT / "README.md").read_text().splitlines()[:FIRST_SCREEN])
    assert "make demo" in top
    assert "make test" in top
    assert re.search(r"!\[[^\]]+\]\(docs/pictures/", top)
