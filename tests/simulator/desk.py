"""A desk to drive a simulator from: its calls by name, over real HTTP, and a receiver for what it delivers."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import ClientSession, encode_basic_auth, web

from medlem.simulator.app import Running

KARI = "4740000050"
OLA = "4740000051"
MOST_PATIENCE = 5.0
"""Seconds after which a test that waits for something is hung, not slow."""

ACCESS = "/access-management-1.0/access"
BACKCHANNEL = "/vipps-login-ciba/api/backchannel/authentication"
TOKEN = f"{ACCESS}/oauth2/token"
USER_EXISTS = "/vipps-login-ciba/api/v1/user-exists"
USERINFO = "/vipps-userinfo-api/userinfo"
WEBHOOKS = "/webhooks/v1/webhooks"
GRANT = "urn:openid:params:grant-type:ciba"
PING = "login.merchant-initiated.ping.v1"


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.text)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.json["error"]


@dataclass
class Desk:
    """One client with all its keys."""

    session: ClientSession
    running: Running
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.running.url

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        async with self.session.request(method, self.url + path, allow_redirects=False, **options) as answer:
            return Reply(answer.status, answer.headers, await answer.text())

    # What a test decides

    async def person(self, msisdn: str = KARI, **traits: Any) -> Any:
        reply = await self.call("POST", "/sim/people", json={"msisdn": msisdn, **traits})
        assert reply.status in {200, 201}, reply.text
        return reply.json

    async def qr(self, kind: str, msisdn: str = KARI) -> str:
        content: str = (await self.call("GET", f"/sim/people/{msisdn}/qr?kind={kind}")).json["content"]
        return content

    async def switch(self, **switches: Any) -> None:
        assert (await self.call("PUT", "/sim/switches", json=switches)).status == 200

    async def fault(self, operation: str, kind: str, **more: Any) -> None:
        plan = {"seed": 1, "faults": [{"operation": operation, "kind": kind, **more}]}
        reply = await self.call("PUT", "/sim/faults", json=plan)
        assert reply.status == 200, reply.text

    async def later(self, seconds: float) -> None:
        assert (await self.call("POST", "/sim/clock", json={"advance": seconds})).status == 200

    async def press(self, answer: str, auth_req_id: str, **body: Any) -> Reply:
        return await self.call("POST", f"/sim/requests/{auth_req_id}/{answer}", json=body)

    async def calls(self) -> Any:
        return (await self.call("GET", "/sim/calls")).json

    async def deliveries(self, count: int) -> list[int | None]:
        """Wait until so many attempts have ended; answers how."""
        async with asyncio.timeout(MOST_PATIENCE):
            while True:
                line = (await self.calls())["operations"]["ping"]
                if line["count"] >= count:
                    return [each["status"] for each in line["last"]]

    # What a merchant's system calls

    @property
    def basic(self) -> dict[str, str]:
        return {"Authorization": encode_basic_auth(self.keys["client_id"], self.keys["client_secret"])}

    @property
    def subscription(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self.keys["subscription_key"]}

    @property
    def sales_unit(self) -> dict[str, str]:
        return {"Merchant-Serial-Number": self.keys["msn"]}

    async def get_token(self, **headers: str) -> Reply:
        keys = {name: self.keys[name] for name in ("client_id", "client_secret")}
        return await self.call("POST", "/accesstoken/get", headers=keys | self.subscription | self.sales_unit | headers)

    async def merchant(self) -> dict[str, str]:
        token = (await self.get_token()).json["access_token"]
        return {"Authorization": f"Bearer {token}", **self.subscription, **self.sales_unit}

    async def exchange(self, content: object, **body: Any) -> Reply:
        merchant = await self.merchant()
        return await self.call("POST", "/qr/v1/exchange", json={"qrCode": content, **body}, headers=merchant)

    async def ask(self, msisdn: str = KARI, **fields: str) -> Reply:
        form = {"scope": "openid name phoneNumber", "login_hint": f"urn:msisdn:{msisdn}", **fields}
        return await self.call("POST", BACKCHANNEL, data=form, headers=self.basic)

    async def asked(self, msisdn: str = KARI, **fields: str) -> str:
        reply = await self.ask(msisdn, **fields)
        assert reply.status == 200, reply.text
        auth_req_id: str = reply.json["auth_req_id"]
        return auth_req_id

    async def collect(self, auth_req_id: str, path: str = TOKEN) -> Reply:
        form = {"grant_type": GRANT, "auth_req_id": auth_req_id}
        return await self.call("POST", path, data=form, headers=self.basic)

    async def logged_in(self, msisdn: str = KARI, scope: str = "openid name phoneNumber", **consents: bool) -> Any:
        """Ask, approve and collect; answers the tokens."""
        auth_req_id = await self.asked(msisdn, scope=scope)
        assert (await self.press("approve", auth_req_id, consents=consents)).status == 204
        await self.later(5)
        reply = await self.collect(auth_req_id)
        assert reply.status == 200, reply.text
        return reply.json

    async def userinfo(self, tokens: Any, path: str = USERINFO, **headers: str) -> Reply:
        return await self.call("GET", path, headers={"Authorization": f"Bearer {tokens['access_token']}", **headers})

    async def register(self, url: str, *events: str) -> Reply:
        body = {"url": url, "events": list(events) or [PING]}
        return await self.call("POST", WEBHOOKS, json=body, headers=await self.merchant())


@dataclass
class Delivered:
    """One delivery as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """A merchant's address; it answers the next of `answers`, and 200 when there are none left."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = []
        self.silent = False
        self._arrived: asyncio.Queue[Delivered] = asyncio.Queue()

    async def next(self) -> Delivered:
        async with asyncio.timeout(MOST_PATIENCE):
            return await self._arrived.get()

    @property
    def empty(self) -> bool:
        return self._arrived.empty()

    async def receive(self, request: web.Request) -> web.Response:
        self._arrived.put_nowait(Delivered(request.path_qs, request.headers.copy(), await request.read()))
        if self.silent:
            await asyncio.Event().wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen on a free port."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", receiver.receive)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/ping?club=1"
    try:
        yield receiver
    finally:
        await runner.cleanup()


def claims(token: str) -> Any:
    """Read the claims of a JWT, believing everything."""
    part = token.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
