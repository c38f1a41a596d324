"""Any order of proposals, confirmations, undoings, logins, answers and leaves: nobody is lost and no yes made up.

The rows are entries of the merchant's and members of the app, whose numbers move about as they like.
"""

import asyncio
import re
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from medlem.club.consent import Actor, Method
from medlem.club.errors import Refusal
from medlem.club.ids import KeyId
from medlem.club.member import Consent, ConsentAnswer, Member, Profile, VerifiedBy, standing
from medlem.club.phone import PhoneNumber
from medlem.flows import membership, merging, parting, proving, recording
from medlem.flows.recording import Said
from shop import Shop, open_shop

NUMBERS = [f"47400001{number}" for number in range(10, 15)]
SUBS = ["sub-one", "sub-two"]
WHICH = st.integers(0, 5)
BOOL = st.booleans()
SOURCE = re.compile(r": (con_\w+) of ")


class MergeMachine(RuleBasedStateMachine):
    """A register of few rows that may all be anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.rows: list[str] = []
        self.merges: list[str] = []
        self.logins: set[str] = set()
        self.asked = 0

    def do(self, step: Any) -> Any:
        return self.runner.run(step)

    @initialize()
    def open(self) -> None:
        self.shop: Shop = self.do(self.stack.enter_async_context(open_shop()))
        self.enter(0, named=True)
        self.enter(1, named=False)
        self.login(0, 2, yes=True)

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    @property
    def tables(self) -> Any:
        return self.shop.storage.reading

    def row(self, which: int) -> str:
        return self.rows[which % len(self.rows)]

    def member(self, member: str) -> Member:
        found: Member = self.do(self.tables.members.get(self.shop.club.id, member))
        return found

    def attempt(self, step: Any) -> Any:
        """Do it a second later; a refusal is an answer too."""
        self.do(self.shop.clock.turn(1))
        try:
            return self.do(step)
        except Refusal:
            return None

    # -- what happens to a register

    @rule(which=st.integers(0, 4), named=BOOL)
    def enter(self, which: int, *, named: bool) -> None:
        if len(self.rows) < 5:
            profile = Profile(name="Kari Nordmann", email="kari@example.com") if named else Profile(gender="female")
            flow = membership.enter(self.shop.ports, self.shop.club, f"+{NUMBERS[which]}", profile, shared=True)
            self.rows.append(self.attempt(flow).member.id)

    @rule(who=st.integers(0, 1), which=st.integers(0, 4), yes=BOOL)
    def login(self, who: int, which: int, *, yes: bool) -> None:
        self.asked += 1
        phone = f"47400009{self.asked:02}"
        person = self.shop.platform.person(phone)
        person.sub, person.phone_claim = SUBS[who], PhoneNumber(NUMBERS[which])
        person.profile = Profile(name="Kari Nordmann", birthdate=f"198{who}-01-01")
        person.consents = (ConsentAnswer(element="email", text="Email?", granted=yes, given_at=self.shop.clock.now()),)
        asked = self.do(self.shop.invite(phone))
        self.shop.platform.approve(phone)
        self.do(self.shop.wait(6))
        joined = self.do(self.shop.show(asked.id)).member.id
        self.logins.add(SUBS[who])
        if joined not in self.rows:
            self.rows.append(joined)

    @rule(which=WHICH, granted=BOOL, element=st.sampled_from(["email", "sms"]))
    def say(self, which: int, *, granted: bool, element: str) -> None:
        said = Said(element=element, granted=granted, text="Yes?", method=Method.PAPER, actor=Actor.CUSTOMER)
        self.attempt(recording.record(self.shop.ports, self.shop.club, self.row(which), said, KeyId("key_1")))

    @rule(which=WHICH, part=st.sampled_from(["gender", "name", "birthdate"]))
    def change(self, which: int, part: str) -> None:
        value = {part: str(self.shop.clock.now())}
        flow = membership.change(
            self.shop.ports,
            self.shop.club,
            self.row(which),
            lambda had: replace(had, **value),  # type: ignore[arg-type] # one of these parts
        )
        self.attempt(flow)

    @rule(which=WHICH)
    def leave(self, which: int) -> None:
        self.attempt(membership.leave(self.shop.ports, self.shop.club, self.row(which)))

    @rule(stays=WHICH, goes=WHICH)
    def propose(self, stays: int, goes: int) -> None:
        found = self.attempt(merging.propose(self.shop.ports, self.shop.club, self.row(stays), self.row(goes), "Mona"))
        if found is not None:
            self.merges.append(found.merge.id)

    @rule(stays=WHICH, goes=WHICH)
    def merge(self, stays: int, goes: int) -> None:
        self.propose(stays, goes)
        self.confirm(-1)

    @rule(which=WHICH)
    def confirm(self, which: int) -> None:
        if self.merges:
            merge = self.merges[which % len(self.merges)]
            self.attempt(merging.confirm(self.shop.ports, self.shop.club, merge, "Per"))

    @rule(which=WHICH)
    def undo(self, which: int) -> None:
        if self.merges:
            merge = self.merges[which % len(self.merges)]
            self.attempt(parting.undo(self.shop.ports, self.shop.club, merge, "Mona", "They are two."))

    @rule(stays=WHICH, goes=WHICH)
    def merge_and_undo_at_once(self, stays: int, goes: int) -> None:
        before, ports, club = [self.shown(row) for row in self.rows], self.shop.ports, self.shop.club
        proposed = self.attempt(merging.propose(ports, club, self.row(stays), self.row(goes), "Mona"))
        if proposed is None:
            return
        merge = proposed.merge.id
        assert self.attempt(merging.confirm(ports, club, merge, "Per")) is not None
        undone = self.attempt(parting.undo(ports, club, merge, "Mona", "They are two."))
        assert undone.merge.not_restored == ()
        assert [self.shown(row) for row in self.rows] == before

    def shown(self, row: str) -> tuple[Any, ...]:
        """All that a row is, but for its history."""
        member = self.member(row)
        held = standing(self.records(row))
        verified = (member.phone_verified_at, member.phone_verified_by)
        extras = self.do(self.tables.members.extras(member))
        return member, verified, {element for element, one in held.items() if one.granted}, extras

    def records(self, row: str) -> list[Consent]:
        return list(self.do(self.tables.members.consents(self.shop.club.id, row)))

    # -- what holds whatever happened

    @invariant()
    def a_number_is_by_the_platforms_word_one_members_who_is_there(self) -> None:
        for number in NUMBERS:
            reached = self.do(self.tables.members.reached(self.shop.club.id, PhoneNumber(number)))
            assert sum(one.phone_verified_by is not VerifiedBy.MERCHANT for one in reached) <= 1
            assert all(one.present and one.merged_into is None for one in reached)

    @invariant()
    def no_login_is_lost(self) -> None:
        for sub in self.logins:
            found = self.do(self.tables.members.by_sub(self.shop.club.id, sub))
            assert found is not None
            assert found.merged_into is None

    @invariant()
    def a_row_that_was_merged_is_empty_and_leads_to_one_that_is_not(self) -> None:
        for row in self.rows:
            member = self.member(row)
            if member.merged_into is not None:
                assert (member.sub, member.phone, member.profile, member.present) == (None, None, Profile(), False)
                today = self.do(self.tables.members.today(self.shop.club.id, row))
                assert today.merged_into is None

    @invariant()
    def every_chain_holds_and_every_yes_was_somebodys(self) -> None:
        verdict = self.do(proving.verify(self.shop.ports, self.shop.club))
        known = {one.id: one for row in self.rows for one in self.records(row)}
        assert verdict.holds, verdict.faults
        for one in (each for each in known.values() if each.granted):
            source = one
            while source.method is Method.STAFF:
                named = SOURCE.search(source.reference or "")
                assert named is not None
                source = known[named[1]]  # type: ignore[index] # an id as a text
            assert source.granted
            assert source.method in {Method.PAPER, Method.VIPPS_CIBA}


MergeMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMerges = MergeMachine.TestCase
