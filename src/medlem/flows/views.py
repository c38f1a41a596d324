"""What a station may see. Never a full number, name or address: these shapes are the border.

The HTTP API answers with them and the events carry them, so that a till reads one shape wherever it comes from.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from medlem.club.brand import app_name
from medlem.club.enrolment import Enrolment
from medlem.club.identification import Identification
from medlem.club.linking import Linking, Outcome
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
class ChoiceView:
    """One of several whom a number reaches, by as much as tells them apart."""

    id: str
    first_name: str | None


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
    doubt: Literal["confirm_number", "compare_name", "choose"] | None = None
    """What the cashier is to find out before the member counts."""
    choices: tuple[ChoiceView, ...] = ()
    """Whom the number reaches, to choose from; empty unless it is several."""

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
            doubt=found.doubt.value if found.doubt else None,
            choices=tuple(ChoiceView(one.id, one.first_name) for one in found.choices) if found.doubt else (),
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
    outcome: (
        Literal[
            "joined",
            "same_number",
            "number_changed",
            "number_moved",
            "entry_found",
            "entry_confirmed",
            "entry_not_matched",
            "several_entries",
            "undone",
        ]
        | None
    ) = None
    """By which rule the answer became a member; null while there is none."""

    @classmethod
    def of(cls, enrolment: Enrolment, member: Member | None, linking: Linking | None = None) -> Self:
        """Show an enrolment with the member that it made, if it did."""
        outcome = linking and (Outcome.UNDONE if linking.undone_by else linking.outcome)
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
            outcome=outcome.value if outcome else None,
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
