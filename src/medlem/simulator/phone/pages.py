"""The pretend phone over HTTP: a page for each number, its stream of news, and the codes it holds up.

The page presses no buttons of its own: whatever a thumb does goes through the control API. Somebody without push
messages hears the same news, but her page keeps new questions back until she refreshes, as in a real app.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from medlem.simulator.phone.picture import code, picture
from medlem.simulator.screen.news import stream
from medlem.simulator.screen.pages import SECURITY, file_routes, page

if TYPE_CHECKING:
    from medlem.simulator.world import World

HERE = __name__.rpartition(".")[0]


class Phone:
    """The pages, and what they read."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List them."""
        return [
            web.get("/phone", self.everybody),
            web.get("/phone/{msisdn}", self.screen),
            web.get("/phone/{msisdn}/news", self.news),
            web.get("/phone/{msisdn}/code", self.code),
            *file_routes(HERE),
        ]

    async def everybody(self, _http: web.Request) -> web.Response:
        """Lead to the list of all phones."""
        return web.Response(status=302, headers={"Location": "/#people", **SECURITY})

    async def screen(self, http: web.Request) -> web.Response:
        """Show one phone."""
        person = self._world.people.at(http.match_info["msisdn"])
        if person is None:
            return page(http, HERE, "nobody.html", status=404, title="?", script="/pages/screen/text.js")
        return page(http, HERE, "phone.html", title=person.traits.name, msisdn=person.msisdn)

    async def news(self, http: web.Request) -> web.StreamResponse:
        """Stream what one person's phone shows, also when she changes her number meanwhile."""
        person = self._world.people.at(http.match_info["msisdn"])
        if person is None:
            raise web.HTTPNotFound
        return await stream(http, self._world, partial(picture, self._world, person.id))

    async def code(self, http: web.Request) -> web.Response:
        """Draw the personal QR; a tokenised one is a new one each time."""
        person = self._world.people.at(http.match_info["msisdn"])
        kind = http.query.get("kind", "clear")
        if person is None or kind not in {"clear", "token"}:
            raise web.HTTPNotFound
        body = msgspec.json.encode(code(self._world, person, kind))
        return web.Response(body=body, content_type="application/json", headers=SECURITY)
