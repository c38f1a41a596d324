"""Our own register of members, behind the same port as a merchant's.

A database that cannot be read is for the till a register that does not answer: the sale goes on.
"""

from medlem.club.announcement import Announcement
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception
from medlem.flows.ports import Storage
from medlem.flows.tables import StorageUnavailable


class OwnRegister:
    """The members that the storage keeps."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number today.

        Raises:
            RegisterUnavailable: the storage does not answer.
        """
        try:
            members = await self._storage.reading.members.reached(club, phone)
        except StorageUnavailable as error:
            raise RegisterUnavailable("The register of members does not answer. Carry on with the sale.") from error
        return Entry.of_all(members)

    def told(self) -> frozenset[ClubId]:
        """None: it knows every member already."""
        return frozenset()

    async def tell(self, announcement: Announcement) -> Reception:
        """Nothing is news here."""
        del announcement
        return Heard()
