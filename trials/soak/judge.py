"""What must never be, decided over the database, the phones, the screens and the nodes' diaries.

The rules bear the names that they have in the simulation, and mean the same (`docs/trials.md`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from trials.soak.looks import Diaries
from trials.soak.phones import Customer
from trials.soak.rows import Row, Rows, told
from trials.soak.till import FINAL, Seen, Till
from trials.soak.trouble import Span

LATEST: Final = 60.0
"""Seconds past its expiry at which an enrolment is stuck."""
ASK_LIFE: Final = 20.0


@dataclass
class Case:
    """All that there is to judge by."""

    rows: Rows
    customers: Mapping[str, Customer]
    tills: list[Till]
    seen: Seen
    diaries: Diaries
    spans: list[Span]
    pushes: Mapping[str, int]
    violations: int
    clock: float
    """What the wall shows when the monotonic clock shows nothing, in seconds."""

    def __post_init__(self) -> None:
        """Put in order what is looked up often."""
        self.fail = self.seen.fail
        self.codes: dict[str, set[str]] = defaultdict(set)
        for row in self.rows.enrolments.values():
            self.codes[row["phone"]].add(row["code"])
        self.made = Counter(self.rows.identifications.values())

    def moment(self, millis: int) -> float:
        """A time of the database, as the monotonic clock shows it."""
        return millis / 1000 - self.clock


def judge(case: Case) -> None:
    """Apply every rule."""
    for row in case.rows.enrolments.values():
        _judge_end(case, row)
        _judge_time(case, row)
    for customer in case.customers.values():
        _judge_phone(case, customer)
    _judge_presses(case)
    _judge_members(case)
    _judge_consents(case)
    for till in case.tills:
        _judge_stream(case, till)
        _judge_screen(case, till)
    _judge_told(case)
    _judge_looks(case)


def _judge_end(case: Case, row: Row) -> None:
    customer = case.customers[row["phone"]]
    yes, no = row["code"] in customer.yes, row["code"] in customer.no
    what = f"{row['id']} is {row['state']} ({row['reason']})"
    match row["state"]:
        case "accepted" if not yes:
            case.fail("no yes", f"{what}, and nobody said yes to it")
        case "declined" if not no:
            case.fail("unfounded", f"{what}, and nobody said no to it")
        case "failed" if row["reason"] == "outcome_unknown":
            began, waited = case.moment(row["created_at"]), row["expires_at"] is not None
            question = row["phone"], row["code"]
            if not case.diaries.unknown_for_a_reason(question, began, waited=waited):
                told = case.diaries.tell(question, began)
                case.fail("lost" if yes else "unfounded", f"{what}, and nothing gave reason for it: {told}")
        case "asking" | "waiting":
            case.fail("stuck", what)
        case "expired" | "failed" | "declined" if yes:
            case.fail("lost", f"{what}, and its customer said yes")


def _judge_time(case: Case, row: Row) -> None:
    expiry = row["expires_at"] or row["created_at"] + ASK_LIFE * 1000
    over = (row["changed_at"] - expiry) / 1000
    if over <= LATEST:
        return
    since, until = case.moment(expiry), case.moment(row["changed_at"])
    away = sum(min(span.ended, until) - max(span.began, since) for span in case.spans if span.touches(since, until))
    if over > LATEST + away:
        case.fail("stuck", f"{row['id']} was open until {over:.0f} s after its expiry")


def _judge_phone(case: Case, customer: Customer) -> None:
    for code in customer.shown - case.codes[customer.msisdn]:
        rule = "lost" if code in customer.yes else "double push"
        case.fail(rule, f"{customer.msisdn} was asked with {code}, of which nothing is written down")


def _judge_presses(case: Case) -> None:
    presses: Counter[str] = Counter()
    for till in case.tills:
        presses.update(till.presses)
    questions = defaultdict(list)
    for row in case.rows.enrolments.values():
        questions[row["phone"]].append(row)
    for msisdn, rows in questions.items():
        pushes, doubled = case.pushes[msisdn], case.customers[msisdn].doubled
        if pushes > len(rows) + doubled:
            case.fail(
                "double push", f"{msisdn} was asked {pushes} times for {len(rows)} enrolments ({doubled} doubled)"
            )
        if len(rows) > presses[msisdn]:
            case.fail("double push", f"{msisdn} has {len(rows)} enrolments for {presses[msisdn]} presses")
        in_order = sorted(rows, key=lambda row: int(row["created_at"]))
        for one, other in pairwise(in_order):
            if other["created_at"] < one["changed_at"]:
                case.fail("double push", f"{one['id']} and {other['id']} were open at once")
    for till in case.tills:
        made = case.made[till.place.id]
        if made > till.calls:
            case.fail("duplicate", f"{till.place.id} has {made} identifications of {till.calls} customers")


def _judge_members(case: Case) -> None:
    by_sub = {customer.sub: customer for customer in case.customers.values()}
    for what in ("sub", "phone", "member_number"):
        for value, times in Counter(row[what] for row in case.rows.members.values()).items():
            if times > 1:
                case.fail("duplicate", f"{times} members have the {what} {value}")
    for member in case.rows.members.values():
        customer = by_sub.get(member["sub"])
        if customer is None or not customer.yes:
            case.fail("no yes", f"{member['id']} has the sub {member['sub']}, who never said yes")
        elif (member["name"], member["phone"]) != (customer.name, customer.msisdn):
            case.fail("wrong link", f"{member['id']} is {customer.name} by sub, and {member['name']} by profile")
    _judge_accepted(case)


def _judge_accepted(case: Case) -> None:
    for row in case.rows.enrolments.values():
        if row["state"] != "accepted":
            continue
        member = case.rows.members.get(row["member"])
        if member is None or member["left_at"] is not None:
            case.fail("lost", f"{row['id']} is accepted, and its member is not there")
        elif member["sub"] != case.customers[row["phone"]].sub:
            case.fail("wrong link", f"{row['id']} made somebody else a member than was asked")


def _judge_consents(case: Case) -> None:
    given = Counter((row["enrolment"], row["element"]) for row in case.rows.consents)
    for (enrolment, element), times in given.items():
        if times > 1:
            case.fail("duplicate", f"{enrolment} has the consent {element} {times} times")
    for consent in case.rows.consents:
        row = case.rows.enrolments.get(consent["enrolment"])
        if row is None or row["member"] != consent["member"]:
            case.fail("wrong link", f"{consent['member']} has a consent of {consent['enrolment']}")


def _judge_stream(case: Case, till: Till) -> None:
    name = till.place.id
    log = case.rows.events[name]
    if [event["position"] for event in log] != list(range(1, case.rows.positions[name] + 1)):
        case.fail("stream", f"{name} has a gap in its events")
    written = [(event["position"], event["kind"], event["body"].encode()) for event in log]
    if till.events != written[till.began_at or 0 :]:
        what = f"{len(till.events)} events since {till.began_at}, and {len(written)} are written; or others"
        case.fail("stream", f"{name} was told {what}")


def _judge_screen(case: Case, till: Till) -> None:
    name = till.place.id
    numbers = set(till.presses)
    for event in case.rows.events[name]:
        said: dict[str, Any] = told(event)
        if event["kind"] == "identification":
            if case.rows.identifications.get(said["id"]) != name:
                case.fail("wrong till", f"{name} was told of identification {said['id']}")
            continue
        row = case.rows.enrolments.get(said["id"])
        if row is None or row["phone"] not in numbers:
            case.fail("wrong till", f"{name} was told of {said['id']}")
        elif said["code"] != row["code"]:
            case.fail("wrong till", f"{name} was shown another code than the phone's for {said['id']}")


def _judge_told(case: Case) -> None:
    ends = {
        (said["id"], station)
        for station, log in case.rows.events.items()
        for event in log
        if event["kind"] == "enrolment" and (said := told(event))["state"] in FINAL
    }
    for row in case.rows.enrolments.values():
        if row["state"] not in FINAL:
            continue
        for station in case.rows.followers[row["id"]]:
            if (row["id"], station) not in ends:
                case.fail("untold", f"{row['id']} is {row['state']}, and {station} was not told")


def _judge_looks(case: Case) -> None:
    excused = case.diaries.judge(case.fail)
    case.seen.counts["looks that the platform calls too soon or too late"] += case.violations
    case.seen.counts["… looks after one of which nobody heard, or whose end was lost"] += excused
    if case.violations > excused:
        case.fail("early look", f"{case.violations} looks came too soon or too late, and {excused} can be explained")
