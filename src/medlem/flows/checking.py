"""The membership check: does this number reach a member?

The register says, ours or the merchant's own. One thing we know better than a merchant's register: what it has not
heard yet. Who joined a second ago is a member, though the announcement is still on its way.
"""

from dataclasses import dataclass
from datetime import datetime

from medlem.club.announcement import Announcement, Hearing
from medlem.club.errors import RegisterUnavailable
from medlem.club.identification import Membership
from medlem.club.ids import ClubId, MemberId
from medlem.club.member import Entry, Member
from medlem.club.phone import PhoneNumber
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable, Tables


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it; an entry when they are a member."""

    membership: Membership
    entry: Entry | None = None

    @property
    def member(self) -> MemberId | None:
        """Who it is, of our own members."""
        return MemberId(self.entry.id) if self.entry and self.entry.ours else None

    @property
    def elsewhere(self) -> Entry | None:
        """What another register than our own says of them."""
        return None if self.entry is None or self.entry.ours else self.entry

    @classmethod
    def of(cls, entry: Entry | None) -> "Checked":
        """What a register says that answers."""
        return cls(Membership.MEMBER if entry else Membership.NOT_MEMBER, entry)


UNKNOWN = Checked(Membership.UNKNOWN)


async def check(ports: Ports, club: ClubId, phone: PhoneNumber) -> Checked:
    """Ask the register. One that does not answer stops no sale."""
    if club in ports.register.told():
        return await _check_elsewhere(ports, club, phone)
    try:
        return Checked.of(await ports.register.find(club, phone))
    except RegisterUnavailable:
        return UNKNOWN


async def _check_elsewhere(ports: Ports, club: ClubId, phone: PhoneNumber) -> Checked:
    """Ask a register that we tell of members, and mind what it has been told."""
    try:
        latest = await ports.storage.reading.announcements.latest(club, phone)
        if latest is not None and latest.hearing is Hearing.WAITING:
            return Checked.of(_by(latest, phone))
        entry = await ports.register.find(club, phone)
    except (RegisterUnavailable, StorageUnavailable):
        return UNKNOWN
    if entry is not None and entry.as_of is not None and latest is not None and latest.happened_at >= entry.as_of:
        return UNKNOWN  # what is remembered is older than what we know to have happened since
    return Checked.of(entry)


async def joined_since(ports: Ports, tx: Tables, club: ClubId, phone: PhoneNumber, began: datetime) -> Member | None:
    """Who has become a member with this number while a caller looked elsewhere, in the caller's transaction.

    Our own tables know. Where the register is the merchant's, an older member of ours is none if it says so.
    """
    if club not in ports.register.told():
        return await tx.members.by_phone(club, phone)
    latest = await tx.announcements.latest(club, phone)
    if latest is None or not latest.makes_member or latest.member.phone != phone:
        return None
    fresh = latest.hearing is Hearing.WAITING or latest.happened_at >= began
    return latest.member if fresh else None


def _by(news: Announcement, phone: PhoneNumber) -> Entry | None:
    """Whom the number reaches by this news."""
    return Entry.of(news.member) if news.makes_member and news.member.phone == phone else None
