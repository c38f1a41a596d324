"""The pretend club: its tills, its first members, and the keys to it.

Made when the demo first starts on a directory, and found again ever after. The keys lie in a file beside the
database, which nobody but a demo may do: a shop's keys are shown once and kept as hashes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from medlem.app import House
from medlem.club.ids import station_qr_id, store_id
from medlem.club.masked import Masked
from medlem.club.member import AlreadyMember, Profile
from medlem.club.place import KeyKind, Station, Store
from medlem.club.station_qr import StationQr
from medlem.config import Settings, load, write_private
from medlem.flows import membership, places, sharing

CLUB: Final = "Nordlys Kaffe"
SIGNUP_URL: Final = "https://club.example.org/join"
"""Where a pretend customer without the app would go; nobody lives there."""
TILLS: Final = {"Oslo": "Till 1", "Bergen": "Till 2"}
"""Each store with its till."""

KARI: Final = "4740000001"
"""She answers by hand; the simulator brings her along."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member from the beginning."""

    msisdn: str
    given_name: str
    family_name: str
    email: str

    @property
    def name(self) -> str:
        """As the register writes it."""
        return f"{self.given_name} {self.family_name}"


MEMBERS: Final = (
    Person("4740000101", "Anne", "Solberg", "anne@example.com"),
    Person("4740000102", "Jonas", "Eide", "jonas@example.com"),
    Person("4740000103", "Maja", "Strand", "maja@example.com"),
)


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens the pretend club: the first till, the other one, the merchant's systems, whoever runs it."""

    station_key: str = field(repr=False)
    other_station_key: str = field(repr=False)
    integration_key: str = field(repr=False)
    admin_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Furnished:
    """The pretend club, ready, with a fresh pairing code for its first till."""

    keys: Keys
    pairing: str = field(repr=False)
    withdrawals: str = field(repr=False)
    """Where the platform tells that a customer ended sharing."""


def settings_for(directory: Path, service: str, simulator: str, credentials: Mapping[str, str]) -> Settings:
    """Embedded defaults, limits off, and the simulator for a platform; nothing of the surroundings counts."""
    return load(
        None,
        {
            "MEDLEM_DATABASE_URL": f"sqlite:///{directory / 'medlem.db'}",
            "MEDLEM_PUBLIC_URL": service,
            "MEDLEM_CLUB_NAME": CLUB,
            "MEDLEM_SIGNUP_URL": SIGNUP_URL,
            "MEDLEM_VIPPS_BASE_URL": simulator,
            "MEDLEM_VIPPS_CLIENT_ID": credentials["client_id"],
            "MEDLEM_VIPPS_CLIENT_SECRET": credentials["client_secret"],
            "MEDLEM_VIPPS_SUBSCRIPTION_KEY": credentials["subscription_key"],
            "MEDLEM_VIPPS_MSN": credentials["msn"],
            "MEDLEM_LOGIN_SCOPE": "openid name phoneNumber email",
            "MEDLEM_LOOKUPS_PER_STATION": "off",
            "MEDLEM_LOOKUP_MISSES_PER_STATION": "off",
            "MEDLEM_ASKS_PER_PHONE": "off",
            "MEDLEM_ASK_AFTER_DECLINE": "off",
        },
    )


async def furnish(house: House, directory: Path) -> Furnished:
    """Make what is not there yet. Cut off at any point, it goes on from there the next time."""
    file = directory / "demo-keys.json"
    kept = _kept(file)
    tills = [await _till(house, store, name) for store, name in TILLS.items()]
    await _hang(house, tills[0])
    for person in MEMBERS:
        await _enter(house, person)
    keys = Keys(
        station_key=await _key(house, kept.get("station_key"), KeyKind.STATION, tills[0]),
        other_station_key=await _key(house, kept.get("other_station_key"), KeyKind.STATION, tills[1]),
        integration_key=await _key(house, kept.get("integration_key"), KeyKind.INTEGRATION),
        admin_key=await _key(house, kept.get("admin_key"), KeyKind.ADMIN),
    )
    write_private(file, json.dumps(asdict(keys), indent=2) + "\n")
    offer = await places.offer_pairing(house.ports, tills[0])
    heard_at = await sharing.address(house.ports, house.club.id)
    # Both to whoever started the demo: one on the screen, the other to the simulator.
    return Furnished(keys, offer.code.reveal(), f"/hooks/withdrawn/{heard_at.secret.reveal()}")


def _kept(file: Path) -> Mapping[str, str]:
    """What the file says; a file that was tampered with says nothing, and its keys are made anew."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {name: key for name, key in found.items() if isinstance(key, str)} if isinstance(found, dict) else {}


async def _till(house: House, store: str, name: str) -> Station:
    stations = await house.storage.reading.places.stations(house.club.id)
    known = next((station for station in stations if station.name == name and station.removed_at is None), None)
    if known is not None:
        return known
    now = house.ports.clock.now()
    place = Store(id=store_id(now), club=house.club.id, name=store)
    async with house.storage.transaction() as tx:
        await tx.places.add_store(place, now)
    return (await places.add_station(house.ports, house.club, name, place.id)).station


async def _hang(house: House, till: Station) -> None:
    """Want a sticker at the till; the service has it made as soon as it runs."""
    now = house.ports.clock.now()
    wanted = StationQr.begin(station_qr_id(now), till.club, till.id, till.name, now)
    async with house.storage.transaction() as tx:
        await tx.station_qrs.add(replace(wanted, due_at=now))


async def _key(house: House, kept: str | None, kind: KeyKind, station: Station | None = None) -> str:
    """The key from the file if it still opens what it should, else a new one."""
    if kept is not None:
        found = await house.storage.reading.keys.find(Masked(kept), house.ports.clock.now())
        wanted = (house.club.id, kind, station.id if station else None)
        if found is not None and (found.club, found.kind, found.station) == wanted:
            return kept
    made = await places.add_key(house.ports, house.club, kind, "demo", station)
    return made.secret.reveal()  # into the demo's own file


async def _enter(house: House, person: Person) -> None:
    profile = Profile(
        name=person.name, given_name=person.given_name, family_name=person.family_name, email=person.email
    )
    try:
        await membership.enter(house.ports, house.club, f"+{person.msisdn}", profile)
    except AlreadyMember:
        return
