"""The clock of a machine that somebody sets while customers wait."""

from datetime import UTC, datetime, timedelta

import pytest

from medlem.app.clock import SystemClock

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


class Machine:
    """What the machine says, and the seconds that really pass."""

    def __init__(self) -> None:
        self.date, self.tick = START, 0.0

    def pass_by(self, seconds: float) -> None:
        self.date += timedelta(seconds=seconds)
        self.tick += seconds

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.date, lambda: self.tick)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_time_is_the_machines() -> None:
    machine = Machine()
    clock = machine.clock()
    for second in range(1, 10):
        machine.pass_by(1)
        assert clock.now() == after(second)


def test_a_clock_that_is_set_forwards_is_followed_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.date += TEN_MINUTES
    assert clock.now() == START + TEN_MINUTES


def test_a_clock_that_is_set_back_lets_time_go_on_at_half_its_speed_until_they_agree(
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.date -= TEN_MINUTES
    seen = [clock.now()]
    for _ in range(1200):
        machine.pass_by(1)
        seen.append(clock.now())
    assert seen == sorted(set(seen)), "time went back, or stood still"
    assert seen[10] == after(5)
    assert seen[-1] == machine.date
    machine.pass_by(10)
    assert clock.now() == machine.date
    assert [record.getMessage() for record in caplog.records] == [
        "this machine's clock was set back by about 600 seconds"
    ]
