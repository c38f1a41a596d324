"""The membership check: does this number reach a member?

The register says, ours or the merchant's own. One thing we know better than a merchant's register: what it has not
heard yet. Who joined a second ago is a member, though the announcement is still on its way.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from medlem.club.announcement import Announcement, Hearing
from medlem.club.errors import RegisterUnavailable
from medlem.club.identification import Choice, Doubt, Evidence, Identification, Membership
from medlem.club.ids import ClubId, MemberId
from medlem.club.member import Entry, Member
from medlem.club.phone import PhoneNumber
from medlem.flows.limits import Limits
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable, Tables


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it; an entry when they are a member."""

    membership: Membership
    entry: Entry | None = None
    doubt: Doubt | None = None

    @property
    def shown(self) -> Entry | None:
        """Whom a till may name; of several nobody, before the cashier has chosen."""
        return None if self.doubt is Doubt.CHOOSE else self.entry

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Whom the cashier may choose from."""
        if self.entry is None or self.doubt is not Doubt.CHOOSE:
            return ()
        return tuple(Choice(MemberId(one.id), one.first_name) for one in (self.entry, *self.entry.others))

    @property
    def member(self) -> MemberId | None:
        """Who it is, of our own members."""
        return MemberId(self.shown.id) if self.shown and self.shown.ours else None

    @property
    def elsewhere(self) -> Entry | None:
        """What another register than our own says of them."""
        return None if self.entry is None or self.entry.ours else self.entry

    @classmethod
    def of(cls, entry: Entry | None) -> "Checked":
        """What a register says that answers."""
        return cls(Membership.MEMBER if entry else Membership.NOT_MEMBER, entry)

    def doubted(self, evidence: Evidence, now: datetime, limits: Limits) -> "Checked":
        """What the cashier is to find out (numbers change hands, and households share one).

        A code that the app made just now shows whose number it is today: then whoever the platform knows by that number
        stands here, and not somebody else of the household.
        """
        entry = self.entry
        if entry is not None and entry.others and entry.logged_in and evidence.proves_presence:
            entry = replace(entry, others=())
        doubt = None
        if entry is not None and entry.others:
            doubt = Doubt.CHOOSE
        elif entry is not None and not entry.logged_in:
            doubt = Doubt.COMPARE_NAME
        elif entry is not None and not evidence.proves_presence and _is_old(entry, now, limits):
            doubt = Doubt.CONFIRM_NUMBER
        return replace(self, entry=entry, doubt=doubt)

    def settled(self, now: datetime, limits: Limits) -> bool:
        """Whether there is nothing to ask: the app has said lately that this is a member's number."""
        return self.entry is not None and self.entry.logged_in and not _is_old(self.entry, now, limits)


def _is_old(entry: Entry, now: datetime, limits: Limits) -> bool:
    if entry.confirmed_at is None or limits.confirm_number_after is None:
        return False
    return entry.confirmed_at + limits.confirm_number_after <= now


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


async def joined_since(
    ports: Ports, tx: Tables, customer: Identification, phone: PhoneNumber, began: datetime
) -> Member | None:
    """Who has become a member with this number while a caller looked elsewhere, in the caller's transaction.

    Our own tables know. Where the register is the merchant's, an older member of ours is none if it says so.
    """
    club = customer.club
    if club not in ports.register.told():
        member = await tx.members.by_phone(club, phone)
        found = Checked.of(Entry.of(member) if member else None)
        return None if customer.app_may_tell and not found.settled(ports.clock.now(), ports.limits) else member
    latest = await tx.announcements.latest(club, phone)
    if latest is None or not latest.makes_member or latest.member.phone != phone:
        return None
    fresh = latest.hearing is Hearing.WAITING or latest.happened_at >= began
    return latest.member if fresh else None


def _by(news: Announcement, phone: PhoneNumber) -> Entry | None:
    """Whom the number reaches by this news."""
    return Entry.of(news.member) if news.makes_member and news.member.phone == phone else None
