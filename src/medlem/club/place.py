"""Where things happen: the club, its stores, its stations, and the keys that open calls.

A club belongs to one sales unit; a customer's `sub` means the same person within that sales unit alone.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medlem.club.ids import ClubId, KeyId, StationId, StoreId


@dataclass(frozen=True, slots=True, kw_only=True)
class Club:
    """One customer club, held by one sales unit (MSN)."""

    id: ClubId
    sales_unit: str
    name: str
    country: str
    """Where its shops are: the region (ISO 3166) in which a typed national number is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A place with stations."""

    id: StoreId
    club: ClubId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One till position."""

    id: StationId
    club: ClubId
    store: StoreId
    name: str
    created_at: datetime
    removed_at: datetime | None = None


class KeyKind(StrEnum):
    """What a key opens."""

    STATION = "station"
    """Identify, enrol, listen: for its own station only."""
    INTEGRATION = "integration"
    """Members, and deliveries to the merchant's other systems."""
    ADMIN = "admin"
    """All of integration; stations and keys as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as we know it: never the secret, of which only a keyed hash is kept."""

    id: KeyId
    club: ClubId
    kind: KeyKind
    name: str
    created_at: datetime
    station: StationId | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
