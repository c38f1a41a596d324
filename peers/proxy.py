"""What stands between the service and the provider: it watches both, and does what it is told to either.

It forwards everything, and writes down when the token endpoint was asked, for which request, and what came of it.
"""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web

T = TypeVar("T")

NOTIFY: Final = "/-/notify"
_OURS: Final = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server"})

Said = tuple[int, dict[str, str], bytes]
Fault = Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]
Tamper = Callable[[bytes], bytes]


@dataclass(slots=True)
class Look:
    """One call of the token endpoint."""

    began: float
    ended: float = 0.0
    outcome: str = ""
    """OAuth's error, `tokens`, or `no answer`."""


@dataclass(slots=True)
class Login:
    """One question to one phone."""

    phone: str
    times_asked: int = 0
    token: str | None = None
    """The notification token that came with it."""
    asked_at: float = 0.0
    looks: list[Look] = field(default_factory=list)
    pinged: list[int] = field(default_factory=list)
    """What the service answered to each ping."""
    # What is to happen to it:
    ask_fault: Fault | None = None
    token_faults: list[Fault] = field(default_factory=list)
    tamper: Tamper | None = None
    pings: int = 1
    """How often each ping is delivered; all at once."""
    early: bool = False
    """The customer says yes, and the ping is delivered, before the ask is answered."""


class Proxy:
    """Runs in a thread of its own."""

    def __init__(self) -> None:
        self.logins: dict[str, Login] = defaultdict(lambda: Login(""))
        """By phone."""
        self.provider = ""
        self.hook = ""
        """Where the service takes pings."""
        self._phones: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = self._do(self._start())

    def close(self) -> None:
        """Stop."""
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def login(self, phone: str, **to_do: Any) -> Login:
        """Say what is to happen to the question that this phone will get."""
        login = self.logins[phone] = Login(phone, **to_do)
        return login

    def press(self, phone: str, thumb: str) -> None:
        """The customer answers."""
        self._do(self._press(phone, thumb))

    def ping(self, request: str, token: str | None) -> int:
        """Deliver a ping of our own making; the service's answer."""
        return self._do(self._deliver(request, token))

    def request_of(self, phone: str) -> str:
        """The provider's name for the newest question to a phone."""
        return next(request for request, asked in reversed(self._phones.items()) if asked == phone)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> str:
        self._client = aiohttp.ClientSession(auto_decompress=False)
        application = web.Application()
        application.router.add_post(NOTIFY, self._notified)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._client.close()
        await self._runner.cleanup()

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        body = await http.read()
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if "auth_req_id" in form:
            return await self._looked(http, body, self.logins[self._phones.get(form["auth_req_id"], "")])
        if "login_hint" in form:
            return await self._asked(http, body, form)
        return _response(await self._forward(http, body))

    async def _asked(self, http: web.Request, body: bytes, form: dict[str, str]) -> web.StreamResponse:
        phone = form["login_hint"].removeprefix("tel:+")
        login = self.logins[phone]
        login.times_asked += 1
        login.token = form.get("client_notification_token")
        if login.ask_fault is not None:
            return await login.ask_fault(http)
        said = await self._forward(http, body)
        if "auth_req_id" in (found := _read(said[2])):
            self._phones[found["auth_req_id"]] = phone
        if login.early:
            await self._press(phone, "yes")
        login.asked_at = self._loop.time()
        return _response(said)

    async def _looked(self, http: web.Request, body: bytes, login: Login) -> web.StreamResponse:
        look = Look(self._loop.time(), outcome="no answer")
        login.looks.append(look)
        try:
            if login.token_faults:
                answered = await login.token_faults.pop(0)(http)
                look.outcome = str(_read(_body(answered)).get("error", "fault"))
                return answered
            status, headers, said = await self._forward(http, body)
            look.outcome = "tokens" if status == HTTP_OK else str(_read(said).get("error"))
            if status == HTTP_OK and login.tamper is not None:
                said = login.tamper(said)
            return _response((status, headers, said))
        finally:
            look.ended = self._loop.time()

    async def _notified(self, http: web.Request) -> web.Response:
        request = str(_read(await http.read())["auth_req_id"])
        login = self.logins[self._phones.get(request, "")]
        token = http.headers["Authorization"].removeprefix("Bearer ")
        login.pinged += await asyncio.gather(*(self._deliver(request, token) for _ in range(login.pings)))
        return web.Response(status=204)

    async def _deliver(self, request: str, token: str | None) -> int:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        sent = self._client.post(self.hook, json={"auth_req_id": request}, headers=headers, allow_redirects=False)
        async with sent as answer:
            return answer.status

    async def _press(self, phone: str, thumb: str) -> None:
        async with self._client.post(f"{self.provider}/peer/{phone}/{thumb}") as answer:
            if answer.status != HTTP_NO_CONTENT:
                raise RuntimeError(await answer.text())

    async def _forward(self, http: web.Request, body: bytes) -> Said:
        url = f"{self.provider}{http.path_qs}"
        headers = {name: value for name, value in http.headers.items() if name.lower() != "content-length"}
        async with self._client.request(http.method, url, headers=headers, data=body, allow_redirects=False) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OURS}
            return answer.status, kept, await answer.read()


HTTP_OK: Final = 200
HTTP_NO_CONTENT: Final = 204


def _response(said: Said) -> web.Response:
    return web.Response(status=said[0], headers=said[1], body=said[2])


def _body(answered: web.StreamResponse) -> bytes:
    return answered.body if isinstance(answered, web.Response) and isinstance(answered.body, bytes) else b""


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def saying(status: int, body: str = "", **headers: str) -> Fault:
    """Answer so, and forward nothing."""

    async def say(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body.encode(), headers={"Content-Type": "application/json"} | named)

    return say


async def reset(http: web.Request) -> web.StreamResponse:
    """Break the connection."""
    if http.transport is not None:
        http.transport.abort()
    return web.Response()


async def silent(http: web.Request) -> web.StreamResponse:
    """Say nothing, for as long as somebody waits."""
    while http.transport is not None and not http.transport.is_closing():  # noqa: ASYNC110 - nobody tells that a client has gone
        await asyncio.sleep(0.05)
    return web.Response()


async def half(http: web.Request) -> web.StreamResponse:
    """Break off in the middle."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(http)
    await response.write(b'{"error": "authorization_')
    return await reset(http)


async def endless(http: web.Request) -> web.StreamResponse:
    """Go on and on."""
    response = web.StreamResponse()
    await response.prepare(http)
    with suppress(ConnectionError):
        while True:
            await response.write(b" " * 65536)
    return response
