"""The doctor looks at the endpoints of the merchant's other systems, and sends nothing to them."""

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest

from medlem.app.doctor.endpoints import endpoints
from medlem.club.endpoint import WANTED, Attempt, Endpoint
from medlem.flows import outbox
from medlem.outbox.addresses import Rules
from shop import Shop

URL = "https://93.184.215.14/hooks/secret-path"
DEAF = Attempt(status=500, trouble="failing")


async def made(shop: Shop, url: str = URL) -> Endpoint:
    return await outbox.add_endpoint(shop.ports, shop.club.id, url, frozenset(WANTED))


async def told(shop: Shop) -> None:
    for endpoint in await outbox.claim(shop.ports, 9):
        await outbox.tell(shop.ports, endpoint)


async def looked(shop: Shop, **rules: Any) -> list[tuple[str, str]]:
    found = await endpoints(shop.storage.reading, shop.club.id, Rules(**rules), shop.clock.now())
    assert all((one.advice is None) == (one.mark == "well") for one in found)
    assert all("secret-path" not in one.text for one in found)
    return [(one.mark.value, one.text) for one in found]


async def test_one_that_hears_is_well(shop: Shop) -> None:
    assert await looked(shop) == []
    endpoint = await made(shop)
    [(mark, text)] = await looked(shop)
    assert (mark, text) == ("well", f"{endpoint.id} (93.184.215.14) hears; none was heard yet.")
    await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
    await told(shop)
    await shop.clock.turn(600)
    [(mark, text)] = await looked(shop)
    assert (mark, text.partition("; ")[2]) == ("well", "the last one was heard 10 minutes ago.")


async def test_one_that_hears_nothing_is_told_with_what_waits_and_since_when(shop: Shop) -> None:
    endpoint = await made(shop)
    shop.messenger.deaf[URL] = DEAF
    await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
    await told(shop)
    await shop.clock.turn(3 * 3600)
    [(mark, text)] = await looked(shop)
    assert mark == "look"
    assert "has heard nothing for 3 hours; 1 notices wait, the oldest for 3 hours, none was heard yet" in text
    await shop.clock.turn(timedelta(days=3).total_seconds())
    await told(shop)
    await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
    await told(shop)
    paused, parked = await looked(shop), (await outbox.backlog(shop.storage.reading, endpoint)).parked
    assert parked == 1
    assert [mark for mark, _ in paused] == ["wrong"]
    assert "has heard nothing for three days and is paused" in paused[0][1]
    shop.messenger.deaf.clear()
    await outbox.resume(shop.ports, shop.club.id, endpoint.id)
    await told(shop)
    [(mark, text)] = await looked(shop)
    assert (mark, "never heard 1 notices" in text) == ("look", True)


async def test_one_that_nobody_tells_is_behind(shop: Shop) -> None:
    endpoint = await made(shop)
    await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
    await shop.clock.turn(360)
    [(mark, text)] = await looked(shop)
    assert (mark, "is behind" in text) == ("look", True)


async def test_one_that_may_not_be_called_any_more_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(shop, "https://93.184.215.14:8443/hooks")
    (mark, text), _ = await looked(shop, ports=(443,))
    assert (mark, "port 443" in text) == ("wrong", True)

    answers: dict[str, list[Any] | None] = {
        "inside.example.org": [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 0))],
        "nowhere.example.org": None,
    }

    async def resolved(host: str, *_: Any, **__: Any) -> list[Any]:
        found = answers[host]
        if found is None:
            raise socket.gaierror
        return found

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved, raising=False)
    for endpoint in await shop.storage.reading.outbox.endpoints(shop.club.id):
        await outbox.remove_endpoint(shop.ports, shop.club.id, endpoint.id)
    await made(shop, "https://inside.example.org/")
    await made(shop, "https://nowhere.example.org/")
    found = [text for mark, text in await looked(shop) if mark == "wrong"]
    inside, nowhere = sorted(found, key=lambda text: text.partition("(")[2])
    assert "(inside.example.org) stands for an address that may not be called" in inside
    assert "(nowhere.example.org) has no address: its name is not found" in nowhere
