"""The composition root: settings in, a service out. The only place where the neighbours meet.

What fails here fails before the shop opens, with a sentence for the operator. Two things do not fail it: a platform
that is away, and one that will not register us; polling goes on, and registering is tried again.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from medlem.club.masked import Masked
from medlem.club.place import Club
from medlem.config import Settings, WrongSettings, read_secret_keys
from medlem.flows.answers import Subscribed
from medlem.flows.errands import Errands
from medlem.flows.places import settle_club
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable
from medlem.registers.own import OwnRegister
from medlem.storage import SqliteStorage, open_storage
from medlem.storage.migrating import shipped
from medlem.vault import UnusableSecretKeys, Vault
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import AuthMethod, SalesUnit
from medlem.vipps.webhooks import PING, hook_url, verify
from medlem.web.app import build
from medlem.web.options import Options
from medlem.web.server import Server, configure
from medlem.worker import Worker

if TYPE_CHECKING:
    from medlem.club.ids import ClubId

log = logging.getLogger(__name__)

DISCOVERY: Final = "/access-management-1.0/access/.well-known/openid-configuration"

ERRAND_GRACE: Final = 0.3
"""Seconds that questions on their way have to be answered when the service stops; it is gone within one."""

FIRST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 300.0
"""Seconds between attempts to register with a platform that does not take it."""


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """In UTC and whole milliseconds: what is written down reads back the same."""
        now = datetime.now(UTC)  # noqa: TID251 - this is the Clock that everybody else asks
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class House:
    """Everything, put together."""

    settings: Settings
    ports: Ports
    club: Club
    storage: SqliteStorage
    platform: VippsPlatform


@contextlib.asynccontextmanager
async def open_database(settings: Settings, *, serving: bool = False) -> AsyncIterator[SqliteStorage]:
    """The database as it is, migrated or not.

    Raises:
        WrongSettings: its secret keys cannot be used.
        StorageUnavailable: it cannot be opened, or another process serves from it.
    """
    keys = read_secret_keys(settings, Vault.new_line)
    try:
        vault = Vault.of_lines(keys.reveal())  # into the vault, which shows them to nobody
    except UnusableSecretKeys as error:
        raise WrongSettings(str(error)) from None
    storage = await open_storage(settings.database_url.reveal(), vault, serving=serving)
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
    clock = SystemClock()
    async with open_database(settings, serving=serving) as storage:
        await _migrate_if_new(storage, clock.now())
        units: dict[ClubId, SalesUnit] = {}  # the club has no id before the database is asked
        platform = VippsPlatform(units, clock)
        ports = Ports(
            storage=storage,
            platform=platform,
            register=OwnRegister(storage),
            clock=clock,
            limits=settings.limits,
            errands=Errands(),
            chance=secrets.SystemRandom().random,
        )
        try:
            club = await settle_club(ports, settings.sales_unit, settings.club_name, settings.default_country)
            units[club.id] = sales_unit(settings)
            yield House(settings, ports, club, storage, platform)
        finally:
            await ports.errands.stop(ERRAND_GRACE)
            await platform.close()


async def _migrate_if_new(storage: SqliteStorage, now: datetime) -> None:
    """A database with nothing in it is given its tables; one with members waits for an operator with a backup."""
    pending = await storage.pending_migrations()
    if pending == [migration.name for migration in shipped()]:
        await storage.migrate(now)
    elif pending:
        raise StorageUnavailable(
            f"The database is of an older version ({len(pending)} migrations behind). Back it up, then run "
            "`medlem migrate`."
        )


def sales_unit(settings: Settings) -> SalesUnit:
    """How the first club is connected to the platform."""
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
        login_hint=settings.login_hint,
        requested_expiry=settings.requested_expiry,
        user_exists=settings.vipps_user_exists,
    )


async def serve(settings: Settings, listening: socket.socket, *, worker: bool, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT: streams and long polls end first, then everything else, within a second.

    Args:
        settings: what the shop decided.
        listening: a bound socket; closed at the end.
        worker: whether this process also moves what is due.
        ready: called once requests are answered.

    Raises:
        WrongSettings, StorageUnavailable: as `open_house`.
    """
    stop = _Stop(asyncio.current_task())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        async with open_house(settings, serving=True) as house:
            stop.server = server = _server(house, worker=worker)
            telling = asyncio.create_task(_tell(server, ready), name="ready")
            await server.serve([listening])
            telling.cancel()
    except asyncio.CancelledError:
        if not stop.told:
            raise
        log.info("told to stop before the service was ready")


class _Stop:
    """What a signal does: ends a service that runs, and breaks off one that is not there yet.

    uvicorn has handlers of its own while it runs, and raises the signal again when it is done; with these in place
    that ends nothing in the middle, and a service that was told to stop ends with exit code 0.
    """

    def __init__(self, task: asyncio.Task[None] | None) -> None:
        self.server: Server | None = None
        self.told = False
        self._task = task

    def __call__(self) -> None:
        self.told = True
        if self.server is not None:
            self.server.should_exit = True
        elif self._task is not None:
            self._task.cancel()


async def _tell(server: Server, ready: Callable[[], None]) -> None:
    await server.listening()
    ready()


def _server(house: House, *, worker: bool) -> Server:
    settings = house.settings

    async def background(closing: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(closing.wait(), name="closing")  # background is over when the service is
            tasks.create_task(register(house, closing), name="register")
            if worker:
                tasks.create_task(Worker(house.ports).run(closing), name="worker")

    options = Options(
        verify=_verified,
        ready=house.storage.healthy,
        background=background,
        longest_wait=settings.longest_wait,
    )
    return Server(
        configure(
            build(house.ports, options),
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
            trusted_proxies=settings.trusted_proxies or (),
        )
    )


def rehearse(house: House) -> None:
    """Put the web together once and throw it away: what Python imports late is there for whoever is forked after."""
    _server(house, worker=True).config.load()


def _verified(registration: Subscribed, headers: Mapping[str, str], body: bytes) -> bool:
    return verify(registration.secret, registration.url, headers, body)


async def register(house: House, closing: asyncio.Event) -> None:
    """Have the platform tell us at once when a customer has answered; try until it does. Polling needs none of it."""
    settings, club, ports = house.settings, house.club, house.ports
    if settings.public_url is None or settings.webhooks == "off":
        return
    url, pause = hook_url(settings.public_url, club.sales_unit, PING), FIRST_RETRY
    while not closing.is_set():
        known = await ports.storage.reading.webhooks.registration(club.id, PING)
        found = await house.platform.ensure_registered(club.id, PING, url, known)
        if found is not None:
            if found != known:
                async with ports.storage.transaction() as tx:
                    await tx.webhooks.keep_registration(club.id, PING, found)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), pause)
        pause = min(pause * 2, LONGEST_RETRY)
