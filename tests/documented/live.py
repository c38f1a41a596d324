"""The documented contract, and our client, against the platform's own test environment; `make live` calls this.

It takes one's own keys from the environment and is never part of `make test`. By default it pushes nothing to anybody's
phone and changes nothing: it reads, and sends what must be refused. With `MEDLEM_LIVE_NUMBER`, the number of one's own
*test* user, it also looks that number up, asks it, and follows the answer.

Ends with 0 when everything is as documented, 1 when something is not, and 2 when it has no keys: that is no success.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, encode_basic_auth

from documented.documents import Case, load, misfit_headers, misfits
from medlem.app.clock import SystemClock
from medlem.club.codes import ConfirmationCode
from medlem.club.errors import UnreadableCode
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Answered, Asked, Pending, Question, Unreachable
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import AuthMethod, SalesUnit

TEST_HOST: Final = "https://apitest.vipps.no"
"""The platform's test environment; nothing else in this repository calls it."""

NEEDED: Final = {
    "MEDLEM_LIVE_CLIENT_ID": "client_id of a sales unit in the test environment",
    "MEDLEM_LIVE_CLIENT_SECRET": "its client_secret",
    "MEDLEM_LIVE_SUBSCRIPTION_KEY": "its Ocp-Apim-Subscription-Key",
    "MEDLEM_LIVE_MSN": "its Merchant-Serial-Number",
}
OPTIONAL: Final = {
    "MEDLEM_LIVE_NUMBER": "your own test user, digits with country code: also look up, ask, and follow the answer",
    "MEDLEM_LIVE_AUTH_METHOD": "basic (default) or post, as the portal says for the sales unit",
    "MEDLEM_LIVE_URL": "another address than the test environment's, a simulator's for example",
}

QUIET: Final = (
    "discovery", "jwks", "access-token", "access-token-wrong-secret", "access-token-wrong-subscription-key",
    "exchange-refused", "exchange-unauthorized", "exchange-customer-refused", "ask-malformed-hint", "ask-wrong-keys",
    "token-invalid-grant", "userinfo-unauthorized", "webhook-list", "webhook-register-refused",
)  # fmt: skip
"""Cases that push nothing and change nothing."""
WITH_A_NUMBER: Final = ("user-exists", "exchange-clear", "ask")

CLUB: Final = ClubId("clb_live")
CODE: Final = ConfirmationCode("4MX-CQ3")
PATIENCE: Final = 20.0
"""Seconds for one call."""


@dataclass
class Live:
    """One run, and what came of it."""

    url: str
    unit: SalesUnit
    number: str | None
    session: ClientSession
    say: Callable[[str], None]
    sleep: Callable[[float], Any] = asyncio.sleep
    failed: int = 0

    def tell(self, name: str, flaws: list[str]) -> None:
        """One line a step; what the platform has added since is news, and no flaw."""
        news = [flaw for flaw in flaws if flaw.endswith(": not documented")]
        wrong = [flaw for flaw in flaws if flaw not in news]
        self.failed += bool(wrong)
        self.say(f"{'DIFFERS' if wrong else 'ok     '}  {name}" + (f": {'; '.join(wrong)}" if wrong else ""))
        for one in news:
            self.say(f"   new   {name}: {one.removesuffix(': not documented')}")

    async def contract(self) -> None:
        """Send the documented requests, without our client."""
        words = self._words()
        token = await self._send(load("access-token").bound(words))
        if isinstance(token[2], dict):
            words["access_token"] = str(token[2].get("access_token"))
        for name in QUIET + (WITH_A_NUMBER if self.number else ()):
            case = load(name).bound(words)
            self.tell(name, _flaws(case, *await self._send(case)))
            if name == "ask":
                self.say("   note  a question is on the phone; it is left to expire")

    async def client(self) -> None:
        """Make our client do what it does at a till."""
        platform = VippsPlatform({CLUB: self.unit}, SystemClock())
        try:
            await self._refused_code(platform)
            if self.number:
                await self._enrolment(platform, PhoneNumber(self.number))
        finally:
            await platform.close()

    async def _refused_code(self, platform: VippsPlatform) -> None:
        name = "client: a code that nobody made is told as such"
        try:
            found = await platform.reveal(CLUB, PersonalQr("https://qr.vipps.no/p/nobody-made-this"))
        except UnreadableCode:
            self.tell(name, [])
        except Exception as trouble:  # noqa: BLE001  whatever it is, it is told as a difference
            self.tell(name, [type(trouble).__name__])
        else:
            self.tell(name, [f"revealed {found!r}"])

    async def _enrolment(self, platform: VippsPlatform, phone: PhoneNumber) -> None:
        self.tell("client: the number has an account", [] if await platform.exists(CLUB, phone) else ["it has none"])
        asked = await platform.ask(Question(CLUB, phone, CODE))
        if not isinstance(asked, Asked):
            self.tell("client: the question is asked", [repr(asked)])
            return
        self.tell("client: the question is asked", [])
        self.say(f"   now   answer on the phone of your test user; the code is {CODE}")
        left = asked.life.total_seconds()
        answer: Any = Pending()
        while isinstance(answer, Pending | Unreachable) and left > 0:
            await self.sleep(asked.interval.total_seconds())
            left -= asked.interval.total_seconds()
            answer = await platform.collect(CLUB, asked.request)
        if not isinstance(answer, Answered):
            self.say(f"   note  {type(answer).__name__}: no yes, so nothing to read")
            return
        told = await platform.disclose(CLUB, asked.request, answer.raw)
        self.tell("client: the yes is read", [] if isinstance(told, Disclosure) else [repr(told)])

    def _words(self) -> dict[str, str]:
        secret = self.unit.client_secret.reveal()
        return {
            "client_id": self.unit.client_id,
            "client_secret": secret,
            "subscription_key": (self.unit.subscription_key or Masked("")).reveal(),
            "msn": self.unit.msn or "",
            "basic": encode_basic_auth(self.unit.client_id, secret).removeprefix("Basic "),
            "word": "medlem",
            "host": self.url,
            "msisdn": self.number or "4740000199",
            "unknown_code": "https://qr.vipps.no/p/nobody-made-this",
            "old_customer_token": "nobody-made-this",
            "auth_req_id": "nobody-asked-this",
        }

    async def _send(self, case: Case) -> tuple[int, Mapping[str, str], Any]:
        request = case.request
        body = urlencode(request["form"]) if "form" in request else None
        if "json" in request:
            body = msgspec.json.encode(request["json"]).decode()
        address = self.url + request["path"]
        async with self.session.request(
            request["method"], address, data=body, headers=request["headers"], allow_redirects=False
        ) as answer:
            raw = await answer.read()
            return answer.status, answer.headers, _read(raw)


