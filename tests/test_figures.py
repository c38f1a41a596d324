"""The page of figures and the scripts that measure them belong together."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "figures.md"
NAMED = re.compile(r"\bbench/(\w+\.py)\b")


def test_every_script_that_measures_is_named_on_the_page_of_figures() -> None:
    assert set(NAMED.findall(PAGE.read_text())) == {script.name for script in (ROOT / "bench").glob("*.py")}


def test_every_measurement_of_make_bench_has_a_table() -> None:
    runner = (ROOT / "bench" / "run.py").read_text()
    measurements = re.findall(r'^    "(\w+)": \w+\.run,$', runner, re.MULTILINE)
    assert measurements
    shown = re.findall(r"make bench ONLY=(\w+)", PAGE.read_text())
    assert sorted(shown) == sorted(measurements)
