"""What is kept, by noun: the tables that `ports.Storage` gives.

Every call names its club, but for those that look across all clubs and say so. A method without a docstring does
what its name and types say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from medlem.club.announcement import Announcement
from medlem.club.enrolment import Enrolment, State
from medlem.club.identification import Identification
from medlem.club.ids import ClubId, EnrolmentId, LinkingId, MemberId, StationId
from medlem.club.linking import LinkEnd
from medlem.club.masked import Masked
from medlem.club.member import Consent, Member, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Key, Station, Store
from medlem.flows.answers import Replaced, Subscribed
from medlem.flows.consent_table import Consents
from medlem.flows.finding_table import Finding
from medlem.flows.inactivity_table import Inactivity
from medlem.flows.landing_table import Landings
from medlem.flows.linking_table import Linkings
from medlem.flows.outbox_table import Outbox
from medlem.flows.qr_tables import CheckIns, StationQrs
from medlem.flows.rights_table import Rights
from medlem.flows.views import EventView, SnapshotView


@dataclass(frozen=True, slots=True)
class Repeat:
    """A POST that may come twice: its `Idempotency-Key` in its scope, and a hash of its body."""

    scope: str
    body: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the first of two such calls came to: a resource, or the refusal that it met."""

    body: str
    status: int
    resource: str | None
    refusal: bytes | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One process's turn at a club's registrations, under a fencing number that a sleeper cannot outdo."""

    club: ClubId
    claim: int


class Places(Protocol):
    """Clubs, stores, stations."""

    async def club_of(self, sales_unit: str) -> Club | None: ...
    async def club(self, club: ClubId) -> Club | None: ...
    async def clubs(self) -> Sequence[Club]: ...
    async def add_club(self, club: Club, now: datetime) -> None: ...
    async def save_club(self, club: Club) -> None:
        """Write its name and country."""

    async def settings_of(self, club: ClubId) -> Masked[bytes] | None:
        """How a further club is connected to the platform, its keys included; None for the first club."""

    async def keep_settings(self, club: ClubId, settings: Masked[bytes], now: datetime) -> None:
        """Write that down, sealed."""

    async def store(self, club: ClubId, store: str) -> Store | None: ...
    async def first_store(self, club: ClubId) -> Store | None: ...
    async def add_store(self, store: Store, now: datetime) -> None: ...
    async def station(self, club: ClubId, station: str) -> Station | None: ...
    async def stations(self, club: ClubId) -> Sequence[Station]: ...
    async def add_station(self, station: Station) -> None: ...
    async def remove_station(self, station: Station, now: datetime) -> None:
        """Take it out of service, and its keys with it."""

    async def offer_pairing(self, station: Station, code: Masked[str], until: datetime) -> None:
        """Let a till that shows this code become the station, once."""

    async def take_pairing(self, code: Masked[str], now: datetime) -> Station | None:
        """The station that the code pairs with; whoever takes it takes it for good."""


class Keys(Protocol):
    """Keys to our own API, by keyed hash."""

    async def find(self, secret: Masked[str], now: datetime) -> Key | None:
        """The key that is neither revoked nor expired."""

    async def all(self, club: ClubId) -> Sequence[Key]: ...
    async def add(self, key: Key, secret: Masked[str]) -> None: ...
    async def revoke(self, club: ClubId, key: str, now: datetime) -> bool:
        """Whether there was such a key to revoke."""


class Identifications(Protocol):
    """Who stood where."""

    async def add(self, identification: Identification) -> None: ...
    async def get(self, club: ClubId, identification: str) -> Identification | None: ...
    async def count(self, club: ClubId, station: StationId, since: datetime) -> int:
        """How many look-ups this station made."""

    async def oldest(self, club: ClubId, station: StationId, since: datetime) -> datetime | None:
        """When the first of them was."""

    async def note_miss(self, club: ClubId, station: StationId, phone: PhoneNumber, now: datetime) -> None:
        """Remember, as a keyed hash, that a number is found neither in the register nor in the app."""

    async def misses(self, club: ClubId, station: StationId, since: datetime) -> int:
        """How many different such numbers."""

    async def choose(self, identification: Identification) -> None:
        """The cashier has said who it is: nothing is in doubt any more."""

    async def set_app_found(self, identification: Identification, *, found: bool) -> None:
        """Write down whether the platform knows an app behind this customer's number."""

    async def app_presence(self, club: ClubId, phone: PhoneNumber, since: datetime) -> bool | None:
        """What the platform said of this number since then; kept under a keyed hash."""

    async def keep_app_presence(self, club: ClubId, phone: PhoneNumber, now: datetime, *, found: bool) -> None: ...
    async def forget_app_presence(self, before: datetime) -> int: ...
    async def forget(self, before: datetime) -> int:
        """Drop the numbers of identifications that led to no enrolment; how many."""


