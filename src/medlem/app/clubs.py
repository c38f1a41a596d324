"""The clubs of an installation, and how each is connected to the platform.

The settings speak for the first club, rows in the database for further ones. A row is looked at again when somebody
needs its club and the last look is a second old: so a club that was added, or given new keys, is known to every running
process at once, and nobody has to tell them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from medlem.club.errors import NotFound
from medlem.club.masked import Masked
from medlem.club.place import Club
from medlem.config import ClubTexts, Settings, WrongSettings
from medlem.flows.ports import Clock
from medlem.flows.tables import StorageUnavailable
from medlem.storage import Database
from medlem.vault import SealBroken
from medlem.vipps.sales_unit import Asking, AuthMethod, SalesUnit

if TYPE_CHECKING:
    from medlem.club.ids import ClubId

log = logging.getLogger(__name__)

DISCOVERY: Final = "/access-management-1.0/access/.well-known/openid-configuration"

FRESH: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a look found: the row as it was read, and what it means; no settings when it cannot be used."""

    row: Masked[bytes] | None
    settings: Settings | None
    until: datetime


class Clubs:
    """Every club's settings; `units` holds the sales units of those that have been asked for."""

    def __init__(self, settings: Settings, storage: Database, clock: Clock) -> None:
        self._installation = settings
        self._storage = storage
        self._clock = clock
        self._first: Club | None = None
        self._known: dict[ClubId, _Known] = {}
        self.units: dict[ClubId, SalesUnit] = {}

    def begin(self, first: Club) -> None:
        """Say which club the installation's settings speak for."""
        self._first = first
        self.units[first.id] = sales_unit(self._installation)

    async def refresh(self, club: "ClubId") -> None:
        """Bring `units` up to date for one club. Never raises: a database that is away changes nothing."""
        try:
            await self.settings(club)
        except StorageUnavailable as error:
            log.warning("settings of club=%s could not be read, the last ones count: %s", club, error)

    async def settings(self, club: "ClubId") -> Settings | None:
        """The settings of a club; None when it has none that can be used.

        Raises:
            StorageUnavailable: they cannot be read now.
        """
        if self._first is not None and club == self._first.id:
            return self._installation
        now, known = self._clock.now(), self._known.get(club)
        if known is not None and now < known.until:
            return known.settings
        row = await self._storage.reading.places.settings_of(club)
        found = known.settings if known is not None and known.row == row else self._understood(club, row)
        self._known[club] = _Known(row, found, now + FRESH)
        if found is None:
            self.units.pop(club, None)
        elif known is None or found is not known.settings:
            self.units[club] = sales_unit(found)
        return found

    async def all(self) -> Sequence[Club]:
        """Every club, in the order in which they came."""
        return await self._storage.reading.places.clubs()

    async def named(self, wanted: str | None) -> Club:
        """The club of that sales unit or id; without, the first.

        Raises:
            NotFound: there is none.
        """
        clubs = await self.all()
        if wanted is None and self._first is not None:
            return self._first
        for club in clubs:
            if wanted in {club.sales_unit, club.id}:
                return club
        known = ", ".join(club.sales_unit for club in clubs)
        raise NotFound(f"There is no such club. --club takes its sales unit, one of: {known}.")

    def _understood(self, club: "ClubId", row: Masked[bytes] | None) -> Settings | None:
        if row is None:
            return None
        try:
            return ClubTexts.unpack(row).settings(self._installation)
        except (WrongSettings, SealBroken, ValueError) as error:
            log.error("the settings of club=%s cannot be used: %s", club, error)  # noqa: TRY400 - a sentence says it all
            return None


def sales_unit(settings: Settings) -> SalesUnit:
    """How a club is connected to the platform, by its settings."""
    base = settings.vipps_base_url
    return SalesUnit(
        client_id=settings.vipps_client_id or "",
        client_secret=settings.vipps_client_secret or Masked(""),
        subscription_key=settings.vipps_subscription_key,
        msn=settings.vipps_msn,
        auth_method=AuthMethod(settings.vipps_auth_method),
        base_url=base,
        discovery_url=settings.vipps_discovery_url or base + DISCOVERY,
        login_scope=settings.login_scope,
        consents=Asking(settings.consents),
        login_hint=settings.login_hint,
        requested_expiry=settings.requested_expiry,
        redirect_uri=redirect_uri(settings),
        user_exists=settings.vipps_user_exists,
        # Vipps MobilePay signs its own deliveries, and is never asked the standard way.
        notifications=settings.ciba_ping == "auto" and settings.public_url is not None and settings.vipps_msn is None,
    )


def redirect_uri(settings: Settings) -> str | None:
    """The page on which a club's customers finish, as the platform has to know it; None: they finish in the app."""
    if settings.login_finish != "page" or settings.public_url is None or settings.sales_unit is None:
        return None
    return f"{settings.public_url}/finish/{quote(settings.sales_unit, safe='')}"
