"""The first club's register, as the settings say: our own, the merchant's system, or the merchant's table."""

import logging

from medlem.club.ids import ClubId
from medlem.config import Settings, WrongSettings
from medlem.flows.ports import Clock
from medlem.registers.by_club import Registers
from medlem.registers.fields import Fields
from medlem.registers.http import HttpRegister
from medlem.registers.postgresql_table import PostgresqlTable
from medlem.registers.remembering import Finder, Remembering
from medlem.registers.sql import SqlRegister, Table, TableAway, WrongQuery
from medlem.registers.sqlite_table import SqliteTable
from medlem.registers.wire import Address

log = logging.getLogger(__name__)

WALKS = (
    "the query of MEDLEM_REGISTER_QUERY reads the whole table for every customer: give the column of the numbers an "
    "index, and compare it with a parameter as it stands there"
)


async def put_register(registers: Registers, own: Finder, club: ClubId, settings: Settings, clock: Clock) -> None:
    """Put the merchant's register in the place of ours, where the settings name one. One that is away stops nothing.

    Raises:
        WrongSettings: its query cannot be used.
    """
    if settings.register == "http" and settings.register_url and settings.register_token:
        http = http_register(settings, clock)
        remembering = Remembering(http, clock, settings.register_cache_age, settings.register_cache_size)
        registers.put(club, remembering, http, http.close)
    if settings.register == "sql" and settings.register_database_url and settings.register_query:
        sql = sql_register(settings, own)
        registers.put(club, sql, None, sql.close)
        await _check(sql)


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


async def _check(register: SqlRegister) -> None:
    try:
        if not await register.check():
            log.warning(WALKS)
    except WrongQuery as error:
        raise WrongSettings(f"MEDLEM_REGISTER_QUERY cannot be used: {error}") from None
    except TableAway as error:
        log.warning("the register's database does not answer (%s); until it does, tills say unknown", error)