def _read(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw


LIVE_VALUES: Final = {"discovery", "webhook-list", "jwks"}
"""Lists that are as long as they are: of these only names and types of what is always there are compared."""


def _flaws(case: Case, status: int, headers: Mapping[str, str], body: Any) -> list[str]:
    answer = case.answer
    flaws = [] if status == answer["status"] else [f"status {status}, not {answer['status']}"]
    flaws += [f"header {flaw}" for flaw in misfit_headers(answer["headers"], headers)]
    if "json" not in answer:
        return flaws
    fixed = [] if case.name in LIVE_VALUES else answer.get("fixed", [])
    found = misfits(answer["json"], body, answer | {"fixed": fixed})
    if case.name in LIVE_VALUES:
        return flaws + [flaw for flaw in found if "/0" not in flaw and "empty" not in flaw]
    return flaws + list(found)


def settings(environment: Mapping[str, str]) -> tuple[str, SalesUnit, str | None]:
    """Read whose keys to use, where, and which number may be asked."""
    url = environment.get("MEDLEM_LIVE_URL", TEST_HOST).rstrip("/")
    unit = SalesUnit(
        client_id=environment["MEDLEM_LIVE_CLIENT_ID"],
        client_secret=Masked(environment["MEDLEM_LIVE_CLIENT_SECRET"]),
        subscription_key=Masked(environment["MEDLEM_LIVE_SUBSCRIPTION_KEY"]),
        msn=environment["MEDLEM_LIVE_MSN"],
        auth_method=AuthMethod(environment.get("MEDLEM_LIVE_AUTH_METHOD", "basic")),
        base_url=url,
        discovery_url=f"{url}/access-management-1.0/access/.well-known/openid-configuration",
    )
    return url, unit, environment.get("MEDLEM_LIVE_NUMBER") or None


async def run(environment: Mapping[str, str], say: Callable[[str], None], **how: Any) -> int:
    """Run everything; answers the exit code."""
    if missing := [name for name in NEEDED if not environment.get(name)]:
        say("NOT TRIED: there are no keys for the platform's test environment. Nothing was checked.")
        say("Set in the environment:")
        for name, meaning in (NEEDED | OPTIONAL).items():
            say(f"  {name:30} {meaning}{' (missing)' if name in missing else ''}")
        return 2
    url, unit, number = settings(environment)
    session = ClientSession(timeout=ClientTimeout(total=PATIENCE), cookie_jar=DummyCookieJar())
    async with session:
        live = Live(url, unit, number, session, say, **how)
        say(f"Against {url}, as sales unit {unit.msn}; " + ("asking your test user." if number else "asking nobody."))
        await live.contract()
        await live.client()
    say("Everything is as documented." if not live.failed else f"{live.failed} differ from what is documented.")
    return 1 if live.failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(run(os.environ, print)))  # noqa: TID251  these keys are no settings of the service
