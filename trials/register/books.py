"""What the register has to say: a plain model, by the rules that the documents give and none of the product's code."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

CONFIRM_AFTER: Final = timedelta(days=300)
INACTIVE_AFTER: Final = timedelta(days=400)
NOTICE: Final = timedelta(days=30)
PROOF: Final = timedelta(days=200)
"""As the trial's club is set up; docs/privacy.md says what they do."""

Profile = dict[str, str | bool | None]


@dataclass(slots=True)
class Link:
    """A number that reaches an account, or did."""

    account: str
    number: str
    by_login: bool
    verified_at: datetime
    live: bool = True
    begun_by: str | None = None
    """The decision; None when the merchant entered it."""


@dataclass(slots=True)
class Record:
    """One thing that was said, in the account's chain."""

    act: str
    element: str
    text: str
    granted: bool
    given_at: datetime | None
    seen_at: datetime
    enrolment: str | None = None

    @property
    def counts_from(self) -> datetime:
        """When it was said, as far as anybody knows."""
        return self.given_at or self.seen_at


@dataclass(slots=True)
class Account:
    """A membership. `whose` is who is meant by it."""

    id: str
    card: str
    """The member number."""
    whose: int
    sub: str | None
    profile: Profile
    joined_at: datetime
    active_at: datetime
    """When a till or the app last had to do with them."""
    present: bool = True
    link: Link | None = None
    numbers: set[str] = field(default_factory=set)
    """That have reached them."""
    links: list[Link] = field(default_factory=list)
    """All of them, over or not."""
    asked: dict[str, str] = field(default_factory=dict)
    """By which they were asked when they said yes, by enrolment."""
    records: list[Record] = field(default_factory=list)
    shared_at: datetime | None = None
    withdrawn_at: datetime | None = None
    restricted: bool = False
    erased_at: datetime | None = None
    parted: bool = False
    """Whether somebody has said that a login was not theirs."""

    @property
    def known_names(self) -> str | None:
        """What a till may call them; nothing when they share nothing."""
        if self.withdrawn_at is not None or self.restricted:
            return None
        given, family = self.profile["given"], self.profile["family"]
        return f"{given} {str(family)[0]}."

    def standing(self) -> dict[str, Record]:
        """Of each question the answer that counts: the one said last, whenever we heard of it."""
        found: dict[str, Record] = {}
        for record in self.records:
            if record.element == "membership":
                continue
            if record.element not in found or record.counts_from >= found[record.element].counts_from:
                found[record.element] = record
        return found

    def say(
        self, element: str, text: str, *, granted: bool, given_at: datetime | None, now: datetime, by: str | None
    ) -> Record:
        """Append an answer, under the word for what it does."""
        before = self.standing().get(element)
        stood = before is not None and before.granted and before.counts_from <= (given_at or now)
        if not granted:
            act = "withdrawn" if stood else "refused"
        else:
            act = "reconfirmed" if before is not None and stood and before.text == text else "given"
        record = Record(act, element, text, granted, given_at, now, by)
        self.records.append(record)
        return record

    def membership(self, act: str, now: datetime, by: str | None = None) -> None:
        """Append that they have joined or left."""
        self.records.append(Record(act, "membership", "", act != "withdrawn", None, now, by))


@dataclass(slots=True)
class Decision:
    """What one login came to."""

    id: str
    account: str
    outcome: str
    at: datetime
    enrolment: str | None
    began: list[Link] = field(default_factory=list)
    ended: list[Link] = field(default_factory=list)
    took: tuple[str | None, Profile] | None = None
    """`sub` and profile that an account had before, where they were replaced."""
    undoes: str | None = None
    undone_by: str | None = None


@dataclass(slots=True)
class Shown:
    """What a till has to show."""

    membership: str
    doubt: str | None = None
    member: str | None = None
    name: str | None = None
    choices: frozenset[str] = frozenset()


