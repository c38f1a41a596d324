"""What every storage promises of attempts: counted once, in the transaction that removes them, and no others."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from medlem.club.enrolment import Reason
from medlem.club.masked import Masked
from medlem.flows.attempts_table import Counted, Standing
from medlem.flows.ports import Storage
from medlem.storage import Database
from premises import NOW, OLA, Premises, add, later, new_premises, waiting
from stickers import qr, scan

MONTH_LATER = later(30 * 86_400)
TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)


async def count(storage: Storage) -> int:
    async with storage.transaction() as tx:
        return await tx.attempts.count_ended(MONTH_LATER) + await tx.attempts.count_unasked(MONTH_LATER)


async def counted(storage: Storage, here: Premises) -> list[Counted]:
    return list(await storage.reading.attempts.counted(here.club.id, TODAY, TOMORROW))


async def test_ends_without_a_member_are_counted_by_why_and_what_is_open_stays(
    storage: Database, here: Premises
) -> None:
    async with storage.transaction() as tx:
        first, second = await waiting(tx, here), await waiting(tx, here, OLA, request="req-2")
        await tx.enrolments.follow(first, here.kiosk.id)
        await tx.enrolments.save(first.failed(Reason.CANNOT_USE_APP, later(5)))
    reading = storage.reading
    assert await reading.attempts.ended(here.club.id, MONTH_LATER) == Standing(1, 1, later(5))
    assert await reading.attempts.ended(here.club.id, NOW) == Standing(1, 0, later(5))
    assert await count(storage) == 1
    assert await reading.enrolments.get(here.club.id, first.id) is None
    assert await reading.identifications.get(here.club.id, first.identification) is None
    assert await reading.enrolments.get(here.club.id, second.id) is not None
    assert await counted(storage, here) == [Counted(TODAY, here.till.store, "cannot_use_app", 1)]
    assert await reading.attempts.ended(here.club.id, MONTH_LATER) == Standing(0, 0, None)


async def test_what_a_scan_a_landing_or_a_notification_names_waits_for_it(storage: Database, here: Premises) -> None:
    look = await add(storage, here)
    scanned = await add(storage, here)
    async with storage.transaction() as tx:
        await tx.station_qrs.add(qr(here))
        taken = scan(here)
        await tx.check_ins.add(taken)
        await tx.check_ins.save(replace(taken, identification=scanned.id, due_at=None))
        asked = await waiting(tx, here)
        await tx.webhooks.expect(asked, Masked("token-1"), NOW)
        await tx.enrolments.save(asked.declined(later(5)))
    assert await count(storage) == 1, "the look that nothing names"
    assert await storage.reading.identifications.get(here.club.id, look.id) is None
    assert await storage.reading.identifications.get(here.club.id, scanned.id) is not None
    assert await storage.reading.enrolments.get(here.club.id, asked.id) is not None
    async with storage.transaction() as tx:
        await tx.webhooks.forget_notifications(MONTH_LATER)
        await tx.check_ins.forget(MONTH_LATER)
    assert await count(storage) == 2


async def test_two_who_count_at_once_count_each_attempt_once(storage: Database, here: Premises) -> None:
    for _ in range(3):
        await add(storage, here)
    gone = await asyncio.gather(*(count(storage) for _ in range(4)))
    assert sum(gone) == 3
    assert [one.many for one in await counted(storage, here)] == [3]


async def test_a_transaction_that_fails_counts_and_removes_nothing(storage: Database, here: Premises) -> None:
    await add(storage, here)

    async def fails() -> None:
        async with storage.transaction() as tx:
            await tx.attempts.count_unasked(MONTH_LATER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await counted(storage, here) == []
    assert await count(storage) == 1


async def test_clubs_are_counted_apart(storage: Database, here: Premises) -> None:
    elsewhere = await new_premises(storage, "200200")
    await add(storage, here)
    await add(storage, elsewhere)
    assert await count(storage) == 2
    for premises in (here, elsewhere):
        assert [one.many for one in await counted(storage, premises)] == [1]
