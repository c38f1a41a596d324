"""What is promised of a look that found no answer: it is written down, and troubles nobody."""

import asyncio
from datetime import timedelta

from fakes import settle
from medlem.club.enrolment import Enrolment
from medlem.flows.ports import Storage, Watch
from medlem.flows.views import EnrolmentView
from premises import Premises, later, waiting

LEASE = timedelta(seconds=30)


async def claimed(storage: Storage, at: float) -> Enrolment:
    async with storage.transaction() as tx:
        [taken] = await tx.enrolments.claim_due(later(at), LEASE, 10)
    return taken


async def test_when_to_look_next_is_kept_as_it_was(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await waiting(tx, here)
    taken = await claimed(storage, 6)
    slower = taken.pending(later(6), slow_down=True)
    async with storage.transaction() as tx:
        assert await tx.enrolments.save(slower)
    assert await storage.reading.enrolments.get(taken.club, taken.id) == slower
    away = slower.unreachable(later(17), None, 0.5)
    async with storage.transaction() as tx:
        assert await tx.enrolments.save(away)
    assert await storage.reading.enrolments.get(taken.club, taken.id) == away


async def test_a_look_without_an_answer_wakes_nobody(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
    taken = await claimed(storage, 6)
    heard: set[str] = set()

    async def listen(topic: str, watch: Watch) -> None:
        await watch.changed()
        heard.add(topic)

    with (
        storage.watch("due") as due,
        storage.watch(enrolment.id) as waits,
        storage.watch(here.till.id) as till,
    ):
        listening = [asyncio.create_task(listen("due", due)), asyncio.create_task(listen("enrolment", waits))]
        async with storage.transaction() as tx:
            assert await tx.enrolments.save(taken.pending(later(6)))
        # Who is told of what comes after it has been told of it.
        async with storage.transaction() as tx:
            await tx.events.add(here.club.id, here.till.id, EnrolmentView.of(enrolment, None), later(7))
        await asyncio.wait_for(till.changed(), 10)
        await settle()
        for task in listening:
            task.cancel()
    assert heard == set()


async def test_a_ping_during_a_look_has_it_looked_for_again_at_once(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await waiting(tx, here)
    taken = await claimed(storage, 6)
    async with storage.transaction() as tx:
        await tx.enrolments.wake(taken, later(7))
    with storage.watch("due") as due:
        async with storage.transaction() as tx:
            current = await tx.enrolments.hold(taken.club, taken.id)
            assert current is not None
            assert await tx.enrolments.save(current.pending(later(8)))
        await asyncio.wait_for(due.changed(), 10)
    assert (await claimed(storage, 8)).id == taken.id


async def test_a_look_under_an_old_claim_puts_nothing_off(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await waiting(tx, here)
    old = await claimed(storage, 6)
    new = await claimed(storage, 40)
    async with storage.transaction() as tx:
        assert not await tx.enrolments.save(old.pending(later(41)))
    found = await storage.reading.enrolments.get(new.club, new.id)
    assert found is not None
    assert (found.claim, found.due_at) == (new.claim, new.due_at)


async def test_slow_down_counts_whoever_was_told_and_leaves_the_claim_alone(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await waiting(tx, here)
    taken = await claimed(storage, 6)
    async with storage.transaction() as tx:
        await tx.enrolments.slow_down(taken)
        held = await tx.enrolments.hold(taken.club, taken.id)
    assert held == taken.slowed()
    assert held.claim == taken.claim
    async with storage.transaction() as tx:
        assert await tx.enrolments.claim_due(later(30), LEASE, 10) == []
        assert await tx.enrolments.save(held.pending(later(7)))
    assert await storage.reading.enrolments.get(taken.club, taken.id) == held.pending(later(7))


async def test_slow_down_holds_up_no_look_that_the_platform_has_called_for(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
        await tx.enrolments.wake(enrolment, later(2))
        await tx.enrolments.slow_down(enrolment)
    taken = await claimed(storage, 2)
    assert (taken.due_at, taken.interval) == (later(2), enrolment.interval + timedelta(seconds=5))
