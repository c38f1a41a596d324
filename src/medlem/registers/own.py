"""Our own register of members, behind the same port as a merchant's.

A database that cannot be read is for the till a register that does not answer: the sale goes on.
"""

from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Member
from medlem.club.phone import PhoneNumber
from medlem.flows.ports import Storage
from medlem.flows.tables import StorageUnavailable


class OwnRegister:
    """The members that the storage keeps."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def find(self, club: ClubId, phone: PhoneNumber) -> Member | None:
        """Who is reached by this number today.

        Raises:
            RegisterUnavailable: the storage does not answer.
        """
        try:
            return await self._storage.reading.members.by_phone(club, phone)
        except StorageUnavailable as error:
            raise RegisterUnavailable("The register of members does not answer. Carry on with the sale.") from error
