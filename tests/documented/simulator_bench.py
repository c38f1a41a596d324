"""The simulator on a bench: how each documented case is brought about, and its request sent as it stands."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import encode_basic_auth

from documented.documents import Case, load
from simulator.desk import KARI, OLA, Desk, Reply

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


PAGE = "https://club.example.org/finish/123456"


async def a_page(desk: Desk) -> Words:
    await desk.switch(redirect_uris=[PAGE])
    return {"redirect_uri": PAGE}


async def a_code(desk: Desk) -> Words:
    """The code with which the phone has opened the page."""
    await a_page(desk)
    auth_req_id = await desk.asked(requested_flow="login_to_webpage", redirect_uri=PAGE)
    opened = (await desk.press("approve", auth_req_id)).json["opens"]
    return {"code": parse_qs(urlsplit(opened).query)["code"][0]}


async def a_sticker(desk: Desk) -> Words:
    path, merchant = "/qr/v1/merchant-callback/till-1", await desk.merchant()
    placed = await desk.call("PUT", path, json={"locationDescription": "Till 1"}, headers=merchant)
    assert placed.status == 200
    return {"station_qr": "till-1"}


async def a_name(_desk: Desk) -> Words:
    return {"station_qr": "till-2"}


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
    "callback-qr-place": a_name,
    "callback-qr-show": a_sticker,
    "callback-qr-list": a_sticker,
    "callback-qr-delete": a_sticker,
    "callback-qr-unknown": nothing,
    "callback-qr-refused": a_name,
    "discovery": nothing,
    "jwks": nothing,
    "user-exists": nothing,
    "user-exists-nobody": nothing,
    "user-exists-too-often": asked_too_often,
    "ask": nothing,
    "ask-with-keys-in-the-form": switched(client_auth="client_secret_post"),
    "ask-as-a-partner": nothing,
    "ask-with-a-customer-token": a_check_in,
    "ask-to-finish-on-a-page": a_page,
    "ask-to-finish-on-an-unknown-page": a_page,
    "code-tokens": a_code,
    "code-used": nothing,
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


async def answered(desk: Desk, name: str) -> tuple[Case, Reply]:
    """Bring a case about; answers it with the desk's own words in it, and what the simulator said."""
    await desk.person()
    words = await own_words(desk)
    words |= await ARRANGED[name](desk)
    case = load(name).bound(words)
    return case, await send(desk, case)
