"""What every storage promises of the outbox: in order for each endpoint, one teller at a time, and never lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from medlem.club.endpoint import PATIENCE, WANTED, Attempt, Endpoint, NoticeKind, NoticeState, Paused
from medlem.club.ids import endpoint_id
from medlem.club.masked import Masked
from medlem.flows.tables import Tables
from medlem.storage import Database
from premises import NOW, Premises, later

LEASE = timedelta(seconds=45)
CREATED, LEFT = NoticeKind.MEMBER_CREATED, NoticeKind.MEMBER_LEFT


def endpoint_of(here: Premises, *kinds: NoticeKind, at: float = 0) -> Endpoint:
    return Endpoint(
        id=endpoint_id(later(at)),
        club=here.club.id,
        url="https://crm.example.org/hooks",
        kinds=frozenset(kinds or WANTED),
        secret=Masked(b"present"),
        created_at=later(at),
    )


async def new_endpoint(tx: Tables, here: Premises, *kinds: NoticeKind, at: float = 0) -> Endpoint:
    made = endpoint_of(here, *kinds, at=at)
    await tx.outbox.add_endpoint(made)
    return made


async def test_an_endpoint_is_kept_as_it_is(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here, CREATED)
        assert await tx.outbox.endpoint(here.club.id, made.id) == made
        changed = replace(
            made.rotated(Masked(b"new"), NOW),
            paused=Paused.FAILING,
            paused_at=later(2),
            failing_since=later(1),
            claim=7,
            due_at=later(3),
        )
        await tx.outbox.save_endpoint(changed)
    assert await storage.reading.outbox.endpoints(here.club.id) == [changed]
    found = await storage.reading.outbox.endpoint(here.club.id, made.id)
    assert found is not None
    assert [secret.reveal() for secret in found.secrets(NOW)] == [b"new", b"present"]


async def test_a_removed_endpoint_is_there_no_more(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        await tx.outbox.add(here.club.id, CREATED, "{}", NOW)
        await tx.outbox.remove_endpoint(made, NOW)
        assert await tx.outbox.endpoint(here.club.id, made.id) is None
        assert await tx.outbox.hold_endpoint(here.club.id, made.id) is None
        assert await tx.outbox.hold_endpoints(here.club.id) == 0
        assert await tx.outbox.add(here.club.id, CREATED, "{}", NOW) == 0
        assert await tx.outbox.claim(later(1), LEASE, 10) == []
    assert await storage.reading.outbox.endpoints(here.club.id) == []


async def test_each_endpoint_hears_what_it_wants_in_its_own_order(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        all_, left = await new_endpoint(tx, here), await new_endpoint(tx, here, LEFT, at=1)
        assert await tx.outbox.hold_endpoints(here.club.id) == 2
        assert await tx.outbox.add(here.club.id, CREATED, "1", NOW) == 1
        assert await tx.outbox.add(here.club.id, LEFT, "2", later(1)) == 2
        extra = await tx.outbox.add_for(left, NoticeKind.TEST, "3", later(2))
        assert (extra.sequence, extra.happened_at, extra.give_up_at) == (2, later(2), later(2) + PATIENCE)
    reading = storage.reading.outbox
    assert [(n.sequence, n.body) for n in await reading.waiting(all_, 10)] == [(1, "1"), (2, "2")]
    assert [(n.sequence, n.body) for n in await reading.waiting(left, 10)] == [(1, "2"), (2, "3")]
    assert [n.body for n in await reading.waiting(left, 1)] == ["2"]
    assert await reading.notice(left, extra.id) == extra
    assert await reading.notice(all_, extra.id) is None


async def test_what_is_written_goes_with_the_change_or_not_at_all(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)

    async def fail() -> None:
        async with storage.transaction() as tx:
            await tx.members.add(here.member())
            await tx.outbox.add(here.club.id, CREATED, "{}", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await storage.reading.outbox.waiting(made, 10) == []
    assert await storage.reading.outbox.next_due() is None


async def test_a_claim_has_one_winner_until_its_lease_ends(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        assert await tx.outbox.claim(NOW, LEASE, 10) == []
        await tx.outbox.add(here.club.id, CREATED, "{}", NOW)
    assert await storage.reading.outbox.next_due() == NOW
    claims = []
    for at, found in ((0.0, 1), (44.0, 0), (45.0, 1)):
        async with storage.transaction() as tx:
            claimed = await tx.outbox.claim(later(at), LEASE, 10)
            assert len(claimed) == found
            claims += [one.claim for one in claimed]
    assert claims == [1, 2]
    assert await storage.reading.outbox.next_due() == later(90)
    async with storage.transaction() as tx:
        held = await tx.outbox.hold_endpoint(here.club.id, made.id)
        assert held is not None
        await tx.outbox.save_endpoint(held.due(later(50)))
        assert await tx.outbox.next_due() == later(50)
        await tx.outbox.save_endpoint(held.due(None))
        assert await tx.outbox.next_due() is None


async def test_two_nodes_that_claim_at_once_take_different_endpoints(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        for number in range(4):
            await new_endpoint(tx, here, at=number)
        await tx.outbox.add(here.club.id, CREATED, "{}", NOW)

    async def claim() -> list[str]:
        async with storage.transaction() as tx:
            return [one.id for one in await tx.outbox.claim(NOW, LEASE, 2)]

    first, second = await asyncio.gather(claim(), claim())
    assert len({*first, *second}) == len(first) + len(second) == 4


async def test_two_that_write_at_once_get_numbers_without_gap_or_twin(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        await new_endpoint(tx, here, LEFT, at=1)

    async def write(number: int) -> None:
        async with storage.transaction() as tx:
            await tx.outbox.hold_endpoints(here.club.id)
            for kind in (CREATED, LEFT) if number % 2 else (LEFT, CREATED):
                await tx.outbox.add(here.club.id, kind, str(number), NOW)

    await asyncio.gather(*(write(number) for number in range(10)))
    found = await storage.reading.outbox.waiting(made, 100)
    assert [notice.sequence for notice in found] == list(range(1, 21))
    assert [notice.body for notice in found[::2]] == [notice.body for notice in found[1::2]]


async def test_a_paused_endpoint_is_not_claimed_and_loses_nothing(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        await tx.outbox.add(here.club.id, CREATED, "1", NOW)
        await tx.outbox.save_endpoint(replace(made, paused=Paused.GONE, paused_at=NOW, due_at=NOW))
        await tx.outbox.add(here.club.id, CREATED, "2", NOW)
        assert await tx.outbox.claim(later(60), LEASE, 10) == []
        assert await tx.outbox.next_due() is None
    assert [n.body for n in await storage.reading.outbox.waiting(made, 10)] == ["1", "2"]


async def test_what_was_put_off_stays_so_when_more_comes(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        await tx.outbox.save_endpoint(made.due(later(100)))
        await tx.outbox.add(here.club.id, CREATED, "1", NOW)
        assert await tx.outbox.next_due() == later(100)


async def test_notices_are_listed_latest_first_by_their_state(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        for at in range(4):
            await tx.outbox.add(here.club.id, CREATED, str(at), later(at))
        first, second, *_ = await tx.outbox.waiting(made, 10)
        delivered = first.tried(Attempt(200), later(9))
        parked = second.tried(Attempt(500, "refused"), second.give_up_at)
        await tx.outbox.save(delivered)
        await tx.outbox.save(parked)
    reading = storage.reading.outbox
    assert [n.sequence for n in await reading.notices(made, None, None, 3)] == [4, 3, 2]
    assert [n.sequence for n in await reading.notices(made, None, 2, 3)] == [1]
    assert await reading.notices(made, NoticeState.DELIVERED, None, 10) == [delivered]
    assert await reading.notices(made, NoticeState.PARKED, None, 10) == [parked]
    assert [n.sequence for n in await reading.notices(made, NoticeState.WAITING, 4, 10)] == [3]
    assert (parked.status, parked.trouble, parked.attempts) == (500, "refused", 1)


async def test_notices_wait_again_from_a_number_on(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        for at in range(5):
            await tx.outbox.add(here.club.id, CREATED, str(at), later(at))
        for notice in await tx.outbox.waiting(made, 10):
            await tx.outbox.save(notice.tried(Attempt(200), later(9)))
        assert await tx.outbox.first_since(made, later(1.5)) == 3
        assert await tx.outbox.first_since(made, later(5)) is None
        assert await tx.outbox.tell_again(made, 3, 2, later(60)) == [3, 4]
        assert await tx.outbox.tell_again(made, 5, 2, later(60)) == [5]
        again = await tx.outbox.waiting(made, 10)
        assert [(n.sequence, n.attempts, n.give_up_at) for n in again] == [
            (number, 0, later(60) + PATIENCE) for number in (3, 4, 5)
        ]
        await tx.outbox.extend(made, later(99))
        assert {n.give_up_at for n in await tx.outbox.waiting(made, 10)} == {later(99) + PATIENCE}


async def test_neighbours_hear_nothing_of_each_other(storage: Database, here: Premises, neighbour: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        theirs = await new_endpoint(tx, neighbour)
        await tx.outbox.add(neighbour.club.id, CREATED, "{}", NOW)
        [notice] = await tx.outbox.waiting(theirs, 10)
        assert await tx.outbox.waiting(made, 10) == []
        assert await tx.outbox.endpoint(here.club.id, theirs.id) is None
        assert await tx.outbox.notice(made, notice.id) is None
        assert await tx.outbox.tell_again(made, 0, 10, NOW) == []


async def test_what_is_old_is_forgotten(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        made = await new_endpoint(tx, here)
        for at in range(3):
            await tx.outbox.add(here.club.id, CREATED, str(at), later(at))
    async with storage.transaction() as tx:
        assert await tx.outbox.forget(NOW) == 0
        assert await tx.outbox.forget(later(2)) == 2
    assert [n.body for n in await storage.reading.outbox.waiting(made, 10)] == ["2"]


async def test_changes_of_a_member_are_numbered(storage: Database, here: Premises) -> None:
    member = here.member()
    async with storage.transaction() as tx:
        await tx.members.add(member)
        assert await tx.members.touch(member, NOW) == 1
        assert await tx.members.touch(member, later(1)) == 2
        with pytest.raises(LookupError):
            await tx.members.touch(here.member("sub-2", "100002"), NOW)
