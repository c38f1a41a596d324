"""The front desk: what every call of one running service needs at hand.

What it remembers is worth nothing to anybody else: rows that never change, which streams are open here, which calls
are under way. Everything that must outlive the process is in storage.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from medlem.club.ids import ClubId, StationId
from medlem.club.place import Club, Key, Station
from medlem.flows.ports import Ports
from medlem.web.attempts import Attempts
from medlem.web.keyring import KeyRing
from medlem.web.options import Options
from medlem.web.streams import Streams
from medlem.web.waiting import Patience

MOST_REMEMBERED = 10_000
CLUB_FRESH = timedelta(seconds=5)
MOST_LANDINGS = 100


class Desk:
    """One running service."""

    def __init__(self, ports: Ports, options: Options, published: bytes) -> None:
        self.ports = ports
        self.options = options
        self.published = published
        """The OpenAPI document."""
        self.closing = asyncio.Event()
        """Set when the service is told to stop: streams, long polls and the worker all wait on it too."""
        self.streams = Streams(options.streams_per_station)
        self.turns = Turns()
        self.keys = KeyRing(ports)
        self.attempts = Attempts()
        self.landings = Attempts(MOST_LANDINGS)
        """Who has brought how many codes to the customers' page: a shop's own network brings a few."""
        self._stations: dict[StationId, Station] = {}
        self._clubs: dict[ClubId, tuple[Club, datetime]] = {}

    def patience(self, seconds: float) -> Patience:
        """Wait for at most so long."""
        return Patience(self.ports.clock, seconds, self.closing)

    async def station(self, key: Key) -> Station:
        """The station of a valid key. Its row never changes while the key is valid, so it is read once."""
        if key.station is None:
            raise LookupError(f"{key.id} has no station")
        found = self._stations.get(key.station)
        if found is None:
            found = await self.ports.storage.reading.places.station(key.club, key.station)
            if found is None:
                raise LookupError(f"{key.id}: no station {key.station}")
            if len(self._stations) >= MOST_REMEMBERED:
                self._stations.clear()
            self._stations[key.station] = found
        return found

    async def club(self, club: ClubId) -> Club:
        """A club, as it was a few seconds ago: its name and country may be changed while we serve."""
        now, seen = self.ports.clock.now(), self._clubs.get(club)
        if seen is not None and now < seen[1]:
            return seen[0]
        found = await self.ports.storage.reading.places.club(club)
        if found is None:
            raise LookupError(f"no club {club}")
        self._clubs[club] = found, now + CLUB_FRESH
        return found


class Turns:
    """Calls that must not run side by side take turns, by name."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[None]:
        """Wait for those before, and hold back those behind."""
        lock, waiting = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[name]
            if waiting == 1:
                del self._locks[name]
            else:
                self._locks[name] = (lock, waiting - 1)
