"""Deliveries: only the platform's own, unchanged, and a registration that mends itself."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Standing, Subscribed
from medlem.vipps.webhooks import PING, hook_url, verify
from signed_tokens import NOW
from stub_platform import CLUB, WEBHOOKS, House, Said

SECRET = Masked("A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==")
URL = "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63"
BODY = b'{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}'
HEADERS = {
    "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT",
    "x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
    "Authorization": "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
    "&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
}
"""The example that the platform has published."""

OURS = "https://club.example.org/hooks/vipps/123456/login.merchant-initiated.ping.v1"


def test_the_published_example_is_genuine() -> None:
    assert verify(SECRET, URL, HEADERS, BODY)


def test_headers_may_come_in_any_case() -> None:
    assert verify(SECRET, URL, {name.title(): value for name, value in HEADERS.items()}, BODY)


def test_no_byte_of_the_body_can_be_changed() -> None:
    for place in range(len(BODY)):
        for bit in range(8):
            changed = bytearray(BODY)
            changed[place] ^= 1 << bit
            assert not verify(SECRET, URL, HEADERS, bytes(changed))
    assert not verify(SECRET, URL, HEADERS, BODY + b" ")
    assert not verify(SECRET, URL, HEADERS, b"")


@pytest.mark.parametrize("name", list(HEADERS))
def test_no_letter_of_a_signed_header_can_be_changed(name: str) -> None:
    right = HEADERS[name]
    for place in range(len(right)):
        for bit in range(7):
            letter = chr(ord(right[place]) ^ (1 << bit))
            changed = right[:place] + letter + right[place + 1 :]
            assert not verify(SECRET, URL, HEADERS | {name: changed}, BODY), changed
        assert not verify(SECRET, URL, HEADERS | {name: right[:place] + "æ" + right[place + 1 :]}, BODY)
        assert not verify(SECRET, URL, HEADERS | {name: right[:place]}, BODY)
    assert not verify(SECRET, URL, {key: value for key, value in HEADERS.items() if key != name}, BODY)


@pytest.mark.parametrize(
    "other",
    ["https://webhook.site/", URL + "?a=b", URL.replace("site", "example"), URL.replace(".site", ".site:8443")],
)
def test_a_delivery_for_another_address_is_refused(other: str) -> None:
    assert not verify(SECRET, other, HEADERS, BODY)


def test_another_secret_is_refused() -> None:
    assert not verify(Masked(SECRET.reveal().lower()), URL, HEADERS, BODY)


@pytest.mark.parametrize(
    ("url", "path", "host"),
    [
        ("https://club.example.org:443/hooks?x=1&y=%20", "/hooks?x=1&y=%20", "club.example.org"),
        ("https://CLUB.example.org:8443/hooks", "/hooks", "club.example.org:8443"),
        ("http://127.0.0.1:8080/hooks", "/hooks", "127.0.0.1:8080"),
        ("https://club.example.org", "/", "club.example.org"),
    ],
)
def test_the_registered_address_is_what_is_signed(url: str, path: str, host: str) -> None:
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    text = f"POST\n{path}\nnow;{host};{digest}"
    signature = base64.b64encode(hmac.digest(b"secret", text.encode(), "sha256")).decode()
    headers = {
        "x-ms-date": "now",
        "x-ms-content-sha256": digest,
        "authorization": f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}",
    }
    assert verify(Masked("secret"), url, headers, BODY)


def test_every_event_has_an_address() -> None:
    assert hook_url("https://club.example.org/", "123456", PING) == OURS
    assert hook_url("https://club.example.org", "a/b", "c d") == "https://club.example.org/hooks/vipps/a%2Fb/c%20d"


# -- registrations


def listed(*hooks: Any) -> Said:
    return Said({"webhooks": list(hooks)})


MADE = Said({"id": "hook-2", "secret": "once"}, 201)


async def test_a_registration_tells_its_secret_once(house: House) -> None:
    house.stub.says(WEBHOOKS, MADE)
    made = await house.platform.register(CLUB, PING, OURS)
    assert made == Subscribed(id="hook-2", url=OURS, secret=Masked("once"), created_at=NOW)
    [seen] = house.stub.calls(WEBHOOKS)
    assert (seen.method, seen.json) == ("POST", {"url": OURS, "events": [PING]})
    assert seen.headers["Ocp-Apim-Subscription-Key"] == "subscription-key-1"
    assert seen.headers["Authorization"] == "Bearer api.token_1"


@pytest.mark.parametrize(
    "said",
    [
        Said("", 500),
        Said("", 401),
        Said({"title": "Bad Request", "status": 400, "extraDetails": []}, 400),
        Said({"id": "hook-2"}, 201),
        Said({"id": "", "secret": "once"}, 201),
        Said({"id": "hook-2", "secret": 7}, 201),
        Said("<html>", 201),
    ],
    ids=["failing", "keys", "refused", "no secret", "no id", "no text", "html"],
)
async def test_nothing_depends_on_a_registration(house: House, said: Said) -> None:
    house.stub.says(WEBHOOKS, said)
    assert await house.platform.register(CLUB, PING, OURS) is None


async def test_what_stands_is_listed_as_far_as_it_can_be_read(house: House) -> None:
    whole = {"id": "hook-1", "url": OURS, "events": [PING, "new.event.v9", 7], "unknown": True}
    house.stub.says(WEBHOOKS, listed(whole, "?", {"url": OURS}, {"id": "bare"}))
    assert await house.platform.registrations(CLUB) == [
        Standing("hook-1", OURS, frozenset([PING, "new.event.v9"])),
        Standing("bare", "None", frozenset()),
    ]


@pytest.mark.parametrize("said", [Said("", 500), Said("<html>"), Said({"webhooks": "none"}), Said("", 401)])
async def test_a_list_that_cannot_be_had_is_not_an_empty_one(house: House, said: Said) -> None:
    house.stub.says(WEBHOOKS, said)
    assert await house.platform.registrations(CLUB) is None


@pytest.mark.parametrize(("status", "gone"), [(204, True), (200, True), (404, True), (500, False), (401, False)])
async def test_a_registration_is_gone_when_the_platform_says_so(house: House, status: int, *, gone: bool) -> None:
    house.stub.says(f"{WEBHOOKS}/hook-1", Said("", status))
    assert await house.platform.unregister(CLUB, "hook-1") is gone


@pytest.mark.parametrize(("stands", "gone"), [(False, True), (True, False)])
async def test_a_refusal_to_end_a_registration_says_nothing_of_one_that_is_gone(
    house: House, *, stands: bool, gone: bool
) -> None:
    house.stub.says(f"{WEBHOOKS}/hook-1", Said({"title": "Bad Request", "status": 400}, 400))
    house.stub.says(WEBHOOKS, listed({"id": "hook-1" if stands else "hook-2", "url": OURS, "events": [PING]}))
    assert await house.platform.unregister(CLUB, "hook-1") is gone


async def test_a_club_without_a_sales_unit_registers_nothing(house: House) -> None:
    unknown = ClubId("clb_unknown")
    assert await house.platform.registrations(unknown) is None
    assert await house.platform.register(unknown, PING, OURS) is None
    assert not await house.platform.unregister(unknown, "hook-1")
