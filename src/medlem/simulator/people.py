"""Pretend customers: who has which number, which app, and what they will press.

A person is not a number. Whoever changes number stays the same person, and keeps the `sub` that a sales unit knows;
a new person at an old number has another.
"""

from typing import Annotated, Literal
from uuid import UUID, uuid4, uuid5

import msgspec
from msgspec import Meta

from medlem.simulator.clock import LONGEST
from medlem.simulator.journal import Journal, Table

LOWEST_AGE = 15

Msisdn = Annotated[str, Meta(pattern=r"^(45|46|47|358|299)[0-9]{4,12}\Z")]
"""Country code and number, digits only: the platform's Nordic countries."""


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where somebody lives."""

    street_address: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = "NO"
    address_type: Literal["home", "work", "other"] = "home"


class Traits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a test says about a person; all but the number may be left out."""

    msisdn: Msisdn
    name: Annotated[str, Meta(min_length=1, max_length=100)] = "Kari Nordmann"
    email: str | None = None
    age: Annotated[int, Meta(ge=0, le=120)] = 30
    app: Literal["current", "old", "none"] = "current"
    push: bool = True
    """Off: no push arrives, but the request is there when the app is opened."""
    answers: Literal["by_hand", "approve", "decline", "ignore"] = "by_hand"
    after: Annotated[float, Meta(ge=0, le=LONGEST)] = 0
    """Seconds of the clock until the answer, when it is not by hand."""
    address: Address | None = None
    gender: str | None = None
    story: str = ""
    """A line for whoever looks at the pretend phones."""


class Person(msgspec.Struct, frozen=True):
    """Somebody."""

    id: str
    traits: Traits

    @property
    def msisdn(self) -> str:
        """The number of today."""
        return self.traits.msisdn

    def subject(self, audience: str) -> str:
        """The `sub` of this person at one sales unit: the same for ever, and another one at any other unit."""
        return str(uuid5(UUID(self.id), audience))

    def ineligible(self) -> Literal["invalid_user", "old_app"] | None:
        """Why the app cannot be asked, in the platform's words."""
        if self.traits.app == "none" or self.traits.age < LOWEST_AGE:
            return "invalid_user"
        return "old_app" if self.traits.app == "old" else None


class NumberTaken(Exception):
    """Somebody else has that number."""


class People:
    """Everybody there is."""

    def __init__(self, journal: Journal) -> None:
        self._people = Table(journal, "people", Person)
        self._by_number = {person.msisdn: person for person in self._people}

    def place(self, traits: Traits) -> tuple[Person, bool]:
        """Make somebody, or make the person with that number anew; True for a new person."""
        known = self._by_number.get(traits.msisdn)
        return self._keep(Person(known.id if known else str(uuid4()), traits)), known is None

    def change(self, person: Person, traits: Traits) -> Person:
        """Give a person other traits, another number included."""
        holder = self._by_number.get(traits.msisdn)
        if holder is not None and holder.id != person.id:
            raise NumberTaken
        del self._by_number[person.msisdn]
        return self._keep(Person(person.id, traits))

    def at(self, msisdn: str) -> Person | None:
        """Find who has a number."""
        return self._by_number.get(msisdn)

    def who(self, person: str) -> Person | None:
        """Find a person by id."""
        return self._people.get(person)

    def known(self, person: str) -> Person:
        """Find a person by an id that is certainly somebody's."""
        return self._people[person]

    def everyone(self) -> list[Person]:
        """List them by number."""
        return sorted(self._people, key=lambda person: person.msisdn)

    def _keep(self, person: Person) -> Person:
        self._by_number[person.msisdn] = person
        return self._people.put(person.id, person)
