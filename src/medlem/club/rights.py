"""What a member may ask of the club: to see everything, to be left alone, to be erased (GDPR articles 15 to 20).

Reasons are words of a list, never a sentence: a sentence would hold a name before long, and these rows stay.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medlem.club.errors import Refusal
from medlem.club.ids import ClubId, MemberId


class ErasedBecause(StrEnum):
    """Why somebody is erased."""

    ASKED_BY_MEMBER = "asked_by_member"
    ASKED_BY_GUARDIAN = "asked_by_guardian"
    ENTERED_BY_MISTAKE = "entered_by_mistake"
    LEGAL_DUTY = "legal_duty"
    INACTIVE = "inactive"
    """Not seen for as long as the settings say."""


class RestrictedBecause(StrEnum):
    """Why what is kept of somebody is not to be used for now (article 18)."""

    ACCURACY_CONTESTED = "accuracy_contested"
    UNLAWFUL = "unlawful"
    NEEDED_FOR_CLAIMS = "needed_for_claims"
    OBJECTION_PENDING = "objection_pending"


class Right(StrEnum):
    """What was done when somebody asked for it."""

    EXPORTED = "exported"
    RESTRICTED = "restricted"
    LIFTED = "lifted"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercised:
    """One right that was exercised: what was done, when, and by which key of ours."""

    club: ClubId
    member: MemberId
    what: Right
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That somebody was erased. It outlives them, and holds nothing of them."""

    club: ClubId
    member: MemberId
    reason: ErasedBecause
    requested_at: datetime | None
    """When they asked for it, where the club was told."""
    erased_at: datetime


class ErasedBefore(Refusal):
    """Whoever had this number was erased, and comes back by their own login alone."""

    slug = "erased-before"