@dataclass
class Books:
    """Every account there is and was."""

    accounts: dict[str, Account] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)
    """Live ones, by number."""
    subs: dict[str, str] = field(default_factory=dict)
    erased_subs: dict[str, datetime] = field(default_factory=dict)
    erased_numbers: dict[str, datetime] = field(default_factory=dict)

    def live(self) -> list[Account]:
        """Who is not erased."""
        return [one for one in self.accounts.values() if one.erased_at is None]

    def of_sub(self, sub: str) -> Account | None:
        """Whom the platform means."""
        return self.accounts[self.subs[sub]] if sub in self.subs else None

    def reached(self, number: str) -> list[Account]:
        """Whom a number reaches: by the platform's word first, then as they came."""
        links = sorted(self.links.get(number, []), key=lambda link: (not link.by_login, link.account))
        return [self.accounts[link.account] for link in links]

    def is_old(self, account: Account, now: datetime) -> bool:
        """Whether nobody has known for long that the number is theirs."""
        return account.link is not None and account.link.verified_at + CONFIRM_AFTER <= now

    def look(self, number: str, now: datetime, *, proven: bool) -> Shown:
        """What a till has to show for a number; `proven` by a code that the app made just now."""
        found = self.reached(number)
        if not found:
            return Shown("not_member")
        if len(found) > 1 and not (proven and found[0].sub is not None):
            return Shown("member", "choose", choices=frozenset(one.id for one in found))
        one = found[0]
        doubt = None
        if one.sub is None:
            doubt = "compare_name"
        elif not proven and self.is_old(one, now):
            doubt = "confirm_number"
        return Shown("member", doubt, one.id, one.known_names)

    def may_ask(self, number: str, now: datetime, *, doubted: bool) -> bool:
        """Whether the app may be asked: nobody is reached, or the cashier is in doubt and the app can tell."""
        found = self.reached(number)
        return not found or (doubted and (found[0].sub is None or self.is_old(found[0], now)))

    def begin(self, account: Account, link: Link, decision: Decision | None = None) -> None:
        """Let a number reach an account."""
        account.link = link
        account.links.append(link)
        account.numbers.add(link.number)
        self.links.setdefault(link.number, []).append(link)
        if decision is not None:
            link.begun_by = decision.id
            decision.began.append(link)

    def end(self, account: Account, decision: Decision | None = None) -> None:
        """Let it reach them no more."""
        link = account.link
        if link is None:
            return
        account.link, link.live = None, False
        self.links[link.number].remove(link)
        if decision is not None:
            decision.ended.append(link)

    def enter(self, account: Account, number: str, now: datetime) -> None:
        """The merchant has entered somebody."""
        self.accounts[account.id] = account
        self.begin(account, Link(account.id, number, by_login=False, verified_at=now))
        account.membership("carried_over", now)

    def leave(self, account: Account, now: datetime) -> None:
        """They are a member no more; what they allow stands."""
        self.end(account)
        account.present = False
        account.membership("withdrawn", now)

    def erase(self, account: Account, now: datetime, *, again: bool = False) -> None:
        """Nothing of them is left; `again` after a restore, which adds no record."""
        if account.present and not again:
            account.membership("withdrawn", now)
        if account.sub is not None:
            del self.subs[account.sub]
            self.erased_subs[account.sub] = now
        for number in account.numbers:
            self.erased_numbers[number] = now
        for other in self.live():
            theirs = account.numbers - other.numbers
            other.asked = {name: number for name, number in other.asked.items() if number not in theirs}
        self.end(account)
        for decision in self.decisions.values():
            decision.began = [link for link in decision.began if link.account != account.id]
            decision.ended = [link for link in decision.ended if link.account != account.id]
        account.erased_at, account.present, account.sub, account.profile = now, False, None, {}
        account.withdrawn_at, account.restricted, account.links = None, False, []
        account.numbers, account.asked = set(), {}


def plausible(one: Profile, other: Profile) -> bool:
    """Whether all the names of one are among the other's, and it has two at least."""
    names = sorted((set(re.findall(r"\w+", str(each["name"]).casefold())) for each in (one, other)), key=len)
    return len(names[0]) >= 2 and names[0] <= names[1]


def alike(one: Profile, other: Profile) -> bool:
    """Whether a name or an e-mail is the same in both."""
    names = [set(re.findall(r"\w+", str(each["name"]).casefold())) for each in (one, other)]
    emails = [str(each["email"] or "").casefold() for each in (one, other)]
    return names[0] <= names[1] or names[1] <= names[0] or (emails[0] == emails[1] != "")
