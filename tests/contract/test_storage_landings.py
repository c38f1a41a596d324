"""What is promised of the codes that phones bring, of the browsers that watch, and of what members add."""

import asyncio
from datetime import timedelta

from medlem.club.codes import confirmation_code
from medlem.club.enrolment import Enrolment, Finish
from medlem.club.ids import enrolment_id
from medlem.club.landing import HANDED_OVER, Landing, Step
from medlem.club.masked import Masked
from medlem.flows.ports import Storage
from premises import NOW, Premises, later, waiting

CODE, OTHER = Masked("a code"), Masked("another code")
COOKIE = Masked("a cookie")


async def arrived(storage: Storage, here: Premises, code: Masked[str] = CODE, at: float = 0) -> Landing:
    async with storage.transaction() as tx:
        return await tx.landings.arrive(here.club.id, code, later(at))


async def stored(storage: Storage, landing: Landing) -> Landing:
    async with storage.transaction() as tx:
        found = await tx.landings.hold(landing)
    assert found is not None
    return found


async def test_a_code_is_one_landing_however_often_it_comes(storage: Storage, here: Premises) -> None:
    landings = await asyncio.gather(*(arrived(storage, here) for _ in range(5)))
    assert {landing.digest for landing in landings} == {landings[0].digest}
    again = await arrived(storage, here, at=60)
    assert again == landings[0]
    assert again.arrived_at == NOW
    assert CODE.reveal() not in again.digest


async def test_two_clubs_may_be_brought_the_same_code(storage: Storage, here: Premises, neighbour: Premises) -> None:
    first, second = await arrived(storage, here), await arrived(storage, neighbour)
    async with storage.transaction() as tx:
        await tx.landings.save(first.over(Step.WORTHLESS))
    assert (await stored(storage, second)).step is Step.ARRIVED


async def test_a_landing_is_kept_as_it_was_through_all_its_steps(storage: Storage, here: Premises) -> None:
    landing = await arrived(storage, here)
    assert landing.code == CODE
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
    steps = [landing.redeeming(later(1))]
    steps += [steps[0].unsent(later(2), None), steps[0].kept(Masked(b"tokens"), later(2))]
    steps += [steps[2].passed_on(enrolment.id), steps[2].over(Step.REFUSED)]
    for step in steps:
        async with storage.transaction() as tx:
            await tx.landings.save(step)
        assert await stored(storage, step) == step


async def test_what_nobody_has_in_hand_is_found(storage: Storage, here: Premises) -> None:
    left, ended = await arrived(storage, here), await arrived(storage, here, OTHER)
    async with storage.transaction() as tx:
        await tx.landings.save(ended.over(Step.LOST))
    free = HANDED_OVER.total_seconds()
    assert await storage.reading.landings.left_lying(later(free - 0.001), 10) == []
    assert await storage.reading.landings.left_lying(later(free), 10) == [left]


async def test_how_far_landings_are_is_told_of_one_club_and_a_stretch_of_time(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    landing = await arrived(storage, here, at=10)
    async with storage.transaction() as tx:
        await tx.landings.save(landing.over(Step.LOST))
    await arrived(storage, here, OTHER, at=20)
    await arrived(storage, neighbour, OTHER, at=20)
    steps = storage.reading.landings.steps
    assert await steps(here.club.id, later(0), later(30)) == {Step.LOST, Step.ARRIVED}
    assert await steps(here.club.id, later(0), later(10)) == {Step.LOST}
    assert await steps(here.club.id, later(11), later(19)) == frozenset()
    assert await steps(neighbour.club.id, later(0), later(30)) == {Step.ARRIVED}


async def test_a_browser_sees_its_landing_until_its_time_is_over(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    landing = await arrived(storage, here)
    async with storage.transaction() as tx:
        await tx.landings.open_session(landing, COOKIE, later(900))
    session = storage.reading.landings.session
    found = await session(here.club.id, COOKIE, later(899))
    assert found is not None
    assert (found.landing, found.used) == (landing, False)
    assert await session(here.club.id, COOKIE, later(900)) is None
    assert await session(neighbour.club.id, COOKIE, later(1)) is None
    assert await session(here.club.id, Masked("a guess"), later(1)) is None
    async with storage.transaction() as tx:
        await tx.landings.use_sessions(landing, later(5))
    used = await session(here.club.id, COOKIE, later(6))
    assert used is not None
    assert used.used


async def test_old_landings_go_after_the_browsers_that_see_them(storage: Storage, here: Premises) -> None:
    landing = await arrived(storage, here)
    async with storage.transaction() as tx:
        await tx.landings.open_session(landing, COOKIE, later(900))
    async with storage.transaction() as tx:
        assert await tx.landings.forget(later(1)) == 0
        assert await tx.landings.forget_sessions(later(900)) == 0
        assert await tx.landings.forget_sessions(later(901)) == 1
        assert await tx.landings.forget(later(0)) == 0
        assert await tx.landings.forget(later(1)) == 1


async def test_who_finishes_on_the_page_is_known_while_it_is_open(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    reading = storage.reading.enrolments
    async with storage.transaction() as tx:
        await waiting(tx, here)
    assert not await reading.asks_on_page(here.club.id)
    async with storage.transaction() as tx:
        customer = neighbour.identification()
        await tx.identifications.add(customer)
        begun = await tx.enrolments.open(
            Enrolment.begin(enrolment_id(NOW), customer, confirmation_code(), NOW, Finish.ON_PAGE)
        )
    assert (await reading.asks_on_page(neighbour.club.id), await reading.is_asking(neighbour.club.id)) == (True, True)
    assert not await reading.asks_on_page(here.club.id)
    taken = begun.waiting(Masked("req-9"), timedelta(seconds=180), timedelta(seconds=5), later(1))
    async with storage.transaction() as tx:
        await tx.enrolments.save(taken)
    assert (await reading.asks_on_page(neighbour.club.id), await reading.is_asking(neighbour.club.id)) == (True, False)
    assert await reading.get(neighbour.club.id, begun.id) == taken
    async with storage.transaction() as tx:
        await tx.enrolments.save(taken.expired(later(2)))
    assert not await reading.asks_on_page(neighbour.club.id)


async def test_what_a_member_adds_is_kept_and_the_latest_word_counts(storage: Storage, here: Premises) -> None:
    someone = here.member()
    async with storage.transaction() as tx:
        await tx.members.add(someone)
        await tx.members.save_extras(someone, {"size": "42", "gift": "yes"}, later(1))
        await tx.members.save_extras(someone, {"size": "43"}, later(2))
        await tx.members.save_extras(someone, {}, later(3))
    assert await storage.reading.members.extras(someone) == {"gift": "yes", "size": "43"}
