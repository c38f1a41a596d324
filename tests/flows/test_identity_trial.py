"""Thousands of people join, change numbers, get other people's old numbers and leave, from a seed.

The truth is kept beside: who is who. No member is ever somebody else, nobody who left comes back without having said
yes anew, and by the platform's word a number reaches one member at a time.
"""

import random
from dataclasses import dataclass, field, replace

import pytest

from medlem.club.codes import confirmation_code
from medlem.club.enrolment import Enrolment, Reason, State
from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import MemberId, enrolment_id, identification_id
from medlem.club.linking import Outcome
from medlem.club.member import AlreadyMember, Disclosure, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.flows import membership, undoing
from medlem.flows.joining import join
from shop import Shop

PEOPLE = 3000
STEPS = 9000
NUMBERS = 3300
"""Few more than people: a number that is given up soon has another owner."""


@dataclass(eq=False)
class Human:
    """Somebody, as they are outside of our tables."""

    sub: str
    profile: Profile
    phone: PhoneNumber | None = None
    member: MemberId | None = None
    present: bool = False


@dataclass
class Town:
    """Everybody, and the numbers that nobody has."""

    shop: Shop
    chance: random.Random
    people: list[Human] = field(default_factory=list)
    free: list[PhoneNumber] = field(default_factory=list)
    entries: dict[MemberId, Human] = field(default_factory=dict)
    members: dict[MemberId, Human] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free = [PhoneNumber(f"47400{n:05}") for n in range(NUMBERS)]
        self.chance.shuffle(self.free)
        first, last = ("Kari", "Ola", "Per", "Anne"), ("Berg", "Dahl", "Lie", "Moe")
        for n in range(PEOPLE):
            given, family = self.chance.choice(first), self.chance.choice(last)
            email = f"{family}{n // 3}@example.com".lower()  # some share one
            name = f"{given} {family}"
            human = Human(f"sub-{n}", Profile(name=name, given_name=given, family_name=family, email=email))
            self.people.append(human)
            self.new_number(human)

    def new_number(self, human: Human) -> None:
        """Give up a number, which goes round, and get another."""
        if human.phone is not None:
            self.free.append(human.phone)
        human.phone = self.free.pop(self.chance.randrange(len(self.free)))

    async def join(self, human: Human) -> None:
        """Say yes in the app."""
        shop, now = self.shop, self.shop.clock.now()
        assert human.phone is not None
        customer = Identification(
            id=identification_id(now),
            club=shop.club.id,
            station=shop.station.id,
            phone=human.phone,
            evidence=Evidence.TYPED,
            membership=Membership.NOT_MEMBER,
            member=None,
            created_at=now,
        )
        told = Disclosure(sub=human.sub, phone=human.phone, profile=replace(human.profile, email_verified=True))
        async with shop.storage.transaction() as tx:
            await tx.identifications.add(customer)
            asked = await tx.enrolments.open(Enrolment.begin(enrolment_id(now), customer, confirmation_code(), now))
            assert asked.state is State.ASKING
            member = await join(tx, asked, told, now)
            linking = await tx.linkings.of_enrolment(shop.club.id, asked.id)
            await tx.enrolments.save(asked.failed(Reason.OUTCOME_UNKNOWN, now))  # over, so that they may be asked again
        assert linking is not None
        self.outcomes[linking.outcome] = self.outcomes.get(linking.outcome, 0) + 1
        entry = self.entries.pop(member.id, None)
        assert entry is None or entry is human, "an entry became somebody else's"
        assert human.member in {None, member.id}, "one person became two members"
        assert self.members.setdefault(member.id, human) is human, "two people became one member"
        human.member, human.present = member.id, True

    async def enter(self, human: Human) -> None:
        """The merchant enters them by hand, with the number that they have now."""
        assert human.phone is not None
        shared = self.chance.random() < 0.5
        try:
            made = await membership.enter(
                self.shop.ports, self.shop.club, human.phone.e164, human.profile, shared=shared
            )
        except AlreadyMember:
            return
        self.entries[made.member.id] = human

    async def leave(self, human: Human) -> None:
        """End a membership."""
        if human.member is not None:
            await membership.leave(self.shop.ports, self.shop.club, human.member)
            human.present = False

    async def undo(self, human: Human) -> None:
        """Somebody takes their last linking back, and then the taking back: all is as it was."""
        if human.member is None:
            return
        shop, member = self.shop, human.member
        before = await undoing.history(shop.ports, shop.club, member)
        standing = [one for one in before.linkings if one.undone_by is None and one.undoes is None]
        if not standing:
            return
        was = await shop.storage.reading.members.get(shop.club.id, member)
        done = await undoing.undo(shop.ports, shop.club, standing[-1].id, "trial", "to see")
        await undoing.undo(shop.ports, shop.club, done.id, "trial", "to see")
        assert await shop.storage.reading.members.get(shop.club.id, member) == was

    async def examine(self, human: Human) -> None:
        """Whom does their number reach?"""
        assert human.phone is not None
        reached = await self.shop.storage.reading.members.reached(self.shop.club.id, human.phone)
        assert sum(one.phone_verified_by is not VerifiedBy.MERCHANT for one in reached) <= 1
        for one in reached:
            whose = self.members.get(one.id)
            if whose is None:
                assert not one.logged_in, "a member whom nobody is"
                continue
            assert (one.sub, whose.present) == (whose.sub, True), "somebody came back without having said yes"


@pytest.mark.parametrize("seed", [1, 2])
async def test_nobody_is_ever_somebody_else(shop: Shop, seed: int) -> None:
    town = Town(shop, random.Random(seed))  # noqa: S311 - a trial is repeated from its seed
    doings = (town.join, town.join, town.join, town.enter, town.leave, town.undo, town.examine)
    for _ in range(STEPS):
        human = town.chance.choice(town.people)
        await shop.clock.turn(1)
        if town.chance.random() < 0.15:
            town.new_number(human)
        await town.chance.choice(doings)(human)
    for human in town.people:
        await town.examine(human)
    for outcome in set(Outcome) - {Outcome.UNDONE, Outcome.ENTRY_CONFIRMED}:
        assert town.outcomes.get(outcome, 0) >= 1, f"the trial never met {outcome}"
