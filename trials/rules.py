"""What must never be. `docs/trials.md` says it in words; this decides it, over database, platform and screens.

Some rules are judged while things happen, since the moment matters: `early look`, `late look` and `not kept` by
`calls` and `platform`, `double push`, `reopened` by `history`, `stream` by `till`, `forged ping` by `deliveries`.
"""

from collections import Counter
from typing import Final

from medlem.club.enrolment import GRACE, Enrolment, Reason, State
from medlem.club.place import Club
from medlem.flows.ports import Ports
from trials.case import MANY, Case
from trials.customers import Entry
from trials.faults import Fault
from trials.history import FOUND_AGAIN_WITHIN, History, Story
from trials.listener import Listener
from trials.memberships import judge_consents, judge_entries, judge_members
from trials.platform import WRITTEN_WITHIN, PretendPlatform, Pushed
from trials.records import judge_notices, judge_records
from trials.screens import judge_screens
from trials.till import Till

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
    case = Case(history, platform, tills, ports, club, rows, members, questions)
    for wanted, row in rows.items():
        _judge_end(case, history.stories[wanted], row)
    _judge_pushes(case)
    judge_members(case)
    judge_entries(case, entries)
    await judge_consents(case)
    await judge_records(history, ports, club, members)
    await judge_notices(history, ports, club, rows, listener)
    await judge_screens(case)


def _judge_end(case: Case, story: Story, row: Enrolment) -> None:
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


def _judge_time(case: Case, story: Story, question: Pushed | None) -> None:
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


def _founded(case: Case, story: Story, question: Pushed | None, reason: Reason | None) -> bool:
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


def _judge_pushes(case: Case) -> None:
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
