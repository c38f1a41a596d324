"""What is promised of questions to customers and of those who look for the answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Enrolment, Reason, State
from medlem.club.ids import MemberId
from medlem.club.masked import Masked
from medlem.flows.ports import Storage
from premises import KARI, NOW, OLA, Premises, asked, later, waiting

LEASE = timedelta(seconds=30)
CODE = ConfirmationCode("4MX-CQ3")


async def stored(storage: Storage, enrolment: Enrolment) -> Enrolment:
    found = await storage.reading.enrolments.get(enrolment.club, enrolment.id)
    assert found is not None
    return found


async def claimed(storage: Storage, at: float, most: int = 10) -> list[Enrolment]:
    async with storage.transaction() as tx:
        return list(await tx.enrolments.claim_due(later(at), LEASE, most))


async def test_an_enrolment_is_kept_as_it_was_through_all_its_states(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    async with storage.transaction() as tx:
        begun = await asked(tx, here, code=CODE)
    assert await stored(storage, begun) == begun
    taken = begun.waiting(Masked("req-1"), timedelta(seconds=180), timedelta(seconds=5), later(1))
    answered = replace(taken, pinged_at=later(2), failures=2).answered(Masked(b"tokens"), later(3))
    ended = answered.failed(Reason.PLATFORM_SURPRISED_US, later(4), digest="abc")
    for state in (taken, answered, ended):
        async with storage.transaction() as tx:
            assert await tx.enrolments.save(state)
        found = await stored(storage, begun)
        assert found == state
        assert (found.request, found.answer) == (state.request, state.answer)
    assert await storage.reading.enrolments.get(neighbour.club.id, begun.id) is None


async def test_one_phone_is_asked_once_whoever_asks(storage: Storage, here: Premises) -> None:
    async def ask() -> Enrolment:
        async with storage.transaction() as tx:
            return await asked(tx, here)

    opened = await asyncio.gather(*(ask() for _ in range(10)))
    assert len({enrolment.id for enrolment in opened}) == 1


async def test_a_phone_can_be_asked_again_once_the_first_has_ended(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        first = await waiting(tx, here)
        assert (await asked(tx, here)).id == first.id
        await tx.enrolments.save(first.declined(later(5)))
        second = await asked(tx, here, at=later(6))
    assert second.id != first.id


async def test_two_clubs_may_ask_the_same_phone(storage: Storage, here: Premises, neighbour: Premises) -> None:
    async with storage.transaction() as tx:
        first, second = await asked(tx, here, code=CODE), await asked(tx, neighbour, code=CODE)
    assert first.id != second.id
    assert first.code == second.code


async def test_no_two_open_questions_show_the_same_code(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        first, second = await asked(tx, here, KARI, code=CODE), await asked(tx, here, OLA, code=CODE)
        assert first.code == CODE
        assert second.code != CODE
        await tx.enrolments.save(first.failed(Reason.APP_TOO_OLD, later(1)))
    async with storage.transaction() as tx:
        assert (await asked(tx, here, KARI, code=CODE)).code == CODE
    assert (await stored(storage, second)).code == second.code


async def test_nobody_is_asked_without_a_number(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        begun = await asked(tx, here)
        with pytest.raises(ValueError, match="no number"):
            await tx.enrolments.open(replace(begun, phone=None))


async def test_what_has_ended_never_changes(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
        assert await tx.enrolments.save(enrolment.declined(later(5)))
        assert not await tx.enrolments.save(enrolment.expired(later(6)))
        assert not await tx.enrolments.save(enrolment.pending(later(6)))
        await tx.enrolments.wake(enrolment, later(7))
    found = await stored(storage, enrolment)
    assert (found.state, found.pinged_at, found.request) == (State.DECLINED, None, None)


async def test_what_is_due_is_claimed_by_one_alone(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
    assert await claimed(storage, 5) == []
    first, second = await asyncio.gather(claimed(storage, 6), claimed(storage, 6))
    assert [each.id for each in first + second] == [enrolment.id]
    [taken] = first + second
    assert (taken.claim, taken.claimed_at) == (enrolment.claim + 1, later(6))
    assert await claimed(storage, 35) == []


async def test_a_lease_that_has_run_out_is_taken_over_under_a_new_number(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await waiting(tx, here)
    [slept] = await claimed(storage, 6)
    [took_over] = await claimed(storage, 36)
    assert took_over.claim == slept.claim + 1
    async with storage.transaction() as tx:
        assert not await tx.enrolments.save(slept.declined(later(37)))
        assert await tx.enrolments.save(took_over.pending(later(37)))
        assert not await tx.enrolments.save(slept.pending(later(37)))
    assert (await stored(storage, slept)).state is State.WAITING


async def test_saving_frees_the_lease(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        await waiting(tx, here)
    [taken] = await claimed(storage, 6)
    async with storage.transaction() as tx:
        await tx.enrolments.save(taken.pending(later(7)))
    assert await claimed(storage, 12) == []
    assert [each.id for each in await claimed(storage, 13)] == [taken.id]


async def test_what_has_been_due_longest_is_claimed_first(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        second = await waiting(tx, here, KARI, at=later(10), request="req-2")
        first = await waiting(tx, here, OLA, at=later(0), request="req-1")
    assert [each.id for each in await claimed(storage, 60, most=1)] == [first.id]
    assert [each.id for each in await claimed(storage, 60, most=1)] == [second.id]


async def test_claims_go_across_all_clubs(storage: Storage, here: Premises, neighbour: Premises) -> None:
    async with storage.transaction() as tx:
        ours, theirs = await waiting(tx, here), await waiting(tx, neighbour)
    assert {each.id for each in await claimed(storage, 60)} == {ours.id, theirs.id}


async def test_the_next_one_is_due_when_it_is_free_as_well(storage: Storage, here: Premises) -> None:
    enrolments = storage.reading.enrolments
    assert await enrolments.next_due() is None
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
    assert await enrolments.next_due() == enrolment.due_at
    await claimed(storage, 6)
    assert await enrolments.next_due() == later(36)


async def test_a_ping_makes_a_waiting_question_due(storage: Storage, here: Premises) -> None:
    with storage.watch("due") as watch:
        async with storage.transaction() as tx:
            enrolment = await waiting(tx, here)
        await asyncio.wait_for(watch.changed(), 10)
        async with storage.transaction() as tx:
            await tx.enrolments.wake(enrolment, later(1))
        await asyncio.wait_for(watch.changed(), 10)
    [taken] = await claimed(storage, 1)
    assert (taken.pinged_at, taken.due_at) == (later(1), later(1))


async def test_a_ping_leaves_a_look_that_is_under_way_its_lease(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
    [taken] = await claimed(storage, 6)
    async with storage.transaction() as tx:
        await tx.enrolments.wake(enrolment, later(7))
    assert await claimed(storage, 7) == []
    async with storage.transaction() as tx:
        current = await tx.enrolments.get(taken.club, taken.id)
        assert current is not None
        assert current.claim == taken.claim
        assert await tx.enrolments.save(current.pending(later(8)))
    assert [each.id for each in await claimed(storage, 8)] == [enrolment.id]


async def test_a_saved_state_is_announced_to_whoever_waits_for_it(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
    with storage.watch(enrolment.id) as watch:
        async with storage.transaction() as tx:
            assert await tx.enrolments.save(enrolment.declined(later(3)))
        await asyncio.wait_for(watch.changed(), 10)


async def test_an_ask_that_nobody_finished_is_found(storage: Storage, here: Premises) -> None:
    async with storage.transaction() as tx:
        lost = await asked(tx, here, KARI)
        await waiting(tx, here, OLA)
    assert await storage.reading.enrolments.lost_asks(NOW) == []
    assert [each.id for each in await storage.reading.enrolments.lost_asks(later(1))] == [lost.id]


async def test_a_question_is_found_by_the_platforms_name_for_it(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here, request="req-1")
    enrolments = storage.reading.enrolments
    assert await enrolments.of_request(here.club.id, Masked("req-1")) == enrolment
    assert await enrolments.of_request(here.club.id, Masked("req-2")) is None
    assert await enrolments.of_request(neighbour.club.id, Masked("req-1")) is None
    async with storage.transaction() as tx:
        await tx.enrolments.save(enrolment.expired(later(180)))
    assert await enrolments.of_request(here.club.id, Masked("req-1")) is None


async def test_a_station_follows_once(storage: Storage, here: Premises, neighbour: Premises) -> None:
    async with storage.transaction() as tx:
        enrolment = await asked(tx, here)
        assert await tx.enrolments.follow(enrolment, here.till.id)
        assert not await tx.enrolments.follow(enrolment, here.till.id)
        assert await tx.enrolments.follow(enrolment, here.kiosk.id)
    enrolments = storage.reading.enrolments
    assert sorted(await enrolments.followers(enrolment)) == sorted([here.till.id, here.kiosk.id])
    assert await enrolments.follows(enrolment, here.kiosk.id)
    assert not await enrolments.follows(enrolment, neighbour.till.id)


async def test_how_often_a_phone_was_asked_and_how_it_ended(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    async with storage.transaction() as tx:
        for second in (0, 100, 200):
            enrolment = await waiting(tx, here, at=later(second), request=f"req-{second}")
            await tx.enrolments.save(enrolment.declined(later(second + 10)))
        await tx.enrolments.save((await waiting(tx, neighbour)).declined(later(1)))
    enrolments = storage.reading.enrolments
    assert await enrolments.times_asked(here.club.id, KARI, NOW) == [later(100), later(200)]
    assert await enrolments.times_asked(here.club.id, OLA, NOW) == []
    last = await enrolments.last_ended(here.club.id, KARI, State.DECLINED)
    assert last is not None
    assert last.changed_at == later(210)
    assert await enrolments.last_ended(here.club.id, KARI, State.EXPIRED) is None


async def test_the_number_of_who_did_not_become_a_member_is_forgotten(storage: Storage, here: Premises) -> None:
    member = here.member()
    async with storage.transaction() as tx:
        kari, ola = await waiting(tx, here, KARI), await waiting(tx, here, OLA, request="req-2")
        await tx.members.add(member)
        assert await tx.enrolments.forget(later(60)) == 0
        await tx.enrolments.save(kari.declined(later(5)))
        await tx.enrolments.save(ola.accepted(MemberId(member.id), later(5)))
        assert await tx.enrolments.forget(later(5)) == 0
        assert await tx.enrolments.forget(later(6)) == 1
    assert (await stored(storage, kari)).phone is None
    assert (await stored(storage, ola)).phone == OLA
    customer = await storage.reading.identifications.get(here.club.id, kari.identification)
    assert customer is not None
    assert customer.phone is None


async def test_a_ping_is_new_once(storage: Storage, here: Premises, neighbour: Premises) -> None:
    request = Masked("req-1")
    async with storage.transaction() as tx:
        assert await tx.webhooks.ping(here.club.id, request, NOW)
        assert not await tx.webhooks.ping(here.club.id, request, later(1))
        assert await tx.webhooks.ping(neighbour.club.id, request, later(2))
    webhooks = storage.reading.webhooks
    assert await webhooks.pinged(here.club.id, request) == NOW
    assert await webhooks.pinged(here.club.id, Masked("req-2")) is None
    async with storage.transaction() as tx:
        assert await tx.webhooks.forget_pings(later(1)) == 1
    assert await webhooks.pinged(here.club.id, request) is None


async def test_open_questions_are_counted_by_their_state(storage: Storage, here: Premises, neighbour: Premises) -> None:
    async with storage.transaction() as tx:
        await asked(tx, here, KARI)
        ended = await waiting(tx, here, OLA)
        await waiting(tx, neighbour, OLA)
        await tx.enrolments.save(ended.declined(later(1)))
    assert await storage.reading.enrolments.count_open() == {
        (here.club.id, State.ASKING): 1,
        (neighbour.club.id, State.WAITING): 1,
    }
