"""Is every event delivered to us, once, with a secret that we have; and who else hears of it?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from doctor.ward import marks
from medlem.app.doctor.registrations import registrations
from medlem.club.masked import Masked
from medlem.flows.answers import Standing, Subscribed
from medlem.flows.registering import Wanted
from medlem.storage import Database
from medlem.vipps.webhooks import CHECK_IN, PING
from premises import NOW, Premises, new_premises
from storages import storage_of

URL = "https://club.example.org/hooks/vipps/100100/a-secret-path"
WANTED = Wanted(PING, URL)
OURS = Standing("1", URL, frozenset({PING}))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Database]:
    async with storage_of("sqlite-in-memory", tmp_path) as opened:
        yield opened


@pytest.fixture
async def here(storage: Database) -> Premises:
    made = await new_premises(storage)
    async with storage.transaction() as tx:
        kept = Subscribed(id="1", url=URL, secret=Masked("s"), created_at=NOW)
        await tx.webhooks.keep_registration(made.club.id, PING, kept)
    return made


def strangers(many: int) -> list[Standing]:
    return [Standing(f"s{n}", f"https://other{n}.example.com/hush", frozenset({PING})) for n in range(many)]


@pytest.mark.parametrize(
    ("standing", "expected", "text"),
    [
        ([OURS], ["well"], "is delivered to club.example.org"),
        ([], ["wrong"], "is not registered for club.example.org"),
        (strangers(1), ["wrong"], "It goes to other0.example.com instead"),
        ([Standing("2", URL, frozenset({PING}))], ["wrong", "look"], "we do not have its secret"),
        ([OURS, Standing("2", URL, frozenset({PING}))], ["well", "look"], "registered 1 times more"),
        ([OURS, *strangers(2)], ["well", "look"], "also delivered to other0.example.com, other1.example.com"),
        ([OURS, *strangers(19)], ["well", "look", "look"], "20 of 25 registrations"),
        (
            [OURS, Standing("3", "https://shop.example.com/x", frozenset({"epayments.payment.created.v1"}))],
            ["well", "look"],
            "epayments.payment.created.v1 is delivered to shop.example.com, and we do not take it",
        ),
    ],
)
async def test_what_stands_at_the_platform_is_judged(
    storage: Database, here: Premises, standing: list[Standing], expected: list[str], text: str
) -> None:
    found = await registrations(storage.reading.webhooks, here.club.id, [WANTED], standing, NOW)
    assert [mark for _, mark in marks(found)] == expected
    assert any(text in one.text for one in found), [one.text for one in found]
    assert "secret-path" not in str(found)
    assert "hush" not in str(found)


async def test_an_event_of_which_there_is_one_registration_is_not_counted_towards_the_limit(
    storage: Database, here: Premises
) -> None:
    wanted = Wanted(CHECK_IN, URL, alone=True)
    other = Standing("9", "https://other.example.com/hush", frozenset({CHECK_IN}))
    found = await registrations(storage.reading.webhooks, here.club.id, [wanted], [other], NOW)
    assert marks(found) == [("registrations", "wrong")]


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "0 minutes ago"),
        (timedelta(minutes=90), "90 minutes ago"),
        (timedelta(hours=7), "7 hours ago"),
        (timedelta(days=9), "9 days ago"),
    ],
)
async def test_when_the_last_delivery_came_is_told(
    storage: Database, here: Premises, ago: timedelta, words: str
) -> None:
    async with storage.transaction() as tx:
        await tx.webhooks.note_delivery(here.club.id, PING, NOW - ago)
    found = await registrations(storage.reading.webhooks, here.club.id, [WANTED], [OURS], NOW)
    assert marks(found) == [("registrations", "well"), ("deliveries", "well")]
    assert words in found[1].text
