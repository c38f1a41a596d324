"""Judges what is written down beside members: the chain of their consents, decisions, and what others are to hear."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from medlem.club.consent import Verdict, follow
from medlem.club.endpoint import Notice, NoticeKind
from medlem.club.enrolment import Enrolment
from medlem.club.member import Member
from medlem.club.place import Club
from medlem.flows.ports import Ports
from trials.history import History
from trials.listener import Listener

MANY: Final = 100_000


async def judge_records(history: History, ports: Ports, club: Club, members: Iterable[Member]) -> None:
    """Follow every chain, and count decisions."""
    for member in members:
        await _follow_chain(history, ports, club, member)
        await _judge_decisions(history, ports, club, member)


async def judge_notices(
    history: History, ports: Ports, club: Club, rows: Mapping[str, Enrolment], listener: Listener
) -> None:
    """What happened is one notice each, and the listener heard them in their order and none between left out."""
    for endpoint in await ports.storage.reading.outbox.endpoints(club.id):
        written = list(await ports.storage.reading.outbox.notices(endpoint, None, None, MANY))
        _judge_written(history, rows, written)
        heard = [notice.sequence for notice in listener.heard.values()]
        if heard != list(range(1, len(heard) + 1)):
            history.fail("stream", f"{endpoint.id} heard out of order, or not everything: {heard[:20]}")


def _judge_written(history: History, rows: Mapping[str, Enrolment], written: Iterable[Notice]) -> None:
    ends: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for notice in written:
        told = json.loads(notice.body)["data"]
        if notice.kind is NoticeKind.ENROLMENT_FINISHED:
            ends[told["enrolment"]] += 1
            row = rows.get(told["enrolment"])
            if row is None or row.state.value != told["state"]:
                history.fail("untold", f"a notice says that {told['enrolment']} is {told['state']}, which is not so")
        elif notice.kind is NoticeKind.MEMBER_CREATED:
            made[told["member"]] += 1
    for row in rows.values():
        if not row.is_open and ends[row.id] != 1:
            history.fail("untold", f"{row.id} is {row.state}, and {ends[row.id]} notices say so")
        if row.member is not None and made[row.member] != 1:
            history.fail("untold", f"{row.member} was made, and {made[row.member]} notices say so")


async def _follow_chain(history: History, ports: Ports, club: Club, member: Member) -> None:
    chain, verdict = await ports.storage.reading.consents.chain(club.id, member.id), Verdict()
    follow(member.id, chain.end, chain.rows, verdict, erased_at=chain.erased_at)
    for fault in verdict.faults:
        history.fail("broken chain", f"record {fault.sequence} of {member.id}: {fault.said}")


async def _judge_decisions(history: History, ports: Ports, club: Club, member: Member) -> None:
    """One yes is one decision about whose number it is: a second one shows that it was understood twice."""
    made = await ports.storage.reading.linkings.of_member(club.id, member.id)
    for enrolment, times in Counter(one.enrolment for one in made if one.enrolment is not None).items():
        if times > 1:
            history.fail("duplicate", f"{enrolment} was decided {times} times for {member.id}")
