"""The clock of a machine that somebody sets while customers wait."""

import logging
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


# -- many machines, one clock


MACHINE = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class CountingMachine:
    """A machine whose clock goes on by a second with every look at it."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return MACHINE + timedelta(seconds=self.looks)


@pytest.fixture
def machine() -> CountingMachine:
    return CountingMachine()


@pytest.mark.parametrize("minutes", [-10, 0, 10])
async def test_a_node_goes_by_the_servers_clock(machine: CountingMachine, minutes: int) -> None:
    async def server_time() -> datetime:
        return MACHINE + timedelta(seconds=machine.looks + 0.5, minutes=minutes)  # asked in the middle of a call

    found = SystemClock(machine.now, lambda: 0)
    assert await found.compare(server_time)
    assert found.ahead == timedelta(minutes=minutes)
    assert found.now() == MACHINE + timedelta(seconds=machine.looks, minutes=minutes)


async def test_the_quickest_of_the_answers_is_believed(machine: CountingMachine) -> None:
    delays = iter([8, 0, 4])

    async def server_time() -> datetime:
        theirs = MACHINE + timedelta(seconds=machine.looks + 0.5)
        machine.looks += next(delays)
        return theirs

    found = SystemClock(machine.now, lambda: 0)
    await found.compare(server_time)
    assert found.ahead == timedelta()


async def test_where_nobody_else_has_a_clock_the_machines_counts(machine: CountingMachine) -> None:
    async def nobody() -> None:
        return None

    found = SystemClock(machine.now, lambda: 0)
    assert not await found.compare(nobody)
    assert found.now() == MACHINE + timedelta(seconds=machine.looks)


async def test_a_clock_that_is_far_off_is_told_once(machine: CountingMachine, caplog: pytest.LogCaptureFixture) -> None:
    async def server_time() -> datetime:
        return MACHINE + timedelta(seconds=machine.looks + 0.5, minutes=10)

    found = SystemClock(machine.now, lambda: 0)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await found.compare(server_time)
    (told,) = [record.message for record in caplog.records]
    assert told.startswith("this machine's clock differs from the database server's by -600 seconds")


def test_a_clock_that_was_set_back_while_nobody_ran_begins_where_it_was() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.not_before(START + TEN_MINUTES)
    machine.pass_by(10)
    assert clock.now() == START + TEN_MINUTES + timedelta(seconds=5)
    machine.pass_by(3600)
    assert clock.now() == machine.date


@pytest.mark.parametrize("written", [None, START - TEN_MINUTES, START + timedelta(days=400)])
def test_what_was_written_before_or_by_a_clock_that_was_quite_wrong_holds_nothing_up(written: datetime | None) -> None:
    machine = Machine()
    clock = machine.clock()
    clock.not_before(written)
    machine.pass_by(10)
    assert clock.now() == machine.date
