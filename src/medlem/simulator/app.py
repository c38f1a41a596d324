"""Starts and stops the simulator.

One base URL serves the platform's paths, another provider below `/op`, the pretend phones below `/phone`, the
control API below `/sim`, and a start page at `/`. Addresses are never logged: they hold phone numbers.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import ClientSession, DummyCookieJar, web

from medlem.simulator.apis import access_token, callback_qr, discovery, login, qr, standard, userinfo, webhooks
from medlem.simulator.clock import SimClock
from medlem.simulator.control import Control, plain_refusals
from medlem.simulator.gate import Gate
from medlem.simulator.phone.pages import Phone
from medlem.simulator.scanning import Scanning
from medlem.simulator.screen.pages import shared_routes
from medlem.simulator.seed import seed_demo_people
from medlem.simulator.signature import http_date
from medlem.simulator.start.pages import Start
from medlem.simulator.strangers import own_pages_only
from medlem.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

APIS = (access_token, qr, callback_qr, discovery, login, userinfo, webhooks, standard)
"""What the platform serves, and the plain provider; a module each, with its table of routes."""

PATIENCE = 0.5
"""Seconds that calls under way have to end when the simulator stops."""


@dataclass(eq=False)
class Running:
    """A simulator that listens at `url`."""

    url: str
    _open: AsyncExitStack = field(repr=False)

    async def close(self) -> None:
        """Stop it; closing twice is no mistake."""
        await self._open.aclose()


async def start(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    directory: Path | None = None,
    clock: SimClock | None = None,
    demo_people: bool = False,
) -> Running:
    """Start one in this event loop; port 0 takes a free one.

    With a directory it keeps its keys, people and requests there, and goes on with what it finds.

    Raises:
        CannotStart: the directory is taken by another simulator, or what is in it cannot be read.
        OSError: the port is taken.
    """
    async with AsyncExitStack() as opening:
        session = await opening.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        world = World(directory, clock or SimClock(), session)
        opening.push_async_callback(world.close)
        if demo_people:
            seed_demo_people(world.people)
        gate = Gate(world)
        runner = web.AppRunner(_application(world, gate), access_log=None, shutdown_timeout=PATIENCE)
        await runner.setup()
        opening.push_async_callback(runner.cleanup)
        opening.callback(gate.close)
        opening.callback(world.bell.close)
        await web.TCPSite(runner, host, port, reuse_address=True, backlog=1024).start()
        keeping = asyncio.create_task(world.agenda.keep())
        opening.callback(keeping.cancel)
        world.resume()
        return Running(_url(host, runner), opening.pop_all())


def run(*, host: str, port: int, directory: Path | None, demo_people: bool, ready: Callable[[str], None]) -> None:
    """Run one until SIGTERM or SIGINT; `ready` is called with its address once it listens."""

    async def until_told() -> None:
        running = await start(host=host, port=port, directory=directory, demo_people=demo_people)
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        ready(running.url)
        await told.wait()
        await running.close()

    asyncio.run(until_told())


def _application(world: World, gate: Gate) -> web.Application:
    @web.middleware
    async def dated(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Date every answer by the simulator's clock, unless a fault has dated it already."""
        response = await handler(request)
        if response.prepared:  # A stream, which is over by now and was dated when it began.
            return response
        response.headers.setdefault("Date", http_date(world.clock.now()))
        return response

    application = web.Application(middlewares=[dated, plain_refusals, own_pages_only])
    for api in APIS:
        for route in api.ROUTES:
            application.router.add_route(route.method, route.path, gate.to(route))
    application.add_routes([*Control(world).routes(), *Scanning(world).routes()])
    application.add_routes([*Start(world).routes(), *Phone(world).routes(), *shared_routes()])
    return application


def _url(host: str, runner: web.AppRunner) -> str:
    port = runner.addresses[0][1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
