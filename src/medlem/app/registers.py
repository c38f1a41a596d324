"""Every club's register, as its settings say: our own, the merchant's system, or the merchant's table.

The settings of a further club can change while we run. They are looked at again once a second and before each look-up:
a member who joins when nobody yet knows that a register is to hear of it would never be told.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

from medlem.app.clubs import Clubs
from medlem.club.announcement import Announcement
from medlem.club.ids import ClubId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.config import CLUB_NAMES, Settings, WrongSettings
from medlem.flows.answers import Reception
from medlem.flows.failures import report
from medlem.flows.ports import Clock
from medlem.flows.tables import StorageUnavailable
from medlem.registers.by_club import Closer, Registers, Silent
from medlem.registers.fields import Fields
from medlem.registers.http import TELL_WITHIN, HttpRegister
from medlem.registers.postgresql_table import PostgresqlTable
from medlem.registers.remembering import Finder, Remembering
from medlem.registers.sql import SqlRegister, Table, TableAway, WrongQuery
from medlem.registers.sqlite_table import SqliteTable
from medlem.registers.wire import Address

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 1.0
"""Seconds until a change of a further club's register is in use."""

REST: Final = timedelta(seconds=TELL_WITHIN + 5)
"""How long a register that was replaced keeps its connections: until every call that was on its way is over."""

WALKS = (
    "the query of MEDLEM_REGISTER_QUERY reads the whole table for every customer: give the column of the numbers an "
    "index, and compare it with a parameter as it stands there"
)


class ClubRegisters:
    """`flows.ports.Register`: each club's register, as its settings are now."""

    def __init__(self, own: Finder, clubs: Clubs, clock: Clock) -> None:
        self._own = own
        self._clubs = clubs
        self._clock = clock
        self._registers = Registers(own)
        self._by: dict[ClubId, tuple[Any, ...] | None] = {}
        self._retired: list[tuple[Closer, datetime]] = []

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number today.

        Raises:
            RegisterUnavailable: the club's register does not answer.
        """
        try:
            await self.look(club)
        except StorageUnavailable as error:
            log.warning("the register of club=%s could not be looked at, the last one counts: %s", club, error)
        return await self._registers.find(club, phone)

    def told(self) -> frozenset[ClubId]:
        """The clubs whose register hears of members from us."""
        return self._registers.told()

    async def tell(self, announcement: Announcement) -> Reception:
        """Tell the register of the announcement's club; never raises."""
        return await self._registers.tell(announcement)

    async def look(self, club: ClubId) -> None:
        """Put the register that a club's settings name in its place.

        Raises:
            StorageUnavailable: they cannot be read now.
        """
        settings = await self._clubs.settings(club)
        named = _named(settings)
        if club in self._by and self._by[club] == named:
            return
        if settings is None and club in self._by:
            return  # whoever heard of its members hears of them on, and is asked
        self._by[club] = named
        if closer := self._registers.take_away(club):
            self._retired.append((closer, self._clock.now() + REST))
        if settings is None:
            self._registers.put(club, Silent(), Silent(), _nothing_to_close)
        else:
            put_register(self._registers, self._own, club, settings, self._clock)

    async def look_at_all(self) -> None:
        """`look` at every club.

        Raises:
            StorageUnavailable: they cannot be read now.
        """
        for club in await self._clubs.all():
            await self.look(club.id)

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keep up with the settings until the block ends.

        Raises:
            StorageUnavailable: they cannot be read now.
        """
        await self.look_at_all()
        task = asyncio.create_task(self._follow(), name="registers")
        try:
            yield
        finally:
            task.cancel()

    async def close(self) -> None:
        """End every connection."""
        for closer, _ in self._retired:
            await closer()
        await self._registers.close()

    async def _follow(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY)
            try:
                await self.look_at_all()
                await self._let_go()
            except Exception as error:  # noqa: BLE001 - whatever befell the database, the registers have to outlive it
                report(log, "the registers of the clubs could not be looked at, the last ones count", error)

    async def _let_go(self) -> None:
        now = self._clock.now()
        over = [closer for closer, until in self._retired if until <= now]
        self._retired = [(closer, until) for closer, until in self._retired if until > now]
        for closer in over:
            await closer()


def put_register(registers: Registers, own: Finder, club: ClubId, settings: Settings, clock: Clock) -> None:
    """Put the merchant's register in the place of ours, where the settings name one. One that is away stops nothing."""
    if settings.register == "http" and settings.register_url and settings.register_token:
        http = http_register(settings, clock)
        remembering = Remembering(http, clock, settings.register_cache_age, settings.register_cache_size)
        registers.put(club, remembering, http, http.close)
    if settings.register == "sql" and settings.register_database_url and settings.register_query:
        sql = sql_register(settings, own)
        registers.put(club, sql, None, sql.close)


async def try_query(settings: Settings) -> None:
    """Try the query of a merchant's table, if the settings name one. A table that is away stops nothing.

    Raises:
        WrongSettings: the query cannot be used.
    """
    if settings.register != "sql":
        return
    register = sql_register(settings, Silent())
    try:
        if not await register.check():
            log.warning(WALKS)
    except WrongQuery as error:
        raise WrongSettings(f"MEDLEM_REGISTER_QUERY cannot be used: {error}") from None
    except TableAway as error:
        log.warning("the register's database does not answer (%s); until it does, tills say unknown", error)
    finally:
        await register.close()


def http_register(settings: Settings, clock: Clock) -> HttpRegister:
    """The merchant's system."""
    if settings.register_url is None or settings.register_token is None:
        raise ValueError("no register is set")
    address = Address(settings.register_url, settings.register_token, settings.register_signing_secret)
    return HttpRegister(address, Fields.of(dict(settings.register_fields or ())), clock, settings.register_timeout)


def sql_register(settings: Settings, own: Finder) -> SqlRegister:
    """The merchant's table."""
    url, query, within = settings.register_database_url, settings.register_query, settings.register_timeout
    if url is None or query is None:
        raise ValueError("no table is set")
    file = settings.register_file
    table: Table = SqliteTable(file, query, within) if file else PostgresqlTable(url, query, within)
    return SqlRegister(table, dict(settings.register_fields or ()), own)


def _named(settings: Settings | None) -> tuple[Any, ...] | None:
    """What a register is made of; None when nobody can say."""
    if settings is None:
        return None
    return tuple(getattr(settings, name) for name in CLUB_NAMES if name.startswith("register"))


async def _nothing_to_close() -> None:
    """Nothing."""
