"""The start page, `/`: everything about the simulator in one place, and forms for the control API.

It knows nothing that the control API does not tell. It only hears at once when something changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import msgspec
from aiohttp import web
from msgspec import inspect

from medlem.simulator.faults import ONLY_FOR, Kind
from medlem.simulator.screen.news import stream
from medlem.simulator.screen.pages import file_routes, page
from medlem.simulator.switches import Switches
from medlem.simulator.wire import Operation

if TYPE_CHECKING:
    from medlem.simulator.world import World


HERE = __name__.rpartition(".")[0]


class Start:
    """The page, and what it reads."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List them."""
        return [web.get("/", self.screen), web.get("/news", self.news), *file_routes(HERE)]

    async def screen(self, http: web.Request) -> web.Response:
        """Show the page."""
        return page(http, HERE, "start.html", title=http.host)

    async def news(self, http: web.Request) -> web.StreamResponse:
        """Stream what the page shows."""
        return await stream(http, self._world, self._picture)

    def _picture(self) -> dict[str, Any]:
        world, unit = self._world, self._world.unit
        return {
            "turned": world.clock.advanced,
            "credentials": {
                "client_id": unit.client_id,
                "client_secret": unit.client_secret,
                "subscription_key": unit.subscription_key,
                "msn": unit.msn,
            },
            "people": [
                {
                    **msgspec.to_builtins(person.traits),
                    "usable": person.ineligible() is None,
                    "open": len(world.requests.pending(person)),
                }
                for person in world.people.everyone()
            ],
            "switches": [{**about, "value": getattr(world.switches, about["name"])} for about in _about_switches()],
            "faults": {
                **msgspec.to_builtins(world.faults.plan),
                "operations": get_args(Operation),
                "kinds": [{"kind": kind, "only": sorted(ONLY_FOR.get(kind, ()))} for kind in get_args(Kind)],
            },
            "calls": world.ledger.show(),
        }


def _about_switches() -> list[dict[str, Any]]:
    """Describe each switch: its default, and what there is to choose from."""
    described = inspect.type_info(Switches)
    assert isinstance(described, inspect.StructType)  # noqa: S101  narrows for the type checker
    return [
        {
            "name": field.name,
            "default": field.default,
            "choices": list(field.type.values) if isinstance(field.type, inspect.LiteralType) else None,
        }
        for field in described.fields
    ]
