"""The doctor: looks at an installation and at each club's way to the platform, and says what to do.

It asks nobody anything and changes nothing: no push, no registration, no row. Each check is bounded in time, and one
that fails keeps no other from being made: what can be checked while the platform is down is checked.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medlem.app.clock import SystemClock
from medlem.app.clubs import Clubs, sales_unit
from medlem.app.doctor import access, age, database, endpoints, local, platform, reach, register, scopes
from medlem.app.doctor.findings import PATIENCE, Finding, Found, Mark, examined, look, of_club, well, wrong
from medlem.app.doctor.registrations import registrations
from medlem.app.house import open_database
from medlem.app.keys import ECHO, open_vault
from medlem.app.registering import order_of
from medlem.club.place import Club
from medlem.config import Settings, WrongSettings
from medlem.flows.ports import Clock
from medlem.flows.tables import StorageUnavailable
from medlem.outbox.addresses import Rules
from medlem.storage import Database
from medlem.vipps.errors import required_object
from medlem.vipps.http import TimeOuts, Wire
from medlem.vipps.webhooks import Registrations

__all__ = ["Finding", "Mark", "examine", "flawed"]

SHORT: Final = TimeOuts(connect=3.0, fetch=4.0, call=4.0)


@dataclass(frozen=True, slots=True)
class _Patient:
    """One club, as far as it is known: none without a database."""

    settings: Settings
    club: Club | None

    @property
    def name(self) -> str | None:
        """What it is called in the findings."""
        return self.club.sales_unit if self.club is not None else self.settings.sales_unit


def flawed(settings: WrongSettings) -> Found:
    """What is said when the settings cannot even be read."""
    advice = "Set it right: docs/settings.md says how."
    return [wrong("settings", f"{flaw.rstrip('?.')}.", advice) for flaw in settings.flaws]


async def examine(settings: Settings, config: Path | None = None, clock: Clock | None = None) -> Found:
    """Everything that can be looked at, in the order in which one would look; never raises.

    Args:
        settings: the installation's.
        config: the file that they came from, if they did.
        clock: tells the time; this machine's when left out.
    """
    clock = clock or SystemClock()
    found = [*local.settings(settings), *local.secrets(settings, config), *local.tls(settings, clock.now())]
    if settings.on_sqlite:
        found += local.disk(settings)
    wire = Wire(clock, SHORT)
    try:
        async with _opened(settings, found) as storage:
            if storage is not None:
                found += await examined("database", lambda: database.database(storage))
                found += await examined("database-clock", lambda: database.clock(storage, clock.now()))
            found += await _public(settings, wire, clock)
            patients = await _patients(settings, storage, clock, found)
            looks = [_of_club(one, storage, wire, clock) for one in patients]
            found += [finding for of_one in await asyncio.gather(*looks) for finding in of_one]
    finally:
        await wire.close()
    return [*found, age.names(clock.now())]


@asynccontextmanager
async def _opened(settings: Settings, found: Found) -> AsyncIterator[Database | None]:
    """The database, if it can be had; it is never made here."""
    if settings.on_sqlite and not settings.database_file.exists():
        found.append(look("database", "There is none yet.", "The first `medlem serve` makes it."))
        yield None
        return
    opening = open_database(settings)
    try:
        async with asyncio.timeout(PATIENCE):
            storage = await opening.__aenter__()
    except WrongSettings:
        found.append(look("database", "Not opened, for want of its secret keys.", "Put the secret keys right first."))
        yield None
        return
    except (StorageUnavailable, TimeoutError) as error:
        found.append(wrong("database", "Cannot be opened.", str(error) or "It does not answer: is the server running?"))
        yield None
        return
    try:
        yield storage
    finally:
        await opening.__aexit__(None, None, None)


async def _patients(settings: Settings, storage: Database | None, clock: Clock, found: Found) -> Sequence[_Patient]:
    """Every club with its settings; without a database only the one that the settings name."""
    alone = [_Patient(settings, None)] if settings.sales_unit is not None else []
    if storage is None:
        return alone
    try:
        clubs = Clubs(settings, storage, clock)
        listed = await clubs.all()
        for club in listed:
            if club.sales_unit == settings.sales_unit:
                clubs.begin(club)
        patients = [(club, await clubs.settings(club.id)) for club in listed]
    except StorageUnavailable:
        return alone  # said already, by the check of the database
    advice = "Add it anew with `medlem club add`, or let the settings name it."
    for club, known in patients:
        if known is None:
            lost = wrong("club", f"No settings for sales unit {club.sales_unit} that can be used.", advice)
            found += of_club(club.sales_unit, [lost])
    return [_Patient(known, club) for club, known in patients if known is not None] or alone


async def _public(settings: Settings, wire: Wire, clock: Clock) -> Found:
    url = settings.public_url
    if url is None:
        return [well("public-url", "Not set: nothing is delivered to us, and we ask every few seconds.")]
    try:
        vault = open_vault(settings, may_make=False)
    except WrongSettings:
        return [look("public-url", "Not checked, for want of the secret keys.", "Put the secret keys right first.")]
    return await examined(
        "public-url",
        lambda: reach.public_url(wire, url, lambda nonce: vault.digest(ECHO, nonce), clock.now()),
    )


async def _of_club(patient: _Patient, storage: Database | None, wire: Wire, clock: Clock) -> Found:
    """Everything about one club's way to the platform."""
    unit = sales_unit(patient.settings)
    way = platform.Way(unit, wire, clock)

    async def asked_for() -> Found:
        document = required_object(await way.document(), "discovery")
        return scopes.listed(unit, document.get("scopes_supported"))

    looks = [
        examined("discovery", lambda: platform.discovery(way)),
        examined("signing-keys", lambda: platform.signing(way)),
        examined("access-token", lambda: access.keys(way)),
        examined("login", lambda: access.login(way)),
        examined("scopes", asked_for),
    ]
    if patient.settings.register != "own":
        looks.append(examined("register", lambda: register.register(patient.settings, clock)))
    if storage is not None and patient.club is not None:
        club, settings = patient.club, patient.settings
        rules = Rules(settings.endpoint_ports, settings.endpoint_loopback)
        looks += [
            examined("registrations", lambda: _registered(settings, club, storage, way)),
            examined("endpoints", lambda: endpoints.endpoints(storage.reading, club.id, rules, way.clock.now())),
            examined("shared", lambda: scopes.shared(storage.reading.members, club.id, unit.scope)),
        ]
    found = platform.environment(unit)
    for of_one in await asyncio.gather(*looks):
        found += of_one
    await way.token.close()
    return of_club(patient.name or "", found)


async def _registered(settings: Settings, club: Club, storage: Database, way: platform.Way) -> Found:
    now = way.clock.now()
    order = await order_of(storage.reading, settings, club, now)
    if order is None:
        return [well("registrations", "None wanted, by the settings: we ask every few seconds.")]
    if not way.known_to_vipps:
        return [well("registrations", "None: another provider, by its settings.")]
    standing = await Registrations(way.unit, way.token, way.wire.time_outs, way.clock).listed()
    return await registrations(storage.reading.webhooks, club.id, order.wanted, standing, now)
