"""An old list of the merchant's is read in: nobody who was erased comes back, and nobody who has left does."""

from medlem.club.line import Line
from medlem.club.member import Address, Profile
from medlem.club.phone import PhoneNumber
from medlem.flows import importing
from medlem.flows.importing import Outcome, Result, Taken
from trials.register.books import Account, Link, alike
from trials.register.books import Profile as Told
from trials.register.state import Trial, told

LINES = 6
COLUMNS = frozenset({"phone", "name", "given_name", "family_name", "email", "street_address", "shared_number"})


async def read_in(trial: Trial) -> None:
    """Some lines, with numbers that were somebody's once, and names as somebody wrote them."""
    lines, whose = [], {}
    for number in range(2, 2 + trial.chance.randint(1, LINES)):
        human = trial.somebody()
        phone = trial.chance.choice([human.number, human.number, *human.numbers])
        lines.append(
            Line(
                number=number,
                columns=COLUMNS,
                phone=PhoneNumber(phone),
                shared_number=trial.maybe(0.3),
                profile=Profile(
                    name=human.on_a_list(trial.chance),
                    given_name=human.given,
                    family_name=human.family,
                    email=human.email if trial.maybe(0.6) else None,
                    address=Address(street_address=human.street) if trial.maybe(0.3) else None,
                ),
            )
        )
        whose[number] = human.n
    results = [one async for batch in importing.take(trial.house.ports, trial.house.club, lines) for one in batch]
    for line, result in zip(lines, results, strict=True):
        await _judge(trial, line, whose[line.number], result)


async def _judge(trial: Trial, line: Line, whose: int, result: Result) -> None:
    number = line.phone.msisdn if line.phone else ""
    if not isinstance(result, Taken):
        trial.counts[f"a line of a list: {result.why}"] += 1
        _refused(trial, line, number, result.why)
        return
    trial.counts[f"a line of a list: {result.outcome.value}"] += 1
    if number in trial.books.erased_numbers:
        raise trial.fail("resurrected", f"a list brought {number} back", result.member)
    if result.outcome is Outcome.ADDED:
        await _added(trial, line, number, whose, result.member)
    else:
        _met(trial, line, number, trial.books.accounts[result.member])


def _refused(trial: Trial, line: Line, number: str, why: str) -> None:
    """A line is refused for the reason that is told, and for no other."""
    said, books = told(line.profile), trial.books
    meant = [one for one in books.live() if number in one.numbers and alike(one.profile, said)]
    there = {
        "erased_before": number in books.erased_numbers,
        "number_taken": bool(books.reached(number)) or len(meant) > 1,
        "has_left": any(not one.present for one in meant),
        "restricted": any(one.restricted for one in meant),
        "repeated_line": True,
    }
    if not there.get(why):
        raise trial.fail("register", f"a line with {number} was refused for {why}, which is not so")


async def _added(trial: Trial, line: Line, number: str, whose: int, member: str) -> None:
    now, books = trial.house.clock.now(), trial.books
    if member in books.accounts or (books.reached(number) and not line.shared_number):
        raise trial.fail("wrong link", f"{member} was added by a list for a number that reaches somebody", member)
    [row] = await trial.house.raw.rows(f"select member_number from member where id = '{member}'")  # noqa: S608
    account = Account(member, row["member_number"], whose, None, told(line.profile), now, now)
    trial.issue(account)
    books.enter(account, number, now)
    trial.note(f"added by a list with {number}", account, trial.town.people[whose])
    trial.expect("member.created", account)


def _met(trial: Trial, line: Line, number: str, account: Account) -> None:
    """Whoever was there already: what is empty is filled in, and nothing else changes."""
    said = told(line.profile)
    if number not in account.numbers or not alike(account.profile, said):
        raise trial.fail("wrong link", f"a line with {number} was taken for {account.id}", account)
    before, account.profile = account.profile, dict(account.profile)
    _fill(account.profile, said)
    linked = account.present and account.link is None and (line.shared_number or not trial.books.reached(number))
    if linked:
        now = trial.house.clock.now()
        trial.books.begin(account, Link(account.id, number, by_login=False, verified_at=now))
    if linked or before != account.profile:
        trial.expect("member.updated", account)
        trial.note(f"met by a list with {number}, and changed", account)


def _fill(profile: Told, said: Told) -> None:
    if not profile["email"] and said["email"]:
        profile["email"], profile["verified"] = said["email"], said["verified"]
    for part in ("name", "given", "family", "street"):
        profile[part] = profile[part] or said[part]
