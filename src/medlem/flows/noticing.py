"""Noticing: what happens to members and enrolments is written down for whoever of the merchant's systems listens.

Whoever changes a member calls `member_changed` in the same transaction; that also numbers the change, so that those who
ask for changes find it. Bodies name ids and states and nothing of a person
(docs/decisions/0048-notices-are-thin.md). An endpoint's row is held until the commit: write these last, after whatever
holds a station's row.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from medlem.club.endpoint import NoticeKind
from medlem.club.enrolment import Enrolment
from medlem.club.ids import ClubId
from medlem.club.member import Consent, Disclosure, Member
from medlem.flows import announcing
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice that is still to be written down."""

    kind: NoticeKind
    told: Mapping[str, object]


async def member_changed(tx: Tables, member: Member, kind: NoticeKind, now: datetime) -> None:
    """Number a change of a member, and let the endpoints hear of it; `member` as they are from now on."""
    await write(tx, member.club, [await drafted(tx, member, kind, now)], now)


async def consents_changed(tx: Tables, member: Member, consents: Sequence[Consent], now: datetime) -> None:
    """Let the endpoints hear of answers that a member gave or took back."""
    if consents:
        await tx.members.touch(member, now)
        await write(tx, member.club, [answered(consent) for consent in consents], now)


async def joining(
    ports: Ports, tx: Tables, enrolment: Enrolment, told: Disclosure, now: datetime
) -> tuple[Member, list[Draft]]:
    """`announcing.joining`, and what the endpoints are to hear of it: the member, whoever lost the number, consents."""
    phone = told.phone or enrolment.phone
    reached = await tx.members.reached(enrolment.club, phone) if phone else ()
    member = await announcing.joining(ports, tx, enrolment, told, now)
    lost = [one for one in reached if one.logged_in and one.id != member.id]
    drafts = [await drafted(tx, holder, NoticeKind.MEMBER_UPDATED, now) for holder in lost]
    number = await tx.members.touch(member, now)
    drafts.append(_member(member, NoticeKind.MEMBER_CREATED if number == 1 else NoticeKind.MEMBER_UPDATED, number))
    if told.consents:
        kept = await tx.members.consents(member.club, member.id)
        drafts += [answered(one) for one in kept if one.enrolment == enrolment.id and one.seen_at == now]
    return member, drafts


async def drafted(tx: Tables, member: Member, kind: NoticeKind, now: datetime) -> Draft:
    """Number a change of a member; what the endpoints are to hear of it."""
    return _member(member, kind, await tx.members.touch(member, now))


async def imported(
    tx: Tables, club: ClubId, news: Sequence[tuple[Member, int, bool, Sequence[Consent]]], now: datetime
) -> None:
    """Let the endpoints hear of members who came with a file, or were changed by one: kind by kind.

    Args:
        tx: the transaction.
        club: whose members.
        news: each member, the number of the change (1: they are new), whether more than their answers is different,
            and the answers.
        now: when.
    """
    if not news or not await tx.outbox.hold_endpoints(club):
        return
    drafts: dict[NoticeKind, list[str]] = {}
    for member, number, themselves, consents in news:
        kind = NoticeKind.MEMBER_CREATED if number == 1 else NoticeKind.MEMBER_UPDATED
        told = [_member(member, kind, number)] if themselves else []
        for draft in (*told, *map(answered, consents)):
            drafts.setdefault(draft.kind, []).append(body(draft, now))
    for kind in (NoticeKind.MEMBER_CREATED, NoticeKind.MEMBER_UPDATED, NoticeKind.CONSENT_CHANGED):
        if kind in drafts:
            await tx.outbox.add_all(club, kind, drafts[kind], now)


def finished(enrolment: Enrolment) -> Draft:
    """What the endpoints are to hear of an enrolment that is over."""
    return Draft(
        NoticeKind.ENROLMENT_FINISHED,
        {
            "enrolment": enrolment.id,
            "state": enrolment.state,
            "reason": enrolment.reason,
            "station": enrolment.station,
            "member": enrolment.member,
        },
    )


async def write(tx: Tables, club: ClubId, drafts: Sequence[Draft], now: datetime) -> None:
    """Write notices down, in their order. Every endpoint is held, since two transactions may write two kinds each."""
    if not drafts or not await tx.outbox.hold_endpoints(club):
        return
    for draft in drafts:
        await tx.outbox.add(club, draft.kind, body(draft, now), now)


def body(draft: Draft, now: datetime) -> str:
    """A notice as it is signed and sent (Standard Webhooks: payload structure)."""
    moment = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": draft.kind, "timestamp": moment, "data": draft.told}, separators=(",", ":"))


def _member(member: Member, kind: NoticeKind, number: int) -> Draft:
    told = {"member": member.id, "present": member.present, "version": number}
    return Draft(kind, told if member.merged_into is None else {**told, "merged_into": member.merged_into})


def answered(consent: Consent) -> Draft:
    """What the endpoints are to hear of an answer."""
    return Draft(
        NoticeKind.CONSENT_CHANGED,
        {
            "member": consent.member,
            "consent": consent.id,
            "element": consent.element,
            "granted": consent.granted,
        },
    )
