"""What calls take and answer, where `flows.views` does not say it already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from medlem.club import spelling
from medlem.club.member import Address, Profile, standing
from medlem.club.place import Key, Station
from medlem.flows.membership import MemberInFull

Country = Literal["NO", "DK", "SE", "FI", "GL"]

Line = Annotated[str, Meta(min_length=1, max_length=spelling.LONGEST_LINE, pattern=spelling.LINE)]
"""One line of text with something on it."""


class NewIdentification(Struct, forbid_unknown_fields=True):
    """A customer at the counter: what the scanner typed, or a phone number."""

    scan: str | None = None
    phone: str | None = None
    country: Country | None = None

    def __post_init__(self) -> None:
        if (self.scan is None) == (self.phone is None):
            raise ValueError("Give either a scan or a phone number")
        if self.country is not None and self.phone is None:
            raise ValueError("A country goes with a phone number only")


class NewEnrolment(Struct, forbid_unknown_fields=True):
    """Whom to ask."""

    identification: str


class NewAddress(Struct, forbid_unknown_fields=True):
    """A postal address."""

    street_address: Line | None = None
    postal_code: Line | None = None
    region: Line | None = None
    country: Line | None = None

    def address(self) -> Address:
        """As the club knows it."""
        return Address(
            street_address=self.street_address,
            postal_code=self.postal_code,
            region=self.region,
            country=self.country,
        )


class NewProfile(Struct, forbid_unknown_fields=True):
    """What the merchant knows of a member; the platform's own word replaces it at their first login."""

    name: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    email: Line | None = None
    birthdate: Line | None = None
    gender: Line | None = None
    address: NewAddress | None = None

    def profile(self) -> Profile:
        """As the club knows it."""
        return Profile(
            name=self.name,
            given_name=self.given_name,
            family_name=self.family_name,
            email=self.email,
            birthdate=self.birthdate,
            gender=self.gender,
            address=self.address.address() if self.address else None,
        )


class NewMember(Struct, forbid_unknown_fields=True):
    """A member entered by hand."""

    phone: str
    profile: NewProfile | None = None
    shared_number: bool = False


class Chosen(Struct, forbid_unknown_fields=True):
    """Who the customer is, as the cashier found out."""

    member: str


class NewStation(Struct, forbid_unknown_fields=True):
    """A till position; `store` null means the club's first store."""

    name: Line
    store: str | None = None


class NewKey(Struct, forbid_unknown_fields=True):
    """A key; one for a station names it."""

    kind: Literal["station", "integration", "admin"]
    name: Line
    station: str | None = None

    def __post_init__(self) -> None:
        if (self.kind == "station") != (self.station is not None):
            raise ValueError("A station key names its station, and no other key does")


class Pairing(Struct, forbid_unknown_fields=True):
    """A pairing code as typed, in any case, with or without its dash."""

    code: str


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What a member last answered to one question."""

    granted: bool
    text: str
    given_at: datetime | None
    seen_at: datetime
    language: str | None


@dataclass(frozen=True, slots=True)
class FullMember:
    """A member in full, for the merchant's own systems."""

    id: str
    member_number: str
    phone: str | None
    profile: Profile
    consents: dict[str, ConsentView]
    extras: dict[str, str]
    joined_at: datetime
    station: str | None
    left_at: datetime | None
    sharing_withdrawn_at: datetime | None
    """When they ended the sharing of their profile in the app; null while they share. They stay a member."""
    restricted_at: datetime | None
    """Since when what is kept of them is not to be used; null when it may be."""
    merged_into: str | None
    """Who they are today, if they turned out to be somebody else: that one's id. Then there is nothing else here."""

    @classmethod
    def of(cls, found: MemberInFull) -> "FullMember":
        """Show everything; of consents the answer to each question that holds today."""
        member = found.member
        return cls(
            id=member.id,
            member_number=member.member_number,
            phone=member.phone.e164 if member.phone else None,
            profile=member.profile,
            consents={
                element: ConsentView(consent.granted, consent.text, consent.given_at, consent.seen_at, consent.language)
                for element, consent in standing(found.consents).items()
            },
            extras=dict(found.extras),
            joined_at=member.joined_at,
            station=member.station,
            left_at=member.left_at,
            sharing_withdrawn_at=member.sharing_withdrawn_at,
            restricted_at=member.restricted_at,
            merged_into=found.merged_into,
        )


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Some members, and where the next ones begin; null when there are none."""

    members: list[FullMember]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class StationInFull:
    """A till position."""

    id: str
    name: str
    store: str
    created_at: datetime

    @classmethod
    def of(cls, station: Station) -> "StationInFull":
        """Show a station."""
        return cls(station.id, station.name, station.store, station.created_at)


@dataclass(frozen=True, slots=True)
class StationsFound:
    """All stations in service."""

    stations: list[StationInFull]


@dataclass(frozen=True, slots=True)
class StationMade:
    """A new station with its key, which is shown this once."""

    id: str
    name: str
    store: str
    key: str | None


@dataclass(frozen=True, slots=True)
class KeyInFull:
    """A key, but for the secret."""

    id: str
    kind: Literal["station", "integration", "admin"]
    name: str
    station: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: Key) -> "KeyInFull":
        """Show a key."""
        return cls(key.id, key.kind.value, key.name, key.station, key.created_at, key.expires_at, key.revoked_at)


@dataclass(frozen=True, slots=True)
class KeysFound:
    """All keys, revoked ones included."""

    keys: list[KeyInFull]


@dataclass(frozen=True, slots=True)
class KeyMade:
    """A new key with its secret, which is shown this once."""

    id: str
    kind: Literal["station", "integration", "admin"]
    name: str
    station: str | None
    created_at: datetime
    key: str | None


@dataclass(frozen=True, slots=True)
class PairingOffered:
    """A code that makes one till this station, shown this once."""

    code: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can serve."""

    ready: bool


@dataclass(frozen=True, slots=True)
class Echo:
    """What only this service can answer."""

    echo: str


@dataclass(frozen=True, slots=True)
class Liveness:
    """This process runs."""

    live: bool


def full(members: Sequence[MemberInFull]) -> list[FullMember]:
    """Show several members."""
    return [FullMember.of(member) for member in members]
