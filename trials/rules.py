"""What must never be. `docs/trials.md` says it in words; this decides it, over database, platform and screens.

Some rules are judged while things happen, since the moment matters: `early look`, `late look` and `not kept` by
`calls` and `platform`, `double push`, `reopened` by `history`, `stream` by `till`, `forged ping` by `deliveries`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from medlem.club.enrolment import GRACE, Enrolment, Reason, State
from medlem.club.member import Consent, Disclosure, Member
from medlem.club.place import Club
from medlem.flows.ports import Ports
from medlem.flows.tables import Event
from trials.customers import Entry
from trials.faults import Fault
from trials.history import FOUND_AGAIN_WITHIN, History, Story
from trials.listener import Listener
from trials.platform import WRITTEN_WITHIN, PretendPlatform, Pushed
from trials.records import judge_notices, judge_records
from trials.till import FINAL, Till

if TYPE_CHECKING:
    from medlem.club.ids import MemberId

RULES: Final = {
    "lost": "the customer said yes in time, and there is no member, and nothing that nobody could have helped",
    "unfounded": "it failed, and neither the platform nor a dying process has given reason for it",
    "no yes": "a member, or a consent, of whom there is no yes",
    "duplicate": "two members for one `sub`, one member number or (logged in) one number; one answer kept twice",
    "wrong link": "a name, a number or a consent under another person's membership",
    "broken chain": "a record of a consent that does not follow from the one before it",
    "stuck": "open for longer than expiry and a minute, and nobody was dead or frozen",
    "double push": "two questions for one press, two open at once for one phone, one that nobody wrote down",
    "wrong till": "an enrolment or an identification on a station's screen that has nothing to do with it",
    "untold": "an end that a station which follows was not shown; or an event of something that never was",
    "stream": "an event skipped, repeated, out of order or changed on its way to a till",
    "late look": "the platform is asked after it has given a final answer that was heard",
    "early look": "the platform is asked sooner than it allows",
    "not kept": "tokens are understood before they are written down as they came",
    "forged ping": "a ping is taken that the platform did not send, or a genuine one refused",
    "reopened": "a final enrolment changes",
    "defect": "an error that is nobody's weather",
}
"""Every rule, by the name under which a failure is told."""

MANY: Final = 100_000
ASKED_WITHIN: Final = 22.0
"""Seconds after which an ask without an answer has been given up."""
LATEST: Final = 60.0
ENDS: Final = frozenset(
    {
        Fault.KILLED_OUTSIDE,
        Fault.KILLED_INSIDE,
        Fault.KILLED_AT_COMMIT,
        Fault.KILLED_CALLING,
        Fault.STOPPED,
        Fault.FROZEN,
    }
)
"""What a process cannot be blamed for. A database that was away for a moment is no excuse: it is tried again."""


@dataclass
class _Case:
    """All that there is to judge one world by."""

    history: History
    platform: PretendPlatform
    tills: list[Till]
    ports: Ports
    club: Club
    rows: dict[str, Enrolment]
    members: list[Member]
    questions: dict[tuple[str, str], Pushed]

    def question(self, story: Story) -> Pushed | None:
        """What stood on the phone."""
        return self.questions.get((story.msisdn, story.code))


async def judge(
    history: History,
    platform: PretendPlatform,
    tills: list[Till],
    entries: list[Entry],
    ports: Ports,
    club: Club,
    listener: Listener,
) -> None:
    """Judge a world that has come to its end."""
    rows = {}
    for wanted in history.stories:
        row = await ports.storage.reading.enrolments.get(club.id, wanted)
        if row is None:
            history.fail("lost", f"{wanted} was written down and is gone")
        else:
            rows[wanted] = row
    members = list(await ports.storage.reading.members.page(club.id, None, MANY))
    questions = {(question.msisdn, question.code): question for question in platform.questions.values()}
    case = _Case(history, platform, tills, ports, club, rows, members, questions)
    for wanted, row in rows.items():
        _judge_end(case, history.stories[wanted], row)
    _judge_pushes(case)
    _judge_members(case)
    _judge_entries(case, entries)
    await _judge_consents(case)
    await judge_records(history, ports, club, members)
    await judge_notices(history, ports, club, rows, listener)
    await _judge_screens(case)


def _judge_end(case: _Case, story: Story, row: Enrolment) -> None:
    history, question = case.history, case.question(story)
    if row.state is not story.last.state:
        history.fail("reopened", f"{row.id} is {row.state} and was last written as {story.last.state}")
    if row.is_open:
        history.fail("stuck", f"{row.id} is still {row.state}")
        return
    _judge_time(case, story, question)
    said_yes = question is not None and question.answer is True
    if row.state is State.ACCEPTED and not said_yes:
        history.fail("no yes", f"{row.id} is accepted, and {question} has no yes")
    elif row.state is State.DECLINED and (question is None or question.answer is not False):
        history.fail("unfounded", f"{row.id} is declined, and {question} has no no")
    elif row.state is State.EXPIRED and said_yes:
        history.fail("lost", f"{row.id} expired, and {question} has a yes")
    elif row.state is State.FAILED and not _founded(case, story, question, row.reason):
        rule = "lost" if said_yes else "unfounded"
        history.fail(rule, f"{row.id} failed for {row.reason}, and nothing gave reason for it; {question}")


def _judge_time(case: _Case, story: Story, question: Pushed | None) -> None:
    """Not open for longer than expiry and a minute, but for the time in which who held it was dead or frozen."""
    ended = story.last.at
    expiry = question.expires_at if question is not None else story.began
    held = [
        one
        for incidents in case.history.incidents.values()
        for one in incidents
        if one.until >= expiry - FOUND_AGAIN_WITHIN and one.at <= ended
    ]
    allowed = LATEST + sum(FOUND_AGAIN_WITHIN + one.until - one.at for one in held)
    if ended > expiry + allowed:
        case.history.fail("stuck", f"{story.id} was open {ended - expiry:.0f} s after {question} had expired")


def _founded(case: _Case, story: Story, question: Pushed | None, reason: Reason | None) -> bool:
    if reason in story.causes or reason is not Reason.OUTCOME_UNKNOWN:
        return reason in story.causes
    troubled = case.history.troubled
    if all(written.state is not State.WAITING for written in story.written):
        begun = troubled(story.by, story.began, story.began, {Fault.COMMIT_UNKNOWN})  # and so nobody asked
        return begun or troubled(story.by, story.began, story.began + ASKED_WITHIN, ENDS)
    if question is None:
        return False
    handed = question.handed
    if handed is None:  # to the end, the platform was out of reach
        return question.unheard and story.last.at >= question.expires_at + GRACE.total_seconds() - 1
    if handed.arrived is None:
        return troubled(handed.to, handed.at - 1, handed.at + FOUND_AGAIN_WITHIN, ENDS)
    # In its hands: only dying excuses it, not being told to stop.
    return troubled(handed.to, handed.at - 1, handed.arrived + WRITTEN_WITHIN, ENDS - {Fault.STOPPED})


def _judge_pushes(case: _Case) -> None:
    presses: Counter[str] = Counter()
    for till in case.tills:
        presses.update(till.presses)
    pushes: Counter[str] = Counter()
    for (msisdn, code), times in case.platform.pushes.items():
        pushes[msisdn] += times
        if (msisdn, code) not in case.history.by_code:
            case.history.fail("double push", f"{msisdn} was asked with {code}, of which nothing is written down")
    for msisdn, times in pushes.items():
        if times > presses[msisdn]:
            case.history.fail("double push", f"{msisdn} was asked {times} times for {presses[msisdn]} presses")


def _judge_members(case: _Case) -> None:
    fail = case.history.fail
    for what in ("id", "sub", "phone", "member_number"):
        # An entry of the merchant's may share a number: a household, or one that nobody has looked after.
        told = [member for member in case.members if what != "phone" or member.sub is not None]
        values = Counter(getattr(member, what) for member in told)
        for value, times in values.items():
            if value is not None and times > 1:
                fail("duplicate", f"{times} members have the {what} {value}")
    people = {person.sub: person for person in case.platform.everybody}
    said_yes = {q.person.sub for q in case.questions.values() if q.answer is True}
    for member in case.members:
        if member.sub is None:
            continue
        person = people.get(member.sub)
        if person is None or member.sub not in said_yes:
            fail("no yes", f"{member.id} has the sub {member.sub}, who never said yes")
            continue
        if (member.profile.name, member.profile.email) != (person.name, person.email):
            fail("wrong link", f"{member.id} is {person.name} by sub and {member.profile.name} by profile")
    _judge_made(case)


def _judge_entries(case: _Case, entries: list[Entry]) -> None:
    """What the merchant entered is theirs alone whose number, e-mail and name it is."""
    by_id = {str(member.id): member for member in case.members}
    for entry in entries:
        member = by_id.get(entry.member)
        if member is None:
            case.history.fail("lost", f"{entry.member} was entered by the merchant and is gone")
        elif member.sub is not None and (entry.whose is None or entry.whose.sub != member.sub):
            case.history.fail("wrong link", f"{entry.member} was entered for somebody else than {member.sub}")


def _judge_made(case: _Case) -> None:
    by_id = {member.id: member for member in case.members}
    number: dict[MemberId, str] = {}
    """By which each member said yes last."""
    for story in sorted(case.history.stories.values(), key=lambda story: story.last.at):
        row, question = case.rows.get(story.id), case.question(story)
        if row is None or row.state is not State.ACCEPTED or question is None or question.handed is None:
            continue
        made = by_id.get(row.member) if row.member is not None else None
        if made is None or not made.present:
            case.history.fail("lost", f"{story.id} is accepted, and its member is not there")
            continue
        if made.sub != question.person.sub:
            what = f"{story.id} was answered by {question.person.sub} and made {made.sub} a member"
            case.history.fail("wrong link", what)
        named = question.handed.disclosure.phone
        number[made.id] = story.msisdn if named is None else named.msisdn
    for wanted, right in number.items():
        phone = by_id[wanted].phone
        if phone is not None and phone.msisdn != right:  # None: somebody else has it now
            case.history.fail("wrong link", f"{wanted} is reached by {phone.msisdn} and said yes from {right}")


async def _judge_consents(case: _Case) -> None:
    fail, tables = case.history.fail, case.ports.storage.reading
    given: Counter[tuple[str, str]] = Counter()
    for member in case.members:
        for consent in await tables.members.consents(case.club.id, member.id):
            story = case.history.stories.get(consent.enrolment or "")
            question = case.question(story) if story is not None else None
            if question is None or question.answer is not True:
                fail("no yes", f"{member.id} has a consent of {consent.enrolment}, which has no yes")
                continue
            given[consent.enrolment or "", consent.element] += 1
            if question.person.sub != member.sub:
                fail("wrong link", f"{member.id} has a consent that {question.person.sub} gave")
            if question.handed is not None and not _same(consent, question.handed.disclosure):
                fail("wrong link", f"{member.id} has a consent that is not what was answered to {question}")
    for (enrolment, element), times in given.items():
        if times > 1:
            fail("duplicate", f"{enrolment} has the consent {element} {times} times")
    for row in case.rows.values():
        if row.state is State.ACCEPTED and given[row.id, "email"] == 0:
            fail("lost", f"{row.id} is accepted, and its consent is not there")


def _same(consent: Consent, told: Disclosure) -> bool:
    written = (consent.element, consent.text, consent.granted, consent.given_at)
    return any(written == (said.element, said.text, said.granted, said.given_at) for said in told.consents)


async def _judge_screens(case: _Case) -> None:
    tables, history = case.ports.storage.reading, case.history
    ends: dict[str, set[str]] = defaultdict(set)
    for till in case.tills:
        events = await tables.events.after(case.club.id, till.station.id, 0, MANY)
        _judge_stream(case, till, events)
        for event in events:
            told = msgspec.json.decode(event.body)
            if event.kind == "enrolment":
                _judge_event(case, till, told)
                ends[told["id"]] |= {till.station.id} if told["state"] in FINAL else set()
            elif history.identified.get(told["id"]) != till.station.id:
                history.fail("wrong till", f"{till.station.name} was told of identification {told['id']}")
        for wanted, state in till.shown.items():
            if wanted in case.rows and case.rows[wanted].state.value != state:
                history.fail("untold", f"{till.station.name} shows {wanted} as {state}")
    for row in case.rows.values():
        for station in [] if row.is_open else await tables.enrolments.followers(row):
            if station not in ends[row.id]:
                history.fail("untold", f"{row.id} is {row.state}, and {station} was not told")


def _judge_stream(case: _Case, till: Till, events: Sequence[Event]) -> None:
    fail, name = case.history.fail, till.station.name
    if [event.position for event in events] != list(range(1, len(events) + 1)):
        fail("stream", f"{name} has a gap in its events")
    written = {event.position: event.body for event in events}
    for position, body in till.seen:
        if written.get(position) != body:
            fail("stream", f"{name} was told another event {position} than was written")
    if till.position is not None and till.position != len(events):
        fail("stream", f"{name} was told {till.position} of {len(events)} events")


def _judge_event(case: _Case, till: Till, told: dict[str, str]) -> None:
    story = case.history.stories.get(told["id"])
    if story is None or all(written.state.value != told["state"] for written in story.written):
        case.history.fail("untold", f"{till.station.name} was told {told['id']} is {told['state']}, which never was")
    elif story.msisdn not in till.numbers:
        case.history.fail("wrong till", f"{till.station.name} was told of {told['id']}")
