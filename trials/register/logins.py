"""Whose yes it is, and taking that back: the rules of docs/decisions/0042 and 0043 once more, over the model."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from trials.register.books import Account, Books, Decision, Link, Profile, plausible
from trials.register.people import Said

TAKEN: Final = {"entry_found", "entry_confirmed"}


@dataclass(frozen=True, slots=True)
class Login:
    """A yes, as the platform tells it."""

    whose: int
    sub: str
    asked: str
    """The number that was asked."""
    verified: str | None
    """The number that the platform vouches for."""
    profile: Profile
    answers: list[Said]
    chosen: str | None
    """The account whose name the cashier has compared."""
    enrolment: str
    shared_at: datetime

    @property
    def number(self) -> str:
        """By which they are reached from now on."""
        return self.verified or self.asked


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who it is; nobody yet when it is somebody new."""

    outcome: str
    account: Account | None = None


def too_late(books: Books, login: Login) -> bool:
    """Whether they were erased after they had said it: then it makes nobody."""
    erased = [books.erased_subs.get(login.sub)]
    if login.verified is not None and login.sub not in books.subs:
        erased.append(books.erased_numbers.get(login.verified))
    return any(at is not None and at >= login.shared_at for at in erased)


def judge(books: Books, login: Login) -> Verdict:
    """Identity is `sub`; a number is a hint."""
    known = books.of_sub(login.sub)
    if known is not None:
        same = known.present and known.link is not None and known.link.number == login.number
        return Verdict("same_number" if same else "number_changed", known)
    reached = books.reached(login.number)
    entries = [one for one in reached if one.sub is None]
    theirs = _theirs(entries, login) if login.verified is not None else None
    if theirs is not None and theirs.account is not None and not theirs.account.parted:
        return theirs
    if entries:
        return Verdict("entry_not_matched" if len(entries) == 1 else "several_entries")
    return Verdict("number_moved" if reached else "joined")


def _theirs(entries: list[Account], login: Login) -> Verdict | None:
    email = str(login.profile.get("email") or "").casefold()
    if email and login.profile.get("verified"):
        hits = [one for one in entries if str(one.profile.get("email") or "").casefold() == email]
        if len(hits) == 1 and plausible(hits[0].profile, login.profile):
            return Verdict("entry_found", hits[0])
    named = [one for one in entries if one.id == login.chosen]
    if named and plausible(named[0].profile, login.profile):
        return Verdict("entry_confirmed", named[0])
    return None


@dataclass(slots=True)
class Came:
    """What a login came to, for whoever is to hear of it."""

    account: Account
    lost: list[Account]
    """Who has lost the number."""
    answers: int


def log_in(books: Books, login: Login, verdict: Verdict, fresh: Account, decision: Decision, now: datetime) -> Came:
    """Write a login down.

    Args:
        books: what was.
        login: what was told.
        verdict: whose it is.
        fresh: the account that is made for somebody new.
        decision: under which name.
        now: when.
    """
    account = verdict.account or fresh
    books.decisions[decision.id] = decision
    joined = verdict.account is None or not account.present
    if verdict.account is None:
        books.accounts[account.id] = account
    elif verdict.outcome in TAKEN:
        decision.took = (account.sub, dict(account.profile))
    _take_over(books, account, login, now, joined=joined)
    lost = [one for one in books.reached(login.number) if one.sub is not None and one is not account]
    for one in lost:
        books.end(one, decision)
    _link(books, account, login, decision, now)
    return Came(account, lost, _keep(account, login, now, joined=joined))


def _take_over(books: Books, account: Account, login: Login, now: datetime, *, joined: bool) -> None:
    ended = account.withdrawn_at is not None and account.withdrawn_at > login.shared_at
    if not account.restricted and not ended:
        account.profile.update({name: value for name, value in login.profile.items() if value is not None})
    if not ended:
        account.withdrawn_at = None
    account.shared_at, account.sub, account.present, account.active_at = login.shared_at, login.sub, True, now
    books.subs[login.sub] = account.id
    account.asked[login.enrolment] = login.asked
    if joined:
        account.joined_at = now


