"""The town, outside of all tables: people, households, and numbers that change hands."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

GIVEN: Final = ("Kari", "Ola", "Per", "Anne", "Jo")
MIDDLE: Final = ("Lie", "Moe", "Vik", "")
FAMILY: Final = ("Berg", "Dahl", "Nes", "Ås")
QUARANTINE: Final = (10, 90)
"""Days for which nobody has a number that was given up."""
ELEMENTS: Final = ("email", "sms", "personal", "club-offers")


@dataclass(frozen=True, slots=True)
class Said:
    """One answer as the platform remembers it."""

    element: str
    text: str
    granted: bool
    given_at: datetime | None


@dataclass(eq=False, slots=True)
class Human:
    """Somebody. Names, addresses and `sub` are made so that a trace of them is found in any text."""

    n: int
    household: int
    sub: str
    given: str
    middle: str
    family: str
    email: str
    verified: bool
    street: str
    number: str
    numbers: list[str] = field(default_factory=list)
    """All that they ever had."""
    answers: dict[str, Said] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """In full."""
        return " ".join(part for part in (self.given, self.middle, self.family) if part)

    def on_a_list(self, chance: Random) -> str:
        """Their name as somebody typed it once: without the middle name, in capitals, or the other way round."""
        parts = [self.given, self.middle if chance.random() < 0.5 else "", self.family]
        parts = [part for part in parts if part]
        drawn = chance.random()
        if drawn < 0.1:
            return " ".join(parts).upper()
        return f"{parts[-1]}, {' '.join(parts[:-1])}" if drawn < 0.2 else " ".join(parts)


class Town:
    """Everybody, and the numbers that nobody has."""

    def __init__(self, seed: int, many: int) -> None:
        self._chance = Random(f"town {seed}")
        self._fresh = 0
        self._resting: list[tuple[datetime, str]] = []
        self.people: list[Human] = []
        household = 0
        for n in range(many):
            if self._chance.random() < 0.6:
                household += 1
            self.people.append(self._born(n, household))
        self.holder: dict[str, Human] = {human.number: human for human in self.people}
        self.by_sub = {human.sub: human for human in self.people}
        self.homes: dict[int, list[Human]] = {}
        for human in self.people:
            self.homes.setdefault(human.household, []).append(human)

    def _born(self, n: int, household: int) -> Human:
        chance, last = self._chance, self.people[-1] if self.people else None
        family = last.family if last and last.household == household else chance.choice(FAMILY)
        namesake = last is not None and last.household == household and chance.random() < 0.1
        given = last.given if last and namesake else f"{chance.choice(GIVEN)}{n:05}"
        number = self._a_fresh_number()
        return Human(
            n=n,
            household=household,
            sub=f"sub-{n:05}-{chance.getrandbits(64):016x}",
            given=given,
            middle=chance.choice(MIDDLE),
            family=family,
            email=f"hjem{household:05}@example.com" if chance.random() < 0.3 else f"post{n:05}@example.com",
            verified=chance.random() < 0.9,
            street=f"Gate-{n:05} 4",
            number=number,
            numbers=[number],
        )

    def _a_fresh_number(self) -> str:
        self._fresh += 1
        return f"474{self._fresh:07}"

    def new_number(self, human: Human, chance: Random, now: datetime) -> str:
        """Give up a number, which rests for a while and goes round, and get another; the former one."""
        former = human.number
        del self.holder[former]
        self._resting.append((now + timedelta(days=chance.randint(*QUARANTINE)), former))
        rested = [one for one in self._resting if one[0] <= now]
        if rested and chance.random() < 0.9:
            again = rested[-1] if chance.random() < 0.5 else chance.choice(rested)
            self._resting.remove(again)
            human.number = again[1]
        else:
            human.number = self._a_fresh_number()
        human.numbers.append(human.number)
        self.holder[human.number] = human
        return former

    def move_house(self, human: Human, chance: Random) -> None:
        """What the platform tells of them changes."""
        human.street = f"Gate-{human.n:05} {chance.randint(5, 900)}"
        if human.email.startswith("hjem"):
            human.email = f"post{human.n:05}@example.com"

    def answer(self, human: Human, chance: Random, now: datetime) -> list[Said]:
        """What they tick in the app now, and what the platform remembers; some questions are not told at all."""
        year = now.year if chance.random() < 0.9 else now.year - 1
        told = []
        for element in ELEMENTS:
            if element not in human.answers or chance.random() < 0.3:
                timed = chance.random() < 0.85
                text, granted = f"{element}? ({year})", chance.random() < 0.6
                human.answers[element] = Said(element, text, granted, now if timed else None)
            if chance.random() < 0.8:
                told.append(human.answers[element])
        return told
