"""A code on its way: what may follow what, and when to go on; and enrolments that nobody may ask for."""

from dataclasses import replace
from datetime import timedelta

from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import GRACE, MARGIN, Enrolment, Finish, Reason, State
from medlem.club.ids import ClubId, EnrolmentId
from medlem.club.landing import LEASE, LONGEST_PAUSE, PAUSE, Landing, Step
from medlem.club.masked import Masked
from unit.test_enrolment import CUSTOMER, INTERVAL, LIFE, NOW

CODE = Masked("a code")


def landing() -> Landing:
    return Landing(club=ClubId("clb_1"), digest="d", step=Step.ARRIVED, arrived_at=NOW, free_at=NOW, code=CODE)


def on_page() -> Enrolment:
    code = ConfirmationCode("CDF-GHJ")
    begun = Enrolment.begin(EnrolmentId("enr_1"), CUSTOMER, code, NOW, Finish.ON_PAGE)
    return begun.waiting(Masked("request"), LIFE, INTERVAL, NOW)


def test_nobody_looks_before_the_customer_can_come_no_more() -> None:
    assert on_page().due_at == NOW + LIFE + GRACE + MARGIN


def test_a_ping_means_nothing_to_an_answer_that_the_phone_brings() -> None:
    assert on_page().pinged(NOW) == on_page()


def test_a_look_that_comes_too_soon_is_put_off_to_the_end() -> None:
    assert on_page().pending(NOW + timedelta(seconds=10)).due_at == NOW + LIFE + GRACE + MARGIN


def test_after_the_end_a_code_on_its_way_is_waited_for_an_interval_at_a_time() -> None:
    late = NOW + LIFE + GRACE + timedelta(seconds=1)
    put_off = on_page().pending(late)
    assert (put_off.state, put_off.due_at) == (State.WAITING, late + INTERVAL + MARGIN)


def test_a_lost_code_ends_in_not_knowing() -> None:
    late = NOW + LIFE + GRACE + MARGIN
    ended = replace(on_page(), claimed_at=late).unreachable(late, None, 0.5)
    assert ended.reason is Reason.OUTCOME_UNKNOWN


def test_the_code_is_kept_while_it_may_be_good_for_something_and_no_longer() -> None:
    sending = landing().redeeming(NOW)
    assert (sending.tries, sending.free_at, sending.code) == (1, NOW + LEASE, CODE)
    assert sending.unsent(NOW, None).code == CODE
    kept = sending.kept(Masked(b"tokens"), NOW)
    assert (kept.code, kept.answer) == (None, Masked(b"tokens"))
    assert kept.passed_on(EnrolmentId("enr_1")).answer is None
    assert sending.over(Step.LOST).code is None


def test_the_pause_grows_and_heeds_what_the_platform_asks_for() -> None:
    sent = landing()
    pauses = []
    for _ in range(5):
        sent = sent.redeeming(NOW).unsent(NOW, None)
        pauses.append(sent.free_at - NOW)
    assert pauses[0] == PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert sent.redeeming(NOW).unsent(NOW, timedelta(seconds=40)).free_at == NOW + timedelta(seconds=40)
