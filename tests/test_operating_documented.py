"""docs/operating.md names nothing that is not there, and quotes what the service really says."""

import re
import shlex
from pathlib import Path

import pytest

from medlem.config.settings import NAMES, PREFIX
from medlem.storage.restore import FEWEST_SKIPPED
from test_commands_documented import COMMANDS, options

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SAID = re.findall(r"^\| \*(.+?)\* \|", PAGE, re.MULTILINE)
CODE = "".join(
    re.sub(r'"\s+f?"', "", path.read_text(encoding="utf-8")) for path in sorted((ROOT / "src").rglob("*.py"))
)
TYPED = sorted(set(re.findall(r"medlem (?:[a-z]+ )*[a-z]+(?: [^`\n]*)?(?=`|\n)", PAGE)))


def test_every_sentence_that_it_quotes_is_one_of_ours() -> None:
    assert len(SAID) >= 5
    assert [said for said in SAID if said not in CODE] == []


def test_every_setting_that_it_names_is_one() -> None:
    named = re.findall(rf"{PREFIX}([A-Z_]+)", PAGE)
    known = {name.upper() for name in NAMES} | {f"{name.upper()}_FILE" for name in NAMES} | {"CONFIG"}
    assert set(named) <= known


@pytest.mark.parametrize("line", TYPED)
def test_every_command_that_it_types_is_one_with_its_options(line: str) -> None:
    words = shlex.split(line)
    name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in COMMANDS), None)
    assert name is not None
    assert {word for word in words if word.startswith("--")} <= set(options(COMMANDS[name]))


def test_the_gap_in_member_numbers_is_the_one_that_is_left() -> None:
    assert f"{FEWEST_SKIPPED} are left out, and one for each second" in PAGE
