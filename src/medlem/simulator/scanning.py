"""The control API's part about stickers: which hang, and who scans one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from medlem.simulator.clock import rfc3339
from medlem.simulator.control import NotLikeThat, decoded

if TYPE_CHECKING:
    from medlem.simulator.people import Person
    from medlem.simulator.stickers import Code, Scan
    from medlem.simulator.world import World


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """Which sticker: by its name, or by what it says."""

    code: str | None = None
    content: str | None = None

    def __post_init__(self) -> None:
        """One of them says it all."""
        if (self.code is None) == (self.content is None):
            raise ValueError("name either a code or a content")


class Scanning:
    """The calls."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List the calls."""
        return [
            web.get("/sim/stickers", self.stickers),
            web.post("/sim/people/{msisdn}/scan", self.scan),
            web.get("/sim/people/{msisdn}/scans", self.scans),
        ]

    async def stickers(self, _http: web.Request) -> web.Response:
        """List what hangs."""
        return web.json_response({"stickers": [self._shown(code) for code in self._world.stickers.everyone()]})

    async def scan(self, http: web.Request) -> web.Response:
        """Scan a sticker, also one that was taken down or never was."""
        person = self._person(http)
        if person.traits.app == "none":
            raise NotLikeThat(409, "There is no app on that phone", "Scan with somebody who has one.")
        wanted = decoded(await http.read(), Wanted)
        code = wanted.code
        if code is None:
            found = self._world.stickers.by_content(wanted.content or "")
            code = found.name if found else ""
        scan, token = self._world.check_in(person, code)
        return web.json_response(shown(scan) | {"customerToken": token or None}, status=201)

    async def scans(self, http: web.Request) -> web.Response:
        """List the latest scans, newest first."""
        return web.json_response(
            {"scans": [shown(scan) for scan in self._world.stickers.scans_of(self._person(http).id)]}
        )

    def _shown(self, code: Code) -> dict[str, Any]:
        return {
            "code": code.name,
            "location": code.location,
            "category": code.category,
            "content": self._world.stickers.content(code.name),
        }

    def _person(self, http: web.Request) -> Person:
        person = self._world.people.at(http.match_info["msisdn"])
        if person is None:
            raise NotLikeThat(404, "Nobody has that number", "Make somebody with POST /sim/people first.")
        return person


def shown(scan: Scan) -> dict[str, Any]:
    """What the control API tells of a scan."""
    return {
        "id": scan.id,
        "code": scan.code,
        "location": scan.location,
        "state": scan.state,
        "at": rfc3339(scan.at),
    }
