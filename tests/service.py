"""The service over real HTTP, for tests: uvicorn's own protocol on a free port, without its ticking main loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
from litestar import Litestar
from uvicorn.server import ServerState
from yarl import URL

from fakes import settle
from medlem.club.place import KeyKind, Station
from medlem.flows import places
from medlem.flows.answers import Subscribed
from medlem.web.app import build, desk_of
from medlem.web.options import Options
from medlem.web.server import configure
from shop import Shop

JsonObject = dict[str, Any]

PATIENCE = 10
"""Seconds after which a test that waits has failed."""

RIGHT_SIGNATURE = "signed by the platform"


def signed(registered: Subscribed, headers: Mapping[str, str], body: bytes) -> bool:
    """Take a delivery for the platform's if it says so, and was sent to the address that was registered."""
    del body
    return headers.get("authorization") == RIGHT_SIGNATURE and registered.url.startswith("https://club.example.org/")


@dataclass(frozen=True)
class Reply:
    """One complete answer."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> JsonObject:
        decoded: JsonObject = json.loads(self.raw)
        return decoded

    @property
    def problem(self) -> str:
        """The problem's slug; also checks that it is told as RFC 9457 wants it."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.body["status"] == self.status
        assert self.body["trace"] == self.headers["medlem-trace"]
        assert self.body["instance"] == f"urn:medlem:trace:{self.body['trace']}"
        return str(self.body["type"].removeprefix("urn:medlem:problem:"))


@dataclass(frozen=True)
class Sent:
    """One event of a stream, or a comment (no kind)."""

    id: int | None
    kind: str | None
    body: JsonObject


class Listener:
    """Reads a stream of events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def block(self) -> list[str]:
        """The lines up to the next empty one; none at the end of the stream."""
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while line := await self.response.content.readline():
                if line == b"\n":
                    return lines
                lines.append(line.decode().removesuffix("\n"))
        assert not lines, "the stream was cut in the middle of an event"
        return []

    async def next(self) -> Sent:
        """The next event, comments left out."""
        while True:
            lines = await self.block()
            assert lines, "the stream has ended"
            fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
            if "event" in fields:
                return Sent(int(fields["id"]), fields["event"], json.loads(fields["data"]))

    async def comment(self) -> None:
        """The next thing must be a comment."""
        assert await self.block() == [":"]

    async def end(self) -> None:
        """Everything else, until the stream ends cleanly."""
        async with asyncio.timeout(PATIENCE):
            await self.response.content.read()


@dataclass
class Service:
    """A running service with a key of each kind."""

    shop: Shop
    app: Litestar
    port: int
    http: aiohttp.ClientSession
    keys: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str | URL, key: str | None = "station", **sent: Any) -> Reply:
        """One call. `key` is one of ours by its kind, or a secret, or None."""
        headers = dict(sent.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        async with asyncio.timeout(PATIENCE), self.http.request(method, path, headers=headers, **sent) as response:
            return Reply(response.status, response.headers, await response.read())

    async def post(self, path: str, body: Any, key: str | None = "station", **headers: str) -> Reply:
        """One POST of JSON; headers by name, with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("POST", path, key, json=body, headers=named)

    async def get(self, path: str, key: str | None = "station", **headers: str) -> Reply:
        """One GET."""
        return await self.call("GET", path, key, headers={name.replace("_", "-"): v for name, v in headers.items()})

    async def identify(self, phone: str = "400 00 011", key: str = "station") -> JsonObject:
        reply = await self.post("/v1/identifications", {"phone": phone}, key)
        assert reply.status == 201, reply.raw
        return reply.body

    async def ask(self, phone: str = "400 00 011", key: str = "station") -> JsonObject:
        found = await self.identify(phone, key)
        reply = await self.post("/v1/enrolments", {"identification": found["id"]}, key)
        assert reply.status in {200, 202}, reply.raw
        return reply.body

    async def key_for(self, station: Station) -> str:
        """Another station's key."""
        return (await places.add_key(self.shop.ports, self.shop.club, KeyKind.STATION, "till", station)).secret.reveal()

    @asynccontextmanager
    async def listen(self, key: str = "station", **headers: str) -> AsyncIterator[Listener]:
        """An open stream."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        async with self.http.get("/v1/events", headers=named) as response:
            assert response.status == 200
            listener = Listener(response)
            assert await listener.block() == [": medlem", "retry: 1000"]
            yield listener

    async def watched(self, topic: str) -> None:
        """Wait until somebody waits for this topic."""
        await until(lambda: topic in self.shop.storage._bell._waiters)  # type: ignore[attr-defined] # the one in use
        await settle()  # and its alarm clock is set


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - a condition of somebody else's, who rings no bell
            await asyncio.sleep(0)


def options(shop: Shop, **changed: Any) -> Options:
    """What a service of this shop is told."""

    async def ready() -> None:
        await shop.storage.reading.places.clubs()

    return Options(**{"verify": signed, "ready": ready, **changed})


@asynccontextmanager
async def alive(app: Litestar) -> AsyncIterator[None]:
    """Start the application and stop it, both in one task of their own, as a server does."""
    started, stopping = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stopping.wait()

    task = asyncio.create_task(live())
    await started.wait()
    try:
        yield
    finally:
        stopping.set()
        await task


@asynccontextmanager
async def listening(app: Litestar, trusted_proxies: Sequence[str] = ()) -> AsyncIterator[int]:
    """Serve on a free port of this machine; the port."""
    config = configure(app, port=0, trusted_proxies=trusted_proxies)
    config.load()
    state, speaks = ServerState(), cast("Any", config.http_protocol_class)
    loop = asyncio.get_running_loop()
    async with alive(app):
        server = await loop.create_server(
            lambda: speaks(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            desk_of(app).closing.set()
            if state.tasks:
                await asyncio.wait(state.tasks, timeout=PATIENCE)
            for connection in list(state.connections):
                connection.shutdown()
            await until(lambda: not state.connections)


@asynccontextmanager
async def open_service(shop: Shop, trusted_proxies: Sequence[str] = (), **changed: Any) -> AsyncIterator[Service]:
    """A service for this shop, with keys of each kind."""
    app = build(shop.ports, options(shop, **changed))
    keys = {}
    for kind in KeyKind:
        station = shop.station if kind is KeyKind.STATION else None
        made = await places.add_key(shop.ports, shop.club, kind, f"{kind} for tests", station)
        keys[kind.value] = made.secret.reveal()
    async with listening(app, trusted_proxies) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        yield Service(shop, app, port, http, keys)
