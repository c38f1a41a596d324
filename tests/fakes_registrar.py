"""The part of a platform that is told where to deliver, in memory: forgetful, late, full or away on demand.

It keeps the promises of `flows.ports.Registrar` that the real client keeps (`contract/test_registrar.py`). Every call
lets others run first, as a call over a network does.
"""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum, auto
from uuid import uuid4

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Standing, Subscribed
from medlem.flows.ports import Clock

MOST = 25


class Trouble(StrEnum):
    """What goes wrong with one call."""

    AWAY = auto()
    """Nothing happens."""
    UNHEARD = auto()
    """It happens, and the answer gets lost."""


@dataclass
class ObedientRegistrar:
    """`flows.ports.Registrar` in memory."""

    clock: Clock
    alone: frozenset[str] = frozenset()
    """Events that take one registration."""
    standing: dict[str, tuple[ClubId, str, Subscribed]] = field(default_factory=dict)
    troubles: deque[Trouble | None] = field(default_factory=deque)
    """Used up one a call."""
    away: bool = False
    away_for: set[ClubId] = field(default_factory=set)
    lists_late: int = 0
    """How many of the newest registrations the list leaves out."""
    calls: list[str] = field(default_factory=list)

    def of(self, club: ClubId, event: str) -> list[Subscribed]:
        """What stands, oldest first, with the secrets that only the platform has."""
        return [one for owner, what, one in self.standing.values() if (owner, what) == (club, event)]

    def forget(self, name: str) -> None:
        """Drop one, as after two weeks without an answer."""
        del self.standing[name]

    async def registrations(self, club: ClubId) -> list[Standing] | None:
        if await self._trouble(club, "list") is not None:
            return None
        listed = [Standing(one.id, one.url, frozenset([event])) for own, event, one in self._all() if own == club]
        return listed[: len(listed) - self.lists_late]

    async def register(self, club: ClubId, event: str, url: str) -> Subscribed | None:
        trouble = await self._trouble(club, "register")
        most = 1 if event in self.alone else MOST
        if trouble is Trouble.AWAY or len(self.of(club, event)) >= most:
            return None
        secret = Masked(secrets.token_urlsafe(16))
        made = Subscribed(str(uuid4()), url, secret, self.clock.now())
        self.standing[made.id] = (club, event, made)
        return None if trouble is Trouble.UNHEARD else made

    async def unregister(self, club: ClubId, name: str) -> bool:
        trouble = await self._trouble(club, "unregister")
        if trouble is Trouble.AWAY:
            return False
        if name in self.standing and self.standing[name][0] == club:
            del self.standing[name]
        return trouble is None

    def _all(self) -> list[tuple[ClubId, str, Subscribed]]:
        return list(self.standing.values())

    async def _trouble(self, club: ClubId, call: str) -> Trouble | None:
        await asyncio.sleep(0)
        self.calls.append(call)
        if self.away or club in self.away_for:
            return Trouble.AWAY
        return self.troubles.popleft() if self.troubles else None
