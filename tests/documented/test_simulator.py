"""The simulator against the documented requests and answers; the client has no part in this.

Each documented request is sent as it stands, and the answer must have the documented status, headers, names and types.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import pytest
from aiohttp import encode_basic_auth

from documented.documents import NAMES, Case, load, misfit_headers, misfits
from medlem.simulator.signature import signed_headers
from simulator.conftest import opened
from simulator.desk import GRANT, KARI, OLA, PING, Desk, Reply, receiving

Words = dict[str, str]
Arrange = Callable[[Desk], Awaitable[Words]]

ADDRESS = {"street_address": "Storgata 1", "postal_code": "0155", "region": "OSLO", "country": "NO"}
CONSENTS = [
    {"id": "email", "title": "Receive offers via email", "required": True},
    {"id": "sms", "title": "Receive offers via SMS"},
]


async def nothing(_desk: Desk) -> Words:
    return {}


def switched(**switches: Any) -> Arrange:
    async def arrange(desk: Desk) -> Words:
        await desk.switch(**switches)
        return {}

    return arrange


async def a_fresh_code(desk: Desk) -> Words:
    return {"tokenised_code": await desk.qr("token")}


async def no_code(_desk: Desk) -> Words:
    return {"unknown_code": "https://qr.vipps.no/p/nobody-made-this"}


async def a_check_in(desk: Desk) -> Words:
    token = (await desk.call("POST", f"/sim/people/{KARI}/customer-token")).json["customerToken"]
    return {"customer_token": token, "old_customer_token": "nobody-made-this"}


async def asked_too_often(desk: Desk) -> Words:
    await desk.switch(user_exists_per_minute=1)
    await desk.call(
        "POST",
        "/vipps-login-ciba/api/v1/user-exists",
        data={"login_hint": f"urn:msisdn:{KARI}"},
        headers=desk.basic,
    )
    return {}


async def an_old_app(desk: Desk) -> Words:
    await desk.person(OLA, app="old")
    return {"old_app": OLA}


async def busy(desk: Desk) -> Words:
    for _ in range(3):
        await desk.asked()
    return {}


def looking(end: str = "", **switches: Any) -> Arrange:
    """A request that has come to an end, or to none, looked for when its interval is over."""

    async def arrange(desk: Desk) -> Words:
        await desk.switch(**switches)
        if end == "old_app":
            await desk.person(app="old")
        auth_req_id = await desk.asked(requested_expiry="60")
        if end in {"approve", "decline"}:
            await desk.press(end, auth_req_id)
        if end == "expire":
            await desk.later(60)
        if end != "too soon":
            await desk.later(5)
        return {"auth_req_id": auth_req_id}

    return arrange


async def nobodys_request(_desk: Desk) -> Words:
    return {"auth_req_id": "nobody-asked-this"}


def shared(scope: str, switches: dict[str, Any] | None = None, **traits: Any) -> Arrange:
    """Somebody who has shared this."""

    async def arrange(desk: Desk) -> Words:
        await desk.switch(consents=CONSENTS, **(switches or {}))
        person = await desk.person(email="kari@example.com", **traits)
        tokens = await desk.logged_in(KARI, scope, email=True)
        return {"user_token": tokens["access_token"], "sub": person["sub"]}

    return arrange


async def one_registration(desk: Desk) -> Words:
    url = "https://club.example.com/hooks"
    return {"url": url, "webhook": (await desk.register(url)).json["id"]}


AS_PUBLISHED: dict[str, Any] = {"delegated_consents_as_published": True}
PROFILE = "openid name phoneNumber email birthDate address"
ARRANGED: dict[str, Arrange] = {
    "access-token": nothing,
    "access-token-in-integers": switched(numbers_as_integers=True),
    "access-token-wrong-secret": nothing,
    "access-token-wrong-subscription-key": nothing,
    "exchange-clear": nothing,
    "exchange-tokenised": a_fresh_code,
    "exchange-refused": no_code,
    "exchange-unauthorized": nothing,
    "exchange-customer": a_check_in,
    "exchange-customer-refused": a_check_in,
    "discovery": nothing,
    "jwks": nothing,
    "user-exists": nothing,
    "user-exists-nobody": nothing,
    "user-exists-too-often": asked_too_often,
    "ask": nothing,
    "ask-with-keys-in-the-form": switched(client_auth="client_secret_post"),
    "ask-as-a-partner": nothing,
    "ask-malformed-hint": nothing,
    "ask-bad-binding-message": nothing,
    "ask-unheard-of-scope": nothing,
    "ask-nobody": nothing,
    "ask-old-app": an_old_app,
    "ask-busy-customer": busy,
    "ask-wrong-keys": nothing,
    "token-authorization-pending": looking(),
    "token-slow-down": looking("too soon"),
    "token-expired-token": looking("expire"),
    "token-access-denied": looking("decline"),
    "token-invalid-grant": nobodys_request,
    "token-old-app": looking("old_app", ineligible_told_at="poll"),
    "token-tokens": looking("approve"),
    "token-lower-case-bearer": looking("approve", token_type="bearer"),
    "userinfo": shared(PROFILE, address=ADDRESS),
    "userinfo-without-an-address": shared("openid name address"),
    "userinfo-delegated-consents": shared("openid delegatedConsents"),
    "userinfo-delegated-consents-as-published": shared("openid delegatedConsents", AS_PUBLISHED),
    "userinfo-flow-result": shared("openid customFlow"),
    "userinfo-unauthorized": nothing,
    "userinfo-with-a-subscription-key": shared("openid name"),
    "webhook-register": one_registration,
    "webhook-register-refused": nothing,
    "webhook-list": one_registration,
    "webhook-delete": one_registration,
    "webhook-delete-unknown": nothing,
}

ELSEWHERE = {
    "delivery-ping": "test_a_ping_goes_out_as_documented",
    "delivery-published-vector": "test_the_published_delivery_is_signed_as_documented",
    "delivery-consent-revoked": "test_withdrawn_sharing_is_told_as_documented",
    "userinfo-that-is-not-json": "a slip of the page, which no platform would serve; the client must outlive it",
}
"""What no single call shows, and why."""


async def send(desk: Desk, case: Case) -> Reply:
    """Send the documented request, letter by letter."""
    request = case.request
    body = urlencode(request["form"]) if "form" in request else None
    if "json" in request:
        body = json.dumps(request["json"])
    return await desk.call(request["method"], request["path"], data=body, headers=request["headers"])


async def own_words(desk: Desk) -> Words:
    keys = desk.keys
    token = (await desk.get_token()).json["access_token"]
    return {
        **{name: keys[name] for name in ("client_id", "client_secret", "subscription_key", "msn")},
        "basic": encode_basic_auth(keys["client_id"], keys["client_secret"]).removeprefix("Basic "),
        "access_token": token,
        "msisdn": KARI,
        "nobody": "4740000099",
        "host": desk.url,
        "url": "https://club.example.com/hooks",
        "word": "acme",
    }


def wrong(case: Case, reply: Reply) -> list[str]:
    """Everything in which an answer is not as documented."""
    answer = case.answer
    flaws = [] if reply.status == answer["status"] else [f"status {reply.status}"]
    flaws += misfit_headers(answer["headers"], reply.headers)
    if "json" in answer:
        return flaws + list(misfits(answer["json"], reply.json, answer))
    return flaws + ([reply.text] if reply.text else [])


@pytest.mark.parametrize("name", ARRANGED)
async def test_the_simulator_answers_as_documented(desk: Desk, name: str) -> None:
    await desk.person()
    words = await own_words(desk)
    words |= await ARRANGED[name](desk)
    case = load(name).bound(words)
    # Which keys there are, and how long they are, differs: their shape is the first one's.
    if name == "jwks":
        case.answer["json"]["keys"][0]["n"] = "any"
    reply = await send(desk, case)
    if name == "jwks":
        reply = only_rsa(reply)

    assert wrong(case, reply) == []


def only_rsa(reply: Reply) -> Reply:
    """The documented key; beside it stands the one for ES256, which the pages leave out."""
    keys = reply.json["keys"]
    assert sorted(key["kty"] for key in keys) == ["EC", "RSA"]
    return Reply(reply.status, reply.headers, json.dumps({"keys": [key for key in keys if key["kty"] == "RSA"]}))


def test_every_case_is_checked_against_the_simulator() -> None:
    refusals = {name for name in NAMES if name.startswith("refusal-")}  # shapes of a no, without a call of their own
    assert ARRANGED.keys() | ELSEWHERE.keys() | refusals == set(NAMES)
    for reason in ELSEWHERE.values():
        assert " " in reason or reason in globals()


async def test_a_ping_goes_out_as_documented() -> None:
    async with opened() as desk, receiving() as receiver:
        await desk.person()
        secret = (await desk.register(receiver.url)).json["secret"]
        auth_req_id = await desk.asked()
        await desk.press("approve", auth_req_id)
        delivered = await receiver.next()

        case = load("delivery-ping").bound({"auth_req_id": auth_req_id})
        assert msgspec.json.decode(delivered.body) == case.request["json"]
        date, digest = delivered.headers["x-ms-date"], delivered.headers["x-ms-content-sha256"]
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", date)
        assert digest == b64(hashlib.sha256(delivered.body).digest())
        host = urlsplit(receiver.url).netloc
        text = f"POST\n{delivered.path}\n{date};{host};{digest}"
        signature = b64(hmac.digest(secret.encode(), text.encode(), "sha256"))
        words = {"date": date, "hash": digest, "signature": signature}
        assert misfit_headers(case.bound(words).request["headers"], delivered.headers) == []
        assert await desk.deliveries(1) == [case.answer["status"]]


def test_the_published_delivery_is_signed_as_documented() -> None:
    request = load("delivery-published-vector").request
    at = 1680165512  # Thu, 30 Mar 2023 08:38:32 GMT
    signed = signed_headers(request["secret"], request["path"], request["text"].encode(), at)
    assert misfit_headers(request["headers"], signed) == []


async def test_withdrawn_sharing_is_told_as_documented() -> None:
    sample = load("delivery-consent-revoked").request
    async with opened() as desk, receiving() as receiver:
        kari = await desk.person()
        await desk.switch(revocation_url=receiver.url)
        await desk.call("POST", f"/sim/people/{KARI}/revoke")
        told = await receiver.next()

        assert misfit_headers(sample["headers"], told.headers) == []
        header, claims = parts(told.body.decode())
        sample_header, sample_claims = parts(sample["text"])
        assert header == sample_header
        assert list(misfits(sample_claims, claims, {"fixed": ["/event"]})) == []
        assert claims["sub"] == kari["sub"]
        assert claims["exp"] - claims["iat"] == sample_claims["exp"] - sample_claims["iat"]
        assert claims["nbf"] == claims["iat"]


def parts(token: str) -> tuple[bytes, Any]:
    """The header as it came, and the claims; exactly two parts."""
    header, claims = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    return header, msgspec.json.decode(claims)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def test_the_grant_and_the_event_have_the_documented_names() -> None:
    assert load("token-tokens").request["form"]["grant_type"] == GRANT
    assert load("webhook-register").request["json"]["events"] == [PING]
