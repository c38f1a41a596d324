"""Our client on a bench: it is asked to do one thing, and a stub says the documented answer, letter by letter."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import encode_basic_auth

from documented.documents import Case, load, misfit_headers
from fakes import HandClock
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Reason
from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.ids import StationQrId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import NotAsked, Question
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.receipt import Receipt
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.webhooks import PING
from signed_tokens import NOW, SUB, Tokens, at_hash, rsa_key
from stub_platform import CLUB, SHORT, Said, Seen, Stub, unit_for

KARI = PhoneNumber("4740000001")
OLD = PhoneNumber("4740000002")
NOBODY = PhoneNumber("4740000003")
REQUEST = Masked("VYGaaAMRkI6SyAm_uIywhxsN2K0")
KID = "public:00000000-0000-4000-8000-000000000001"
WELL_KNOWN = "/access-management-1.0/access/.well-known/"
WEBHOOKS = "/webhooks/v1/webhooks"
HOOK = "https://club.example.org/hooks/vipps/123456/" + PING
CLEAR = "https://qr.vipps.no/28/2/01/031/4740000001?v=1"
OPAQUE = "https://qr.vipps.no/p/qwjhewqhueheuqwhuqwhe"
PAGE = "https://club.example.org/finish/123456"
STATION_QR = StationQrId("27072f82-0000-4000-8000-000000000003")
CUSTOMER_TOKEN = Masked("dG9rZW4gb2YgYSBzY2Fu")


@dataclass
class Bench:
    """The client, and a stub that says one documented answer."""

    stub: Stub
    unit: SalesUnit
    clock: HandClock = field(default_factory=lambda: HandClock(NOW))

    def __post_init__(self) -> None:
        self.platform = VippsPlatform({CLUB: self.unit}, self.clock, SHORT)
        self.words = {
            "client_id": self.unit.client_id,
            "client_secret": self.unit.client_secret.reveal(),
            "subscription_key": "subscription-key-1",
            "msn": "123456",
            "basic": encode_basic_auth(self.unit.client_id, "s3cret%3A%2B%2F%25+of+the+shop").removeprefix("Basic "),
            "access_token": "eyJ0eXAi.documented.token",
            "msisdn": KARI.msisdn,
            "old_app": OLD.msisdn,
            "nobody": NOBODY.msisdn,
            "tokenised_code": OPAQUE,
            "unknown_code": OPAQUE,
            "auth_req_id": REQUEST.reveal(),
            "host": self.stub.url,
            "modulus": str(rsa_key(KID).as_dict(private=False)["n"]),
            "sub": SUB,
            "user_token": "ciba.W_IfBcSr-documented",
            "url": HOOK,
            "webhook": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
            "seconds": "7",
            "station_qr": STATION_QR,
            "redirect_uri": PAGE,
            "code": "the-code",
            "customer_token": CUSTOMER_TOKEN.reveal(),
            "old_customer_token": CUSTOMER_TOKEN.reveal(),
        }
        self.words["id_token"] = self.tokens().id_token()
        for name in ("discovery", "jwks", "access-token"):
            self.say(self.case(name))

    def case(self, name: str) -> Case:
        return load(name).bound(self.words)

    def tokens(self, access: str = "ciba.W_IfBcSr-documented") -> Tokens:
        good = Tokens.good(f"{self.stub.url}/access-management-1.0/access/").claiming(at_hash=at_hash(access))
        return Tokens(good.claims, {"alg": "RS256", "kid": KID, "typ": "JWT"}, rsa_key(KID), {"access_token": access})

    def say(self, *cases: Case, path: str = "") -> None:
        said = [Said(case.answer.get("json", case.answer.get("text", b"")), **_head(case)) for case in cases]
        self.stub.says(path or cases[0].request["path"].partition("?")[0], *said)

    async def reveal(self, code: str = CLEAR) -> Any:
        return await self.platform.reveal(CLUB, PersonalQr(code))

    async def ask(self, phone: PhoneNumber = KARI, code: str = "4MX-CQ3", token: Masked[str] | None = None) -> Any:
        return await self.platform.ask(Question(CLUB, phone, ConfirmationCode(code), customer_token=token))

    async def collect(self) -> Any:
        return await self.platform.collect(CLUB, REQUEST)

    async def read(self, access: str = "ciba.W_IfBcSr-documented") -> Any:
        """What a kept token answer says, with userinfo."""
        kept = Receipt(self.tokens(access).answer, NOW, NOW).seal()
        return await self.platform.disclose(CLUB, REQUEST, kept)


def _head(case: Case) -> dict[str, Any]:
    return {"status": case.answer["status"], "headers": case.answer["headers"] or {"Content-Type": "text/plain"}}


@asynccontextmanager
async def benched(stub: Stub, **changes: Any) -> AsyncIterator[Bench]:
    unit = unit_for(stub, discovery_url=f"{stub.url}{WELL_KNOWN}openid-configuration", **changes)
    bench = Bench(stub, unit)
    try:
        yield bench
    finally:
        await bench.platform.close()


def sent_as_documented(case: Case, seen: Seen) -> list[str]:
    """Everything in which a request is not the documented one."""
    wanted = case.request
    flaws = misfit_headers(wanted["headers"], seen.headers)
    flaws += [f"{name} is there" for name in wanted.get("absent", ()) if name in seen.headers]
    path = wanted["path"].partition("?")[0]
    flaws += [] if (seen.method, seen.path) == (wanted["method"], path) else [f"{seen.method} {seen.path}"]
    if "form" in wanted:
        return flaws + ([] if seen.form == wanted["form"] else [f"form {seen.form}"])
    if "json" in wanted:
        return flaws + ([] if seen.json == wanted["json"] else [f"body {seen.json}"])
    return flaws + ([f"body {seen.body!r}"] if seen.body else [])


async def outcome_of(call: Awaitable[Any]) -> Any:
    """What a call answers, or how it refuses."""
    try:
        return await call
    except (PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode) as refusal:
        return refusal


def means(outcome: Any, wanted: Any) -> bool:
    """Whether an outcome is the wanted one, of the wanted type, or a question not asked for the wanted reason."""
    if isinstance(wanted, type):
        return isinstance(outcome, wanted)
    if isinstance(wanted, Reason):
        return isinstance(outcome, NotAsked) and outcome.reason is wanted
    return bool(outcome == wanted)
