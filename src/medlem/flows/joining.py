"""Who has just said yes? The rules by which a verified answer becomes a member.

Identity is `sub`. A phone number alone never makes two people one: numbers are handed on, and the next owner must
not inherit a membership (platform: Login API, linking accounts).
"""

import logging
from dataclasses import fields, replace
from datetime import datetime

from medlem.club.enrolment import Enrolment
from medlem.club.ids import member_id
from medlem.club.member import Disclosure, Member, Profile, VerifiedBy
from medlem.flows import consents
from medlem.flows.tables import Tables

log = logging.getLogger(__name__)


async def join(tx: Tables, enrolment: Enrolment, told: Disclosure, now: datetime) -> Member:
    """Make or find the member, link the number, keep the consents; all in the caller's transaction.

    1. A known `sub` is that member, whatever number they have now.
    2. An entry of the merchant's without `sub` is theirs if number, verified e-mail and name all agree.
    3. Anyone else is new. Whoever had the number before keeps the membership and loses the link.
    """
    phone = told.phone or enrolment.phone
    if told.phone is not None and told.phone != enrolment.phone:
        log.info("enrolment %s: the customer answered from another number than was asked", enrolment.id)
    holder = await tx.members.by_phone(enrolment.club, phone) if phone else None
    member = await tx.members.by_sub(enrolment.club, told.sub)
    if member is None and holder is not None and _same_person(holder, told):
        member = holder
    shared_at = told.shared_at or now
    if member is None:
        member = await _add(tx, enrolment, told, now)
    else:
        member = _renewed(member, told, now, shared_at)
        await tx.members.save(member)
    await tx.sharing.renew(member, shared_at)
    if phone is not None:
        if holder is not None and holder.id != member.id:
            log.info("member %s: the number reaches somebody else now", holder.id)
            await tx.members.unlink(holder, now)
        verified_by = VerifiedBy.LOGIN if told.phone else VerifiedBy.LOGIN_HINT
        await tx.members.link(member, phone, verified_by, now)
    await consents.keep(tx, enrolment, member, told, now)
    withdrawn_at = member.sharing_withdrawn_at
    still = withdrawn_at if withdrawn_at is not None and withdrawn_at > shared_at else None
    return replace(member, phone=phone, sharing_withdrawn_at=still)


def _same_person(holder: Member, told: Disclosure) -> bool:
    """Whether an entry without `sub` belongs to who logged in: the number agrees already, so must the rest."""
    theirs, entry = told.profile, holder.profile
    return (
        holder.sub is None
        and bool(theirs.email_verified and theirs.email and theirs.name)
        and (theirs.email or "").casefold() == (entry.email or "").casefold()
        and (theirs.name or "").casefold().split() == (entry.name or "").casefold().split()
    )


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
