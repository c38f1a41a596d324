"""The service: a house with its web and its worker, from the first request to the last.

What runs beside the calls stops none of them: the worker, and whoever keeps the platform delivering.
"""

import asyncio
import logging
import secrets
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from medlem.app.house import House, open_house
from medlem.app.registering import keep_all_registered
from medlem.club.extras import Extra
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.config import Settings, WrongSettings
from medlem.flows.answers import Subscribed
from medlem.vipps.webhooks import verify
from medlem.web.app import build
from medlem.web.options import Options, TillOptions
from medlem.web.server import Server, configure
from medlem.worker import Worker

log = logging.getLogger(__name__)


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
            tasks.create_task(
                keep_all_registered(house.clubs, house.ports, house.platform, closing), name="registrations"
            )
            if worker:
                tasks.create_task(Worker(house.ports).run(closing), name="worker")

    async def extras(club: ClubId) -> Sequence[Extra]:
        own = await house.clubs.settings(club)
        return () if own is None or own.extras is None else own.extras

    async def agreed(club: ClubId) -> Masked[str] | None:
        own = await house.clubs.settings(club)
        if own is None:  # nobody can say whether one was agreed on, so that none is the right one
            return Masked(secrets.token_urlsafe())
        return own.withdrawal_authorization

    options = Options(
        verify=_verified,
        ready=house.storage.healthy,
        echo=house.echo,
        background=background,
        longest_wait=settings.longest_wait,
        agreed=agreed,
        till=_till(settings),
        till_of=partial(_till_of, house),
        extras=extras,
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


def _till(settings: Settings, *, several: bool = False) -> TillOptions:
    return TillOptions(country=settings.default_country, signup_url=settings.signup_url, several=several)


async def _till_of(house: House, club: ClubId | None) -> TillOptions:
    own = None if club is None else await house.clubs.settings(club)
    return _till(own or house.settings, several=len(await house.clubs.all()) > 1)


def rehearse(house: House) -> None:
    """Put the web together once and throw it away: what Python imports late is there for whoever is forked after."""
    _server(house, worker=True)


def _verified(registration: Subscribed, headers: Mapping[str, str], body: bytes) -> bool:
    return verify(registration.secret, registration.url, headers, body)
