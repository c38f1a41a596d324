"""What `transaction`, `reading` and `watch` promise, whatever the database."""

import asyncio

import pytest

from fakes import settle
from medlem.flows.ports import Storage, Watch
from medlem.flows.views import IdentificationView
from medlem.storage import in_transaction
from premises import NOW, OLA, Premises, asked

GUARD = 10  # seconds: a test that waits in vain fails instead of hanging


class Changed(Exception):
    """The body of a transaction changes its mind."""


async def announced(watch: Watch) -> bool:
    """Whether something has been announced that was not yet heard."""
    waiting = asyncio.create_task(watch.changed())
    await settle()
    heard = waiting.done()
    waiting.cancel()
    return heard


async def test_what_is_written_together_is_seen_together(storage: Storage, here: Premises) -> None:
    first, second = here.identification(), here.identification(OLA)
    async with storage.transaction() as tx:
        await tx.identifications.add(first)
        await tx.identifications.add(second)
        assert await tx.identifications.get(here.club.id, first.id) == first
        assert await storage.reading.identifications.get(here.club.id, first.id) is None
    assert await storage.reading.identifications.get(here.club.id, first.id) == first
    assert await storage.reading.identifications.get(here.club.id, second.id) == second


async def test_a_body_that_fails_leaves_nothing_and_announces_nothing(storage: Storage, here: Premises) -> None:
    found = here.identification()

    async def change() -> None:
        async with storage.transaction() as tx:
            await tx.identifications.add(found)
            await tx.events.add(here.club.id, here.till.id, IdentificationView.of(found, None), NOW)
            raise Changed

    with storage.watch(here.till.id) as watch:
        with pytest.raises(Changed):
            await change()
        assert not await announced(watch)
    assert await storage.reading.identifications.get(here.club.id, found.id) is None
    assert not await storage.reading.events.after(here.club.id, here.till.id, 0, 10)


async def test_one_failing_body_takes_no_other_with_it(storage: Storage, here: Premises) -> None:
    found = [here.identification() for _ in range(9)]

    async def add(number: int) -> None:
        async with storage.transaction() as tx:
            await tx.identifications.add(found[number])
            if number % 3 == 0:
                raise Changed

    outcomes = await asyncio.gather(*(add(number) for number in range(9)), return_exceptions=True)
    assert [isinstance(outcome, Changed) for outcome in outcomes] == [number % 3 == 0 for number in range(9)]
    kept = [await storage.reading.identifications.get(here.club.id, each.id) is not None for each in found]
    assert kept == [number % 3 != 0 for number in range(9)]


async def test_an_announcement_comes_when_the_rows_can_be_read(storage: Storage, here: Premises) -> None:
    found = here.identification()

    async def listen() -> int:
        with storage.watch(here.till.id) as watch:
            started.set()
            await watch.changed()
            return len(await storage.reading.events.after(here.club.id, here.till.id, 0, 10))

    started = asyncio.Event()
    listener = asyncio.create_task(listen())
    await started.wait()
    async with storage.transaction() as tx:
        await tx.events.add(here.club.id, here.till.id, IdentificationView.of(found, None), NOW)
    assert await asyncio.wait_for(listener, GUARD) == 1


async def test_what_is_announced_between_two_waits_is_heard_once(storage: Storage, here: Premises) -> None:
    view = IdentificationView.of(here.identification(), None)
    with storage.watch(here.till.id) as watch, storage.watch(here.kiosk.id) as elsewhere:
        for _ in range(2):
            async with storage.transaction() as tx:
                await tx.events.add(here.club.id, here.till.id, view, NOW)
        await asyncio.wait_for(watch.changed(), GUARD)
        assert not await announced(watch)
        assert not await announced(elsewhere)


async def test_what_was_announced_before_a_watch_began_is_not_heard(storage: Storage, here: Premises) -> None:
    view = IdentificationView.of(here.identification(), None)
    async with storage.transaction() as tx:
        await tx.events.add(here.club.id, here.till.id, view, NOW)
    with storage.watch(here.till.id) as watch:
        assert not await announced(watch)


async def test_a_caller_who_hangs_up_in_the_body_leaves_nothing(storage: Storage, here: Premises) -> None:
    found = here.identification()
    never = asyncio.Event()

    async def body() -> None:
        async with storage.transaction() as tx:
            await tx.identifications.add(found)
            await never.wait()

    caller = asyncio.create_task(body())
    await settle()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    async with storage.transaction() as tx:
        assert await tx.identifications.get(here.club.id, found.id) is None
        await tx.identifications.add(found)
    assert await storage.reading.identifications.get(here.club.id, found.id) == found


async def test_a_caller_who_hangs_up_while_waiting_for_a_turn_holds_nobody_up(storage: Storage, here: Premises) -> None:
    found = [here.identification() for _ in range(20)]

    async def add(number: int) -> None:
        async with storage.transaction() as tx:
            await tx.identifications.add(found[number])

    callers = [asyncio.create_task(add(number)) for number in range(20)]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    async with storage.transaction() as tx:
        await tx.identifications.get(here.club.id, found[0].id)
    for caller, each in zip(callers, found, strict=True):
        kept = await storage.reading.identifications.get(here.club.id, each.id)
        assert caller.cancelled() or kept == each


async def test_code_can_tell_whether_it_stands_in_a_transaction(storage: Storage) -> None:
    errand: asyncio.Task[bool]

    async def inside() -> bool:
        return in_transaction()

    assert not in_transaction()
    async with storage.transaction():
        assert in_transaction()
        errand = asyncio.create_task(inside())
    assert not in_transaction()
    assert not await errand


async def test_a_transaction_inside_another_is_refused_at_once(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        with pytest.raises(RuntimeError, match="inside another"):
            async with storage.transaction():
                pass
        enrolment = await asked(tx, here)
    assert await storage.reading.enrolments.get(here.club.id, enrolment.id) == enrolment


async def test_tables_kept_beyond_their_transaction_do_not_write(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        pass
    with pytest.raises(RuntimeError, match="after the end"):
        await tx.identifications.add(here.identification())


async def test_reading_does_not_write(storage: Storage, here: Premises) -> None:
    with pytest.raises(RuntimeError, match="reading"):
        await storage.reading.identifications.add(here.identification())
