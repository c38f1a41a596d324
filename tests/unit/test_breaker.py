"""What fails again and again is left alone, and tried by one for all."""

from datetime import timedelta

from medlem.breaker import Breaker
from medlem.registers.http import FAILURES, PATIENCE, PAUSE
from premises import NOW


def opened() -> Breaker:
    breaker = Breaker(PATIENCE)
    for _ in range(FAILURES):
        assert breaker.admits(NOW)
        breaker.failed(NOW)
    return breaker


def test_one_success_in_between_keeps_it_closed() -> None:
    breaker = Breaker(PATIENCE)
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(NOW)
        breaker.succeeded(NOW)
    assert not breaker.is_open
    assert breaker.admits(NOW)


def test_after_a_pause_one_tries_for_all() -> None:
    breaker = opened()
    assert breaker.is_open
    assert not breaker.admits(NOW)
    assert not breaker.admits(NOW + PAUSE - timedelta(milliseconds=1))
    assert breaker.admits(NOW + PAUSE)
    assert not breaker.admits(NOW + PAUSE)
    breaker.succeeded(NOW)
    assert breaker.admits(NOW + PAUSE)
    assert breaker.admits(NOW + PAUSE)


def test_it_waits_longer_each_time_and_never_for_long() -> None:
    breaker, at, pauses = opened(), NOW, []
    for _ in range(8):
        pause = next(s for s in range(1, 60) if breaker.admits(at + timedelta(seconds=s)))
        pauses.append(pause)
        at += timedelta(seconds=pause)
        breaker.failed(at)
    assert pauses == [2, 4, 8, 16, 30, 30, 30, 30]
    assert timedelta(seconds=30) == PATIENCE.longest


def test_one_who_tries_and_never_comes_back_holds_nobody_up() -> None:
    breaker = opened()
    assert breaker.admits(NOW + PAUSE)
    assert breaker.admits(NOW + 2 * PAUSE)


def test_who_gives_up_lets_another_try_at_once() -> None:
    breaker = opened()
    assert breaker.admits(NOW + PAUSE)
    breaker.gave_up()
    assert breaker.admits(NOW + PAUSE)
    assert not breaker.admits(NOW + PAUSE)
