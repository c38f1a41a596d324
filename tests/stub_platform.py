"""A provider that says exactly what a test writes down: right answers, wrong ones, and none at all.

Unlike the simulator it understands nothing, so it can lie in every way, and hang up in the middle of it.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from fakes import HandClock
from medlem.club.codes import ConfirmationCode
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Told
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.receipt import Receipt
from medlem.vipps.sales_unit import SalesUnit
from signed_tokens import NOW, Tokens, key_set

CLUB = ClubId("clb_1")
CODE = ConfirmationCode("4MX-CQ3")
KARI = PhoneNumber("4740000001")
REQUEST = Masked("request-1")

DISCOVERY, KEYS, ASK, TOKEN, USERINFO = "/discovery", "/keys", "/ask", "/token", "/userinfo"
ACCESS_TOKEN, EXCHANGE = "/accesstoken/get", "/qr/v1/exchange"
CUSTOMER, CALLBACK_QR = "/qr/v1/exchange/customer", "/qr/v1/merchant-callback"
EXISTS, WEBHOOKS = "/vipps-login-ciba/api/v1/user-exists", "/webhooks/v1/webhooks"


@dataclass(frozen=True)
class Said:
    """One answer; `body` may be an object (sent as JSON), a text or bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class HangUp:
    """The connection breaks instead of an answer."""


class Silence:
    """No answer, for as long as anybody waits."""


@dataclass(frozen=True)
class Truncated:
    """An answer that promises more than it gives."""

    said: Said


class Endless:
    """An answer that goes on and on."""


class Drip:
    """An answer that comes byte by byte, for as long as anybody waits."""


Scripted = Said | HangUp | Silence | Truncated | Endless | Drip


@dataclass(frozen=True)
class Seen:
    """One request, as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Stub:
    """The provider."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        self.max_age: int | None = None
        self.sent = 0
        """How many bytes of endless answers went out."""
        self._scripts: dict[str, list[Scripted]] = {}
        self._otherwise: Scripted = Said({"error": "not scripted"}, 404)
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._held: dict[str, asyncio.Event] = {}
        self._arrival = asyncio.Condition()

    async def start(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.says(DISCOVERY, Said(self.document()))
        self.says(KEYS, Said(key_set()))
        self.says(ACCESS_TOKEN, Said({"access_token": "api.token_1", "expires_in": "3600", "token_type": "Bearer"}))

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def document(self, **changes: Any) -> dict[str, Any]:
        """The discovery document; a change to None leaves a key out."""
        whole = {
            "issuer": f"{self.url}/",
            "backchannel_authentication_endpoint": self.url + ASK,
            "token_endpoint": self.url + TOKEN,
            "userinfo_endpoint": self.url + USERINFO,
            "jwks_uri": self.url + KEYS,
            "grant_types_supported": ["authorization_code"],
            "scopes_supported": ["openid"],
        }
        return {name: value for name, value in (whole | changes).items() if value is not None}

    def says(self, path: str, *scripted: Scripted) -> None:
        """Say these one after the other; the last one again and again."""
        self._scripts[path] = list(scripted)

    def says_anywhere(self, scripted: Scripted) -> None:
        """Say this wherever nothing else is written down."""
        self._otherwise = scripted

    def hold(self, path: str) -> asyncio.Event:
        """Answer nothing on this path until the event is set."""
        return self._held.setdefault(path, asyncio.Event())

    async def arrival(self, path: str, times: int = 1) -> None:
        """Wait until somebody has asked there so many times."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.calls(path)) >= times)

    def calls(self, path: str) -> list[Seen]:
        """What was asked there."""
        return [seen for seen in self.seen if seen.path == path]

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        body = await http.read()
        assert http.transport is not None
        port = http.transport.get_extra_info("peername")[1]
        self.seen.append(Seen(http.method, http.path, http.headers.copy(), body, port))
        async with self._arrival:
            self._arrival.notify_all()
        if http.path in self._held:
            await self._held[http.path].wait()
        script = self._scripts.get(http.path, [self._otherwise])
        scripted = script.pop(0) if len(script) > 1 else script[0]
        match scripted:
            case HangUp():
                http.transport.abort()
                return web.Response()
            case Silence():
                await self._stopping.wait()
                return web.Response()
            case Truncated(said):
                return await self._truncated(http, said)
            case Endless():
                return await self._endless(http)
            case Drip():
                return await self._drip(http)
        headers = {"Content-Type": "application/json", "Date": format_datetime(NOW, usegmt=True)}
        return web.Response(status=scripted.status, body=scripted.raw, headers=headers | dict(scripted.headers))

    async def _truncated(self, http: web.Request, said: Said) -> web.StreamResponse:
        response = web.StreamResponse(status=said.status, headers={"Content-Length": str(len(said.raw) + 100)})
        await response.prepare(http)
        await response.write(said.raw)
        assert http.transport is not None
        http.transport.close()
        return response

    async def _drip(self, http: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(http)
        while not self._stopping.is_set():
            try:
                await response.write(b" ")
            except ConnectionError:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)
        return response

    async def _endless(self, http: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(50 * 1024 * 1024)})
        await response.prepare(http)
        piece = b" " * 65536
        while self.sent < 50 * 1024 * 1024:
            try:
                await response.write(piece)
            except ConnectionError:
                break
            self.sent += len(piece)
        return response


@dataclass
class House:
    """A stub, a clock, and a client between them."""

    stub: Stub
    clock: HandClock
    unit: SalesUnit
    platform: VippsPlatform

    def good(self) -> Tokens:
        return Tokens.good(f"{self.stub.url}/")

    async def told(self, tokens: Tokens, *, received_at: datetime = NOW, date: datetime | None = NOW) -> Told:
        """What the client makes of a token answer that it kept."""
        kept = Receipt(tokens.answer, received_at, date).seal()
        return await self.platform.disclose(CLUB, REQUEST, kept)


SHORT = TimeOuts(connect=1.0, fetch=1.0, call=1.0, ask=2.0)


def unit_for(stub: Stub, **changes: Any) -> SalesUnit:
    settings: dict[str, Any] = {
        "client_id": "client-1",
        "client_secret": Masked("s3cret:+/% of the shop"),
        "subscription_key": Masked("subscription-key-1"),
        "msn": "123456",
        "base_url": stub.url,
        "discovery_url": stub.url + DISCOVERY,
    }
    return SalesUnit(**settings | changes)


def open_house(stub: Stub, **changes: Any) -> House:
    clock, unit = HandClock(NOW), unit_for(stub, **changes)
    return House(stub, clock, unit, VippsPlatform({CLUB: unit}, clock, SHORT))
