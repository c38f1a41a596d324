"""A linking: what was decided about whom a number reaches, when somebody logged in.

Identity is `sub`; a number is a hint. Every login ends in one of these outcomes,
which is kept, shown and can be undone.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from medlem.club.ids import ClubId, EnrolmentId, LinkingId, MemberId, MergeId
from medlem.club.member import Profile, VerifiedBy
from medlem.club.phone import PhoneNumber

FULL_NAME = 2
"""Names that a plausible full name has at least."""


class Outcome(StrEnum):
    """What a login came to."""

    JOINED = "joined"
    """Somebody new, with a number that reached nobody."""
    SAME_NUMBER = "same_number"
    """A known `sub` with the number that reached them already."""
    NUMBER_CHANGED = "number_changed"
    """A known `sub` with another number than before, or with one again: the link moved."""
    NUMBER_MOVED = "number_moved"
    """Somebody new with a number that reached a member of another `sub`, who keeps all but the number."""
    ENTRY_FOUND = "entry_found"
    """An entry of the merchant's was theirs: verified number and e-mail fit it alone, and the name is plausible."""
    ENTRY_CONFIRMED = "entry_confirmed"
    """The cashier had compared the name of an entry, and the verified number and name fit it."""
    ENTRY_NOT_MATCHED = "entry_not_matched"
    """The number stands on an entry of the merchant's that is not known to be theirs: it was left as it is."""
    SEVERAL_ENTRIES = "several_entries"
    """It stands on several: none was touched."""
    UNDONE = "undone"
    """An earlier linking was taken back."""


class LinkEnd(StrEnum):
    """Why a number reaches a member no more."""

    NUMBER_CHANGED = "number_changed"
    """Another number reaches them."""
    NUMBER_MOVED = "number_moved"
    """By the platform's word it is somebody else's; they have to verify a number again."""
    VERIFIED = "verified"
    """The same number goes on by the platform's word."""
    LEFT = "left"
    UNDONE = "undone"
    MERGED = "merged"
    """The member was merged with another one, and is reached by one number only, or is no member any more."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a linking changed of a member, as it was."""

    sub: str | None = field(repr=False)
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """One decision. Appended; a later one may take it back."""

    id: LinkingId
    club: ClubId
    member: MemberId
    outcome: Outcome
    at: datetime
    enrolment: EnrolmentId | None = None
    before: Before | None = None
    """None when it changed nothing of an entry."""
    by: str | None = None
    """Who undid: the key or the person."""
    why: str | None = field(default=None, repr=False)
    undoes: LinkingId | None = None
    undone_by: LinkingId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A number that reaches a member, or did."""

    member: MemberId
    phone: PhoneNumber
    verified_by: VerifiedBy
    begun_at: datetime
    verified_at: datetime
    ended_at: datetime | None
    ended_because: LinkEnd | None
    begun_by: LinkingId | MergeId | None
    ended_by: LinkingId | MergeId | None


def same_email(one: Profile, other: Profile) -> bool:
    """Whether two profiles name one address."""
    ours, theirs = ((profile.email or "").strip().casefold() for profile in (one, other))
    return ours != "" and ours == theirs


def plausible(one: Profile, other: Profile) -> bool:
    """Whether two profiles may be one person's by their names: one has all the names of the other, and two at least.

    Case, accents, hyphens and order do not count; a middle name that only one of them knows does no harm.
    """
    fewer, more = sorted((_names(one), _names(other)), key=len)
    return len(fewer) >= FULL_NAME and fewer <= more


def same_name(one: Profile, other: Profile) -> bool:
    """Whether two profiles have the same names, or may be one person's by them; whoever has none is nobody's same."""
    ours = _names(one)
    return bool(ours) and (ours == _names(other) or plausible(one, other))


def named(profile: Profile) -> bool:
    """Whether there is a name to compare."""
    return bool(_names(profile))


def _names(profile: Profile) -> frozenset[str]:
    text = profile.name or f"{profile.given_name or ''} {profile.family_name or ''}"
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return frozenset("".join(c if c.isalnum() else " " for c in plain).split())
