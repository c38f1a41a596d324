"""Two members of one register who may be one person, and how sure that is. Only people decide that they are.

Two who have both logged in are two people: the platform says so.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medlem.club.ids import ClubId, MemberId
from medlem.club.linking import plausible, same_email
from medlem.club.member import Member, Profile


class Likeness(StrEnum):
    """What two members have in common."""

    SAME_EMAIL = "same_email"
    SAME_NUMBER = "same_number"
    """One number reaches both, and their names may be one person's, or one of them has no name."""
    SAME_NAME_AND_BIRTHDATE = "same_name_and_birthdate"


class Sureness(StrEnum):
    """How sure it is that they are one person."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    """As likely two people of one family."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two who may be one; `one` was there before `other`."""

    one: Member
    other: Member
    likenesses: tuple[Likeness, ...]
    sure: Sureness


@dataclass(frozen=True, slots=True)
class Distinct:
    """That somebody has said of two members that they are two people; `one` has the smaller id."""

    club: ClubId
    one: MemberId
    other: MemberId
    said_by: str
    said_at: datetime


def judged(one: Member, other: Member) -> Duplicate | None:
    """Whether two may be one; None when nothing says so, or when they could not be merged anyhow."""
    both = (one, other)
    if all(member.logged_in for member in both) or not any(member.present for member in both):
        return None
    if any(member.restricted_at or member.merged_into for member in both):
        return None
    likenesses = tuple(_likenesses(one, other))
    return Duplicate(one, other, likenesses, _sure(one.profile, other.profile, likenesses)) if likenesses else None


def _likenesses(one: Member, other: Member) -> list[Likeness]:
    ours, theirs = one.profile, other.profile
    named = plausible(ours, theirs)
    found = []
    if same_email(ours, theirs):
        found.append(Likeness.SAME_EMAIL)
    if one.phone is not None and one.phone == other.phone and (named or not (_named(ours) and _named(theirs))):
        found.append(Likeness.SAME_NUMBER)
    if ours.birthdate and ours.birthdate == theirs.birthdate and named:
        found.append(Likeness.SAME_NAME_AND_BIRTHDATE)
    return found


def _sure(ours: Profile, theirs: Profile, likenesses: tuple[Likeness, ...]) -> Sureness:
    if ours.birthdate and theirs.birthdate and ours.birthdate != theirs.birthdate:
        return Sureness.LOW
    if len(likenesses) > 1 or (plausible(ours, theirs) and Likeness.SAME_NAME_AND_BIRTHDATE not in likenesses):
        return Sureness.HIGH
    if Likeness.SAME_NAME_AND_BIRTHDATE in likenesses:
        return Sureness.MEDIUM  # in a million members some share both
    nameless = not (_named(ours) and _named(theirs))
    return Sureness.MEDIUM if nameless and Likeness.SAME_EMAIL in likenesses else Sureness.LOW


def _named(profile: Profile) -> bool:
    return bool(profile.name or profile.given_name or profile.family_name)
