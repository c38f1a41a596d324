"""`python -m trials.catch`: put known bugs back, one at a time, and see that the trial which is to find each does.

A judge who finds nothing proves nothing before he has been shown a thief. Every patch of `trials/bugs` is applied to a
copy of the source, and worlds run there until one breaks a rule: those of the simulation, or of the trial that a line
`Trial: …` of the patch names.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trials.simulate import ENROLMENTS
from trials.world import simulate

ROOT: Final = Path(__file__).parent.parent
BUGS: Final = ROOT / "trials" / "bugs"
MOST_SEEDS: Final = 300
"""Some need two rare things at once."""


@dataclass(frozen=True, slots=True)
class Catch:
    """What became of one bug."""

    name: str
    seeds: int = 0
    """How many worlds it took."""
    seconds: float = 0.0
    rule: str = ""
    """The rule that it broke; empty: it was not caught."""
    trouble: str = ""
    """Why it could not even be tried."""


def patches(names: Iterable[str] = ()) -> list[Path]:
    """All of them, or those that are named."""
    wanted = list(names)
    return [BUGS / f"{name}.patch" for name in wanted] if wanted else sorted(BUGS.glob("*.patch"))


def hunt(patch: Path, most: int) -> Catch:
    """Put one bug into a copy, and run until it is caught."""
    with tempfile.TemporaryDirectory(prefix="medlem-bug-") as folder:
        for name in ("src", "trials"):
            shutil.copytree(ROOT / name, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
        applied = _run(["git", "apply", "--whitespace=nowarn", str(patch)], folder)
        if applied.returncode != 0:
            return Catch(patch.stem, trouble=f"does not apply: {_last(applied.stderr)}")
        began = time.perf_counter()
        command = [sys.executable, "-m", "trials.catch", "--here", "--seeds", str(most), "--trial", trial_of(patch)]
        ran = _run(command, folder)
        if ran.returncode != 0:
            return Catch(patch.stem, trouble=f"does not run: {_last(ran.stderr)}")
        seeds, rule = json.loads(ran.stdout)
        return Catch(patch.stem, seeds, time.perf_counter() - began, rule)


def trial_of(patch: Path) -> str:
    """The trial that is to catch it."""
    said = [line for line in patch.read_text(encoding="utf-8").splitlines() if line.startswith("Trial: ")]
    return said[0].removeprefix("Trial: ") if said else "simulation"


def here(most: int, trial: str) -> tuple[int, str]:
    """Run worlds until one breaks a rule: how many it took, and which rule; none when none did."""
    broken = {"simulation": _a_day, "register": _a_town}[trial]
    for seed in range(1, most + 1):
        if rule := broken(seed):
            return seed, rule
    return most, ""


def _a_day(seed: int) -> str:
    failures = simulate(seed, ENROLMENTS).failures
    return failures[0].rule if failures else ""


def _a_town(seed: int) -> str:
    from trials.register.world import Plan, live  # noqa: PLC0415 - it needs what the tests pretend with

    town = Plan(seed, people=150, steps=1500, years=3.0, nights=60, flips=120)  # large enough for what is rare
    return asyncio.run(live(town)).broken


def _run(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    foreign = ("GIT_", "COVERAGE_")  # a commit under way, and a count of lines that are another copy's
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}  # noqa: TID251 - to hand it on
    surroundings["PYTHONPATH"] = f"{folder}/src:{ROOT}/tests"
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)  # noqa: S603 - our own


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]


def main() -> int:
    """Return 1 if any bug got away."""
    parser = argparse.ArgumentParser(prog="python -m trials.catch", description=__doc__)
    parser.add_argument("bugs", nargs="*", help="names of patches; all, if none is named")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS, help="worlds to try at most")
    parser.add_argument("--jobs", type=int, default=1, help="bugs hunted side by side")
    parser.add_argument("--here", action="store_true", help="run the source as it is, and say so in JSON")
    parser.add_argument("--trial", default="simulation", help="of which worlds, with --here")
    said = parser.parse_args()
    if said.here:
        print(json.dumps(here(said.seeds, said.trial)))
        return 0
    escaped = 0
    print(f"{'bug':<36}{'worlds':>7}{'seconds':>9}  rule")
    with ThreadPoolExecutor(said.jobs) as hunters:
        for caught in hunters.map(lambda patch: hunt(patch, said.seeds), patches(said.bugs)):
            escaped += not caught.rule
            verdict = caught.rule or caught.trouble or "NOT CAUGHT"
            print(f"{caught.name:<36}{caught.seeds:>7}{caught.seconds:>9.1f}  {verdict}", flush=True)
    print(f"\n{escaped} not caught")
    return int(escaped > 0)


if __name__ == "__main__":
    sys.exit(main())
