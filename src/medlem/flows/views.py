"""What a station may see. Never a full number, name or address: these shapes are the border.

The HTTP API answers with them and the events carry them, so that a till reads one shape wherever it comes from.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from medlem.club.brand import app_name
from medlem.club.enrolment import Enrolment
from medlem.club.identification import Identification
from medlem.club.member import Entry, Member
from medlem.club.phone import PhoneNumber

FORGOTTEN = "•• •• •• ••"


@dataclass(frozen=True, slots=True)
class CustomerView:
    """The customer's number, but for its last two digits."""

    masked: str

    @classmethod
    def of(cls, phone: PhoneNumber | None) -> Self:
        """Mask the number; one that has been forgotten has no digits left."""
        return cls(phone.masked if phone else FORGOTTEN)


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member, as a cashier greets them."""

    id: str
    name: str | None
    member_number: str
    since: datetime | None

    @classmethod
    def of(cls, member: Member | Entry) -> Self:
        """Shorten the name to `Kari N.`."""
        entry = member if isinstance(member, Entry) else Entry.of(member)
        return cls(entry.id, entry.name, entry.member_number, entry.since)


@dataclass(frozen=True, slots=True)
class IdentificationView:
    """One customer at this station."""

    id: str
    membership: Literal["member", "not_member", "unknown"]
    evidence: Literal["personal_qr_token", "personal_qr_clear", "station_qr", "typed"]
    customer: CustomerView
    member: MemberView | None
    app: str
    expires_at: datetime
    as_of: datetime | None
    """When the register said so; null when it answers now."""
    app_found: bool | None = None

    @classmethod
    def of(cls, found: Identification, member: Member | Entry | None) -> Self:
        """Show an identification with the member that it found."""
        shown = member or found.entry
        return cls(
            id=found.id,
            membership=found.membership.value,
            evidence=found.evidence.value,
            customer=CustomerView.of(found.phone),
            member=MemberView.of(shown) if shown else None,
            app=app_name(found.phone, found.created_at),
            expires_at=found.expires_at,
            as_of=found.entry.as_of if found.entry else None,
            app_found=found.app_found,
        )


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """How the question to one customer goes."""

    id: str
    state: Literal["asking", "waiting", "accepted", "declined", "expired", "failed"]
    reason: (
        Literal[
            "cannot_use_app",
            "app_too_old",
            "customer_busy",
            "platform_unavailable",
            "platform_surprised_us",
            "outcome_unknown",
        ]
        | None
    )
    code: str
    app: str
    customer: CustomerView
    created_at: datetime
    expires_at: datetime | None
    member: MemberView | None

    @classmethod
    def of(cls, enrolment: Enrolment, member: Member | None) -> Self:
        """Show an enrolment with the member that it made, if it did."""
        return cls(
            id=enrolment.id,
            state=enrolment.state.value,
            reason=enrolment.reason.value if enrolment.reason else None,
            code=enrolment.code,
            app=app_name(enrolment.phone, enrolment.created_at),
            customer=CustomerView.of(enrolment.phone),
            created_at=enrolment.created_at,
            expires_at=enrolment.expires_at,
            member=MemberView.of(member) if member else None,
        )


@dataclass(frozen=True, slots=True)
class StationView:
    """Which station this is."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """All that a station's screen needs to begin."""

    station: StationView
    server_time: datetime
    identification: IdentificationView | None
    enrolments: list[EnrolmentView]


EventView = IdentificationView | EnrolmentView
