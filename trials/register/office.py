"""What is done at a desk: people are entered, changed, leave, are erased, restricted; linkings are taken back."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import msgspec

from medlem.club.consent import Actor, Method
from medlem.club.errors import NotFound
from medlem.club.ids import key_id
from medlem.club.line import Line
from medlem.club.member import Address, AlreadyMember, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, ErasedBefore, RestrictedBecause
from medlem.flows import importing, membership, recording, rights, sharing, undoing
from medlem.flows.undoing import NewerLinking
from medlem.web.dossier import Export
from trials.register.books import Account, Decision
from trials.register.logins import may_undo, strange, undo
from trials.register.people import Human
from trials.register.raw import TRACES
from trials.register.state import Trial, told

BY = "trial"


async def enter(trial: Trial, human: Human | None = None, number: str | None = None) -> None:
    """The merchant enters somebody from an old list: a number that may have been theirs once, or the household's."""
    human = human or trial.somebody()
    if number is None:
        known = [human.number] * 3 + human.numbers + [one.number for one in trial.town.homes[human.household]]
        number = trial.chance.choice(known)
    shared, now = trial.maybe(0.7), trial.house.clock.now()
    profile = Profile(
        name=human.on_a_list(trial.chance),
        given_name=human.given,
        family_name=human.family,
        email=human.email.upper() if trial.maybe(0.1) else human.email if trial.maybe(0.8) else None,
        address=Address(street_address=human.street) if trial.maybe(0.5) else None,
    )
    wanted = "entered"
    if number in trial.books.erased_numbers:
        wanted = "erased before"
    elif not shared and trial.books.reached(number):
        wanted = "a member already"
    got, made = "entered", None
    try:
        made = await membership.enter(trial.house.ports, trial.house.club, f"+{number}", profile, shared=shared)
    except ErasedBefore:
        got = "erased before"
    except AlreadyMember:
        got = "a member already"
    trial.demand("resurrected" if wanted == "erased before" else "register", got, wanted, f"entering {number}")
    trial.counts[f"entered: {got}"] += 1
    if made is not None:
        member = made.member
        account = Account(member.id, member.member_number, human.n, None, told(profile), now, now)
        trial.issue(account)
        trial.books.enter(account, number, now)
        trial.note(f"entered by hand with {number}", account, human)
        trial.expect("member.created", account)


async def change(trial: Trial, account: Account | None = None) -> None:
    """The merchant writes another address or another way of writing a name into a profile."""
    account = account or trial.an_account()
    if account is None:
        return
    human = trial.town.people[account.whose]
    street = f"Gate-{human.n:05} {trial.chance.randint(5, 900)}" if trial.maybe(0.8) else account.profile["street"]

    def changed(profile: Profile) -> Profile:
        return replace(profile, address=Address(street_address=str(street)) if street else None)

    await membership.change(trial.house.ports, trial.house.club, account.id, changed)
    if street != account.profile["street"]:
        trial.expect("member.updated", account)
        account.profile["street"] = street
        trial.note("profile changed", account)


async def leave(trial: Trial, account: Account | None = None) -> None:
    """End a membership, or one that has ended."""
    account = account or trial.an_account(present=True)
    if account is None:
        return
    present = account.present
    await membership.leave(trial.house.ports, trial.house.club, account.id)
    if present:
        trial.books.leave(account, trial.house.clock.now())
        trial.expect("member.left", account)
        trial.note("left", account)
        trial.counts["left"] += 1


async def erase(trial: Trial, account: Account | None = None) -> None:
    """Erase somebody; again and again it is the same erasure."""
    account = account or trial.an_account()
    if account is None:
        return
    house, now = trial.house, trial.house.clock.now()
    for _ in range(2 if trial.maybe(0.1) else 1):
        done = await rights.erase(
            house.ports, house.club, account.id, reason=ErasedBecause.ASKED_BY_MEMBER, requested_at=None, by=BY
        )
        trial.demand("register", done.erasure.erased_at, now, "when they were erased", account)
    erased(trial, account)


