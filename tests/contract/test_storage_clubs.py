"""How each further club is connected to the platform is kept with the club, sealed."""

from medlem.club.masked import Masked
from medlem.storage import Database
from premises import NOW, Premises


async def test_settings_of_a_club_are_kept_and_replaced(storage: Database, here: Premises, neighbour: Premises) -> None:
    assert await storage.reading.places.settings_of(neighbour.club.id) is None
    for words in (b'{"vipps_client_id": "one"}', b'{"vipps_client_id": "two"}'):
        async with storage.transaction() as tx:
            await tx.places.keep_settings(neighbour.club.id, Masked(words), NOW)
        assert await storage.reading.places.settings_of(neighbour.club.id) == Masked(words)
    assert await storage.reading.places.settings_of(here.club.id) is None
