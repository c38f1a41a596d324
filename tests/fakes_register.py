"""A merchant's own register that does as it is told; passes the contract of the real ones."""

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime

from medlem.club.announcement import Announcement, News
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception, Unheard

SINCE = datetime(2024, 5, 1, tzinfo=UTC)


class ObedientRegister:
    """Knows whom it was given, and hears what it is told."""

    def __init__(self, *clubs: ClubId) -> None:
        self.clubs = frozenset(clubs)
        self.silent = False
        self.remembered: datetime | None = None
        """When it said what it says: it is silent, and somebody remembers."""
        self.deaf = False
        self.answers: deque[Reception] = deque()
        """What it says instead of hearing."""
        self.heard: list[Announcement] = []
        self.calls = 0
        self._keys: set[str] = set()
        self._entries: dict[PhoneNumber, Entry] = {}

    def knows(self, msisdn: str, number: str = "C-1", name: str | None = "Kari N.") -> Entry:
        entry = Entry(id=f"crm-{number}", member_number=number, name=name, since=SINCE)
        self._entries[PhoneNumber(msisdn)] = entry
        return entry

    def forgets(self, msisdn: str) -> None:
        self._entries.pop(PhoneNumber(msisdn), None)

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        del club
        self.calls += 1
        if self.silent:
            raise RegisterUnavailable("The register of members does not answer. Carry on with the sale.")
        entry = self._entries.get(phone)
        return replace(entry, as_of=self.remembered) if entry else None

    def told(self) -> frozenset[ClubId]:
        return self.clubs

    async def tell(self, announcement: Announcement) -> Reception:
        if self.silent or self.deaf:
            return Unheard()
        if self.answers:
            return self.answers.popleft()
        if announcement.id in self._keys:
            return Heard()
        self._keys.add(announcement.id)
        self.heard.append(announcement)
        self._learn(announcement)
        return Heard()

    def _learn(self, said: Announcement) -> None:
        member = said.member
        for phone in [phone for phone, entry in self._entries.items() if entry.id == member.id]:
            del self._entries[phone]
        if said.news is not News.LEFT and member.phone is not None:
            self._entries[member.phone] = Entry(
                id=member.id,
                member_number=member.member_number,
                name=member.profile.short_name,
                since=member.joined_at,
            )
