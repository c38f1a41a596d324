"""What is promised of sharing that members have ended, and of where the platform tells us of it."""

from dataclasses import replace

from medlem.club.finding import START, Spot, Wanted
from medlem.club.masked import Masked
from medlem.club.member import Member
from medlem.flows.member_tables import WithdrawalAddress
from medlem.flows.ports import Storage
from premises import NOW, Premises, later

WITHDRAWN = Wanted(withdrawn=True)


async def add(storage: Storage, member: Member, shared: float | None = 0) -> Member:
    async with storage.transaction() as tx:
        await tx.members.add(member)
        if shared is not None:
            await tx.sharing.renew(member, later(shared))
    return member


async def withdraw(storage: Storage, here: Premises, sub: str, before: float, now: float) -> str | None:
    async with storage.transaction() as tx:
        return await tx.sharing.withdraw(here.club.id, sub, later(before), later(now))


async def test_a_member_is_marked_once_and_shares_anew(storage: Storage, here: Premises, neighbour: Premises) -> None:
    kari = await add(storage, here.member())
    theirs = await add(storage, neighbour.member())
    members, finding = storage.reading.members, storage.reading.finding
    assert await withdraw(storage, here, "sub-1", 10, 20) == kari.id
    assert await withdraw(storage, here, "sub-1", 30, 40) is None
    assert await withdraw(storage, here, "nobody", 30, 40) is None
    marked = replace(kari, sharing_withdrawn_at=later(20))
    assert await members.get(here.club.id, kari.id) == marked
    assert await members.get(neighbour.club.id, theirs.id) == theirs
    assert await finding.page(here.club.id, WITHDRAWN, START, 10) == [Spot(marked.id)]
    assert await finding.page(here.club.id, WITHDRAWN, Spot(kari.id), 10) == []
    assert await finding.page(neighbour.club.id, WITHDRAWN, START, 10) == []
    for at, still in ((later(19), later(20)), (later(20), None)):
        async with storage.transaction() as tx:
            await tx.sharing.renew(kari, at)
        assert await members.get(here.club.id, kari.id) == replace(kari, sharing_withdrawn_at=still)
    assert await withdraw(storage, here, "sub-1", 50, 60) == kari.id


async def test_what_was_said_before_the_last_sharing_is_over(storage: Storage, here: Premises) -> None:
    kari = await add(storage, here.member(), shared=100)
    assert await withdraw(storage, here, "sub-1", 99, 200) is None
    assert await withdraw(storage, here, "sub-1", 100, 200) == kari.id


async def test_saving_a_member_leaves_the_mark_alone(storage: Storage, here: Premises) -> None:
    kari = await add(storage, here.member(), shared=None)
    assert await withdraw(storage, here, "sub-1", 0, 1) == kari.id
    async with storage.transaction() as tx:
        await tx.members.save(replace(kari, left_at=later(2)))
    found = await storage.reading.members.get(here.club.id, kari.id)
    assert found == replace(kari, left_at=later(2), sharing_withdrawn_at=later(1))


async def test_an_address_is_found_by_its_secret_until_it_ends(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    first, second = (WithdrawalAddress(here.club.id, Masked(f"address-{n}"), later(n)) for n in (1, 2))
    theirs = WithdrawalAddress(neighbour.club.id, Masked("theirs"), NOW)
    reading = storage.reading.sharing
    async with storage.transaction() as tx:
        assert await tx.sharing.present_address(here.club.id) is None
        await tx.sharing.add_address(first)
        await tx.sharing.add_address(theirs)
        await tx.sharing.end_addresses(here.club.id, later(60))
        await tx.sharing.add_address(second)
    assert await reading.present_address(here.club.id) == second
    assert await reading.address(first.secret, later(59)) == first
    assert await reading.address(first.secret, later(60)) is None
    assert await reading.address(second.secret, later(999)) == second
    assert await reading.address(theirs.secret, later(999)) == theirs
    assert await reading.address(Masked("guessed"), NOW) is None


async def test_an_address_counts_what_comes_in_a_minute(storage: Storage, here: Premises) -> None:
    address = WithdrawalAddress(here.club.id, Masked("address"), NOW)
    async with storage.transaction() as tx:
        await tx.sharing.add_address(address)
        assert [await tx.sharing.count(address, later(n), 3) for n in range(5)] == [True, True, True, False, False]
        assert await tx.sharing.count(address, later(60), 3)
        assert not await tx.sharing.count(replace(address, made_at=later(1)), later(60), 3)
