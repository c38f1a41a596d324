"""Any order of presses, answers, pings, looks, crashes and trouble: only a yes makes a member, and final is final.

The model is what the shop would say: who said yes, and to how many questions. Steps that a process can die between
are rules of their own, so that Hypothesis may stop after any of them and start another.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fakes_platform import AskTrouble, DisclosureTrouble
from medlem.club.enrolment import Enrolment, State
from medlem.club.errors import Refusal
from medlem.club.masked import Masked
from medlem.flows import enrolment, pings
from shop import KARI, OLA, Shop, open_shop

if TYPE_CHECKING:
    from medlem.flows.answers import Look

PEOPLE = st.sampled_from([KARI, OLA])


class EnrolmentMachine(RuleBasedStateMachine):
    """A shop with two customers and two stations, and a worker that dies at will."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.asked: list[str] = []
        self.final: dict[str, str] = {}
        self.claimed: list[Enrolment] = []
        self.seen: list[Look] = []
        self.kept: list[Enrolment] = []
        self.yes: set[str] = set()
        self.presses = 0

    def do(self, step: Any) -> Any:
        return self.runner.run(step)

    @initialize()
    def open(self) -> None:
        self.shop: Shop = self.do(self.stack.enter_async_context(open_shop()))
        self.other = self.do(self.shop.another_station())
        for msisdn in (KARI, OLA):
            self.shop.platform.person(msisdn)

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    # -- at the counter

    @rule(msisdn=PEOPLE, second=st.booleans())
    def press(self, *, msisdn: str, second: bool) -> None:
        self.presses += 1
        try:
            asked = self.do(self.shop.invite(msisdn, self.other if second else self.shop.station))
        except Refusal:
            return  # a member is not asked
        self.asked.append(asked.id)

    @rule(msisdn=PEOPLE)
    def approve(self, msisdn: str) -> None:
        if self.shop.platform.open_questions(msisdn):
            self.shop.platform.approve(msisdn)
            self.yes.add(msisdn)

    @rule(msisdn=PEOPLE)
    def decline(self, msisdn: str) -> None:
        if self.shop.platform.open_questions(msisdn):
            self.shop.platform.decline(msisdn)

    @rule(seconds=st.sampled_from([0.5, 3, 6, 31, 200]))
    def time_passes(self, seconds: float) -> None:
        self.do(self.shop.clock.turn(seconds))

    # -- trouble

    @rule(trouble=st.sampled_from(AskTrouble))
    def the_next_ask_goes_wrong(self, trouble: AskTrouble) -> None:
        self.shop.platform.ask_troubles.append(trouble)

    @rule(trouble=st.sampled_from(DisclosureTrouble))
    def the_next_disclosure_goes_wrong(self, trouble: DisclosureTrouble) -> None:
        self.shop.platform.disclosure_troubles.append(trouble)

    @rule(down=st.booleans())
    def the_platform_goes_and_comes(self, *, down: bool) -> None:
        self.shop.platform.down = down

    # -- the steps of a worker, each of which may be its last

    @rule()
    def claim(self) -> None:
        self.claimed += self.do(enrolment.claim(self.shop.ports, 10))

    @precondition(lambda self: self.claimed)
    @rule()
    def look(self) -> None:
        claimed = self.claimed.pop(0)
        if claimed.answer is not None:
            self.kept.append(claimed)
        else:
            self.seen.append(self.do(enrolment.look(self.shop.ports, claimed)))

    @precondition(lambda self: self.seen)
    @rule()
    def settle(self) -> None:
        self.kept += self.do(enrolment.settle(self.shop.ports, [self.seen.pop(0)]))

    @precondition(lambda self: self.kept)
    @rule(twice=st.booleans())
    def conclude(self, *, twice: bool) -> None:
        kept = self.kept.pop(0)
        for _ in range(1 + twice):
            self.do(enrolment.conclude(self.shop.ports, kept))

    @rule()
    def crash(self) -> None:
        self.claimed, self.seen, self.kept = [], [], []

    @rule()
    def give_up(self) -> None:
        self.do(enrolment.give_up_lost_asks(self.shop.ports))

    @precondition(lambda self: self.shop.platform.questions)
    @rule(data=st.data())
    def ping(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(sorted(self.shop.platform.questions)))
        self.do(pings.ping(self.shop.ports, self.shop.club.id, Masked(request)))

    # -- what must hold after every step

    @invariant()
    def only_a_yes_makes_a_member(self) -> None:
        if not hasattr(self, "shop"):
            return
        members = self.do(self.shop.storage.reading.members.page(self.shop.club.id, None, 100))
        numbers = [member.phone.msisdn for member in members if member.phone is not None]
        assert len(numbers) == len(set(numbers)) == len(members)
        assert set(numbers) <= self.yes

    @invariant()
    def final_is_final_and_accepted_has_its_member(self) -> None:
        for wanted in self.asked:
            found = self.do(self.shop.get(wanted))
            assert (found.state is State.ACCEPTED) == (found.member is not None)
            if wanted in self.final:
                assert found.state == self.final[wanted]
            elif not found.is_open:
                self.final[wanted] = found.state
                assert found.request is None
                assert found.answer is None

    @invariant()
    def no_push_without_a_press(self) -> None:
        if hasattr(self, "shop"):
            assert self.shop.platform.pushes.total() <= self.presses

    @invariant()
    def nothing_stays_open_for_ever(self) -> None:
        for wanted in self.asked:
            found = self.do(self.shop.get(wanted))
            if found.is_open and found.expires_at is not None:
                assert found.due_at is not None
                assert found.due_at <= max(found.expires_at, self.shop.clock.now()) + timedelta(seconds=60)


EnrolmentMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestEnrolment = EnrolmentMachine.TestCase
