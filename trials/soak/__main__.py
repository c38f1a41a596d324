"""`python -m trials.soak --minutes 20 --seed 1`: real processes, killed all the time; exit code 1 if a rule broke."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from trials.soak.day import Plan, live
from trials.soak.report import show
from trials.soak.trouble import Weather


def main(arguments: list[str] | None = None) -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=None, help="what the trouble is drawn from")
    parser.add_argument("--stations", type=int, default=300)
    parser.add_argument("--pause", type=float, default=15, help="seconds between two customers of a station")
    parser.add_argument("--lives", type=float, nargs=2, default=(3, 13), help="seconds that a node lives, from and to")
    parser.add_argument("--keep", type=Path, help="a folder for logs and diaries, which are deleted otherwise")
    said = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if said.seed is None else said.seed
    seconds = said.minutes * 60
    weather = Weather(database=max(seconds / 15, 25), freeze=max(seconds / 7, 40), rolling=max(seconds / 9, 30), cut=1)
    plan = Plan(seed, seconds, said.stations, said.pause, tuple(said.lives), weather)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="medlem-soak-") as folder:
        if said.keep is not None:
            said.keep.mkdir(parents=True, exist_ok=True)
        run = asyncio.run(live(plan, said.keep or Path(folder)))
    show(run)
    return int(run.broken)


if __name__ == "__main__":
    sys.exit(main())
