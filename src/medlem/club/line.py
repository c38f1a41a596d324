"""One line of a file of members: what a merchant's own list, or an export of ours, says of one person.

A line that is here has been read and is plausible by itself. Whom it means, and whether the register may take it, is
for `flows.importing`, which knows the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from medlem.club.member import Consent, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """An answer that a line brings, with what proves it. Without that it is not here: nothing is invented."""

    record: Consent
    """As it was given; `club`, `member`, text version and hashes are the register's to fill in. `id` is empty for an
    answer that has never been a record of ours."""
    salt: str | None = field(default=None, repr=False)
    """Of the remark, in an export of ours."""
    raw: bytes | None = field(default=None, repr=False)
    """The platform's own object, in an export of ours: its digest is the record's `evidence_digest`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person. What the file has no column for is None, and is not in `columns`."""

    number: int
    """Where it begins in the file; the header is 1."""
    columns: frozenset[str]
    """What the file speaks of, as names of this class and of `Profile` (`phone`, `email`, `address`, `consents`): only
    that is written."""
    id: str | None = None
    """What we call the member, in an export of ours."""
    member_number: str | None = None
    sub: str | None = field(default=None, repr=False)
    phone: PhoneNumber | None = None
    phone_verified_by: VerifiedBy | None = None
    phone_verified_at: datetime | None = None
    shared_number: bool = False
    """Whether the number may be one that reaches somebody else already, as in one household."""
    profile: Profile = field(default_factory=Profile)
    joined_at: datetime | None = None
    left_at: datetime | None = None
    station: str | None = None
    last_seen_at: datetime | None = None
    restricted_at: datetime | None = None
    shared_at: datetime | None = None
    sharing_withdrawn_at: datetime | None = None
    past: tuple[tuple[datetime, datetime], ...] = ()
    """Memberships that had ended before: from, until."""
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)
    consents: tuple[Carried, ...] = ()
    """In the order in which they were kept."""
    left_out: tuple["Flawed", ...] = ()
    """Consents that the line brings without what would prove them. The rest of the line counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flawed:
    """Why a line, or a part of one, was not taken."""

    number: int
    column: str | None
    """Where in the line, if it is one column's fault."""
    why: str
    """A word of a documented list, for programs."""
    detail: str
    """What is wrong and what to do, for people; never a value of the line."""


class Why(StrEnum):
    """Why the register does not take a line, or a part of it; docs/importing.md has each."""

    NOBODY = "nobody"
    CONFLICTING = "conflicting"
    NUMBER_TAKEN = "number_taken"
    REPEATED_LINE = "repeated_line"
    HAS_LEFT = "has_left"
    STILL_MEMBER = "still_member"
    ERASED_BEFORE = "erased_before"
    RESTRICTED = "restricted"
    NUMBER_VERIFIED = "number_verified"
    SUB_KNOWN = "sub_known"
    STATION_UNKNOWN = "station_unknown"
    CONSENT_KNOWN = "consent_known"
    CONSENT_EVIDENCE = "consent_evidence"
