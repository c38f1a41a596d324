"""What one customer at the till costs in the storage alone, and what it costs to commit elsewhere than in the loop.

Counted is the processor time of this process, the kernel's for the disk included, for a transaction as an
identification writes it: a count, an identification, an event, the commit. One at a time, and several at once.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import club_id, identification_id, station_id, store_id
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Station, Store
from medlem.flows.views import IdentificationView
from medlem.storage import SqliteStorage, open_sqlite
from medlem.vault import Vault
from parts import table

NOW: Final = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STATIONS: Final = 200
CUSTOMERS: Final = 960
AT_ONCE: Final = (1, 8, 32)
ROUNDS: Final = 5
KARI: Final = PhoneNumber("4747400001")


@dataclass(frozen=True)
class Visit:
    """One customer at one station."""

    station: Station
    found: Identification
    view: IdentificationView


def visits(stations: Sequence[Station]) -> list[Visit]:
    """Customers spread over the stations."""
    made = []
    for number in range(CUSTOMERS):
        station, at = stations[number * 7919 % STATIONS], NOW + timedelta(seconds=number)
        found = Identification(
            id=identification_id(at),
            club=station.club,
            station=station.id,
            phone=KARI,
            evidence=Evidence.TYPED,
            membership=Membership.NOT_MEMBER,
            member=None,
            created_at=at,
        )
        made.append(Visit(station, found, IdentificationView.of(found, None)))
    return made


async def open_stations(storage: SqliteStorage) -> list[Station]:
    """A club with many tills."""
    club = Club(id=club_id(NOW), sales_unit="1", name="Club", country="NO")
    store = Store(id=store_id(NOW), club=club.id, name="Store")
    stations = [
        Station(id=station_id(NOW), club=club.id, store=store.id, name="Till", created_at=NOW) for _ in range(STATIONS)
    ]
    async with storage.transaction() as tx:
        await tx.places.add_club(club, NOW)
        await tx.places.add_store(store, NOW)
        for station in stations:
            await tx.places.add_station(station)
    return stations


async def write(storage: SqliteStorage, visit: Visit) -> None:
    """What an identification writes."""
    club, station, at = visit.station.club, visit.station.id, visit.found.created_at
    async with storage.transaction() as tx:
        await tx.identifications.counted(club, station, [at - timedelta(minutes=10)], [])
        await tx.identifications.add(visit.found)
        await tx.events.add(club, station, visit.view, at)


def cost(slow_commit: float, at_once: int, folder: Path) -> float:
    """Microseconds of processor time for one customer."""
    return asyncio.run(serve(slow_commit, at_once, f"sqlite:///{folder / 'medlem.db'}"))


async def serve(slow_commit: float, at_once: int, url: str) -> float:
    """Serve so many customers at once; the processor time of each, in microseconds."""
    storage = await open_sqlite(url, Vault.of_lines(Vault.new_line()), slow_commit=slow_commit)
    try:
        await storage.migrate(NOW)
        customers = visits(await open_stations(storage))
        began = time.process_time()
        for first in range(0, CUSTOMERS, at_once):
            await asyncio.gather(*(write(storage, visit) for visit in customers[first : first + at_once]))
        return (time.process_time() - began) / CUSTOMERS * 1e6
    finally:
        await storage.close()


def floor(at_once: int, folder: Path) -> float:
    """Microseconds for the bare driver: two small rows a customer, and one commit for so many customers."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal").fetchall()
    connection.execute("pragma synchronous=full")
    connection.execute("create table row (id integer primary key, body text) strict")
    began = time.process_time()
    for _ in range(0, CUSTOMERS, at_once):
        connection.execute("begin immediate")
        for _ in range(2 * at_once):
            connection.execute("insert into row (body) values (?)", ("x" * 300,))
        connection.execute("commit")
    spent = time.process_time() - began
    connection.close()
    return spent / CUSTOMERS * 1e6


def best(measure: Callable[[Path], float]) -> str:
    """The best of some rounds, each in a folder of its own: what disturbs can only add."""
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(Path(folder)))
    return f"{min(found):.0f}"


def main() -> None:
    """Measure and print."""

    def row(name: str, slow_commit: float) -> tuple[str, ...]:
        return (name, *(best(partial(cost, slow_commit, n)) for n in AT_ONCE))

    rows = [
        ("bare driver, two rows and their commit", *(best(partial(floor, n)) for n in AT_ONCE)),
        row("commit in the loop", float("inf")),
        row("commit on a thread", -1),
    ]
    table("Storage, CPU µs a customer", ("", *(f"{n} at once" for n in AT_ONCE)), rows)


if __name__ == "__main__":
    main()
