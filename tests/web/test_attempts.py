"""Who guesses pairing codes has to wait, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from medlem.club.errors import TooManyRequests
from medlem.web.attempts import Attempts

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def guessed(*addresses: str) -> Attempts:
    """Ten wrong codes, from these addresses in turn."""
    attempts = Attempts()
    for number in range(10):
        attempts.note_wrong(addresses[number % len(addresses)], NOW)
    return attempts


def test_a_neighbour_is_not_held_back() -> None:
    guessed("192.0.2.1").refuse_guesser("192.0.2.2", NOW)


def test_a_household_with_many_addresses_is_one_guesser() -> None:
    attempts = guessed("2001:db8::1", "2001:db8::2:3")
    with pytest.raises(TooManyRequests):
        attempts.refuse_guesser("2001:db8::ffff", NOW)
    attempts.refuse_guesser("2001:db8:0:1::1", NOW)


def test_what_has_no_address_counts_as_one() -> None:
    with pytest.raises(TooManyRequests):
        guessed("").refuse_guesser("", NOW)


def test_the_eldest_guess_is_the_first_to_be_forgotten() -> None:
    attempts = Attempts()
    for minute in range(10):
        attempts.note_wrong("192.0.2.1", NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyRequests) as refused:
        attempts.refuse_guesser("192.0.2.1", NOW + timedelta(minutes=9))
    assert refused.value.retry_after == 60
    attempts.refuse_guesser("192.0.2.1", NOW + timedelta(minutes=10))


def test_who_has_been_quiet_is_forgotten() -> None:
    attempts = guessed("192.0.2.1")
    attempts.note_wrong("192.0.2.2", NOW + timedelta(minutes=10))
    assert list(attempts._wrong) == ["192.0.2.2"]
