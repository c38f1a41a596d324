"""Everything but the web, put together: the database, the platform, the register, the clock.

What fails here fails before the shop opens, with a sentence for the operator. A platform that is away fails nothing:
it is not asked before somebody needs it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from medlem.app.clock import SystemClock
from medlem.app.clubs import Clubs
from medlem.app.keys import echo, open_vault
from medlem.app.registers import ClubRegisters, try_query
from medlem.club import brand
from medlem.club.place import Club
from medlem.config import Settings, WrongSettings
from medlem.flows.errands import Errands
from medlem.flows.places import settle_club
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable
from medlem.outbox.addresses import Rules
from medlem.outbox.wire import HttpMessenger
from medlem.registers.own import OwnRegister
from medlem.storage import Database, open_storage
from medlem.storage.migrating import shipped
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform

ERRAND_GRACE: Final = 0.3
"""Seconds that questions on their way have to be answered when the service stops; it is gone within one."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything, put together."""

    settings: Settings
    ports: Ports
    club: Club
    """The first one, for which the settings speak."""
    clubs: Clubs
    storage: Database
    platform: VippsPlatform

    def echo(self, nonce: str) -> str:
        """What only this installation can make of it: by that `medlem doctor` knows its own service."""
        return echo(self.settings, nonce)


@contextlib.asynccontextmanager
async def open_database(settings: Settings, *, serving: bool = False) -> AsyncIterator[Database]:
    """The database as it is, migrated or not.

    Raises:
        WrongSettings: its secret keys cannot be used.
        StorageUnavailable: it cannot be opened, or another process serves from it.
    """
    storage = await open_storage(settings.database_url.reveal(), open_vault(settings), serving=serving)
    try:
        yield storage
    finally:
        await storage.close()


@contextlib.asynccontextmanager
async def open_house(settings: Settings, *, serving: bool = False) -> AsyncIterator[House]:
    """Everything, ready for use; closed in the order in which the parts need each other.

    Raises:
        WrongSettings: the settings do not say whose club it is, or its secret keys cannot be used.
        StorageUnavailable: the database cannot be opened, or waits for `medlem migrate`.
    """
    if settings.sales_unit is None:
        raise WrongSettings("MEDLEM_VIPPS_MSN is not set: it says whose club this is")
    brand.correct(dict(settings.app_names or ()), settings.qr_hosts or ())
    clock = SystemClock()
    async with open_database(settings, serving=serving) as storage, _following(clock, storage):
        await _migrate_if_new(storage, clock.now())
        await _refuse_other_club(storage, settings.sales_unit)
        if settings.on_sqlite:
            clock.not_before(await storage.reading.events.latest())
        clubs = Clubs(settings, storage, clock)
        platform = VippsPlatform(clubs.units, clock, time_outs(settings), refresh=clubs.refresh)
        registers = ClubRegisters(OwnRegister(storage), clubs, clock)
        messenger = HttpMessenger(Rules(settings.endpoint_ports, settings.endpoint_loopback))
        ports = Ports(
            storage=storage,
            platform=platform,
            register=registers,
            messenger=messenger,
            clock=clock,
            limits=settings.limits,
            errands=Errands(),
            chance=secrets.SystemRandom().random,
            keeping=settings.keeping,
        )
        try:
            told = settings.club_name, settings.default_country
            club = await settle_club(ports, settings.sales_unit, *told, serving=serving)
            clubs.begin(club)
            await try_query(settings)
            async with registers.following():
                yield House(settings, ports, club, clubs, storage, platform)
        finally:
            await ports.errands.stop(ERRAND_GRACE)
            await platform.close()
            await registers.close()
            await messenger.close()


@contextlib.asynccontextmanager
async def _following(clock: SystemClock, storage: Database) -> AsyncIterator[None]:
    """Let the clock follow the database's, if that has one."""
    following = None
    if await clock.compare(storage.server_time):
        following = asyncio.create_task(clock.follow(storage.server_time), name="clock")
    try:
        yield
    finally:
        if following is not None:
            following.cancel()


async def _migrate_if_new(storage: Database, now: datetime) -> None:
    """A database with nothing in it is given its tables; one with members waits for an operator with a backup."""
    pending = await storage.pending_migrations()
    if pending == [migration.name for migration in shipped()]:
        await storage.migrate(now)
    elif pending:
        raise StorageUnavailable(
            f"The database is of an older version ({len(pending)} migrations behind). Back it up, then run "
            "`medlem migrate`."
        )


async def _refuse_other_club(storage: Database, sales_unit: str) -> None:
    """The database of another installation, or a misspelt number: a second, empty club would not be what was meant."""
    places = storage.reading.places
    there = await places.clubs()
    units = [club.sales_unit for club in there]
    if units and sales_unit not in units:
        raise WrongSettings(
            f"this database holds the club of sales unit {', '.join(units)}, and MEDLEM_VIPPS_MSN names {sales_unit}: "
            "set it right, or add the other club with `medlem club add`"
        )
    for club in there:
        if club.sales_unit != sales_unit and await places.settings_of(club.id) is None:
            raise WrongSettings(
                f"MEDLEM_VIPPS_MSN names {sales_unit}, which is a further club here: the settings speak for the first "
                f"one, and that is {club.sales_unit}"
            )


def time_outs(settings: Settings) -> TimeOuts:
    """How long the platform may take."""
    return TimeOuts(
        call=float(settings.call_timeout), scan=float(settings.scan_timeout), ask=float(settings.ask_timeout)
    )