def erased(trial: Trial, account: Account) -> None:
    """Write an erasure down."""
    human = trial.town.people[account.whose]
    trial.note(f"erased, with numbers {sorted(account.numbers)}", account, human)
    trial.books.erase(account, trial.house.clock.now())
    trial.expect("member.erased", account)
    trial.counts["erased"] += 1


async def restrict(trial: Trial, account: Account | None = None) -> None:
    """Leave what is kept of somebody unused, or use it again."""
    account = account or trial.an_account()
    if account is None:
        return
    house = trial.house
    if account.restricted or trial.maybe(0.2):
        await rights.lift(house.ports, house.club, account.id, BY)
        if account.restricted:
            trial.expect("member.updated", account)
        account.restricted = False
    else:
        await rights.restrict(house.ports, house.club, account.id, RestrictedBecause.UNLAWFUL, BY)
        account.restricted = True
        trial.expect("member.updated", account)
    trial.note("restricted" if account.restricted else "restriction lifted", account)
    trial.counts["restricted or lifted"] += 1


async def end_sharing(trial: Trial) -> None:
    """The platform tells that somebody has ended sharing, now or a while ago; also of whom we do not know."""
    human, now = trial.somebody(), trial.house.clock.now()
    account = trial.books.of_sub(human.sub)
    if account is None and trial.maybe(0.8) and (known := list(trial.books.subs)):
        human = trial.town.by_sub[trial.chance.choice(known)]
        account = trial.books.of_sub(human.sub)
    said = now - timedelta(days=trial.chance.choice((0, 0, 1, 200)))
    address = await sharing.address(trial.house.ports, trial.house.club.id)
    await sharing.withdraw(trial.house.ports, address, sharing.Withdrawal(human.sub, said))
    if account is None or account.withdrawn_at is not None:
        return
    if account.shared_at is None or account.shared_at <= said + timedelta(minutes=5):
        account.withdrawn_at = now
        trial.expect("member.updated", account)
        trial.note("sharing ended in the app", account, human)
        trial.counts["sharing ended"] += 1


async def record(trial: Trial) -> None:
    """A customer allows or takes back something on paper or by telephone; some of it long ago."""
    account = trial.an_account()
    if account is None:
        return
    now, house = trial.house.clock.now(), trial.house
    element = trial.chance.choice(("email", "sms", "personal", "club-offers"))
    granted = trial.maybe(0.4)
    text = f"{element}? (paper)" if granted or trial.maybe(0.5) else ""
    at = now - timedelta(days=trial.chance.choice((0, 0, 3, 400))) if trial.maybe(0.6) else None
    remark = f"form {trial.step}" if trial.maybe(0.3) else None
    said = recording.Said(
        element=element, granted=granted, text=text, method=Method.PAPER, actor=Actor.CUSTOMER, at=at, reference=remark
    )
    await recording.record(house.ports, house.club, account.id, said, key_id(now))
    done = account.say(element, text, granted=granted, given_at=at, now=now, by=None)
    trial.expect("consent.changed", account)
    trial.note(f"recorded {done.act} of {element}", account)
    trial.counts[f"recorded: {done.act}"] += 1


