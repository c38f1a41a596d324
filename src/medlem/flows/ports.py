"""The whole outside world: Storage, Platform, Register and Clock.

`Storage` gives its tables in two ways. `transaction()` holds the write lock: everything in it commits together or
not at all, and its body awaits nothing but storage. `reading` sees what has been committed, call by call, and must
not write. What was written is announced only after it is committed (`watch`).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from medlem.club.announcement import Announcement
from medlem.club.endpoint import Attempt, Endpoint, Notice
from medlem.club.enrolment import Finish
from medlem.club.ids import ClubId, StationQrId
from medlem.club.masked import Masked
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import (
    Answer,
    Ask,
    HungQr,
    Question,
    Reception,
    Redeemed,
    Revealed,
    Standing,
    Subscribed,
    Told,
)
from medlem.flows.errands import Errands
from medlem.flows.keeping import Keeping
from medlem.flows.limits import Limits
from medlem.flows.tables import Tables


class Clock(Protocol):
    """What time it is. Tests turn it by hand."""

    def now(self) -> datetime:
        """The time in UTC, in whole milliseconds."""

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""


class Platform(Protocol):
    """Vipps MobilePay, or any standard CIBA provider, as a club sees it."""

    async def reveal(self, club: ClubId, code: PersonalQr) -> Revealed:
        """Exchange a personal QR code, whole.

        Raises:
            UnreadableCode: the platform does not know the code, or it is too old.
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """

    async def reveal_customer(self, club: ClubId, token: Masked[str]) -> PhoneNumber:
        """Exchange the token of a check-in.

        Raises:
            UnreadableCode: the platform does not know the token, or it is too old.
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """

    async def hang_qr(self, club: ClubId, qr: StationQrId, label: str) -> HungQr:
        """Make a station QR, or let it show another label; as often as you like.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: it may be there or not.
        """

    async def find_qr(self, club: ClubId, qr: StationQrId) -> HungQr | None:
        """A station QR as it is now; None when the platform has none of that name.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """

    async def hung_qrs(self, club: ClubId) -> Sequence[HungQr]:
        """Every station QR of the sales unit, whoever made it.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """

    async def remove_qr(self, club: ClubId, qr: str) -> None:
        """Take a station QR down for good; one that is gone already is no trouble.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: it may still be there.
        """

    async def finish(self, club: ClubId) -> Finish:
        """Where this club's customers finish, as it is set up now; never raises."""

    async def ask(self, question: Question) -> Ask:
        """Put the question on the customer's phone, once; never raises, never repeats itself."""

    async def collect(self, club: ClubId, request: Masked[str]) -> Answer:
        """Look for the answer, once; never raises."""

    async def redeem(self, club: ClubId, code: Masked[str]) -> Redeemed:
        """Exchange the code that a customer's phone brought for the answer, once; never raises."""

    def names(self, raw: Masked[bytes]) -> Masked[str] | None:
        """The request that a redeemed answer says it belongs to, unverified; None when it says nothing of any."""

    async def disclose(self, club: ClubId, request: Masked[str], raw: Masked[bytes]) -> Told:
        """Verify a kept answer and read what it says of the customer; may be called again; never raises."""

    async def exists(self, club: ClubId, phone: PhoneNumber) -> bool | None:
        """Whether this number could be asked; None when nobody knows. Never raises."""

    async def notifies(self, club: ClubId) -> bool:
        """Whether the provider may be told how to call us, by a token that goes with each question; never raises."""


class Registrar(Protocol):
    """The part of the platform that is told where to deliver (Webhooks API). Nothing here raises."""

    async def registrations(self, club: ClubId) -> Sequence[Standing] | None:
        """Every registration of the club's sales unit; None when there is no list to be had."""

    async def register(self, club: ClubId, event: str, url: str) -> Subscribed | None:
        """Make a registration, whose secret is told this once; None when it was not taken, or nobody knows."""

    async def unregister(self, club: ClubId, name: str) -> bool:
        """End a registration; whether it is certainly gone."""


class Register(Protocol):
    """The list of members: ours, or the merchant's own system."""

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number today; with `as_of`, on a day that is past, when it is silent now.

        Raises:
            RegisterUnavailable: it does not answer, or not in a way that can be trusted.
        """

    def told(self) -> frozenset[ClubId]:
        """The clubs whose register is elsewhere and hears of members from us."""

    async def tell(self, announcement: Announcement) -> Reception:
        """Tell the register of the announcement's club, once; never raises."""


class Messenger(Protocol):
    """The way to the endpoints of the merchant's other systems."""

    def flaw(self, url: str) -> str | None:
        """Why nothing may ever be sent to this address, as a sentence; None when it may be tried."""

    async def tell(self, endpoint: Endpoint, notice: Notice, now: datetime) -> Attempt:
        """Let an endpoint hear a notice, once, signed as of now; never raises."""


class Watch(Protocol):
    """A place to wait until something was committed."""

    async def changed(self) -> None:
        """Return once anything was announced since the watch began or since the last return."""


class Storage(Protocol):
    """Everything that outlives the process."""

    @property
    def reading(self) -> Tables:
        """What has been committed."""

    def transaction(self) -> AbstractAsyncContextManager[Tables]:
        """All or nothing."""

    def watch(self, topic: str) -> AbstractContextManager[Watch]:
        """Wait for a topic: a station's id, an enrolment's id, or `due`.

        Announced after the commit, without being asked to: `Events.add` announces its station, `Enrolments.save` and
        `open` the enrolment, and whatever makes an enrolment due announces `due`.
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world, put together once by `app`."""

    storage: Storage
    platform: Platform
    register: Register
    messenger: Messenger
    clock: Clock
    limits: Limits
    errands: Errands
    chance: Callable[[], float]
    """0 to 1; spreads retries."""
    keeping: Keeping = field(default_factory=Keeping)
