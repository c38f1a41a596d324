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


JOBS = {
    "flow.claim": "Looks for answers",
    "flow.give_up_lost_asks": "Gives up lost questions",
    "landing.see_through": "Takes up landings",
    "check_in.go_on": "Takes up scans of stickers",
    "station_qrs.go_on": "Takes up scans of stickers",
    "announcing.tell_all": "Tells the merchant's registers",
    "outbox.claim": "Tells endpoints",
    "retention.tidy": "Forgets",
    "rights.sweep": "Looks again after erasures",
    "attempts.count": "Counts attempts",
    "inactivity.enforce": "Inactive members",
    "proofs.forget": "Empties proofs",
    "proving.place_older": "Places older records",
}
STEPS = {"flow.look", "flow.conclude", "flow.settle", "outbox.tell"}
"""Of a job that has begun."""
ELSEWHERE = {"Registrations", "Registers of further clubs"}
"""Jobs beside the worker."""


def test_every_job_of_the_worker_is_in_the_chapter_about_it() -> None:
    worker = (ROOT / "src" / "medlem" / "worker.py").read_text(encoding="utf-8")
    calls = set(re.findall(r"await (\w+\.\w+)\(self\._ports\b", worker))
    assert calls == set(JOBS) | STEPS
    [chapter] = re.findall(r"^## What happens by itself$(.+?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| ([A-Z][^|]+?) \|.*?\|(.*?)\|", chapter, re.MULTILINE)[1:]
    assert {name for name, _ in rows} == set(JOBS.values()) | ELSEWHERE
    settings = {word for _, cell in rows for word in re.findall(r"`([A-Z_]+)`", cell)}
    assert settings <= {name.upper() for name in NAMES}
    assert {name.upper() for name in NAMES if "kept" in name or "inactive" in name} <= settings


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