class Enrolments(Protocol):
    """Questions to customers. One open enrolment per club and phone number, and per code."""

    async def open(self, enrolment: Enrolment) -> Enrolment:
        """Add it, or give the one that is open for this phone already.

        A confirmation code that another open enrolment shows is drawn anew.
        """

    async def get(self, club: ClubId, enrolment: str) -> Enrolment | None: ...
    async def hold(self, club: ClubId, enrolment: str) -> Enrolment | None:
        """As `get`, and nobody else writes it before this transaction is over."""

    async def hold_all(self, wanted: Sequence[Enrolment]) -> Mapping[EnrolmentId, Enrolment]:
        """As `hold`, many of them as they are now, in the order of their ids."""

    async def save(self, enrolment: Enrolment) -> bool:
        """Write its new state; False, and nothing written, when another claim has been made since."""

    async def save_all(self, changed: Sequence[Enrolment]) -> None:
        """As `save`, many of them; what another claim has overtaken is left out."""

    async def slow_down(self, enrolment: Enrolment) -> None:
        """Lengthen a waiting enrolment's interval for good, whoever holds it: see `Enrolment.slowed`."""

    async def wake(self, enrolment: Enrolment, now: datetime) -> None:
        """Make a waiting enrolment due because the platform pinged; a claim in flight keeps its lease."""

    async def follow(self, enrolment: Enrolment, station: StationId) -> bool:
        """Let a station see it; whether it is new to it."""

    async def followers(self, enrolment: Enrolment) -> Sequence[StationId]: ...
    async def follows(self, enrolment: Enrolment, station: StationId) -> bool: ...

    async def claim_due(self, now: datetime, lease: timedelta, most: int) -> Sequence[Enrolment]:
        """Take waiting enrolments that are due and free, under a new fencing number each; all clubs."""

    async def next_due(self) -> datetime | None:
        """When the next waiting enrolment is due and free; all clubs."""

    async def count_open(self) -> Mapping[tuple[ClubId, State], int]:
        """How many are open, by club and state; all clubs."""

    async def lost_asks(self, before: datetime) -> Sequence[Enrolment]:
        """Those still asking that began before; all clubs."""

    async def of_request(self, club: ClubId, request: Masked[str]) -> Enrolment | None:
        """The one that the platform knows under this `auth_req_id`."""

    async def asks_on_page(self, club: ClubId) -> bool:
        """Whether anybody who is being asked, or is about to be, will finish on the page."""

    async def is_asking(self, club: ClubId) -> bool:
        """Whether the platform has yet to answer an ask of somebody who will."""

    async def times_asked(self, club: ClubId, phone: PhoneNumber, since: datetime) -> Sequence[datetime]:
        """When this phone was asked, oldest first."""

    async def last_ended(self, club: ClubId, phone: PhoneNumber, state: State) -> Enrolment | None:
        """The latest that ended so."""

    async def forget(self, before: datetime) -> int:
        """Drop the numbers of those that ended without a member; how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSoFar:
    """How many of some members shared what, of those who have logged in."""

    logins: int
    names: int
    phones: int
    """Whose number the login itself vouched for."""
    emails: int
    birthdates: int
    addresses: int
    genders: int
    consents: int


class Members(Protocol):
    """Our own register."""

    async def get(self, club: ClubId, member: str) -> Member | None: ...
    async def by_sub(self, club: ClubId, sub: str) -> Member | None: ...
    async def by_phone(self, club: ClubId, phone: PhoneNumber) -> Member | None:
        """The present member whom this number reaches; of several, the first of `reached`."""

    async def reached(self, club: ClubId, phone: PhoneNumber) -> Sequence[Member]:
        """All of them: by the platform's word there is one at most, and comes first; entries may share a number."""

    async def page(self, club: ClubId, after: str | None, most: int) -> Sequence[Member]:
        """Members in the order of their ids, from after that id."""

    async def next_number(self, club: ClubId) -> str:
        """A member number that nobody has had."""

    async def add(self, member: Member) -> None: ...
    async def save(self, member: Member) -> None:
        """Write all but the phone number, which is linked, and whether they share. Raises Clash if they were erased."""

    async def link(
        self,
        member: Member,
        phone: PhoneNumber,
        verified_by: VerifiedBy,
        now: datetime,
        linking: LinkingId | None = None,
    ) -> None:
        """Let this number reach this member; their older link ends, and by the platform's word anybody else's."""

    async def unlink(self, member: Member, now: datetime, because: LinkEnd, linking: LinkingId | None = None) -> None:
        """End the link, keeping that it was."""

    async def touch(self, member: Member, now: datetime) -> int:
        """Note that something about them has changed; the number of this change, which is 1 for who is new."""

    async def consents(self, club: ClubId, member: MemberId) -> Sequence[Consent]:
        """All that was ever answered, oldest first; membership itself is no answer."""

    async def shared(self, club: ClubId, most: int) -> SharedSoFar:
        """What the youngest of the members have shared, among so many."""

    async def save_extras(self, member: Member, answers: Mapping[str, str], now: datetime) -> None:
        """Keep what a member adds, by the question's name; the latest answer to each counts."""

    async def extras(self, member: Member) -> Mapping[str, str]: ...
    async def keep_evidence(self, member: Member, enrolment: EnrolmentId, raw: bytes, now: datetime) -> None:
        """Keep the platform's consent objects as they came, encrypted."""


