"""The service: a house with its web and its worker, from the first request to the last.

A platform that will not register us stops nothing; polling goes on, and registering is tried again.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from medlem.app.house import House, open_house
from medlem.club.ids import ClubId
from medlem.club.place import Club
from medlem.config import Settings, WrongSettings
from medlem.flows.answers import Subscribed
from medlem.flows.ports import Clock, Ports
from medlem.flows.tables import StorageUnavailable
from medlem.vipps.webhooks import PING, hook_url, verify
from medlem.web.app import build
from medlem.web.options import Options, TillOptions
from medlem.web.server import Server, configure
from medlem.worker import Worker

log = logging.getLogger(__name__)

FIRST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 300.0
"""Seconds between attempts to register with a platform that does not take it."""


NEW_CLUBS_EVERY: Final = 5.0
"""Seconds between two looks for clubs that were added."""


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
    with _told_to_stop() as stop:
        async with open_house(settings, serving=True) as house:
            server = _server(house, worker=worker)
            stop.ends = server.end
            telling = asyncio.create_task(_tell(server, ready), name="ready")
            await server.serve([listening])
            telling.cancel()


async def work(settings: Settings, *, ready: Callable[[], None]) -> None:
    """Do a worker's work beside others that serve, until SIGTERM or SIGINT.

    Args:
        settings: what the shop decided.
        ready: called once the work has begun.

    Raises:
        WrongSettings, StorageUnavailable: as `open_house`.
    """
    with _told_to_stop() as stop:
        async with open_house(settings, serving=True) as house:
            closing = asyncio.Event()
            stop.ends = closing.set
            ready()
            await Worker(house.ports).run(closing)


class _Stop:
    """What a signal does: ends what runs, and breaks off what is not there yet.

    uvicorn has handlers of its own while it runs, and raises the signal again when it is done; with these in place
    that ends nothing in the middle, and a service that was told to stop ends with exit code 0.
    """

    def __init__(self, task: asyncio.Task[None] | None) -> None:
        self.ends: Callable[[], None] | None = None
        self.told = False
        self._task = task

    def __call__(self) -> None:
        self.told = True
        if self.ends is not None:
            self.ends()
        elif self._task is not None:
            self._task.cancel()


@contextmanager
def _told_to_stop() -> Iterator[_Stop]:
    """Listen for the signals that end a process."""
    stop = _Stop(asyncio.current_task())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield stop
    except asyncio.CancelledError:
        if not stop.told:
            raise
        log.info("told to stop before the service was ready")


async def _tell(server: Server, ready: Callable[[], None]) -> None:
    await server.listening()
    ready()


def _server(house: House, *, worker: bool) -> Server:
    settings = house.settings

    async def background(closing: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(closing.wait(), name="closing")  # background is over when the service is
            tasks.create_task(register_all(house.clubs, house.ports, house.platform, closing), name="register")
            if worker:
                tasks.create_task(Worker(house.ports).run(closing), name="worker")

    options = Options(
        verify=_verified,
        ready=house.storage.healthy,
        background=background,
        longest_wait=settings.longest_wait,
        till=TillOptions(country=settings.default_country, signup_url=settings.signup_url),
    )
    configured = configure(
        build(house.ports, options),
        tls_cert=settings.tls_cert,
        tls_key=settings.tls_key,
        trusted_proxies=settings.trusted_proxies or (),
    )
    try:
        configured.load()
    except OSError as error:  # ssl.SSLError is one
        raise WrongSettings(f"MEDLEM_TLS_CERT and MEDLEM_TLS_KEY cannot be used: {error.strerror}") from None
    return Server(configured)


def rehearse(house: House) -> None:
    """Put the web together once and throw it away: what Python imports late is there for whoever is forked after."""
    _server(house, worker=True)


def _verified(registration: Subscribed, headers: Mapping[str, str], body: bytes) -> bool:
    return verify(registration.secret, registration.url, headers, body)


class Registering(Protocol):
    """The clubs, as far as they are to be registered."""

    async def all(self) -> Sequence[Club]:
        """Every club."""

    async def settings(self, club: ClubId) -> Settings | None:
        """The settings of one."""


class Registrar(Protocol):
    """The part of the platform that can be asked to deliver."""

    async def ensure_registered(
        self, club: ClubId, event: str, url: str, known: Subscribed | None
    ) -> Subscribed | None:
        """Have an event delivered to `url`; None when that cannot be had now."""


async def register_all(clubs: Registering, ports: Ports, platform: Registrar, closing: asyncio.Event) -> None:
    """Register every club, and whichever is added while we run; each by itself, so that none waits for another."""
    begun: set[ClubId] = set()
    async with asyncio.TaskGroup() as tasks:
        while not closing.is_set():
            try:
                for club in await clubs.all():
                    own = await clubs.settings(club.id)
                    if own is not None and club.id not in begun:
                        begun.add(club.id)
                        tasks.create_task(register(own, ports, club, platform, closing), name=f"register {club.id}")
            except StorageUnavailable as error:
                log.warning("clubs could not be looked for: %s", error)
            await _pause(ports.clock, NEW_CLUBS_EVERY, closing)


async def register(settings: Settings, ports: Ports, club: Club, platform: Registrar, closing: asyncio.Event) -> None:
    """Have the platform tell us at once when a customer has answered; try until it does. Polling needs none of it."""
    if settings.public_url is None or settings.webhooks == "off":
        return
    url, pause = hook_url(settings.public_url, club.sales_unit, PING), FIRST_RETRY
    while not closing.is_set():
        try:
            if await _registered(ports, club, platform, url):
                return
        except StorageUnavailable as error:
            log.warning("no deliveries for now, polling goes on: %s", error)
        await _pause(ports.clock, pause, closing)
        pause = min(pause * 2, LONGEST_RETRY)


async def _registered(ports: Ports, club: Club, platform: Registrar, url: str) -> bool:
    """Try once. A node that was slower than another leaves the other's registration in its place, and tries again."""
    known = await ports.storage.reading.webhooks.registration(club.id, PING)
    found = await platform.ensure_registered(club.id, PING, url, known)
    if found is None or found == known:
        return found is not None
    async with ports.storage.transaction() as tx:
        if await tx.webhooks.registration(club.id, PING) != known:
            return False
        await tx.webhooks.keep_registration(club.id, PING, found)
    return True


async def _pause(clock: Clock, seconds: float, closing: asyncio.Event) -> None:
    waits = [asyncio.create_task(clock.sleep(seconds)), asyncio.create_task(closing.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
