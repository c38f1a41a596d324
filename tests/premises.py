"""A small shop for tests of what is kept: a club with a store, two stations, and customers at them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from medlem.club.codes import ConfirmationCode, confirmation_code
from medlem.club.enrolment import Enrolment
from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import club_id, enrolment_id, identification_id, member_id, station_id, store_id
from medlem.club.masked import Masked
from medlem.club.member import Member, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Station, Store
from medlem.flows.ports import Storage
from medlem.flows.tables import Tables

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
INTERVAL = timedelta(seconds=5)
KARI = PhoneNumber("4747400001")
OLA = PhoneNumber("4747400002")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Premises:
    """Where a test happens."""

    club: Club
    store: Store
    till: Station
    kiosk: Station

    def identification(
        self,
        phone: PhoneNumber = KARI,
        at: datetime = NOW,
        station: Station | None = None,
        member: Member | None = None,
    ) -> Identification:
        return Identification(
            id=identification_id(at),
            club=self.club.id,
            station=(station or self.till).id,
            phone=phone,
            evidence=Evidence.TYPED,
            membership=Membership.MEMBER if member else Membership.NOT_MEMBER,
            member=member.id if member else None,
            created_at=at,
        )

    def member(self, sub: str | None = "sub-1", number: str = "100001", at: datetime = NOW) -> Member:
        return Member(
            id=member_id(at),
            club=self.club.id,
            member_number=number,
            sub=sub,
            phone=None,
            profile=Profile(name="Kari Nordmann", given_name="Kari", family_name="Nordmann"),
            joined_at=at,
            station=self.till.id,
        )


async def new_premises(storage: Storage, sales_unit: str = "100100") -> Premises:
    club = Club(id=club_id(NOW), sales_unit=sales_unit, name="The Club", country="NO")
    store = Store(id=store_id(NOW), club=club.id, name="Store 1")
    till = Station(id=station_id(NOW), club=club.id, store=store.id, name="Till 1", created_at=NOW)
    kiosk = Station(id=station_id(later(1)), club=club.id, store=store.id, name="Kiosk", created_at=NOW)
    async with storage.transaction() as tx:
        await tx.places.add_club(club, NOW)
        await tx.places.add_store(store, NOW)
        await tx.places.add_station(till)
        await tx.places.add_station(kiosk)
    return Premises(club, store, till, kiosk)


async def asked(
    tx: Tables, here: Premises, phone: PhoneNumber = KARI, at: datetime = NOW, code: ConfirmationCode | None = None
) -> Enrolment:
    """Open an enrolment, as the first station or as one that comes second."""
    customer = here.identification(phone, at)
    await tx.identifications.add(customer)
    return await tx.enrolments.open(Enrolment.begin(enrolment_id(at), customer, code or confirmation_code(), at))


async def waiting(
    tx: Tables, here: Premises, phone: PhoneNumber = KARI, at: datetime = NOW, request: str = "req-1"
) -> Enrolment:
    """Open an enrolment that the platform has taken; due one interval later."""
    begun = await asked(tx, here, phone, at)
    taken = begun.waiting(Masked(request), timedelta(seconds=180), INTERVAL, at)
    assert await tx.enrolments.save(taken)
    return taken


async def add(storage: Storage, here: Premises) -> Identification:
    """A customer comes to the till, in a transaction of their own."""
    found = here.identification()
    async with storage.transaction() as tx:
        await tx.identifications.add(found)
    return found


async def last_position(storage: Storage, here: Premises) -> int:
    """How many events the till has been shown."""
    position, _ = await storage.reading.events.snapshot(here.till, NOW)
    return position


async def kept(storage: Storage, here: Premises, found: Identification) -> bool:
    return await storage.reading.identifications.get(here.club.id, found.id) == found