class Announcements(Protocol):
    """What merchants' own registers are to hear, and have heard."""

    async def next_sequence(self, member: Member) -> int:
        """The number of the member's next announcement; nobody else draws one before this transaction is over."""

    async def add(self, announcement: Announcement) -> None: ...
    async def latest(self, club: ClubId, phone: PhoneNumber) -> Announcement | None:
        """What happened last to whom this number reaches or reached; changes of another kind are left out."""

    async def next_due(self, club: ClubId) -> datetime | None:
        """When the next one is due and free."""

    async def claim(self, club: ClubId, now: datetime, lease: timedelta, most: int) -> Sequence[Announcement]:
        """Take some that are due and free, of each member the first that was not heard."""

    async def save(self, announcement: Announcement) -> None:
        """Write what became of it. Of an attempt that has been overtaken only a final word counts."""

    async def hurry(self, club: ClubId, now: datetime) -> None:
        """Make due what has been put off: the register is back."""

    async def count_waiting(self, club: ClubId) -> int:
        """How many have not been heard."""

    async def forget(self, heard_before: datetime, turned_down_before: datetime) -> int:
        """Drop those that are over; how many. All clubs."""


@dataclass(frozen=True, slots=True)
class WithdrawalAddress:
    """Where the platform tells of members who ended sharing; nobody can guess it."""

    club: ClubId
    secret: Masked[str]
    made_at: datetime


class Sharing(Protocol):
    """Sharing that members have ended in the app."""

    async def withdraw(self, club: ClubId, sub: str, before: datetime, now: datetime) -> MemberId | None:
        """Mark the member of that `sub`; None when there is none, or marked already, or shared anew after `before`."""

    async def renew(self, member: Member, at: datetime) -> None:
        """Note that they shared then, which takes back what they had withdrawn before."""

    async def address(self, secret: Masked[str], now: datetime) -> WithdrawalAddress | None:
        """The one with that secret, unless it has ended; all clubs."""

    async def present_address(self, club: ClubId) -> WithdrawalAddress | None:
        """The one that nothing has replaced."""

    async def add_address(self, address: WithdrawalAddress) -> None: ...
    async def end_addresses(self, club: ClubId, at: datetime) -> None:
        """Let every one of them end then, if not before."""

    async def count(self, address: WithdrawalAddress, now: datetime, most: int) -> bool:
        """Count what came there; False, and not counted, when `most` came within this minute."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a station's screen log; `body` is the view as JSON."""

    position: int
    kind: str
    body: bytes


class Events(Protocol):
    """What each station's screen shows next: written in the transaction that changed the state."""

    async def add(self, club: ClubId, station: StationId, view: EventView, now: datetime) -> int:
        """Append; its position, which counts per station without gaps."""

    async def after(self, club: ClubId, station: StationId, position: int, most: int) -> Sequence[Event]:
        """What came after, oldest first."""

    async def resumable(self, club: ClubId, station: StationId, position: int, since: datetime) -> bool:
        """Whether nothing that this position has missed is older than `since` or gone."""

    async def snapshot(self, station: Station, now: datetime) -> tuple[int, SnapshotView]:
        """The position read, and what the screen shows at it, in one look."""

    async def forget(self, before: datetime) -> int: ...


