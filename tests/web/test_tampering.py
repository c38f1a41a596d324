"""Every single-byte change of a signed delivery is refused, on its whole way in: path, headers, body, our address.

No socket: the application is called as a server calls it. The signature is real.
"""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from medlem.app.service import _verified
from medlem.club.masked import Masked
from medlem.flows.answers import Replaced, Subscribed
from medlem.flows.tables import StorageUnavailable
from medlem.vipps.webhooks import PING, verify
from medlem.web.app import build
from service import alive, options
from shop import Shop

SECRET = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A=="
HOST = "club.example.org"
PATH = f"/hooks/vipps/100001/{PING}"
BODY = b'{"auth_req_id":"VYGaaAMRkI6SyAm_uIywhxsN2K0"}'
DATE = "Mon, 23 Nov 2026 10:00:00 GMT"

Sent = dict[str, bytes]


def delivery(secret: str = SECRET, body: bytes = BODY, host: str = HOST) -> Sent:
    """A delivery as the platform signs it; the path and the body are parts of it like the headers."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    text = f"POST\n{PATH}\n{DATE};{host};{digest}"
    mark = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    signed = f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={mark}"
    return {
        "path": PATH.encode(),
        "host": host.encode(),
        "x-ms-date": DATE.encode(),
        "x-ms-content-sha256": digest.encode(),
        "authorization": signed.encode(),
        "body": body,
    }


@dataclass
class Front:
    """The application, called without a network."""

    app: Any
    shop: Shop

    async def send(self, sent: Sent) -> int:
        """Deliver; the status."""
        headers = [(name.encode(), value) for name, value in sent.items() if name not in {"path", "body"}]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
            "path": sent["path"].decode("latin-1"), "raw_path": sent["path"], "query_string": b"", "root_path": "",
            "headers": [*headers, (b"content-length", str(len(sent["body"])).encode())],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {}, "extensions": {},
        }  # fmt: skip
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": sent["body"], "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await self.app(scope, receive, send)
        return statuses[0]

    async def stored(self, request: str = "VYGaaAMRkI6SyAm_uIywhxsN2K0") -> bool:
        return await self.shop.storage.reading.webhooks.pinged(self.shop.club.id, Masked(request)) is not None


@asynccontextmanager
async def fronted(shop: Shop) -> AsyncIterator[Front]:
    app = build(shop.ports, options(shop, verify=_verified))
    async with alive(app):
        yield Front(app, shop)


@pytest.fixture
async def front(shop: Shop) -> AsyncIterator[Front]:
    registered = Subscribed("hook-1", f"https://{HOST}{PATH}", Masked(SECRET), shop.clock.now())
    async with shop.storage.transaction() as tx:
        await tx.webhooks.keep_registration(shop.club.id, PING, registered)
    async with fronted(shop) as made:
        yield made


def changed(right: bytes, bits: range = range(8)) -> Iterator[bytes]:
    """Every way of turning one bit of one byte, of leaving one byte out, and of putting one in."""
    for place in range(len(right)):
        for bit in bits:
            yield right[:place] + bytes([right[place] ^ (1 << bit)]) + right[place + 1 :]
        yield right[:place] + right[place + 1 :]
        yield right[:place] + b"0" + right[place:]
        yield right[:place] + b"/" + right[place:]
    yield right + b"0"
    yield right + b"/"


async def test_the_delivery_itself_is_taken_and_again_and_again(front: Front) -> None:
    for _ in range(3):
        assert await front.send(delivery()) == 200
    assert await front.stored()


async def test_a_delivery_that_comes_days_later_is_taken_all_the_same(front: Front) -> None:
    await front.shop.clock.turn(8 * 24 * 3600)
    assert await front.send(delivery()) == 200


@pytest.mark.parametrize("part", ["path", "x-ms-date", "x-ms-content-sha256", "authorization", "body"])
async def test_no_byte_of_a_delivery_can_be_changed(front: Front, part: str) -> None:
    right = delivery()
    tried = 0
    for wrong in changed(right[part], range(0, 8, 3) if part == "authorization" else range(8)):
        if wrong == right[part]:
            continue
        status = await front.send(right | {part: wrong})
        assert status == 401 or (part == "path" and status in {404, 405}), wrong
        tried += 1
    assert tried > 200
    assert not await front.stored()


def test_a_byte_may_become_no_other_byte_at_all() -> None:
    """All 255 others, in every place of everything that is signed."""
    right = delivery()
    headers = {name: right[name].decode() for name in ("x-ms-date", "x-ms-content-sha256", "authorization")}
    url = f"https://{HOST}{PATH}"
    assert verify(Masked(SECRET), url, headers, BODY)
    for name, value in headers.items():
        for place in range(len(value)):
            for other in range(256):
                if other != ord(value[place]):
                    wrong = value[:place] + chr(other) + value[place + 1 :]
                    assert not verify(Masked(SECRET), url, headers | {name: wrong}, BODY)
    for place in range(len(BODY)):
        for other in range(256):
            if other != BODY[place]:
                assert not verify(Masked(SECRET), url, headers, BODY[:place] + bytes([other]) + BODY[place + 1 :])


def test_no_byte_of_the_address_that_we_registered_can_be_another() -> None:
    right = delivery()
    headers = {name: right[name].decode() for name in ("x-ms-date", "x-ms-content-sha256", "authorization")}
    address = f"{HOST}{PATH}"
    for place in range(len(address)):
        for other in "0zZ.-~_":
            # A host is the same in capitals; a path is not.
            if other.lower() == address[place].lower() and place < len(HOST):
                continue
            if other != address[place]:
                wrong = f"https://{address[:place]}{other}{address[place + 1 :]}"
                assert not verify(Masked(SECRET), wrong, headers, BODY), wrong


async def test_behind_a_proxy_the_host_is_the_one_that_we_registered(front: Front) -> None:
    assert await front.send(delivery() | {"host": b"10.0.0.7:8080"}) == 200
    assert await front.send(delivery(host="10.0.0.7:8080")) == 401


async def test_a_delivery_of_another_secret_or_without_one_part_is_refused(front: Front) -> None:
    right = delivery()
    assert await front.send(delivery(secret="another")) == 401
    for part in ("x-ms-date", "x-ms-content-sha256", "authorization"):
        assert await front.send({name: value for name, value in right.items() if name != part}) == 401


async def test_while_a_registration_is_replaced_both_secrets_are_good_and_count_once(front: Front) -> None:
    club, webhooks = front.shop.club.id, front.shop.storage.reading.webhooks
    old = await webhooks.registration(club, PING)
    assert old is not None
    new = Subscribed("hook-2", old.url, Masked("the new one"), front.shop.clock.now())
    async with front.shop.storage.transaction() as tx:
        await tx.webhooks.keep_replaced(club, PING, Replaced(old, None))
        await tx.webhooks.keep_registration(club, PING, new)
    assert await front.send(delivery()) == 200
    first = await webhooks.pinged(club, Masked("VYGaaAMRkI6SyAm_uIywhxsN2K0"))
    await front.shop.clock.turn(60)
    assert await front.send(delivery(secret="the new one")) == 200
    assert await webhooks.pinged(club, Masked("VYGaaAMRkI6SyAm_uIywhxsN2K0")) == first
    async with front.shop.storage.transaction() as tx:
        await tx.webhooks.keep_replaced(club, PING, Replaced(old, front.shop.clock.now()))
        await tx.webhooks.drop_replaced(club, PING, front.shop.clock.now())
    assert await front.send(delivery()) == 401


@pytest.mark.parametrize("path", [PATH + "/", PATH.upper(), "/" + PATH, PATH.replace("/vipps", "//vipps")])
async def test_no_answer_leads_elsewhere(front: Front, path: str) -> None:
    status = await front.send(delivery() | {"path": path.encode()})
    assert not 300 <= status < 400


class Full:
    """A storage that takes nothing for now, as with a full disk or a database that is away."""

    def __init__(self, there: Any) -> None:
        self._there = there
        self.full = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there, name)

    def transaction(self) -> Any:
        if self.full:
            raise StorageUnavailable("The disk is full.")
        return self._there.transaction()


async def test_what_cannot_be_stored_is_not_said_to_be_so_the_platform_comes_again(front: Front) -> None:
    storage = Full(front.shop.storage)
    shop = replace(front.shop, ports=replace(front.shop.ports, storage=storage))
    async with fronted(shop) as full:
        for _ in range(3):
            assert await full.send(delivery()) == 500
        assert not await front.stored()
        storage.full = False
        assert await full.send(delivery()) == 200
    assert await front.stored()
