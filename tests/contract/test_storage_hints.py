"""What is promised of notification tokens and of what is known of apps: hashes that are found again, for a while."""

from medlem.club.masked import Masked
from medlem.flows.ports import Storage
from premises import KARI, OLA, Premises, asked, later

TOKEN, REQUEST = Masked("token-1"), Masked("req-1")


async def test_a_token_goes_with_one_request_from_the_moment_it_is_known(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    club = here.club.id
    async with storage.transaction() as tx:
        enrolment = await asked(tx, here)
        await tx.webhooks.expect(enrolment, TOKEN, later(0))
    hooks = storage.reading.webhooks
    assert await hooks.vouched(club, TOKEN, None)
    assert await hooks.vouched(club, TOKEN, Masked("any"))
    assert not await hooks.vouched(club, Masked("token-2"), None)
    assert not await hooks.vouched(neighbour.club.id, TOKEN, None)
    async with storage.transaction() as tx:
        await tx.webhooks.bind(enrolment, REQUEST)
    assert await hooks.vouched(club, TOKEN, None)
    assert await hooks.vouched(club, TOKEN, REQUEST)
    assert not await hooks.vouched(club, TOKEN, Masked("req-2"))
    async with storage.transaction() as tx:
        assert await tx.webhooks.forget_notifications(later(0)) == 0
        assert await tx.webhooks.forget_notifications(later(1)) == 1
    assert not await hooks.vouched(club, TOKEN, REQUEST)


async def test_what_is_known_of_an_app_serves_its_club_for_a_while(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    club, rows = here.club.id, storage.reading.identifications
    async with storage.transaction() as tx:
        await tx.identifications.keep_app_presence(club, KARI, later(0), found=False)
        await tx.identifications.keep_app_presence(club, OLA, later(0), found=True)
    assert await rows.app_presence(club, KARI, later(-1)) is False
    assert await rows.app_presence(club, OLA, later(-1)) is True
    assert await rows.app_presence(club, KARI, later(0)) is None
    assert await rows.app_presence(neighbour.club.id, KARI, later(-1)) is None
    async with storage.transaction() as tx:
        await tx.identifications.keep_app_presence(club, KARI, later(5), found=True)
        assert await tx.identifications.forget_app_presence(later(3)) == 1
    assert await rows.app_presence(club, KARI, later(-1)) is True
    assert await rows.app_presence(club, OLA, later(-1)) is None


async def test_whether_a_customer_has_the_app_is_kept_with_them(storage: Storage, here: Premises) -> None:
    customer = here.identification()
    async with storage.transaction() as tx:
        await tx.identifications.add(customer)
    for found in (False, True):
        async with storage.transaction() as tx:
            await tx.identifications.set_app_found(customer, found=found)
        kept = await storage.reading.identifications.get(here.club.id, customer.id)
        assert kept is not None
        assert kept.app_found is found
