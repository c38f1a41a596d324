"""The Platform port, kept with the real platform: every club with its own sales unit, over shared connections.

What two clubs may share is shared (connections; a provider's discovery document and keys), what belongs to one
sales unit never is (tokens, keys of ours).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from medlem.club.enrolment import Finish, Reason
from medlem.club.errors import PlatformUnavailable
from medlem.club.ids import ClubId, StationQrId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import (
    Answer,
    Ask,
    HungQr,
    NotAsked,
    Question,
    Redeemed,
    Revealed,
    Standing,
    Subscribed,
    Told,
    Unreachable,
)
from medlem.flows.ports import Clock
from medlem.vipps.access_token import AccessToken
from medlem.vipps.client_auth import ClientAuth
from medlem.vipps.disclosure import Discloser, request_named
from medlem.vipps.discovery import Discovery
from medlem.vipps.http import TimeOuts, Wire
from medlem.vipps.keyset import KeySets
from medlem.vipps.login import Login
from medlem.vipps.qr import QrExchange
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.station_qrs import StationQrs
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable
from medlem.vipps.user_exists import UserExists
from medlem.vipps.webhooks import Registrations

_log = logging.getLogger(__name__)

DEFAULT_TIME_OUTS: Final = TimeOuts()


@dataclass(frozen=True, slots=True)
class _Connection:
    """Everything that one sales unit needs."""

    unit: SalesUnit
    token: AccessToken
    qr: QrExchange
    login: Login
    discloser: Discloser
    user_exists: UserExists
    registrations: Registrations
    station_qrs: StationQrs


class VippsPlatform:
    """`flows.ports.Platform` and `Registrar`. Connects when first used; `close` ends everything."""

    def __init__(
        self,
        sales_units: Mapping[ClubId, SalesUnit],
        clock: Clock,
        time_outs: TimeOuts = DEFAULT_TIME_OUTS,
        refresh: Callable[[ClubId], Awaitable[None]] | None = None,
    ) -> None:
        """Connect to nobody yet.

        Args:
            sales_units: who is connected, and how; may change while we work.
            clock: what time it is.
            time_outs: how long each kind of call may take.
            refresh: called before a club is looked up there, so that it can be brought up to date; never raises.
        """
        self._sales_units = sales_units
        self._refresh = refresh
        self._clock = clock
        self._wire = Wire(clock, time_outs)
        self._connections: dict[ClubId, _Connection] = {}
        self._discoveries: dict[str, Discovery] = {}
        self._keys = KeySets(self._wire, clock)

    async def close(self) -> None:
        """End what runs in the background, and every connection."""
        for connection in self._connections.values():
            await connection.token.close()
        for discovery in self._discoveries.values():
            await discovery.close()
        await self._keys.close()
        await self._wire.close()

    async def reveal(self, club: ClubId, code: PersonalQr) -> Revealed:
        """Exchange a personal QR code, whole; see `flows.ports.Platform`."""
        return await (await self._connected(club)).qr.reveal(code)

    async def reveal_customer(self, club: ClubId, token: Masked[str]) -> PhoneNumber:
        """Exchange the token of a check-in; see `flows.ports.Platform`."""
        return await (await self._connected(club)).qr.reveal_customer(token)

    async def hang_qr(self, club: ClubId, qr: StationQrId, label: str) -> HungQr:
        """Make a station QR, or let it show another label; see `flows.ports.Platform`."""
        return await (await self._connected(club)).station_qrs.hang(qr, label)

    async def find_qr(self, club: ClubId, qr: StationQrId) -> HungQr | None:
        """A station QR as it is now; see `flows.ports.Platform`."""
        return await (await self._connected(club)).station_qrs.find(qr)

    async def hung_qrs(self, club: ClubId) -> Sequence[HungQr]:
        """Every station QR of the sales unit; see `flows.ports.Platform`."""
        return await (await self._connected(club)).station_qrs.listed()

    async def remove_qr(self, club: ClubId, qr: str) -> None:
        """Take a station QR down; see `flows.ports.Platform`."""
        await (await self._connected(club)).station_qrs.remove(qr)

    async def finish(self, club: ClubId) -> Finish:
        """Where this club's customers finish, as it is set up now; never raises."""
        connection = await self._connection(club)
        return Finish.ON_PAGE if connection is not None and connection.unit.redirect_uri else Finish.IN_APP

    async def ask(self, question: Question) -> Ask:
        """Put the question on the customer's phone, once; never raises."""
        connection = await self._connection(question.club)
        return NotAsked(Reason.PLATFORM_UNAVAILABLE) if connection is None else await connection.login.ask(question)

    async def collect(self, club: ClubId, request: Masked[str]) -> Answer:
        """Look for the answer, once; never raises."""
        connection = await self._connection(club)
        return Unreachable() if connection is None else await connection.login.collect(request)

    async def redeem(self, club: ClubId, code: Masked[str]) -> Redeemed:
        """Exchange the code that a customer's phone brought, once; never raises."""
        connection = await self._connection(club)
        return Unreachable() if connection is None else await connection.login.redeem(code)

    def names(self, raw: Masked[bytes]) -> Masked[str] | None:
        """The request that a redeemed answer says it belongs to, unverified."""
        return request_named(raw)

    async def disclose(self, club: ClubId, request: Masked[str], raw: Masked[bytes]) -> Told:
        """Verify a kept answer and read it; may be called again; never raises."""
        connection = await self._connection(club)
        return Unreachable() if connection is None else await connection.discloser.disclose(request, raw)

    async def exists(self, club: ClubId, phone: PhoneNumber) -> bool | None:
        """Whether this number could be asked; None when nobody knows. Never raises."""
        connection = await self._connection(club)
        return None if connection is None else await connection.user_exists.exists(phone)

    async def notifies(self, club: ClubId) -> bool:
        """Whether the provider may be given a token to call us with; never raises."""
        connection = await self._connection(club)
        return connection is not None and connection.unit.notifications

    async def registrations(self, club: ClubId) -> Sequence[Standing] | None:
        """Every registration of the club's sales unit; see `flows.ports.Registrar`."""
        connection = await self._connection(club)
        if connection is None:
            return None
        try:
            return await connection.registrations.listed()
        except (Unavailable, KeysRefused, Surprise) as trouble:
            _log.warning("what the platform delivers to cannot be seen: club=%s why=%s", club, trouble)
            return None

    async def register(self, club: ClubId, event: str, url: str) -> Subscribed | None:
        """Make a registration; see `flows.ports.Registrar`."""
        connection = await self._connection(club)
        if connection is None:
            return None
        try:
            return await connection.registrations.register(event, url)
        except (Unavailable, KeysRefused, Surprise) as trouble:
            _log.warning("no registration for %s: club=%s why=%s", event, club, trouble)
            return None

    async def unregister(self, club: ClubId, name: str) -> bool:
        """End a registration; see `flows.ports.Registrar`."""
        connection = await self._connection(club)
        if connection is None:
            return False
        try:
            await connection.registrations.remove(name)
        except (Unavailable, KeysRefused, Surprise) as trouble:
            _log.warning("a registration may still stand: club=%s id=%s why=%s", club, name, trouble)
            return False
        return True

    async def _connected(self, club: ClubId) -> _Connection:
        connection = await self._connection(club)
        if connection is None:
            raise PlatformUnavailable("This club is not connected to the platform yet. Type the phone number.")
        return connection

    async def _connection(self, club: ClubId) -> _Connection | None:
        if self._refresh is not None:
            await self._refresh(club)
        unit = self._sales_units.get(club)
        if unit is None:
            _log.error("no sales unit is set up for club=%s", club)
            return None
        kept = self._connections.get(club)
        if kept is None or kept.unit != unit:
            kept = self._connections[club] = self._connect(unit)
        return kept

    def _connect(self, unit: SalesUnit) -> _Connection:
        wire, clock = self._wire.branch(), self._clock
        discovery = self._discoveries.get(unit.discovery_url)
        if discovery is None:
            discovery = Discovery(unit.discovery_url, self._wire.branch(), clock)
            self._discoveries[unit.discovery_url] = discovery
        token = AccessToken(unit, wire, clock)
        auth = ClientAuth(unit, token)
        return _Connection(
            unit=unit,
            token=token,
            qr=QrExchange(unit, token, wire.time_outs),
            login=Login(unit, wire, discovery, auth),
            discloser=Discloser(unit, wire, clock, discovery, self._keys),
            user_exists=UserExists(unit, wire, auth),
            registrations=Registrations(unit, token, wire.time_outs, clock),
            station_qrs=StationQrs(unit, token, wire.time_outs),
        )
