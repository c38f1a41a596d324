"""Judges who is a member: nobody without a yes, nobody twice, nobody by another's number, name or consent."""

from collections import Counter
from typing import TYPE_CHECKING

from medlem.club.enrolment import State
from medlem.club.member import Consent, Disclosure
from trials.case import Case
from trials.customers import Entry

if TYPE_CHECKING:
    from medlem.club.ids import MemberId


def judge_members(case: Case) -> None:
    """Everybody once, who said yes, under their own name."""
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


def judge_entries(case: Case, entries: list[Entry]) -> None:
    """What the merchant entered is theirs alone whose number, e-mail and name it is."""
    by_id = {str(member.id): member for member in case.members}
    for entry in entries:
        member = by_id.get(entry.member)
        if member is None:
            case.history.fail("lost", f"{entry.member} was entered by the merchant and is gone")
        elif member.sub is not None and (entry.whose is None or entry.whose.sub != member.sub):
            case.history.fail("wrong link", f"{entry.member} was entered for somebody else than {member.sub}")


def _judge_made(case: Case) -> None:
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


async def judge_consents(case: Case) -> None:
    """Every answer once, where it was given."""
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
