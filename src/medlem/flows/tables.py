"""What is kept, by noun: the tables that `ports.Storage` gives.

Every call names its club, but for those that look across all clubs and say so. A method without a docstring does
what its name and types say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from medlem.club.enrolment import Enrolment, State
from medlem.club.identification import Identification
from medlem.club.ids import ClubId, EnrolmentId, StationId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Key, Station, Store
from medlem.flows.attempts_table import Attempts
from medlem.flows.consent_table import Consents
from medlem.flows.finding_table import Finding
from medlem.flows.import_table import Files
from medlem.flows.inactivity_table import Inactivity
from medlem.flows.landing_table import Landings
from medlem.flows.linking_table import Linkings
from medlem.flows.member_tables import Announcements, Members, Sharing
from medlem.flows.merge_table import Duplicates, Merges
from medlem.flows.outbox_table import Outbox
from medlem.flows.qr_tables import CheckIns, StationQrs
from medlem.flows.rights_table import Rights
from medlem.flows.views import EventView, SnapshotView
from medlem.flows.webhook_table import Webhooks


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
    async def counted(
        self, club: ClubId, station: StationId, looked_up: Sequence[datetime], missed: Sequence[datetime]
    ) -> tuple[Sequence[int], Sequence[int]]:
        """How many look-ups this station made since each of some moments, and how many numbers it missed."""

    async def oldest(self, club: ClubId, station: StationId, since: datetime) -> datetime | None:
        """When the first of them was."""

    async def note_miss(self, club: ClubId, station: StationId, phone: PhoneNumber, now: datetime) -> None:
        """Remember, as a keyed hash, that a number is found neither in the register nor in the app."""

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

    async def save(self, enrolment: Enrolment, login: str | None = None) -> bool:
        """Write its new state; False, and nothing written, when another claim has been made since.

        Args:
            enrolment: as it is from now on.
            login: what the ID token said of the login by which it was accepted.
        """

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


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a station's screen log; `body` is the view as JSON."""

    position: int
    kind: str
    body: bytes


class Events(Protocol):
    """What each station's screen shows next: written in the transaction that changed the state."""

    async def add(self, club: ClubId, station: StationId, view: EventView, now: datetime) -> None:
        """Append; positions count per station without gaps."""

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
    def attempts(self) -> Attempts: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def finding(self) -> Finding: ...
    @property
    def merges(self) -> Merges: ...
    @property
    def duplicates(self) -> Duplicates: ...
    @property
    def files(self) -> Files: ...
