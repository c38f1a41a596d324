"""The simulator against the documented requests and answers; the client has no part in this.

Each documented request is sent as it stands, and the answer must have the documented status, headers, names and types.
"""

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from documented.documents import NAMES, Case, load, misfit_headers, misfits
from documented.simulator_bench import ARRANGED, a_sticker, answered
from medlem.simulator.signature import signed_headers
from simulator.conftest import opened
from simulator.desk import GRANT, KARI, PING, Desk, Reply, receiving

ELSEWHERE = {
    "delivery-check-in": "test_a_check_in_goes_out_as_documented",
    "delivery-check-in-older": "test_a_check_in_goes_out_as_documented",
    "delivery-ping": "test_a_ping_goes_out_as_documented",
    "delivery-published-vector": "test_the_published_delivery_is_signed_as_documented",
    "delivery-consent-revoked": "test_withdrawn_sharing_is_told_as_documented",
    "userinfo-that-is-not-json": "a slip of the page, which no platform would serve; the client must outlive it",
}
"""What no single call shows, and why."""


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
    case, reply = await answered(desk, name)
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


@pytest.mark.parametrize(
    ("name", "field"), [("delivery-check-in", "msn"), ("delivery-check-in-older", "merchantSerialNumber")]
)
async def test_a_check_in_goes_out_as_documented(name: str, field: str) -> None:
    async with opened() as desk, receiving() as receiver:
        await desk.person()
        await desk.switch(check_in_sales_unit_field=field)
        assert (await desk.register(receiver.url, "user.checked-in.v1")).status == 201
        words = desk.keys | await a_sticker(desk)
        await desk.call("POST", f"/sim/people/{KARI}/scan", json={"code": words["station_qr"]})
        delivered = await receiver.next()

        wanted = load(name).bound(words).request
        said = msgspec.json.decode(delivered.body)
        assert list(misfits(wanted["json"], said, {"fixed": [f"/{field}", "/merchantQrId"]})) == []
        assert shape(said["initiatedAt"]) == shape(wanted["json"]["initiatedAt"])
        assert wanted["headers"].keys() <= set(delivered.headers)


def shape(moment: str) -> str:
    """A time with its digits made alike."""
    return re.sub("[0-9]", "0", moment)


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
