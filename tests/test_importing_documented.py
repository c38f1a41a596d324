"""docs/importing.md and the code hold each other to the columns and the reasons."""

import re
from pathlib import Path

from medlem.club import line
from medlem.files import Why
from medlem.files.columns import CALLED, CONSENT_PARTS, PLAIN
from medlem.files.records import LONGEST_CELL

PAGE = (Path(__file__).parent.parent / "docs" / "importing.md").read_text()


def rows(heading: str) -> list[tuple[str, ...]]:
    """The table of a section."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    [found] = [one for one in section if one.startswith(heading)]
    table = [row for row in found.splitlines() if row.startswith("| `")]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table]


def test_every_column_is_documented_with_all_its_names() -> None:
    table = rows("Columns")
    flat = ["extra.NAME", "consent.QUESTION", *(f"consent.QUESTION.{part}" for part in CONSENT_PARTS)]
    assert [row[0].strip("`") for row in table] == [*PLAIN, *flat]
    for column, _, called in table:
        assert called == ", ".join(CALLED.get(column.strip("`"), ())), column


def test_every_reason_is_documented() -> None:
    documented = [row[0].strip("`") for row in rows("Why a line was not taken")]
    assert len(documented) == len(set(documented))
    assert set(documented) == {why.value for why in Why} | {why.value for why in line.Why}
    assert f"{LONGEST_CELL:,}" in PAGE
