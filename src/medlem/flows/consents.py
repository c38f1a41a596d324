"""Consents as they come in: every answer a record of its own, and joining and leaving beside them.

Three things that end are kept apart: a permission that is taken back, a membership that is left, and the sharing of a
profile that is ended in the app (`flows.sharing`), which is no consent at all.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from medlem.club.consent import MEMBERSHIP, Act, Actor, Method, Purpose
from medlem.club.enrolment import Enrolment
from medlem.club.ids import EnrolmentId, KeyId, consent_id
from medlem.club.member import Consent, ConsentAnswer, Disclosure, Member, standing
from medlem.flows.tables import Tables

PLATFORM = "platform"
MERCHANT = "merchant"


async def keep(tx: Tables, enrolment: Enrolment, member: Member, told: Disclosure, now: datetime) -> None:
    """Append every answer that is new. The platform may tell an old one again, which nobody has given anew.

    That they have joined now, or come back, is a record too: by which question, code and station.
    """
    raw = told.raw_consents
    digest = None if raw is None else hashlib.sha256(raw).hexdigest()
    new = [_joined(enrolment, member, now, digest)] if member.joined_at == now else []
    kept = list(await tx.members.consents(member.club, member.id)) if told.consents else []
    known = {as_given(one) for one in kept if one.given_at is not None}
    for answer in told.consents:
        if as_given(answer) in known:
            continue
        consent = _answered(enrolment, member, answer, kept, now, digest)
        kept.append(consent)
        new.append(consent)
    await tx.consents.append(member.id, new, PLATFORM)
    if raw is not None:
        await tx.members.keep_evidence(member, enrolment.id, raw, now)


async def entered(tx: Tables, member: Member, now: datetime) -> None:
    """Record that the merchant entered a member: they have the membership from elsewhere, and say so."""
    await tx.consents.append(member.id, [_membership(member, Act.CARRIED_OVER, now)], MERCHANT)


async def left(tx: Tables, member: Member, now: datetime, key: KeyId | None = None) -> None:
    """Record that a membership has ended. What they allow by mail or text message is another thing, and stands."""
    await tx.consents.append(member.id, [_membership(member, Act.WITHDRAWN, now, key)], MERCHANT)


async def parted(tx: Tables, member: Member, enrolments: Collection[EnrolmentId], now: datetime) -> Sequence[Consent]:
    """Record that a stranger's yes is none of this member's: until they are asked themselves, it is no."""
    kept = standing(await tx.members.consents(member.club, member.id)).values()
    theirs = [one for one in kept if one.granted and one.enrolment in enrolments]
    nos = [
        Consent(
            id=consent_id(now),
            club=member.club,
            member=member.id,
            element=one.element,
            purpose=one.purpose,
            text=one.text,
            granted=False,
            given_at=None,
            seen_at=now,
            language=one.language,
            act=Act.WITHDRAWN,
            method=Method.STAFF,
            actor=Actor.STAFF,
        )
        for one in theirs
    ]
    return await tx.consents.append(member.id, nos, MERCHANT)


def act_of(consents: Sequence[Consent], element: str, text: str, *, granted: bool, at: datetime) -> Act:
    """What an answer is, after those that were kept before it."""
    before = standing(consents).get(element)
    stood = before is not None and before.granted and (before.given_at or before.seen_at) <= at
    if not granted:
        return Act.WITHDRAWN if stood else Act.REFUSED
    return Act.RECONFIRMED if before is not None and stood and before.text == text else Act.GIVEN


def _joined(enrolment: Enrolment, member: Member, now: datetime, digest: str | None) -> Consent:
    return Consent(
        id=consent_id(now),
        club=member.club,
        member=member.id,
        element=MEMBERSHIP,
        purpose=Purpose.MEMBERSHIP,
        text="",  # the app's own words, by the use case that is chosen in the portal; it does not tell us which
        granted=True,
        given_at=None,
        seen_at=now,
        act=Act.GIVEN,
        enrolment=enrolment.id,
        station=enrolment.station,
        method=Method.VIPPS_CIBA,
        actor=Actor.CUSTOMER,
        code=enrolment.code,
        evidence_digest=digest,
    )


def _answered(
    enrolment: Enrolment,
    member: Member,
    answer: ConsentAnswer,
    kept: Sequence[Consent],
    now: datetime,
    digest: str | None,
) -> Consent:
    at = answer.given_at or now
    return Consent(
        id=consent_id(now),
        club=member.club,
        member=member.id,
        element=answer.element,
        text=answer.text,
        granted=answer.granted,
        given_at=answer.given_at,
        seen_at=now,
        language=answer.language,
        enrolment=enrolment.id,
        station=enrolment.station,
        act=act_of(kept, answer.element, answer.text, granted=answer.granted, at=at),
        method=Method.VIPPS_CIBA,
        actor=Actor.CUSTOMER,
        code=enrolment.code,
        evidence_digest=digest,
    )


def _membership(member: Member, act: Act, now: datetime, key: KeyId | None = None) -> Consent:
    return Consent(
        id=consent_id(now),
        club=member.club,
        member=member.id,
        element=MEMBERSHIP,
        purpose=Purpose.MEMBERSHIP,
        text="",
        granted=act.granted,
        given_at=None,
        seen_at=now,
        act=act,
        method=Method.STAFF,
        actor=Actor.STAFF,
        recorded_by=key,
    )


def as_given(answer: Consent | ConsentAnswer) -> tuple[str, str, bool, datetime | None]:
    """What makes two answers the same one: question, words, answer and moment, as exact as moments are kept."""
    given_at = answer.given_at
    kept_at = given_at and given_at.replace(microsecond=given_at.microsecond // 1000 * 1000)
    return answer.element, answer.text, answer.granted, kept_at
