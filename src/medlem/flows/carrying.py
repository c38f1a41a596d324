"""What becomes of consents when two members are merged, and when they are parted again.

No record moves from one chain to another. What the one who goes has answered later is a new record of the one who
stays, which names the one it is taken from and counts from the same moment; so a later answer holds against it.
"""

from collections.abc import Sequence
from datetime import datetime

from medlem.club.consent import MEMBERSHIP, Act, Actor, Method, Purpose
from medlem.club.ids import ConsentId, KeyId, MemberId, consent_id
from medlem.club.member import Consent, Member, standing
from medlem.club.merging import Merge, Party, counts_from
from medlem.flows.consents import MERCHANT
from medlem.flows.tables import Tables


async def over(tx: Tables, merge: Merge, goes: Party, by: str, now: datetime) -> Sequence[Consent]:
    """Carry over what the merge's plan says; the records. The membership of the one who goes ends by it."""
    said = {one.id: one for one in goes.consents}
    carried = [
        _taken(said[one.taken_from], merge, merge.stays, one.act, counts_from(said[one.taken_from]), by, now)
        for one in merge.plan.consents
    ]
    if goes.member.present:
        ended = _membership(goes.member, merge, Act.SUPERSEDED, by, now)
        await tx.consents.append(goes.member.id, [ended], MERCHANT)
    return await tx.consents.append(merge.stays, carried, MERCHANT)


async def back(
    tx: Tables, merge: Merge, ids: Sequence[ConsentId], by: str, now: datetime, *, app_too: bool
) -> tuple[Sequence[Consent], list[str]]:
    """Take back what was carried over, where nothing newer has been said; the records, and where there has.

    A yes that was carried over is no more. One of their own that only a no of the other had ended stands again: it was
    never theirs to take.

    Args:
        tx: the transaction that parts them.
        merge: what is undone.
        ids: the records that it had carried over.
        by: who says so.
        now: when.
        app_too: whether what the app has said since is the other's as well: it goes along.
    """
    records = await tx.members.consents(merge.club, merge.stays)
    said = [one for one in records if app_too and one.enrolment and one.seen_at > (merge.confirmed_at or now)]
    foreign = {*ids, *(one.id for one in said)}
    holds, own = standing(records), standing(one for one in records if one.id not in foreign)
    taken = []
    for element, one in sorted(holds.items()):
        before, at = own.get(element), counts_from(one)
        if one.id not in foreign:
            continue
        if before is not None and before.granted:
            taken.append(_taken(before, merge, merge.stays, Act.CARRIED_OVER, at, by, now))
        elif one.granted:
            taken.append(_taken(one, merge, merge.stays, Act.SUPERSEDED, at, by, now))
    newer = sorted({one.element for one in records if one.id in ids and holds[one.element].id not in foreign})
    carried = await tx.consents.append(merge.stays, taken, MERCHANT)
    return [*carried, *await _along(tx, merge, said, by, now)], newer


async def _along(tx: Tables, merge: Merge, said: Sequence[Consent], by: str, now: datetime) -> Sequence[Consent]:
    """What the one who went has answered meanwhile, as records of their own."""
    held = standing(await tx.members.consents(merge.club, merge.goes))
    taken = []
    for element, one in sorted(standing(said).items()):
        before = held.get(element)
        no = Act.WITHDRAWN if before is not None and before.granted else Act.REFUSED
        act = Act.CARRIED_OVER if one.granted else no
        taken.append(_taken(one, merge, merge.goes, act, counts_from(one), by, now))
    return await tx.consents.append(merge.goes, taken, MERCHANT)


async def return_membership(tx: Tables, merge: Merge, goes: Member, by: str, now: datetime) -> None:
    """The membership of one who had gone stands again."""
    await tx.consents.append(goes.id, [_membership(goes, merge, Act.CARRIED_OVER, by, now)], MERCHANT)


def _taken(source: Consent, merge: Merge, member: MemberId, act: Act, at: datetime, by: str, now: datetime) -> Consent:
    """What one record says, as another one."""
    return Consent(
        id=consent_id(now),
        club=merge.club,
        member=member,
        element=source.element,
        purpose=source.purpose,
        channel=source.channel,
        text=source.text,
        language=source.language,
        granted=act.granted,
        given_at=at,
        seen_at=now,
        act=act,
        method=Method.STAFF,
        actor=Actor.STAFF,
        recorded_by=_key(by),
        evidence_digest=source.evidence_digest,
        reference=f"{merge.id}: {source.id} of {source.member}",
    )


def _membership(member: Member, merge: Merge, act: Act, by: str, now: datetime) -> Consent:
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
        recorded_by=_key(by),
        reference=f"{merge.id}: {merge.goes} is {merge.stays}" if not act.granted else f"{merge.id} is undone",
    )


def _key(by: str) -> KeyId | None:
    return KeyId(by) if by.startswith("key_") else None
