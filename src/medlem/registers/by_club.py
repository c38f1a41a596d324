"""Which club has which register: our own, unless the merchant's own system was put in its place."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from medlem.club.announcement import Announcement
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception, Unheard
from medlem.registers.remembering import Finder

Closer = Callable[[], Awaitable[None]]
"""Ends the connections of a register."""


class Teller(Protocol):
    """What can be told of members."""

    async def tell(self, announcement: Announcement) -> Reception:
        """As `flows.ports.Register.tell`."""


class Silent:
    """The register of a club whose settings cannot be read: nobody knows where it is, and nothing is lost to it."""

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Nothing.

        Raises:
            RegisterUnavailable: always; ours would say of its members that they are none.
        """
        del club, phone
        raise RegisterUnavailable("The register of members does not answer. Carry on with the sale.")

    async def tell(self, announcement: Announcement) -> Reception:
        """Nobody hears it, so that it waits."""
        del announcement
        return Unheard()


class Registers:
    """`flows.ports.Register` for every club of an installation."""

    def __init__(self, own: Finder) -> None:
        self._own = own
        self._finders: dict[ClubId, Finder] = {}
        self._tellers: dict[ClubId, Teller] = {}
        self._closers: dict[ClubId, Closer] = {}

    def put(self, club: ClubId, finder: Finder, teller: Teller | None, close: Closer) -> None:
        """Let a club's members be looked up elsewhere, and told of there if that can be."""
        self._finders[club] = finder
        self._closers[club] = close
        if teller is None:
            self._tellers.pop(club, None)
        else:
            self._tellers[club] = teller

    def take_away(self, club: ClubId) -> Closer | None:
        """Let a club's register be ours again; what ends the connections of the other one, if there was one."""
        self._finders.pop(club, None)
        self._tellers.pop(club, None)
        return self._closers.pop(club, None)

    async def close(self) -> None:
        """End every connection."""
        for close in self._closers.values():
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
