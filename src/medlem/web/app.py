"""The service as one application: routes, envelope, and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from litestar import Litestar
from litestar.datastructures import State
from litestar.plugins import PluginProtocol

from medlem.flows.ports import Ports
from medlem.web import (
    ciba,
    consents,
    duplicates,
    endpoints,
    enrolments,
    events,
    finish,
    health,
    hooks,
    identifications,
    keys,
    linkings,
    members,
    merges,
    published,
    rights,
    station_qrs,
    stations,
    till,
    withdrawals,
)
from medlem.web.desk import Desk
from medlem.web.envelope import Envelope
from medlem.web.operation import Operation, routes
from medlem.web.options import Options
from medlem.web.problems import respond, tell_of_failure
from medlem.web.waiting import cancel

LAST_WORK: Final = 0.5
"""Seconds that the worker and the errands get when the service stops; whatever they were about is written down."""

RESTART: Final = 1.0


def operations() -> tuple[Operation, ...]:
    """Every call there is."""
    return (
        *identifications.OPERATIONS,
        *linkings.OPERATIONS,
        *enrolments.OPERATIONS,
        *events.OPERATIONS,
        *members.OPERATIONS,
        *duplicates.OPERATIONS,
        *merges.OPERATIONS,
        *rights.OPERATIONS,
        *consents.OPERATIONS,
        *stations.OPERATIONS,
        *station_qrs.OPERATIONS,
        *keys.OPERATIONS,
        *endpoints.OPERATIONS,
        *hooks.OPERATIONS,
        *withdrawals.OPERATIONS,
        *ciba.OPERATIONS,
        *health.OPERATIONS,
        published.show,
    )


def build(ports: Ports, options: Options) -> Litestar:
    """Put the service together. It begins its work when a server starts it, and ends it when `closing` is set."""
    known = operations()
    desk = Desk(ports, options, published.document(known, options))
    app = _Routes(
        routes((*known, *till.PAGES, *finish.PAGES), desk),
        lifespan=[_lifespan],
        exception_handlers={Exception: respond},
        openapi_config=None,
        logging_config=None,
        state=State({"desk": desk}),
    )
    app.asgi_handler = Envelope(app.asgi_handler)
    return app


class _Routes(Litestar):
    """Litestar without the plugins that it looks for by itself.

    None is of use here; pydantic, where some other tool has brought it along, takes a quarter of the whole start.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return plugins


def desk_of(app: Litestar) -> Desk:
    """The desk of an application that `build` made."""
    desk: Desk = app.state["desk"]
    return desk


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    desk = desk_of(app)
    background = asyncio.create_task(_background(desk), name="background")
    try:
        yield
    finally:
        desk.closing.set()
        await asyncio.gather(asyncio.wait([background], timeout=LAST_WORK), desk.ports.errands.stop(LAST_WORK))
        await cancel(background)


async def _background(desk: Desk) -> None:
    """Keep what runs beside the calls running: a worker that died would leave every customer's yes lying."""
    run = desk.options.background
    while run is not None and not desk.closing.is_set():
        try:
            await run(desk.closing)
        except Exception as error:  # noqa: BLE001 - it must outlive whatever it was
            tell_of_failure("background", error)
            await desk.ports.clock.sleep(RESTART)
        else:
            return
