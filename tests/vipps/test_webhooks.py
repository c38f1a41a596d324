"""Deliveries: only the platform's own, unchanged, and a registration that mends itself."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Subscribed
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


def known(name: str = "hook-1", url: str = OURS) -> Subscribed:
    return Subscribed(id=name, url=url, secret=Masked("kept"), created_at=NOW - timedelta(days=1))


def listed(*hooks: Any) -> Said:
    return Said({"webhooks": list(hooks)})


def hook(name: str, url: str = OURS, events: tuple[str, ...] = (PING,)) -> dict[str, Any]:
    return {"id": name, "url": url, "events": list(events)}


async def ensure(house: House, kept: Subscribed | None = None) -> Subscribed | None:
    return await house.platform.ensure_registered(CLUB, PING, OURS, kept)


MADE = Said({"id": "hook-2", "secret": "once"}, 201)


async def test_the_first_registration_tells_its_secret_once(house: House) -> None:
    house.stub.says(WEBHOOKS, listed(), MADE)
    assert await ensure(house) == Subscribed(id="hook-2", url=OURS, secret=Masked("once"), created_at=NOW)
    _, made = house.stub.calls(WEBHOOKS)
    assert (made.method, made.json) == ("POST", {"url": OURS, "events": [PING]})
    assert made.headers["Ocp-Apim-Subscription-Key"] == "subscription-key-1"
    assert made.headers["Authorization"] == "Bearer api.token_1"


async def test_a_registration_that_stands_is_left_alone(house: House) -> None:
    house.stub.says(WEBHOOKS, listed(hook("hook-1")))
    assert await ensure(house, known()) == known()
    assert len(house.stub.calls(WEBHOOKS)) == 1


async def test_a_registration_that_the_platform_dropped_is_made_anew(house: House) -> None:
    house.stub.says(WEBHOOKS, listed(), MADE)
    replaced = await ensure(house, known())
    assert replaced is not None
    assert replaced.id == "hook-2"


async def test_registrations_without_a_secret_make_room_and_those_of_others_stay(house: House) -> None:
    others = [hook("theirs", "https://other.example.org/"), hook("other event", events=("user.checked-in.v1",)), "?"]
    house.stub.says(WEBHOOKS, listed(hook("lost"), *others), MADE)
    house.stub.says(f"{WEBHOOKS}/lost", Said("", 204))
    assert await ensure(house) is not None
    assert [seen.path for seen in house.stub.seen if seen.method == "DELETE"] == [f"{WEBHOOKS}/lost"]


async def test_a_registration_that_stands_is_alone_at_its_address(house: House) -> None:
    house.stub.says(WEBHOOKS, listed(hook("hook-1"), hook("of the node that was quicker")))
    house.stub.says(f"{WEBHOOKS}/of%20the%20node%20that%20was%20quicker", Said("", 204))
    assert await ensure(house, known()) == known()
    assert [seen.method for seen in house.stub.seen if "quicker" in seen.path] == ["DELETE"]


async def test_a_registration_for_an_old_address_is_replaced(house: House) -> None:
    house.stub.says(WEBHOOKS, listed(hook("hook-1", "https://old.example.org/")), MADE)
    house.stub.says(f"{WEBHOOKS}/hook-1", Said("", 404))
    replaced = await ensure(house, known(url="https://old.example.org/"))
    assert replaced is not None
    assert replaced.id == "hook-2"


@pytest.mark.parametrize(
    "said",
    [
        (Said("", 500),),
        (Said("<html>"),),
        (Said({"webhooks": "none"}),),
        (Said("", 401),),
        (listed(), Said({"title": "Bad Request", "status": 400, "extraDetails": []}, 400)),
        (listed(), Said({"id": "hook-2"}, 201)),
        (listed(hook("lost")), MADE),
    ],
    ids=["failing", "html", "no list", "keys", "refused", "no secret", "cannot be removed"],
)
async def test_nothing_depends_on_a_registration(house: House, said: tuple[Said, ...]) -> None:
    house.stub.says(WEBHOOKS, *said)
    house.stub.says(f"{WEBHOOKS}/lost", Said("", 500))
    assert await ensure(house) is None


async def test_a_club_without_a_sales_unit_registers_nothing(house: House) -> None:
    assert await house.platform.ensure_registered(ClubId("clb_unknown"), PING, OURS, None) is None
