"""When the platform last delivered: kept for each club and event, the latest word only."""

from medlem.storage import Database
from premises import NOW, Premises, later

PING, OTHER = "login.merchant-initiated.ping.v1", "user.checked-in.v1"


async def test_the_last_delivery_of_each_event_is_kept(storage: Database, here: Premises, neighbour: Premises) -> None:
    known = storage.reading.webhooks
    assert await known.delivered_at(here.club.id, PING) is None
    for moment in (NOW, later(60)):
        async with storage.transaction() as tx:
            await tx.webhooks.note_delivery(here.club.id, PING, moment)
    async with storage.transaction() as tx:
        await tx.webhooks.note_delivery(here.club.id, OTHER, NOW)
    assert await known.delivered_at(here.club.id, PING) == later(60)
    assert await known.delivered_at(here.club.id, OTHER) == NOW
    assert await known.delivered_at(neighbour.club.id, PING) is None


async def test_a_database_says_what_it_is(storage: Database) -> None:
    condition = await storage.condition()
    if condition.major is None:
        assert condition.engine.startswith("SQLite 3.")
        assert condition.journal == "wal"
    else:
        assert condition.engine.startswith(f"PostgreSQL {condition.major}.")
        assert condition.journal is None
