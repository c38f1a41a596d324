"""Customers: when they come, who they are, and what they do with a question on their phone."""

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from medlem.club.errors import Refusal
from medlem.club.member import Profile
from medlem.club.place import Club
from medlem.flows import membership
from medlem.flows.tables import StorageUnavailable
from trials.crew import Crew
from trials.deliveries import Deliveries
from trials.faults import Fault
from trials.node import Hangup
from trials.platform import Person, PretendPlatform, Pushed
from trials.till import Till

APART: Final = 0.8
"""Seconds between two customers, about."""
FIRST: Final = 5.0
TIMES: Final = 3
"""How often a cashier asks one customer who was lost on the way."""
ONCE_MORE: Final = frozenset({"outcome_unknown", "platform_surprised_us", "platform_unavailable", "customer_busy"})
"""The ends after which a cashier asks once more."""

GIVEN: Final = ("Kari", "Ola", "Nils", "Anne", "Ingrid", "Lars", "Sofie", "Emil")


@dataclass(frozen=True, slots=True)
class Entry:
    """A member whom the merchant entered by hand, of whom nobody has heard yet."""

    member: str
    whose: Person | None
    """None: somebody who never comes."""


@dataclass
class Customers:
    """Everybody who comes to one club on one day."""

    crew: Crew
    club: Club
    platform: PretendPlatform
    tills: list[Till]
    chance: Random
    known: list[Person] = field(default_factory=list)
    free_numbers: list[str] = field(default_factory=list)
    """Numbers that somebody had and gave up; they may be handed on."""
    entries: list[Entry] = field(default_factory=list)
    present: int = 0
    made: int = 0

    @property
    def gone(self) -> bool:
        """Whether nobody is at a till any more."""
        return self.present == 0

    def come(self, visits: int) -> float:
        """Let so many come; the seconds until the last has come."""
        for n in range(visits):
            self.crew.later(FIRST + n * APART + self.chance.random() * APART, self._arrive)
        return FIRST + (visits + 1) * APART

    def _arrive(self) -> None:
        chance = self.chance
        again = self.known and chance.random() < 0.2
        person = chance.choice(self.known) if again else self._newcomer()
        till = chance.choice(self.tills)
        self.present += 1
        self.crew.outside(self._visit(person, till, TIMES))
        if chance.random() < 0.1:
            self.crew.trouble.note(Fault.TWO_STATIONS)
            self.present += 1
            other = chance.choice([one for one in self.tills if one is not till])
            self.crew.outside(self._visit(person, other, 1))

    def _newcomer(self) -> Person:
        chance, n = self.chance, len(self.known)
        person = Person(
            sub=f"{chance.getrandbits(64):016x}",
            name=f"{chance.choice(GIVEN)} Nr{n}",
            msisdn=f"47400{n:05}",
            app=chance.choices(("current", "old", "none"), (30, 1, 1))[0],
            vouched=chance.random() < 0.85,
        )
        self.known.append(person)
        self.platform.add(person)
        return person

    async def _visit(self, person: Person, till: Till, times: int) -> None:
        try:
            for _ in range(times):
                if not await self._ask(person, till):
                    break
                await self.crew.pause(2 + self.chance.random() * 4)
        finally:
            self.present -= 1

    async def _ask(self, person: Person, till: Till) -> bool:
        """Identify and ask; whether it ended so that a cashier asks once more."""
        chance = self.chance
        if chance.random() < 0.1:
            self.crew.trouble.note(Fault.DOUBLE_SCAN)
            await till.identify(person, by_code=chance.random() < 0.5)
        found = await till.identify(person, by_code=chance.random() < 0.5)
        if found is None or found.membership == "member":
            return False
        view = await till.press(found, twice=chance.random() < 0.2)
        if view is None:
            return False
        if chance.random() < 0.1:
            await chance.choice(self.tills).peep(view.id)
        await till.ends(view.id, 120)
        return till.reasons.get(view.id) in ONCE_MORE

    # -- with a phone in hand

    def asked(self, question: Pushed, deliveries: Deliveries) -> None:
        """A question appears on somebody's phone."""
        chance, later = self.chance, self.crew.later
        left = question.expires_at - question.asked_at
        mood = chance.random()
        if mood < 0.66:
            when, yes = chance.expovariate(1 / 6), True
        elif mood < 0.78:
            when, yes = chance.expovariate(1 / 6), False
        elif mood < 0.9:
            when, yes = left - 1.5 + 3 * chance.random(), True
        else:
            when, yes = 10 * left, True  # never
        later(when, lambda: self.platform.respond(question, yes=yes))
        if chance.random() < 0.06:
            later(chance.random() * min(when, left), lambda: self._change_number(question.person))
        trouble = self.crew.trouble
        if trouble.strikes(trouble.weather.pings / 4):
            deliveries.forge(question)

    def _change_number(self, person: Person) -> None:
        chance = self.chance
        self.crew.trouble.note(Fault.NEW_NUMBER)
        old = person.msisdn
        if chance.random() < 0.6:
            before = chance.choice(self.known)
            if before is not person:
                theirs = before.msisdn
                self.platform.move(before, self._fresh())
                self.platform.move(person, theirs)
                self.free_numbers.append(old)
                return
        number = self._fresh()
        if chance.random() < 0.5:
            self.crew.outside(self._enter(number, person if chance.random() < 0.5 else None))
        self.platform.move(person, number)
        self.free_numbers.append(old)

    async def _enter(self, number: str, whose: Person | None) -> None:
        """The merchant enters a member by hand, at a number that is right, or was somebody else's."""
        node = self.crew.any_node(self.chance)
        if node is None:
            return
        name, email = (whose.name, whose.email) if whose is not None else (f"Nemo Nr{self.made}", "nemo@example.org")
        profile = Profile(name=name, email=email)
        try:
            made = await node.serve(partial(membership.enter, node.ports, self.club, f"+{number}", profile), 10)
        except (Hangup, StorageUnavailable, Refusal):
            return
        self.entries.append(Entry(made.member.id, whose))

    def _fresh(self) -> str:
        if self.free_numbers and self.chance.random() < 0.3:
            return self.free_numbers.pop(0)
        self.made += 1
        return f"47900{self.made:05}"
