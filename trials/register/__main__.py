"""`python -m trials.register --seed 1`: the register's trial; exit code 1 if a rule broke."""

import argparse
import asyncio
import sys
import time

from trials.register.shrinking import shrink
from trials.register.world import Lived, Plan, live


def main(arguments: list[str] | None = None) -> int:
    """Run."""
    parser = argparse.ArgumentParser(prog="python -m trials.register", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from that one on")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--steps", type=int, help="six for each of them, if it is not said")
    parser.add_argument("--years", type=float, default=4.0)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql, or the address of a server")
    parser.add_argument("--shrink", action="store_true", help="leave out steps that a failure does not need")
    said = parser.parse_args(arguments)
    broken = 0
    for seed in range(said.seed, said.seed + said.seeds):
        began = time.process_time()
        plan = Plan(seed, said.people, said.steps or said.people * 6, said.years, _database(said.database))
        lived = asyncio.run(live(plan))
        if lived.broken and said.shrink:
            lived = shrink(lived)
        show(lived, time.process_time() - began)
        broken += bool(lived.broken)
    return int(broken > 0)


def show(lived: Lived, seconds: float) -> None:
    """Print what came of one seed."""
    plan = lived.plan
    print(f"seed {plan.seed}: {plan.people} people, {plan.steps} steps, {plan.years:g} years, {seconds:.0f} s of CPU")
    for name, many in sorted(lived.counts.items()):
        print(f"  {many:>8}  {name}")
    if lived.broken:
        print(f"\nseed {plan.seed}, step {lived.step}, {len(plan.left_out)} steps left out: {lived.what}")
        print("\n".join(lived.histories))
    sys.stdout.flush()


def _database(said: str) -> str:
    if said != "postgresql":
        return said
    from postgres import cluster  # noqa: PLC0415 - it starts a server

    return cluster().url("x").rpartition("/")[0]


if __name__ == "__main__":
    sys.exit(main())
