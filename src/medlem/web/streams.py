"""The streams that are open here, and how each of them can be told to end.

A station may have so many; one more ends the oldest, which is more likely forgotten than watched.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from medlem.club.ids import KeyId, StationId

OPEN = Gauge("medlem_streams", "Streams of events that are open.")


class Slot:
    """One open stream."""

    def __init__(self, key: KeyId) -> None:
        self.key = key
        self.ended = asyncio.Event()


class Streams:
    """All open streams, by station, oldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[StationId, list[Slot]] = {}

    @contextmanager
    def open(self, station: StationId, key: KeyId) -> Iterator[Slot]:
        """Hold a place; whoever had it longest makes room."""
        slots = self._open.setdefault(station, [])
        slot = Slot(key)
        slots.append(slot)
        for oldest in slots[: -self._most]:
            oldest.ended.set()
        OPEN.inc()
        try:
            yield slot
        finally:
            OPEN.dec()
            slots.remove(slot)
            if not slots:
                self._open.pop(station, None)

    def end_station(self, station: str) -> None:
        """End the streams of a station that is out of service."""
        for slot in self._open.get(StationId(station), ()):
            slot.ended.set()

    def end_key(self, key: str) -> None:
        """End the streams of a key that has been revoked."""
        for slots in self._open.values():
            for slot in slots:
                if slot.key == key:
                    slot.ended.set()
