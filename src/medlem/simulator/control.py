"""The control API, `/sim`: a test or a person at the desk decides who there is, what they press, and what goes wrong.

It needs no keys, and no fault touches it. Every refusal says in `detail` what to do instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from medlem.simulator.apis.qr import clear_code, customer_token, tokenised_code
from medlem.simulator.apis.redirect import opened
from medlem.simulator.clock import LONGEST, rfc3339
from medlem.simulator.consents import ImpossibleTicks
from medlem.simulator.faults import Plan
from medlem.simulator.people import NumberTaken, Traits
from medlem.simulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from medlem.simulator.people import Person
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.world import World

Wanted = TypeVar("Wanted")


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """How far to turn the clock."""

    advance: Annotated[float, Meta(ge=0, le=LONGEST)]


class Thumb(msgspec.Struct, forbid_unknown_fields=True):
    """What is ticked when the customer confirms."""

    consents: dict[str, bool] = {}


class NotLikeThat(Exception):
    """A control call that cannot be obeyed."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail

    def response(self) -> web.Response:
        """Say so."""
        return _json({"title": self.title, "status": self.status, "detail": self.detail}, self.status)


class Control:
    """The calls, in the order of the documentation."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List the calls."""
        return [
            web.get("/sim/credentials", self.credentials),
            web.get("/sim/credentials/partner", self.partner),
            web.get("/sim/people", self.everyone),
            web.post("/sim/people", self.place),
            web.get("/sim/people/{msisdn}", self.person),
            web.patch("/sim/people/{msisdn}", self.change),
            web.get("/sim/people/{msisdn}/qr", self.personal_qr),
            web.post("/sim/people/{msisdn}/customer-token", self.check_in),
            web.get("/sim/people/{msisdn}/requests", self.open_requests),
            web.post("/sim/people/{msisdn}/revoke", self.revoke),
            web.post("/sim/requests/{auth_req_id}/approve", self.approve),
            web.post("/sim/requests/{auth_req_id}/decline", self.decline),
            web.get("/sim/faults", self.faults),
            web.put("/sim/faults", self.break_things),
            web.get("/sim/switches", self.switches),
            web.put("/sim/switches", self.switch),
            web.get("/sim/calls", self.calls),
            web.get("/sim/clock", self.clock),
            web.post("/sim/clock", self.turn_clock),
        ]

    async def credentials(self, _http: web.Request) -> web.Response:
        """Tell the keys of the sales unit."""
        unit = self._world.unit
        return _json(
            {
                "client_id": unit.client_id,
                "client_secret": unit.client_secret,
                "subscription_key": unit.subscription_key,
                "msn": unit.msn,
            }
        )

    async def partner(self, _http: web.Request) -> web.Response:
        """Tell the keys of the partner, and the number of the merchant for whom it may act."""
        return _json(msgspec.to_builtins(self._world.partner) | {"msn": self._world.unit.msn})

    async def everyone(self, _http: web.Request) -> web.Response:
        """List everybody."""
        return _json({"people": [self._shown(person) for person in self._world.people.everyone()]})

    async def place(self, http: web.Request) -> web.Response:
        """Make somebody, or make the person of that number anew."""
        person, new = self._world.people.place(decoded(await http.read(), Traits))
        return _json(self._shown(person), 201 if new else 200)

    async def person(self, http: web.Request) -> web.Response:
        """Show one."""
        return _json(self._shown(self._person(http)))

    async def change(self, http: web.Request) -> web.Response:
        """Change some traits; a new number too, which leaves the person the same."""
        person = self._person(http)
        changes = decoded(await http.read(), dict[str, Any])
        traits = _converted(msgspec.to_builtins(person.traits) | changes, Traits)
        try:
            return _json(self._shown(self._world.people.change(person, traits)))
        except NumberTaken:
            raise NotLikeThat(
                409, "Somebody has that number", "Change that person's number first, or take another."
            ) from None

    async def personal_qr(self, http: web.Request) -> web.Response:
        """Show the code on the phone: `clear`, or a new `token`."""
        person = self._person(http)
        match http.query.get("kind", "clear"):
            case "clear":
                return _json({"content": clear_code(person)})
            case "token":
                return _json({"content": tokenised_code(self._world, person)})
        raise NotLikeThat(422, "No such kind of code", "Ask for kind=clear or kind=token.")

    async def check_in(self, http: web.Request) -> web.Response:
        """Make a customer token, as scanning a sticker would."""
        return _json({"customerToken": customer_token(self._world, self._person(http))}, 201)

    async def open_requests(self, http: web.Request) -> web.Response:
        """List what waits on the phone."""
        waiting = self._world.requests.pending(self._person(http))
        return _json(
            {
                "requests": [
                    {
                        "auth_req_id": request.auth_req_id,
                        "binding_message": request.binding_message,
                        "scope": request.scope,
                        "expires_at": rfc3339(request.expires_at),
                    }
                    for request in waiting
                ]
            }
        )

    async def revoke(self, http: web.Request) -> web.Response:
        """Withdraw the sharing of data in the app."""
        self._world.revoke(self._person(http))
        return web.Response(status=204)

    async def approve(self, http: web.Request) -> web.Response:
        """Press yes."""
        request = self._open_request(http)
        thumb = decoded(await http.read() or b"{}", Thumb)
        try:
            self._world.approve(request, thumb.consents)
        except ImpossibleTicks as wrong:
            raise NotLikeThat(422, "The screen cannot be left like that", f"Tick otherwise: {wrong}.") from None
        return self._pressed(request)

    async def decline(self, http: web.Request) -> web.Response:
        """Press no."""
        request = self._open_request(http)
        decoded(await http.read() or b"{}", Thumb)
        self._world.requests.decline(request)
        return self._pressed(request)

    async def faults(self, _http: web.Request) -> web.Response:
        """Show the plan in force, with what is left of each `times`."""
        return _json(self._world.faults.plan)

    async def break_things(self, http: web.Request) -> web.Response:
        """Replace all faults."""
        self._world.faults.replace(decoded(await http.read(), Plan))
        self._world.bell.ring()
        return _json(self._world.faults.plan)

    async def switches(self, _http: web.Request) -> web.Response:
        """Show every switch."""
        return _json(self._world.switches)

    async def switch(self, http: web.Request) -> web.Response:
        """Set the named switches, and all others back to their defaults."""
        self._world.switch(decoded(await http.read(), Switches))
        return _json(self._world.switches)

    async def calls(self, _http: web.Request) -> web.Response:
        """Show what callers did."""
        return _json(self._world.ledger.show())

    async def clock(self, _http: web.Request) -> web.Response:
        """Tell the time."""
        return _json({"now": rfc3339(self._world.clock.now())})

    async def turn_clock(self, http: web.Request) -> web.Response:
        """Turn the clock forward; what became due has been done when this answers."""
        self._world.turn_clock(decoded(await http.read(), Turn).advance)
        return _json({"now": rfc3339(self._world.clock.now())})

    def _pressed(self, request: LoginRequest) -> web.Response:
        """Say which address the phone opens now, if it opens one."""
        address = opened(self._world, request)
        return _json({"opens": address}) if address else web.Response(status=204)

    def _shown(self, person: Person) -> dict[str, Any]:
        shown: dict[str, Any] = msgspec.to_builtins(person.traits)
        return shown | {"sub": person.subject(self._world.unit.msn)}

    def _person(self, http: web.Request) -> Person:
        person = self._world.people.at(http.match_info["msisdn"])
        if person is None:
            raise NotLikeThat(404, "Nobody has that number", "Make somebody with POST /sim/people first.")
        return person

    def _open_request(self, http: web.Request) -> LoginRequest:
        request = self._world.requests.find(http.match_info["auth_req_id"])
        if request is None:
            raise NotLikeThat(404, "No such request", "GET /sim/people/{msisdn}/requests lists the open ones.")
        self._world.requests.expire(request)
        if request.state != "pending":
            raise NotLikeThat(409, f"The request is {request.state}", "Only an open one can be answered; ask anew.")
        return request


@web.middleware
async def plain_refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer refusals of ours, and of the web server itself, as JSON."""
    try:
        return await handler(request)
    except NotLikeThat as refusal:
        return refusal.response()
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return _json({"statusCode": error.status, "message": error.reason}, error.status, headers)


def decoded(body: bytes, kind: type[Wanted]) -> Wanted:
    """Read a body of JSON; raises NotLikeThat when it is none of that kind."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise NotLikeThat(422, "The body does not fit", f"{error}. See docs/simulator.md.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotLikeThat(400, "The body is not JSON", "Send a JSON object.") from None


def _converted(body: object, kind: type[Wanted]) -> Wanted:
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise NotLikeThat(422, "The body does not fit", f"{error}. See docs/simulator.md.") from None


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json", headers=headers)