async def take_back(trial: Trial, account: Account | None = None) -> None:
    """Undo some linking, or an undoing."""
    found = [one for one in trial.books.decisions.values() if account is None or one.account == account.id]
    taken = [one for one in found if one.took is not None]
    if not found:
        return
    decision = trial.chance.choice(taken if taken and trial.maybe(0.6) else found)
    house, account = trial.house, trial.books.accounts[decision.account]
    got, name = "undone", ""
    try:
        name = (await undoing.undo(house.ports, house.club, decision.id, BY, "trial")).id
    except NotFound:
        got = "nobody there"
    except NewerLinking:
        got = "newer"
    trial.demand("wrong link", got, _wanted(trial, decision), f"undoing {decision.id}, {decision.outcome}", account)
    trial.counts[f"undoing: {got}"] += 1
    if decision.undone_by is not None:
        trial.demand("wrong link", name, decision.undone_by, "undone twice", account)
    elif got == "undone":
        done = undo(trial.books, decision, name, house.clock.now())
        trial.note(f"{decision.outcome} of {decision.at:%Y-%m-%d %H:%M:%S} undone", account)
        for one in done.changed:
            trial.expect("member.updated", one)
        for _ in range(done.taken_back):
            trial.expect("consent.changed", account)


def _wanted(trial: Trial, decision: Decision) -> str:
    if decision.undone_by is not None:
        return "undone"
    if trial.books.accounts[decision.account].erased_at is not None:
        return "nobody there"
    return "undone" if may_undo(trial.books, decision) else "newer"


async def export(trial: Trial, account: Account | None = None) -> None:
    """Somebody asks what is kept of them: all of theirs, and nothing of anybody else."""
    taken = [one.account for one in trial.books.decisions.values() if one.took and one.undoes]
    if account is None and taken and trial.maybe(0.5):
        account = trial.books.accounts[trial.chance.choice(taken)]
    account = account or trial.an_account()
    if account is None or account.erased_at is not None:
        return
    drawn = Export.of(await rights.export(trial.house.ports, trial.house.club, account.id, BY))
    text = msgspec.json.encode(drawn).decode()
    hidden = strange(trial.books, account)
    asked = {trial.books.decisions[one].enrolment for one in hidden}
    numbers = {link.number for link in account.links if link.begun_by not in hidden}
    theirs = {one.casefold() for one in TRACES.findall(json.dumps([account.profile, account.sub]))}
    theirs |= numbers | {number for name, number in account.asked.items() if name not in asked}
    theirs |= _replaced(trial, account, hidden)
    others = {one.casefold() for one in TRACES.findall(text)} - theirs
    trial.demand("resurrected", others, set(), "what of somebody else stands in an export", account)
    trial.demand("register", {one.phone.removeprefix("+") for one in drawn.numbers}, numbers, "numbers", account)
    trial.demand("register", drawn.sub, account.sub, "sub in an export", account)
    trial.counts["exported"] += 1


async def bring_old_lists(trial: Trial) -> None:
    """Import lists with everybody on them who was erased, by each thing that names them: nobody comes back."""
    books = trial.books
    nobody = Line(number=0, columns=frozenset({"name"}), profile=Profile(name="Nobody Atall"))
    gone = [one for one in books.accounts.values() if one.erased_at is not None]
    lines = [
        *(replace(nobody, id=one.id) for one in gone),
        *(replace(nobody, member_number=one.card) for one in gone),
        *(replace(nobody, sub=sub) for sub in books.erased_subs),
        *(replace(nobody, phone=PhoneNumber(number)) for number in books.erased_numbers),
    ]
    for first in range(0, len(lines), importing.FIRST):
        numbered = [replace(one, number=n) for n, one in enumerate(lines[first : first + importing.FIRST], first)]
        async for results in importing.take(trial.house.ports, trial.house.club, numbered):
            taken = [lines[one.number] for one in results if isinstance(one, importing.Taken)]
            trial.demand("resurrected", taken, [], "who was erased is back by a list")
    trial.counts["old lists: lines refused"] += len(lines)


def _replaced(trial: Trial, account: Account, hidden: Collection[str]) -> set[str]:
    """What a login of theirs has replaced in their profile: the decision keeps it, and it is theirs."""
    decisions = [one for one in trial.books.decisions.values() if one.account == account.id and one.undoes is None]
    before = [one.took for one in decisions if one.took is not None and one.id not in hidden]
    return {trace.casefold() for trace in TRACES.findall(json.dumps(before))}
