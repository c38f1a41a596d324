"""What is promised of customers at the counter and of the screens that show them."""

import asyncio
import json
from dataclasses import replace

import pytest

from medlem.club.enrolment import State
from medlem.club.identification import LIFE
from medlem.club.ids import StationId
from medlem.club.member import VerifiedBy
from medlem.flows.ports import Storage
from medlem.flows.views import EnrolmentView, IdentificationView, MemberView
from medlem.storage.postgresql.faults import Defect
from premises import KARI, NOW, OLA, Premises, asked, later, waiting


async def show(storage: Storage, here: Premises, times: int = 1, at: float = 0) -> None:
    view = IdentificationView.of(here.identification(at=later(at)), None)
    for _ in range(times):
        async with storage.transaction() as tx:
            await tx.events.add(here.club.id, here.till.id, view, later(at))


async def test_an_identification_is_kept_as_it_was(storage: Storage, here: Premises, neighbour: Premises) -> None:
    found = here.identification()
    async with storage.transaction() as tx:
        await tx.identifications.add(found)
    assert await storage.reading.identifications.get(here.club.id, found.id) == found
    assert await storage.reading.identifications.get(neighbour.club.id, found.id) is None


async def test_look_ups_count_for_their_station_and_their_time(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        for second in (0, 10, 20):
            await tx.identifications.add(here.identification(at=later(second)))
        await tx.identifications.add(here.identification(at=later(20), station=here.kiosk))
    rows = storage.reading.identifications
    assert await rows.counted(here.club.id, here.till.id, [later(-1)], []) == ([3], [])
    assert await rows.counted(here.club.id, here.till.id, [later(0)], []) == (
        [2],
        [],
    )  # one exactly as old as the limit counts no more
    assert await rows.oldest(here.club.id, here.till.id, later(0)) == later(10)
    assert await rows.oldest(here.club.id, here.till.id, later(20)) is None


async def test_different_strangers_count_once_each(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.identifications.note_miss(here.club.id, here.till.id, KARI, NOW)
        await tx.identifications.note_miss(here.club.id, here.till.id, KARI, later(30))
        await tx.identifications.note_miss(here.club.id, here.till.id, OLA, later(10))
    rows = storage.reading.identifications
    assert await rows.counted(here.club.id, here.till.id, [], [later(-1)]) == ([], [2])
    assert await rows.counted(here.club.id, here.till.id, [], [later(20)]) == ([], [1])
    assert await rows.counted(here.club.id, here.kiosk.id, [], [later(-1)]) == ([], [0])


async def test_a_number_that_led_to_no_question_is_forgotten(storage: Storage, here: Premises) -> None:
    passing = here.identification(OLA)
    async with storage.transaction() as tx:
        await tx.identifications.add(passing)
        enrolment = await asked(tx, here)
        await tx.identifications.note_miss(here.club.id, here.till.id, OLA, NOW)
        assert await tx.identifications.forget(NOW) == 0
        assert await tx.identifications.forget(later(1)) == 1
        assert await tx.identifications.forget(later(1)) == 0
    rows = storage.reading.identifications
    assert await rows.get(here.club.id, passing.id) == replace(passing, phone=None)
    kept = await rows.get(here.club.id, enrolment.identification)
    assert kept is not None
    assert kept.phone == KARI
    assert await rows.counted(here.club.id, here.till.id, [], [later(-1)]) == ([], [0])


async def test_events_are_counted_without_gaps_though_tills_write_at_once(storage: Storage, here: Premises) -> None:
    view = IdentificationView.of(here.identification(), None)

    async def write(number: int) -> None:
        async with storage.transaction() as tx:
            await tx.events.add(here.club.id, here.till.id, view, NOW)
            await tx.places.club(here.club.id)  # whatever was kept is written now
            if number % 4 == 0:
                raise ConnectionError

    outcomes = await asyncio.gather(*(write(number) for number in range(20)), return_exceptions=True)
    assert sum(isinstance(outcome, ConnectionError) for outcome in outcomes) == 5
    written = await storage.reading.events.after(here.club.id, here.till.id, 0, 100)
    assert [event.position for event in written] == list(range(1, 16))


async def test_an_event_carries_what_the_answer_carries(storage: Storage, here: Premises) -> None:
    found = here.identification()
    async with storage.transaction() as tx:
        enrolment = await asked(tx, here)
        await tx.events.add(here.club.id, here.till.id, IdentificationView.of(found, None), NOW)
        await tx.events.add(here.club.id, here.till.id, EnrolmentView.of(enrolment, None), NOW)
    first, second = await storage.reading.events.after(here.club.id, here.till.id, 0, 10)
    assert (first.kind, second.kind) == ("identification", "enrolment")
    assert json.loads(first.body)["customer"] == {"masked": "•• •• •• 01"}
    assert json.loads(first.body)["expires_at"] == "2026-11-23T10:15:00Z"
    assert json.loads(second.body)["code"] == enrolment.code
    assert KARI.msisdn[2:] not in first.body.decode() + second.body.decode()


async def test_events_after_a_position_come_in_order_and_in_portions(storage: Storage, here: Premises) -> None:
    await show(storage, here, times=5)
    events = storage.reading.events
    assert [event.position for event in await events.after(here.club.id, here.till.id, 1, 3)] == [2, 3, 4]
    assert not await events.after(here.club.id, here.kiosk.id, 0, 10)
    assert not await events.after(here.club.id, here.till.id, 5, 10)


async def test_an_event_for_no_station_is_a_defect(storage: Storage, here: Premises) -> None:
    view = IdentificationView.of(here.identification(), None)
    with pytest.raises((LookupError, Defect)):
        async with storage.transaction() as tx:
            await tx.events.add(here.club.id, StationId("sta_unknown"), view, NOW)


async def test_a_screen_resumes_where_nothing_is_missing(storage: Storage, here: Premises) -> None:
    events = storage.reading.events
    assert await events.resumable(here.club.id, here.till.id, 0, NOW)
    assert not await events.resumable(here.club.id, here.till.id, 1, NOW)
    assert not await events.resumable(here.club.id, StationId("sta_unknown"), 0, NOW)
    await show(storage, here, times=3)
    assert [await events.resumable(here.club.id, here.till.id, position, NOW) for position in range(-1, 5)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert not await events.resumable(here.club.id, here.till.id, 3, later(1))


async def test_a_screen_does_not_resume_over_forgotten_events(storage: Storage, here: Premises) -> None:
    await show(storage, here, times=2)
    await show(storage, here, times=2, at=100)
    async with storage.transaction() as tx:
        assert await tx.events.forget(later(50)) == 2
    events = storage.reading.events
    assert not await events.resumable(here.club.id, here.till.id, 0, later(-1))
    assert not await events.resumable(here.club.id, here.till.id, 1, later(-1))
    assert await events.resumable(here.club.id, here.till.id, 3, later(-1))
    await show(storage, here, at=200)
    assert [event.position for event in await events.after(here.club.id, here.till.id, 0, 10)] == [3, 4, 5]


async def test_positions_go_on_after_everything_is_forgotten(storage: Storage, here: Premises) -> None:
    await show(storage, here, times=2)
    async with storage.transaction() as tx:
        assert await tx.events.forget(later(50)) == 2
    await show(storage, here, at=100)
    assert [event.position for event in await storage.reading.events.after(here.club.id, here.till.id, 0, 10)] == [3]


async def test_a_snapshot_shows_the_latest_customer_until_they_expire(storage: Storage, here: Premises) -> None:
    member = here.member()
    async with storage.transaction() as tx:
        await tx.members.add(member)
        await tx.identifications.add(here.identification(at=later(0)))
        await tx.identifications.add(here.identification(OLA, at=later(10), member=member))
    await show(storage, here)
    position, view = await storage.reading.events.snapshot(here.till, later(20))
    assert position == 1
    assert (view.station.id, view.station.name, view.server_time) == (here.till.id, "Till 1", later(20))
    assert view.identification is not None
    assert view.identification.customer.masked == "•• •• •• 02"
    assert view.identification.member == MemberView.of(member)
    assert view.enrolments == []
    _, elsewhere = await storage.reading.events.snapshot(here.kiosk, later(20))
    assert elsewhere.identification is None
    _, afterwards = await storage.reading.events.snapshot(here.till, later(10) + LIFE)
    assert afterwards.identification is None


async def test_a_snapshot_shows_what_the_station_follows_and_what_has_just_ended(
    storage: Storage, here: Premises
) -> None:
    member = here.member()
    async with storage.transaction() as tx:
        kari = await waiting(tx, here, KARI)
        ola = await waiting(tx, here, OLA, request="req-2")
        await tx.members.add(member)
        await tx.members.link(member, OLA, VerifiedBy.LOGIN, NOW)
        for enrolment in (kari, ola):
            await tx.enrolments.follow(enrolment, here.till.id)
        await tx.enrolments.follow(kari, here.kiosk.id)
        await tx.enrolments.save(ola.accepted(member.id, later(30)))
    _, till = await storage.reading.events.snapshot(here.till, later(89))
    assert {view.id: view.state for view in till.enrolments} == {kari.id: "waiting", ola.id: "accepted"}
    assert {view.member.id for view in till.enrolments if view.member} == {member.id}
    _, till = await storage.reading.events.snapshot(here.till, later(90))
    assert [view.id for view in till.enrolments] == [kari.id]
    _, kiosk = await storage.reading.events.snapshot(here.kiosk, later(31))
    assert [(view.id, view.state) for view in kiosk.enrolments] == [(kari.id, State.WAITING.value)]


async def test_a_snapshot_in_a_transaction_sees_what_it_has_written(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await tx.identifications.add(here.identification())
        position, view = await tx.events.snapshot(here.till, later(1))
    assert position == 0
    assert view.identification is not None
