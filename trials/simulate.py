"""`python -m trials.simulate --seeds N`: live through N seeds, and count what went wrong."""

import argparse
import gc
import multiprocessing
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from trials.faults import Fault
from trials.rules import RULES
from trials.world import Outcome, simulate

ENROLMENTS: Final = 60
_SHOWN: Final = 20


@dataclass
class Sum:
    """What all seeds came to."""

    seeds: int = 0
    enrolments: int = 0
    virtual_seconds: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """One more seed."""
        self.seeds += 1
        self.enrolments += outcome.enrolments
        self.virtual_seconds += outcome.virtual_seconds
        self.states.update(outcome.states)
        self.faults.update(outcome.faults)
        self.broken.update(failure.rule for failure in outcome.failures)
        if outcome.failures:
            self.failed.append(outcome)


def outcomes(seeds: Iterable[int], visits: int, jobs: int) -> Iterator[Outcome]:
    """Live through the seeds, several at a time if wanted."""
    if jobs == 1:
        _settle_in()
        yield from map(_one, ((seed, visits) for seed in seeds))
        return
    with multiprocessing.get_context("spawn").Pool(jobs, initializer=_join) as pool:
        yield from pool.imap_unordered(_one, ((seed, visits) for seed in seeds), chunksize=4)


def _join() -> None:
    """Work for another process, which alone hears of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _settle_in()


def _settle_in() -> None:
    """Let Python tidy up between two worlds and not in one."""
    gc.freeze()
    gc.disable()


def _one(what: tuple[int, int]) -> Outcome:
    outcome = simulate(*what)
    gc.collect()
    return outcome


def table(total: Sum, seconds: float, jobs: int) -> None:
    """Print what came of it."""
    rate = total.enrolments / seconds
    print(f"{total.seeds:,} seeds, {total.enrolments:,} enrolments, {total.virtual_seconds / 3600:,.0f} hours lived")
    print(f"{seconds:,.1f} s, {rate:,.0f} enrolments/s with {jobs} at a time\n")
    print(*(f"{state} {count:,}" for state, count in sorted(total.states.items())), sep=" · ")
    print(f"\n{'faults':<50}{total.faults.total():>10,}")
    for fault in Fault:
        print(f"  {fault.value:<48}{total.faults[fault]:>10,}")
    print("\nbroken rules")
    for rule, words in RULES.items():
        print(f"  {rule:<14}{total.broken[rule]:>6,}   {words}")


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if any rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m trials.simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many worlds")
    parser.add_argument("--seed", type=int, default=1, help="the first one's number")
    parser.add_argument("--enrolments", type=int, default=ENROLMENTS, help="customers that come in each")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--trace", action="store_true", help="print what happens")
    said = parser.parse_args(arguments)
    if said.trace:
        outcome = simulate(said.seed, said.enrolments, tracing=True)
        print(f"history {outcome.digest}")
        return int(bool(outcome.failures))
    began, total = time.perf_counter(), Sum()
    with suppress(KeyboardInterrupt):  # what is known by then is told
        for outcome in outcomes(range(said.seed, said.seed + said.seeds), said.enrolments, said.jobs):
            total.add(outcome)
    table(total, time.perf_counter() - began, said.jobs)
    for outcome in sorted(total.failed, key=lambda outcome: outcome.seed)[:_SHOWN]:
        print(f"\nseed {outcome.seed}:")
        for failure in outcome.failures[:5]:
            print(f"  {failure.rule}: {failure.what}")
        print(f"  python -m trials.simulate --seed {outcome.seed} --enrolments {said.enrolments} --trace")
    return int(bool(total.failed))


if __name__ == "__main__":
    sys.exit(main())
