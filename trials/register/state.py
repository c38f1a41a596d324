"""One trial as it goes: the house, the town, the books, and what everybody is to have heard."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from fakes_platform import Person
from medlem.club.member import Address, ConsentAnswer, Profile
from medlem.club.phone import PhoneNumber
from trials.register.books import Account, Books
from trials.register.books import Profile as Told
from trials.register.house import House
from trials.register.people import Human, Said, Town

RULES: Final = {
    "wrong link": "a till is shown, or a login makes, somebody whom the rules do not allow",
    "resurrected": "a trace of somebody who is not in the books, in any table, or in another's export",
    "register": "an account is not what was done to it; one that nobody is; a number that reaches somebody else",
    "duplicate": "a member number, a `sub` or a number by login twice, or a member number given again",
    "records": "the records of consents are not what was answered, in its order; or a permission that nobody gave",
    "broken chain": "the chain does not hold, or holds though a byte was changed, or another member is blamed",
    "notices": "a change of which the endpoints do not hear once, or a version that goes back",
    "retention": "somebody erased who was active, or kept who was not",
    "defect": "an error that is nobody's",
}
"""Every rule, by the name under which a failure is told."""


class BrokenRule(Exception):
    """A rule is broken: which, how, and whom it is about."""

    def __init__(self, rule: str, what: str, *about: str) -> None:
        """Say it."""
        super().__init__(f"{rule}: {what}")
        self.rule = rule
        self.about = about


@dataclass
class Trial:
    """Everything that a step needs."""

    seed: int
    house: House
    town: Town
    books: Books = field(default_factory=Books)
    chance: Random = field(default_factory=Random)
    step: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    stories: dict[str, list[str]] = field(default_factory=dict)
    """What was done to each account."""
    due: list[tuple[str, str | None]] = field(default_factory=list)
    """Notices that this step has to write: kind, and the member it is about."""
    heard: int = 0
    """The endpoint's last notice that was judged."""
    versions: dict[str, int] = field(default_factory=dict)
    """The last that was told of each member; a restore does not take it back."""
    cards: dict[str, str] = field(default_factory=dict)
    """Every member number that was ever given, and to whom."""
    backups: list[tuple[str, Books, datetime]] = field(default_factory=list)

    def maybe(self, likely: float) -> bool:
        """Whether it happens."""
        return self.chance.random() < likely

    def note(self, what: str, account: Account | str | None = None, human: Human | None = None) -> None:
        """Keep it for the history that a failure tells."""
        line = f"step {self.step}, {self.house.clock.now():%Y-%m-%d %H:%M:%S}: {what}"
        if account is not None:
            self.stories.setdefault(account if isinstance(account, str) else account.id, []).append(line)
        if human is not None:
            human.story.append(line)

    def fail(self, rule: str, what: str, *about: Account | str | None) -> BrokenRule:
        """The failure, about these accounts."""
        return BrokenRule(rule, what, *(one if isinstance(one, str) else one.id for one in about if one))

    def demand(self, rule: str, got: object, wanted: object, what: str, *about: Account | str | None) -> None:
        """They have to be the same."""
        if got != wanted:
            raise self.fail(rule, f"{what}: it is {got!r}, and has to be {wanted!r}", *about)

    def expect(self, kind: str, account: Account | str | None) -> None:
        """The endpoint is to hear of it."""
        self.due.append((kind, account.id if isinstance(account, Account) else account))

    def an_account(self, *, present: bool | None = None) -> Account | None:
        """Some account that is not erased."""
        live = [one for one in self.books.live() if present is None or one.present == present]
        few = [one for one in live if one.whose * 7 < len(self.town.people)]
        return self.chance.choice(few if few and self.maybe(0.75) else live) if live else None

    def somebody(self) -> Human:
        """Whoever it is about: most of what happens, happens to a few, and to those who live with them."""
        people = self.town.people
        few = max(1, len(people) // 7)
        return people[self.chance.randrange(few if self.maybe(0.75) else len(people))]

    def issue(self, account: Account) -> None:
        """Keep the member number, which nobody ever had before."""
        if account.card in self.cards:
            raise self.fail(
                "duplicate", f"member number {account.card} was given before", account, self.cards[account.card]
            )
        self.cards[account.card] = account.id


def person(trial: Trial, human: Human) -> Person:
    """What the platform knows of somebody, at the number that they have now."""
    people = trial.house.platform.people
    if (known := people.get(human.number)) is None or known.sub != human.sub:
        known = Person(human.number, human.sub, _platform_profile(human), phone_claim=PhoneNumber(human.number))
        people[human.number] = known
    return known


def moved(trial: Trial, human: Human, former: str) -> None:
    """Let the platform know that they have another number; questions that are open stay with them."""
    people = trial.house.platform.people
    known = people.get(former)
    if known is None or known.sub != human.sub:
        return
    del people[former]
    known.msisdn, known.phone_claim = human.number, PhoneNumber(human.number)
    people[human.number] = known


def share(known: Person, human: Human, chance: Random, answers: list[Said]) -> Told:
    """Let the platform tell of them what they share this time; the same for the books."""
    known.profile = _platform_profile(human, email=chance.random() < 0.9)
    known.consents = tuple(
        ConsentAnswer(element=one.element, text=one.text, granted=one.granted, given_at=one.given_at) for one in answers
    )
    return told(known.profile)


def _platform_profile(human: Human, *, email: bool = True) -> Profile:
    return Profile(
        name=human.name,
        given_name=human.given,
        family_name=human.family,
        email=human.email if email else None,
        email_verified=human.verified if email else None,
        address=Address(street_address=human.street),
    )


def told(profile: Profile) -> Told:
    """A profile as the books keep it."""
    return {
        "name": profile.name,
        "given": profile.given_name,
        "family": profile.family_name,
        "email": profile.email,
        "verified": profile.email_verified,
        "street": profile.address.street_address if profile.address else None,
    }