class Repeats(Protocol):
    """Calls that came with an `Idempotency-Key`."""

    async def find(self, club: ClubId, repeat: Repeat) -> Remembered | None: ...
    async def keep(self, club: ClubId, repeat: Repeat, status: int, resource: str, now: datetime) -> None:
        """Remember what the call made, in the transaction that made it. Raises Clash if it is known already."""

    async def keep_refusal(self, club: ClubId, repeat: Repeat, status: int, refusal: bytes, now: datetime) -> None: ...
    async def set_status(self, club: ClubId, repeat: Repeat, status: int) -> None: ...
    async def forget(self, before: datetime) -> int: ...


class Clash(Exception):
    """Somebody else wrote the same thing first; the transaction can be tried again from its beginning."""


class StorageUnavailable(Exception):
    """The database cannot be used now. The text says what the operator can do, and holds nothing that is stored."""


class Webhooks(Protocol):
    """Our registrations with the platform, and what it has delivered."""

    async def delivered_at(self, club: ClubId, event: str) -> datetime | None:
        """When the platform last delivered this event."""

    async def note_delivery(self, club: ClubId, event: str, now: datetime) -> None: ...
    async def ping(self, club: ClubId, request: Masked[str], now: datetime) -> bool:
        """Store that the platform named this `auth_req_id`, as a keyed hash; False if it had before."""

    async def pinged(self, club: ClubId, request: Masked[str]) -> datetime | None: ...
    async def forget_pings(self, before: datetime) -> int: ...
    async def expect(self, enrolment: Enrolment, token: Masked[str], now: datetime) -> None:
        """Remember, as a keyed hash, the token by which the provider may ping about this enrolment."""

    async def bind(self, enrolment: Enrolment, request: Masked[str]) -> None:
        """From now on that token goes with this `auth_req_id` and no other."""

    async def vouched(self, club: ClubId, token: Masked[str], request: Masked[str] | None) -> bool:
        """Whether the token is one of ours, and for this request, as far as it is known already."""

    async def forget_notifications(self, before: datetime) -> int: ...
    async def registration(self, club: ClubId, event: str) -> Subscribed | None:
        """The one in force."""

    async def keep_registration(self, club: ClubId, event: str, subscribed: Subscribed) -> None: ...
    async def drop_registration(self, club: ClubId, event: str) -> None: ...
    async def registered_events(self, club: ClubId) -> Sequence[str]:
        """Every event of which there is a registration, in force or replaced."""

    async def replaced(self, club: ClubId, event: str) -> Sequence[Replaced]: ...
    async def keep_replaced(self, club: ClubId, event: str, replaced: Replaced) -> None: ...
    async def drop_replaced(self, club: ClubId, event: str, before: datetime) -> None:
        """Forget those that had ended by then, and their secrets."""

    async def take_turn(self, club: ClubId, now: datetime, until: datetime) -> Turn | None:
        """Be the one who settles the club's registrations; None while somebody else is."""

    async def hold_turn(self, turn: Turn, until: datetime) -> bool:
        """Go on being it; False when somebody else has taken over."""

    async def end_turn(self, turn: Turn, checked_at: datetime | None) -> None:
        """Let others; with the moment in which all was found to be right, if it was."""

    async def checked_at(self, club: ClubId) -> datetime | None:
        """When all was last found to be right."""


class Tables(Protocol):
    """All that is kept, by noun."""

    @property
    def places(self) -> Places: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def identifications(self) -> Identifications: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def landings(self) -> Landings: ...
    @property
    def members(self) -> Members: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def linkings(self) -> Linkings: ...
    @property
    def sharing(self) -> Sharing: ...
    @property
    def events(self) -> Events: ...
    @property
    def repeats(self) -> Repeats: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def station_qrs(self) -> StationQrs: ...
    @property
    def check_ins(self) -> CheckIns: ...
    @property
    def announcements(self) -> Announcements: ...
    @property
    def rights(self) -> Rights: ...
    @property
    def inactivity(self) -> Inactivity: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def finding(self) -> Finding: ...
