"""What a register said before, for the moments in which it is silent.

It is asked every time; only when it does not answer does an older answer count, and then it bears its age. Only members
are remembered: that somebody was none an hour ago is no reason to ask them to join. Bounded in age and number; kept in
memory, under keyed hashes whose key dies with the process.
"""

import hmac
import logging
import secrets
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.flows.ports import Clock
from medlem.registers.metrics import REMEMBERED

log = logging.getLogger(__name__)


class Finder(Protocol):
    """What can be asked who a number reaches."""

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """As `flows.ports.Register.find`."""


class Remembering:
    """A register, and what it said."""

    def __init__(self, register: Finder, clock: Clock, age: timedelta | None, size: int) -> None:
        """Remember at most so many answers for at most so long; None for not at all."""
        self._register = register
        self._clock = clock
        self._age = age or timedelta()
        self._size = size if age else 0
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[Entry, datetime]] = OrderedDict()

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number; from memory, and with `as_of`, when the register is silent.

        Raises:
            RegisterUnavailable: it is silent, and nothing is remembered.
        """
        key = hmac.digest(self._key, f"{club} {phone.msisdn}".encode(), "sha256")
        try:
            entry = await self._register.find(club, phone)
        except RegisterUnavailable:
            remembered = self._recall(key)
            if remembered is None:
                raise
            return remembered
        if entry is None:
            self._kept.pop(key, None)
        else:
            self._remember(key, entry)
        return entry

    def _recall(self, key: bytes) -> Entry | None:
        entry, at = self._kept.get(key, (None, None))
        if entry is None or at is None:
            return None
        if self._clock.now() - at > self._age:
            del self._kept[key]
            return None
        REMEMBERED.inc()
        return replace(entry, as_of=at)

    def _remember(self, key: bytes, entry: Entry) -> None:
        if self._size == 0:
            return
        self._kept[key] = (entry, self._clock.now())
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
