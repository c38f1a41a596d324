"""A few seeds of the simulation: nothing is lost, and a seed is a world, to the last line."""

import subprocess
import sys
from pathlib import Path

import pytest

from trials.faults import FINE, Fault
from trials.world import simulate

ROOT = Path(__file__).parent.parent.parent
CUSTOMERS = 30

DIGEST = "from trials.world import simulate; print(simulate({seed}, 20).digest)"


@pytest.mark.parametrize("seed", range(1, 9))
def test_nothing_is_lost_whatever_goes_wrong(seed: int) -> None:
    outcome = simulate(seed, CUSTOMERS)
    assert outcome.failures == []
    assert outcome.states.total() > 0


def test_on_a_fine_day_nothing_goes_wrong() -> None:
    outcome = simulate(1, CUSTOMERS, FINE)
    assert outcome.failures == []
    assert not outcome.faults.keys() & {Fault.SERVER_ERROR, Fault.NO_DATABASE, Fault.KILLED_INSIDE, Fault.FROZEN}


def history(seed: int, hashes: str) -> str:
    """What a process of its own makes of a seed."""
    command = [sys.executable, "-c", DIGEST.format(seed=seed)]
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        command, cwd=ROOT, env={"PYTHONHASHSEED": hashes}, capture_output=True, text=True, check=True
    )
    return ran.stdout


def test_a_seed_is_the_same_world_every_time_and_everywhere() -> None:
    first = history(7, "1")
    assert first == history(7, "2")
    assert first.strip() != simulate(8, 20).digest
