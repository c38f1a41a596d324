"""Which club has which register: our own, unless the merchant's own system was put in its place."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from medlem.club.announcement import Announcement
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception
from medlem.registers.remembering import Finder


class Teller(Protocol):
    """What can be told of members."""

    async def tell(self, announcement: Announcement) -> Reception:
        """As `flows.ports.Register.tell`."""


class Registers:
    """`flows.ports.Register` for every club of an installation."""

    def __init__(self, own: Finder) -> None:
        self._own = own
        self._finders: dict[ClubId, Finder] = {}
        self._tellers: dict[ClubId, Teller] = {}
        self._closers: list[Callable[[], Awaitable[None]]] = []

    def put(self, club: ClubId, finder: Finder, teller: Teller | None, close: Callable[[], Awaitable[None]]) -> None:
        """Let a club's members be looked up elsewhere, and told of there if that can be."""
        self._finders[club] = finder
        if teller is not None:
            self._tellers[club] = teller
        self._closers.append(close)

    async def close(self) -> None:
        """End every connection."""
        for close in self._closers:
            await close()

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number today.

        Raises:
            RegisterUnavailable: the club's register does not answer.
        """
        return await self._finders.get(club, self._own).find(club, phone)

    def told(self) -> frozenset[ClubId]:
        """The clubs whose register hears of members from us."""
        return frozenset(self._tellers)

    async def tell(self, announcement: Announcement) -> Reception:
        """Tell the register of the announcement's club; never raises."""
        teller = self._tellers.get(announcement.club)
        return Heard() if teller is None else await teller.tell(announcement)
