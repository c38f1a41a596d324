"""Who has just said yes? The rules by which a verified answer becomes a member.

Identity is `sub`. A phone number alone never makes two people one: numbers are handed on, and the next owner must
not inherit a membership (platform: Login API, linking accounts). Every yes ends in one `Outcome`, which is kept with
what it began and ended, so that it can be seen and undone.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from medlem.club.enrolment import Enrolment
from medlem.club.ids import linking_id, member_id
from medlem.club.linking import Before, LinkEnd, Linking, Outcome, plausible, same_email
from medlem.club.member import Disclosure, Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.flows import consents, presence
from medlem.flows.tables import Tables

log = logging.getLogger(__name__)

TAKEN_OVER = frozenset({Outcome.ENTRY_FOUND, Outcome.ENTRY_CONFIRMED})


@dataclass(frozen=True, slots=True)
class Judged:
    """Whose yes it is; no member when it is somebody new's."""

    outcome: Outcome
    member: Member | None = None


async def join(tx: Tables, enrolment: Enrolment, told: Disclosure, now: datetime) -> Member:
    """Make or find the member, link the number, keep the consents; all in the caller's transaction.

    1. A known `sub` is that member, whatever number they have now.
    2. An entry of the merchant's without `sub` is theirs if it alone has the verified number and e-mail, and the name
       is plausible; or if the cashier has compared its name, and number and name fit. Of several nobody is linked.
    3. Anyone else is new. Who had the number by another `sub` keeps the membership and loses the link.
    """
    phone = told.phone or enrolment.phone
    if told.phone is not None and told.phone != enrolment.phone:
        log.info("enrolment %s: the customer answered from another number than was asked", enrolment.id)
    reached = await tx.members.reached(enrolment.club, phone) if phone else ()
    judged = await _judge(tx, enrolment, told, phone, reached)
    shared_at = told.shared_at or now
    if judged.member is None:
        member = await _add(tx, enrolment, told, now)
    else:
        member = _renewed(judged.member, told, now, shared_at)
        await tx.members.save(member)
        await presence.note_member(tx, member.club, member.id, now)
    await tx.sharing.renew(member, shared_at)
    linking = await _write_down(tx, enrolment, member, judged, now)
    if phone is not None:
        await _link(tx, member, phone, reached, linking, VerifiedBy.LOGIN if told.phone else VerifiedBy.LOGIN_HINT)
    await consents.keep(tx, enrolment, member, told, now)
    withdrawn_at = member.sharing_withdrawn_at
    still = withdrawn_at if withdrawn_at is not None and withdrawn_at > shared_at else None
    return replace(member, phone=phone, sharing_withdrawn_at=still)


async def _judge(
    tx: Tables, enrolment: Enrolment, told: Disclosure, phone: PhoneNumber | None, reached: Sequence[Member]
) -> Judged:
    known = await tx.members.by_sub(enrolment.club, told.sub)
    if known is not None:
        same = known.present and known.phone == phone
        return Judged(Outcome.SAME_NUMBER if same else Outcome.NUMBER_CHANGED, known)
    entries = [one for one in reached if not one.logged_in]
    if told.phone is not None and entries:
        theirs = _by_email(entries, told) or await _by_cashier(tx, enrolment, entries, told)
        if theirs is not None and not await _parted(tx, theirs.member):
            return theirs
    if entries:
        return Judged(Outcome.ENTRY_NOT_MATCHED if len(entries) == 1 else Outcome.SEVERAL_ENTRIES)
    return Judged(Outcome.NUMBER_MOVED if reached else Outcome.JOINED)


def _by_email(entries: Sequence[Member], told: Disclosure) -> Judged | None:
    """The one entry that has the verified e-mail too, if its name is plausible."""
    if not told.profile.email_verified:
        return None
    hits = [one for one in entries if same_email(one.profile, told.profile)]
    if len(hits) != 1 or not plausible(hits[0].profile, told.profile):
        return None
    return Judged(Outcome.ENTRY_FOUND, hits[0])


async def _by_cashier(tx: Tables, enrolment: Enrolment, entries: Sequence[Member], told: Disclosure) -> Judged | None:
    """The entry whose name the cashier has compared with what the customer said, if the platform's fits it as well."""
    customer = await tx.identifications.get(enrolment.club, enrolment.identification)
    if customer is None or not customer.chosen:
        return None
    chosen = await tx.members.today(enrolment.club, customer.member) if customer.member else None
    named = next((one for one in entries if chosen is not None and one.id == chosen.id), None)
    return Judged(Outcome.ENTRY_CONFIRMED, named) if named and plausible(named.profile, told.profile) else None


async def _parted(tx: Tables, entry: Member | None) -> bool:
    """Whether somebody has said of this entry before that a login was not theirs: then no rule decides again."""
    if entry is None:
        return False
    earlier = await tx.linkings.of_member(entry.club, entry.id)
    return any(one.undone_by is not None and one.outcome in TAKEN_OVER for one in earlier)


async def _write_down(tx: Tables, enrolment: Enrolment, member: Member, judged: Judged, now: datetime) -> Linking:
    entry = judged.member if judged.outcome in TAKEN_OVER else None
    linking = Linking(
        id=linking_id(now),
        club=enrolment.club,
        member=member.id,
        outcome=judged.outcome,
        at=now,
        enrolment=enrolment.id,
        before=Before(entry.sub, entry.profile) if entry else None,
    )
    await tx.linkings.add(linking)
    log.info("enrolment %s: member %s, %s", enrolment.id, member.id, judged.outcome)
    return linking


async def _link(
    tx: Tables,
    member: Member,
    phone: PhoneNumber,
    reached: Sequence[Member],
    linking: Linking,
    verified_by: VerifiedBy,
) -> None:
    """Let the number reach the member, and no other whom the platform knows. The merchant's entries keep it."""
    for holder in reached:
        if holder.logged_in and holder.id != member.id:
            log.info("member %s: the number reaches somebody else now", holder.id)
            await tx.members.unlink(holder, linking.at, LinkEnd.NUMBER_MOVED, linking.id)
    await tx.members.link(member, phone, verified_by, linking.at, linking.id)


async def _add(tx: Tables, enrolment: Enrolment, told: Disclosure, now: datetime) -> Member:
    member = Member(
        id=member_id(now),
        club=enrolment.club,
        member_number=await tx.members.next_number(enrolment.club),
        sub=told.sub,
        phone=None,
        profile=told.profile,
        joined_at=now,
        station=enrolment.station,
    )
    await tx.members.add(member)
    return member


def _renewed(member: Member, told: Disclosure, now: datetime, shared_at: datetime) -> Member:
    """A member who logs in again: what they share replaces what we knew, part by part; who had left is back.

    Unless they have ended sharing since, or are restricted: then nothing of it is taken over.
    """
    withdrawn_at = member.sharing_withdrawn_at
    if member.restricted_at or (withdrawn_at is not None and withdrawn_at > shared_at):
        return replace(member, sub=told.sub, joined_at=member.joined_at if member.present else now, left_at=None)
    shared = {f.name: value for f in fields(Profile) if (value := getattr(told.profile, f.name)) not in (None, ())}
    joined_at = member.joined_at if member.present else now
    profile = replace(member.profile, **shared)
    return replace(member, sub=told.sub, profile=profile, joined_at=joined_at, left_at=None)
