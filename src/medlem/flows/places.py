"""Stations and keys: who may speak for the club, and from where.

A secret is in the answer of the call that made it, and nowhere else ever again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from medlem.club.errors import NotFound, Unauthenticated
from medlem.club.ids import club_id, key_id, station_id, store_id
from medlem.club.masked import Masked
from medlem.club.place import Club, Key, KeyKind, Station, Store
from medlem.club.secrets import new_pairing_code, new_secret, read_pairing_code
from medlem.flows import station_qrs
from medlem.flows.ports import Ports
from medlem.flows.tables import Clash, Repeat, Tables

CREATED = 201
PAIRING_LIFE: Final = timedelta(minutes=10)
FIRST_STORE: Final = "Store 1"


@dataclass(frozen=True, slots=True)
class NewStation:
    """A station with the key that only its maker ever sees."""

    station: Station
    secret: Masked[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret."""

    key: Key
    secret: Masked[str]


@dataclass(frozen=True, slots=True)
class PairingOffer:
    """A pairing code, and until when it works."""

    code: Masked[str]
    until: datetime


async def settle_club(ports: Ports, sales_unit: str, name: str, country: str, *, serving: bool = True) -> Club:
    """The club of this sales unit; made when it is the first time that we hear of it.

    The settings of whoever serves speak for the first club: what they say is written down, for calls read the club from
    there. A command is run beside the service, perhaps with fewer settings: the country in which the tills read a
    number must not change because of it.
    """
    try:
        return await _settle_club(ports, sales_unit, name, country, serving=serving)
    except Clash:  # another node that began at the same moment made it
        return await _settle_club(ports, sales_unit, name, country, serving=serving)


async def _settle_club(ports: Ports, sales_unit: str, name: str, country: str, *, serving: bool) -> Club:
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await tx.places.club_of(sales_unit)
        if found is None:
            found = Club(id=club_id(now), sales_unit=sales_unit, name=name, country=country)
            await tx.places.add_club(found, now)
        settled = replace(found, name=name, country=country) if serving else found
        if settled != found:
            await tx.places.save_club(settled)
    return settled


async def add_club(ports: Ports, sales_unit: str, name: str, country: str, settings: Masked[bytes]) -> Club | None:
    """A further club, with how it is connected to the platform; None when this sales unit has one already."""
    now = ports.clock.now()
    made = Club(id=club_id(now), sales_unit=sales_unit, name=name, country=country)
    try:
        async with ports.storage.transaction() as tx:
            if await tx.places.club_of(sales_unit) is not None:
                return None
            await tx.places.add_club(made, now)
            await tx.places.keep_settings(made.id, settings, now)
    except Clash:  # somebody else added it at the same moment
        return None
    return made


async def change_club(ports: Ports, club: Club, settings: Masked[bytes]) -> None:
    """Give a further club another name, country or connection; what waits for an answer goes on with the new one."""
    async with ports.storage.transaction() as tx:
        await tx.places.save_club(club)
        await tx.places.keep_settings(club.id, settings, ports.clock.now())


async def add_station(
    ports: Ports, club: Club, name: str, store: str | None, repeat: Repeat | None = None
) -> NewStation:
    """Add a station to a store, by default to the club's first, with a key of its own.

    Raises:
        NotFound: the club has no such store.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        place = await _store(ports, tx, club, store)
        station = Station(id=station_id(now), club=club.id, store=place.id, name=name, created_at=now)
        await tx.places.add_station(station)
        made = _key(ports, club, KeyKind.STATION, name, station)
        await tx.keys.add(made.key, made.secret)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, CREATED, station.id, now)
    return NewStation(station, made.secret)


async def station(ports: Ports, club: Club, wanted: str) -> Station:
    """One station.

    Raises:
        NotFound: the club has none of that id.
    """
    found = await ports.storage.reading.places.station(club.id, wanted)
    if found is None or found.removed_at is not None:
        raise NotFound("The club has no such station.")
    return found


async def remove_station(ports: Ports, club: Club, wanted: str) -> None:
    """Take a station out of service; its keys stop at once, and its sticker is taken down.

    Raises:
        NotFound: the club has none of that id.
    """
    found = await station(ports, club, wanted)
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        await tx.places.remove_station(found, now)
        unwanted = await station_qrs.let_go(tx, found, now)
    station_qrs.take_down(ports, unwanted)


async def add_key(
    ports: Ports, club: Club, kind: KeyKind, name: str, station: Station | None = None, repeat: Repeat | None = None
) -> NewKey:
    """Make a key; one of kind *station* needs its station."""
    made = _key(ports, club, kind, name, station)
    async with ports.storage.transaction() as tx:
        await tx.keys.add(made.key, made.secret)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, CREATED, made.key.id, made.key.created_at)
    return made


async def revoke_key(ports: Ports, club: Club, key: str) -> None:
    """Stop a key at once.

    Raises:
        NotFound: the club has none of that id, or it has been revoked already.
    """
    async with ports.storage.transaction() as tx:
        if not await tx.keys.revoke(club.id, key, ports.clock.now()):
            raise NotFound("The club has no such key.")


async def offer_pairing(ports: Ports, station: Station, repeat: Repeat | None = None) -> PairingOffer:
    """A code that makes the till on which it is typed this station, once, within ten minutes."""
    now = ports.clock.now()
    offer = PairingOffer(new_pairing_code(), now + PAIRING_LIFE)
    async with ports.storage.transaction() as tx:
        await tx.places.offer_pairing(station, offer.code, offer.until)
        if repeat is not None:
            await tx.repeats.keep(station.club, repeat, CREATED, offer.until.isoformat(), now)
    return offer


async def pair(ports: Ports, typed: str) -> NewStation:
    """Become the station that the code was made for, with a key for this till alone.

    Raises:
        Unauthenticated: the code is wrong, used or too old; which of them is not told.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await tx.places.take_pairing(read_pairing_code(typed), now)
        if found is None or found.removed_at is not None:
            raise Unauthenticated("This pairing code is wrong, used or too old. Ask for a new one.")
        key = Key(id=key_id(now), club=found.club, kind=KeyKind.STATION, name="till", created_at=now, station=found.id)
        secret = new_secret(KeyKind.STATION)
        await tx.keys.add(key, secret)
    return NewStation(found, secret)


async def _store(ports: Ports, tx: Tables, club: Club, wanted: str | None) -> Store:
    if wanted is not None:
        found = await tx.places.store(club.id, wanted)
        if found is None:
            raise NotFound("The club has no such store.")
        return found
    first = await tx.places.first_store(club.id)
    if first is None:
        now = ports.clock.now()
        first = Store(id=store_id(now), club=club.id, name=FIRST_STORE)
        await tx.places.add_store(first, now)
    return first


def _key(ports: Ports, club: Club, kind: KeyKind, name: str, station: Station | None) -> NewKey:
    now = ports.clock.now()
    key = Key(
        id=key_id(now),
        club=club.id,
        kind=kind,
        name=name,
        created_at=now,
        station=station.id if station else None,
    )
    return NewKey(key, new_secret(kind))
