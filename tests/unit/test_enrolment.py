"""The states of an enrolment: what may follow what, and when to look next."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import ANSWER_LIFE, GRACE, MARGIN, SLOWER, Ended, Enrolment, Reason, State
from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import ClubId, EnrolmentId, IdentificationId, MemberId, StationId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LIFE, INTERVAL = timedelta(seconds=180), timedelta(seconds=5)

CUSTOMER = Identification(
    id=IdentificationId("idn_1"),
    club=ClubId("clb_1"),
    station=StationId("sta_1"),
    phone=PhoneNumber("4740000011"),
    evidence=Evidence.TYPED,
    membership=Membership.NOT_MEMBER,
    member=None,
    created_at=NOW,
)

Step = Callable[[Enrolment], Enrolment]

STEPS: dict[str, Step] = {
    "waiting": lambda e: e.waiting(Masked("request"), LIFE, INTERVAL, NOW),
    "pinged": lambda e: e.pinged(NOW),
    "pending": lambda e: e.pending(NOW),
    "slowed": lambda e: e.slowed(),
    "unreachable": lambda e: e.unreachable(NOW, None, 0.5),
    "answered": lambda e: e.answered(Masked(b"{}"), NOW),
    "accepted": lambda e: e.accepted(MemberId("mem_1"), NOW),
    "declined": lambda e: e.declined(NOW),
    "expired": lambda e: e.expired(NOW),
    "failed": lambda e: e.failed(Reason.OUTCOME_UNKNOWN, NOW),
}

ENDS = ("accepted", "declined", "expired", "failed")


def asking() -> Enrolment:
    return Enrolment.begin(EnrolmentId("enr_1"), CUSTOMER, ConfirmationCode("CDF-GHJ"), NOW)


def waiting() -> Enrolment:
    return STEPS["waiting"](asking())


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("step", STEPS)
def test_what_has_ended_changes_no_more(end: str, step: str) -> None:
    over = STEPS[end](waiting())
    assert not over.is_open
    with pytest.raises(Ended):
        STEPS[step](over)


@pytest.mark.parametrize("step", [step for step in STEPS if step not in {"waiting", "failed"}])
def test_a_question_that_is_still_being_put_has_no_answer(step: str) -> None:
    with pytest.raises(Ended):
        STEPS[step](asking())


@pytest.mark.parametrize("end", ENDS)
def test_an_end_keeps_no_secret_of_the_platform(end: str) -> None:
    over = STEPS[end](STEPS["answered"](waiting()))
    assert (over.request, over.answer, over.due_at) == (None, None, None)
    assert (over.member is not None) == (over.state is State.ACCEPTED)


def test_the_first_look_waits_one_interval_and_the_next_ones_too() -> None:
    first = waiting()
    assert first.due_at == NOW + INTERVAL + MARGIN
    later = NOW + timedelta(seconds=7)
    assert first.pending(later).due_at == later + INTERVAL + MARGIN


def test_slow_down_adds_five_seconds_each_time_for_good() -> None:
    slowed = waiting().pending(NOW, slow_down=True).pending(NOW, slow_down=True).pending(NOW)
    assert slowed.interval == INTERVAL + timedelta(seconds=10)


def test_slow_down_told_to_somebody_overtaken_puts_the_next_look_off() -> None:
    before = waiting()
    slowed = before.slowed()
    assert before.due_at is not None
    assert (slowed.interval, slowed.due_at) == (before.interval + SLOWER, before.due_at + SLOWER)
    called = before.pinged(NOW).slowed()
    assert (called.interval, called.due_at) == (before.interval + SLOWER, NOW)


@pytest.mark.parametrize(
    ("said", "due"),
    [(None, 5), (3, 5), (20, 20), (10_000, 210)],
    ids=["nothing", "less than the interval", "longer", "beyond the last chance"],
)
def test_a_pending_answer_may_say_when_to_come_back(said: int | None, due: int) -> None:
    retry_after = None if said is None else timedelta(seconds=said)
    assert waiting().pending(NOW, retry_after=retry_after).due_at == NOW + timedelta(seconds=due) + MARGIN


def test_a_look_after_expiry_that_finds_nothing_is_the_last() -> None:
    assert waiting().pending(NOW + LIFE).state is State.EXPIRED
    assert waiting().pending(NOW + LIFE - timedelta(seconds=1)).state is State.WAITING


def test_a_look_before_expiry_that_is_written_down_after_it_is_not_the_last() -> None:
    late = NOW + LIFE + GRACE + timedelta(seconds=1)
    slept = replace(waiting(), claimed_at=NOW + INTERVAL)
    assert slept.pending(late).state is State.WAITING
    assert slept.unreachable(late, None, 0.5).state is State.WAITING
    looked_again = replace(slept, claimed_at=NOW + LIFE)
    assert looked_again.pending(late).state is State.EXPIRED
    assert replace(slept, claimed_at=late).unreachable(late, None, 0.5).reason is Reason.OUTCOME_UNKNOWN


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_platform_that_is_away_is_asked_less_and_less_but_at_the_end_for_sure(jitter: float) -> None:
    enrolment, now, looks = waiting(), NOW, []
    while enrolment.is_open:
        enrolment = enrolment.unreachable(now, None, jitter)
        if enrolment.due_at is not None:
            assert enrolment.due_at - now >= INTERVAL
            now = enrolment.due_at
            looks.append(now - NOW)
    assert enrolment.reason is Reason.OUTCOME_UNKNOWN
    assert len(looks) < LIFE / INTERVAL
    assert any(LIFE <= look <= LIFE + INTERVAL for look in looks), "somebody looked when the customer's time was up"
    assert looks[-1] <= LIFE + GRACE + INTERVAL


def test_later_means_later_but_not_never() -> None:
    hour = timedelta(hours=1)
    assert waiting().unreachable(NOW, timedelta(seconds=20), 0.5).due_at == NOW + timedelta(seconds=20) + MARGIN
    assert waiting().unreachable(NOW, hour, 0.5).due_at == NOW + LIFE + GRACE + MARGIN
    nearly = NOW + LIFE + GRACE - timedelta(seconds=1)
    assert waiting().unreachable(nearly, hour, 0.5).due_at == nearly + INTERVAL + MARGIN


def test_a_yes_in_hand_is_not_given_up_with_the_question() -> None:
    kept = waiting().answered(Masked(b"{}"), NOW)
    assert kept.unreachable(NOW + LIFE + GRACE, None, 0.5).is_open
    assert kept.unreachable(NOW + LIFE + ANSWER_LIFE, None, 0.5).reason is Reason.OUTCOME_UNKNOWN


def test_a_ping_while_somebody_looks_makes_it_due_again_at_once() -> None:
    claimed = replace(waiting(), claimed_at=NOW)
    later = NOW + timedelta(seconds=1)
    assert replace(claimed, pinged_at=later).pending(later).due_at == later
    assert replace(claimed, pinged_at=NOW).pending(later).due_at == later + INTERVAL + MARGIN
