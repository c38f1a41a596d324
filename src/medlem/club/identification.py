"""An identification: this customer stands at this station, with this number, for fifteen minutes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from medlem.club.ids import ClubId, IdentificationId, MemberId, StationId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber

LIFE: Final = timedelta(minutes=15)


class Evidence(StrEnum):
    """How we know whose number it is."""

    PERSONAL_QR_TOKEN = "personal_qr_token"  # noqa: S105 - a word of the API, no secret
    """Exchanged, version 2.0: the app made it just now, so its owner stands here."""
    PERSONAL_QR_CLEAR = "personal_qr_clear"
    """Exchanged, any other version: anyone who knows the number can draw it. Ranks as typed."""
    STATION_QR = "station_qr"
    TYPED = "typed"

    @property
    def proves_presence(self) -> bool:
        """Whether the customer's own app vouched for this moment."""
        return self in {Evidence.PERSONAL_QR_TOKEN, Evidence.STATION_QR}


class Membership(StrEnum):
    """What the register said."""

    MEMBER = "member"
    NOT_MEMBER = "not_member"
    UNKNOWN = "unknown"
    """The register did not answer. The sale goes on."""


class Doubt(StrEnum):
    """What a cashier is to find out before a found member counts."""

    CONFIRM_NUMBER = "confirm_number"
    """The number has not been known to be theirs for long; the app can tell."""
    COMPARE_NAME = "compare_name"
    """The merchant entered them: the customer says a name, and the cashier compares."""
    CHOOSE = "choose"
    """The number reaches several: the customer says a first name, and the cashier chooses."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several whom a number reaches: as much as tells them apart."""

    id: MemberId
    first_name: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """One customer at one station."""

    id: IdentificationId
    club: ClubId
    station: StationId
    phone: PhoneNumber | None
    """Forgotten (None) a day after it led to no enrolment."""
    evidence: Evidence
    membership: Membership
    member: MemberId | None
    """One of our own."""
    entry: Entry | None = field(default=None, repr=False)
    """What a merchant's own register said of a member; forgotten together with the number."""
    doubt: Doubt | None = None
    choices: tuple[Choice, ...] = field(default=(), repr=False)
    """Whom the number reaches, where it is several; forgotten together with the number."""
    chosen: bool = False
    """Whether the cashier has said who it is."""
    created_at: datetime
    app_found: bool | None = None
    """Whether the platform knows an app behind the number; None while nobody knows."""

    @property
    def app_may_tell(self) -> bool:
        """Whether a member was found who may be asked all the same: to confirm a number, or a name that agrees."""
        return self.doubt is Doubt.CONFIRM_NUMBER or self.chosen

    @property
    def expires_at(self) -> datetime:
        """The moment from which it opens no enrolment."""
        return self.created_at + LIFE
