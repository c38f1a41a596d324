"""The pages of the pretend phone.

Plain forms, which work without any script; a small one only looks for news. Somebody without push messages gets no
news by herself: as in the real app, she must pull to refresh.
"""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import segno
from aiohttp import web

from medlem.simulator.apis.qr import clear_code, tokenised_code
from medlem.simulator.clock import rfc3339
from medlem.simulator.consents import ImpossibleTicks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from medlem.simulator.people import Person
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.world import World

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
HERE = files(__package__)


class Phone:
    """The pages, and the buttons on them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List the pages."""
        return [
            web.get("/phone", self.everybody),
            web.get("/phone/phone.css", _asset("phone.css", "text/css")),
            web.get("/phone/phone.js", _asset("phone.js", "text/javascript")),
            web.get("/phone/{msisdn}", self.screen),
            web.post("/phone/{msisdn}/requests/{auth_req_id}/approve", self.approve),
            web.post("/phone/{msisdn}/requests/{auth_req_id}/decline", self.decline),
        ]

    async def everybody(self, _http: web.Request) -> web.Response:
        """List all phones."""
        rows = "".join(
            f'<li><a href="/phone/{escape(person.msisdn)}">{escape(person.traits.name)}</a> '
            f"<span>+{escape(person.msisdn)}</span> {escape(person.traits.story)}</li>"
            for person in self._world.people.everyone()
        )
        return _page("Phones", f"<h1>Pretend phones</h1><ul>{rows}</ul>" if rows else "<h1>Nobody here yet</h1>")

    async def screen(self, http: web.Request) -> web.Response:
        """Show one phone."""
        person = self._world.people.at(http.match_info["msisdn"])
        if person is None:
            return _page("Nobody", "<h1>Nobody has that number</h1>", status=404)
        waiting = self._world.requests.pending(person)
        questions = "".join(self._question(person, request) for request in waiting)
        looks = " data-looks" if person.traits.push else ""
        names = " ".join(request.auth_req_id for request in waiting)
        push = "" if person.traits.push else "<p>Push messages are off: refresh to see what waits.</p>"
        return _page(
            person.traits.name,
            f'<main id="phone" data-msisdn="{escape(person.msisdn)}" data-requests="{escape(names)}"{looks}>'
            f"<h1>{escape(person.traits.name)} <span>+{escape(person.msisdn)}</span></h1>"
            f"<p>{escape(person.traits.story)}</p>{push}"
            f'<p><a href="/phone/{escape(person.msisdn)}">Refresh</a></p>'
            f"<section><h2>Requests</h2>{questions or '<p>Nothing waits.</p>'}</section>"
            f"<section><h2>Personal QR</h2>{_code('Clear', clear_code(person))}"
            f"{_code('Tokenised', tokenised_code(self._world, person))}</section></main>",
        )

    async def approve(self, http: web.Request) -> web.Response:
        """Press yes."""
        request = self._request(http)
        if request is None:
            return _gone(http)
        ticked = (await http.post()).keys()
        boxes = self._world.consent_screen.shown(request, self._world.switches)
        try:
            self._world.approve(request, {box.id: box.id in ticked for box in boxes})
        except ImpossibleTicks as wrong:
            return _page("Not like that", f"<h1>Not like that</h1><p>{escape(str(wrong))}</p>{_back(http)}", status=422)
        return _back_to_phone(http)

    async def decline(self, http: web.Request) -> web.Response:
        """Press no."""
        request = self._request(http)
        if request is None:
            return _gone(http)
        self._world.requests.decline(request)
        return _back_to_phone(http)

    def _request(self, http: web.Request) -> LoginRequest | None:
        person = self._world.people.at(http.match_info["msisdn"])
        waiting = self._world.requests.pending(person) if person else []
        return next((request for request in waiting if request.auth_req_id == http.match_info["auth_req_id"]), None)

    def _question(self, person: Person, request: LoginRequest) -> str:
        boxes = "".join(
            f'<label><input type="checkbox" name="{escape(box.id)}"{" required" if box.required else ""}>'
            f" {escape(box.title)}</label>"
            for box in self._world.consent_screen.shown(request, self._world.switches)
        )
        way = f"/phone/{escape(person.msisdn)}/requests/{escape(request.auth_req_id)}"
        scopes = escape(", ".join(scope for scope in request.scope.split() if scope != "openid"))
        code = f"<p>Code <strong>{escape(request.binding_message)}</strong></p>" if request.binding_message else ""
        return (
            f'<form method="post" action="{way}/approve"><h3>{escape(self._world.unit.name)}</h3>{code}'
            f"<p>asks for: {scopes or 'nothing but who you are'}</p>"
            f"<p>until {escape(rfc3339(request.expires_at))}</p>{boxes}"
            f'<button>Approve</button><button formaction="{way}/decline" formnovalidate>Decline</button></form>'
        )


def _code(title: str, content: str) -> str:
    picture = segno.make(content, error="m").svg_inline(scale=4, border=4, light="#fff")
    return f"<figure><figcaption>{title}</figcaption>{picture}<p><code>{escape(content)}</code></p></figure>"


def _page(title: str, body: str, *, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers=SECURITY,
        text=(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)} · simulation</title>"
            '<link rel="stylesheet" href="/phone/phone.css">'
            '<script src="/phone/phone.js" type="module"></script></head>'
            f'<body><p class="band">SIMULATION – not the real app</p>{body}</body></html>'
        ),
    )


def _gone(http: web.Request) -> web.Response:
    return _page("Gone", f"<h1>That request is not open any more</h1>{_back(http)}", status=409)


def _back_to_phone(http: web.Request) -> web.Response:
    return web.Response(status=303, headers={"Location": _address(http)})


def _back(http: web.Request) -> str:
    return f'<p><a href="{escape(_address(http))}">Back to the phone</a></p>'


def _address(http: web.Request) -> str:
    return f"/phone/{http.match_info['msisdn']}"


def _asset(name: str, media_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    content = HERE.joinpath(name).read_bytes()

    async def send(_http: web.Request) -> web.Response:
        return web.Response(body=content, content_type=media_type, headers=SECURITY)

    return send
