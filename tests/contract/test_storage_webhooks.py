"""What is promised of our registrations with the platform, and of whose turn it is to settle them."""

from dataclasses import replace

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Replaced, Subscribed
from medlem.flows.ports import Storage
from medlem.flows.webhook_table import Turn
from premises import NOW, Premises, later


async def test_a_registration_is_replaced_and_dropped(storage: Storage, here: Premises, neighbour: Premises) -> None:
    first = Subscribed(id="wh-1", url="https://club.example/hooks", secret=Masked("s-1"), created_at=NOW)
    second = replace(first, id="wh-2", secret=Masked("s-2"), created_at=later(1))
    for subscribed in (first, second):
        async with storage.transaction() as tx:
            await tx.webhooks.keep_registration(here.club.id, "login.ping", subscribed)
        assert await storage.reading.webhooks.registration(here.club.id, "login.ping") == subscribed
    assert await storage.reading.webhooks.registration(neighbour.club.id, "login.ping") is None
    assert await storage.reading.webhooks.registered_events(here.club.id) == ["login.ping"]
    async with storage.transaction() as tx:
        await tx.webhooks.drop_registration(here.club.id, "login.ping")
    assert await storage.reading.webhooks.registration(here.club.id, "login.ping") is None


async def test_what_has_been_replaced_is_kept_for_a_while(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    old = Subscribed(id="wh-1", url="https://club.example/hooks", secret=Masked("s-1"), created_at=NOW)
    webhooks = storage.reading.webhooks
    async with storage.transaction() as tx:
        await tx.webhooks.keep_replaced(here.club.id, "login.ping", Replaced(old, None))
        await tx.webhooks.keep_replaced(neighbour.club.id, "login.ping", Replaced(old, later(9)))
    assert await webhooks.replaced(here.club.id, "login.ping") == [Replaced(old, None)]
    assert await webhooks.replaced(here.club.id, "check-in") == []
    assert await webhooks.registered_events(here.club.id) == ["login.ping"]
    async with storage.transaction() as tx:
        await tx.webhooks.drop_replaced(here.club.id, "login.ping", later(999))
        await tx.webhooks.keep_replaced(here.club.id, "login.ping", Replaced(old, later(5)))
    assert await webhooks.replaced(here.club.id, "login.ping") == [Replaced(old, later(5))]
    for before, left in ((later(4), [Replaced(old, later(5))]), (later(5), [])):
        async with storage.transaction() as tx:
            await tx.webhooks.drop_replaced(here.club.id, "login.ping", before)
        assert await webhooks.replaced(here.club.id, "login.ping") == left
    assert await webhooks.replaced(neighbour.club.id, "login.ping") == [Replaced(old, later(9))]


async def test_one_at_a_time_settles_a_clubs_registrations(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    async def take(club: ClubId, seconds: float) -> Turn | None:
        async with storage.transaction() as tx:
            return await tx.webhooks.take_turn(club, later(seconds), later(seconds + 30))

    async def hold(turn: Turn) -> bool:
        async with storage.transaction() as tx:
            return await tx.webhooks.hold_turn(turn, later(60))

    webhooks = storage.reading.webhooks
    assert await webhooks.checked_at(here.club.id) is None
    first = await take(here.club.id, 0)
    assert first is not None
    assert await take(here.club.id, 29) is None
    assert await take(neighbour.club.id, 0) is not None
    assert await hold(first)
    assert await take(here.club.id, 59) is None
    second = await take(here.club.id, 60)
    assert second is not None
    assert not await hold(first)
    for turn, checked in ((first, later(61)), (second, later(62))):
        async with storage.transaction() as tx:
            await tx.webhooks.end_turn(turn, checked)
    assert await webhooks.checked_at(here.club.id) == later(62)
    third = await take(here.club.id, 62)
    assert third is not None
    async with storage.transaction() as tx:
        await tx.webhooks.end_turn(third, None)
    assert await webhooks.checked_at(here.club.id) == later(62)