def _link(books: Books, account: Account, login: Login, decision: Decision, now: datetime) -> None:
    link = account.link
    if link is not None and link.number == login.number and link.by_login:
        link.verified_at = now
        return
    books.end(account, decision)
    books.begin(account, Link(account.id, login.number, by_login=True, verified_at=now), decision)


def _keep(account: Account, login: Login, now: datetime, *, joined: bool) -> int:
    """Append what is new; how many answers."""
    if joined:
        account.membership("given", now, login.enrolment)
    known = {(one.element, one.text, one.granted, one.given_at) for one in account.records if one.given_at is not None}
    fresh = [one for one in login.answers if (one.element, one.text, one.granted, one.given_at) not in known]
    for one in fresh:
        account.say(one.element, one.text, granted=one.granted, given_at=one.given_at, now=now, by=login.enrolment)
    return len(fresh)


@dataclass(slots=True)
class Undone:
    """What taking back came to."""

    changed: list[Account]
    taken_back: int
    """Permissions that were a stranger's."""


def may_undo(books: Books, decision: Decision) -> bool:
    """Whether the login that would come back has neither become another member nor been erased since."""
    if decision.took is None or decision.took[0] is None:
        return True
    holder = books.of_sub(decision.took[0])
    erased = books.erased_subs.get(decision.took[0])
    return (holder is None or holder.id == decision.account) and (erased is None or erased < decision.at)


def undo(books: Books, decision: Decision, name: str, now: datetime) -> Undone:
    """End what it began, begin again what it ended, unless that has no place any more."""
    account = books.accounts[decision.account]
    undoing = Decision(name, account.id, "undone", now, decision.enrolment, undoes=decision.id)
    books.decisions[name], decision.undone_by = undoing, name
    touched = {link.account for link in (*decision.began, *decision.ended)} | {account.id}
    before = {one: _seen(books.accounts[one]) for one in sorted(touched)}
    falls, below = False, decision
    while below.undoes is not None:
        above = books.decisions[below.undoes]
        above.undone_by = below.id if falls else None
        falls, below = not falls, above
    taken_back = 0 if decision.took is None else _give_back(books, account, decision, undoing, now)
    for link in decision.began:
        if link.live:
            books.end(books.accounts[link.account], undoing)
    for link in decision.ended:
        holder = books.accounts[link.account]
        free = not link.by_login or not any(other.by_login for other in books.links.get(link.number, []))
        if holder.present and holder.link is None and free:
            books.begin(holder, replace(link, live=True, begun_by=None), undoing)
    changed = [books.accounts[one] for one, was in before.items() if _seen(books.accounts[one]) != was]
    return Undone(changed, taken_back)


def _seen(account: Account) -> tuple[str | None, Profile, str | None]:
    return account.sub, dict(account.profile), account.link.number if account.link else None


def _give_back(books: Books, account: Account, decision: Decision, undoing: Decision, now: datetime) -> int:
    """An entry is what it was before somebody's login was taken for its; all that came of that login goes."""
    sub, profile = decision.took or (None, {})
    undoing.took = (account.sub, dict(account.profile))
    if account.sub is not None:
        del books.subs[account.sub]
    account.sub, account.profile = sub, dict(profile)
    if sub is not None:
        books.subs[sub] = account.id
    if sub is None and account.link is not None and account.link.by_login:
        books.end(account, undoing)
    account.parted = sub is None
    if sub is not None:
        return 0
    since = {
        one.enrolment
        for one in books.decisions.values()
        if one.account == account.id and one.undoes is None and one.at >= decision.at
    }
    theirs = [one for one in account.standing().values() if one.granted and one.enrolment in since]
    for one in theirs:
        account.say(one.element, one.text, granted=False, given_at=None, now=now, by=None).act = "withdrawn"
    return len(theirs)


def strange(books: Books, account: Account) -> set[str]:
    """The decisions by which somebody else's login was at work in an account, until it was taken off."""
    found: set[str] = set()
    own = [one for one in books.decisions.values() if one.account == account.id]
    for taken_off in own:
        if taken_off.undoes is None or taken_off.undone_by is not None or not taken_off.took or not taken_off.took[0]:
            continue
        since = books.decisions[taken_off.undoes].at
        found |= {one.id for one in own if since <= one.at < taken_off.at}
    return found
