"""The judge is shown a thief of every kind: a day on which all went well, with one thing put wrong afterwards."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest

from medlem.club.endpoint import NoticeKind
from medlem.club.enrolment import Enrolment, State
from medlem.club.ids import consent_id
from medlem.club.masked import Masked
from medlem.club.member import Member
from medlem.flows.noticing import body, finished
from trials.deliveries import Deliveries, signed
from trials.faults import FINE
from trials.history import Story
from trials.platform import Pushed
from trials.rules import RULES
from trials.world import World, simulate

Spoil = Callable[[World], Awaitable[None]]
SEED, CUSTOMERS = 2, 15
"""A day on which a question ends in each of the four ways."""

SPOILS: list[tuple[str, Spoil]] = []


def breaks(rule: str) -> Callable[[Spoil], Spoil]:
    """What it does breaks that rule."""

    def kept(spoil: Spoil) -> Spoil:
        SPOILS.append((rule, spoil))
        return spoil

    return kept


async def row_of(world: World, story: Story) -> Enrolment:
    found = await world.ports.storage.reading.enrolments.get(world.club.id, story.id)
    assert found is not None
    return found


def story_of(world: World, state: State) -> Story:
    return next(story for story in world.history.stories.values() if story.last.state is state)


def question_of(world: World, state: State) -> Pushed:
    story = story_of(world, state)
    return next(
        question
        for question in world.platform.questions.values()
        if (question.msisdn, question.code) == (story.msisdn, story.code)
    )


async def members(world: World) -> list[Member]:
    return list(await world.ports.storage.reading.members.page(world.club.id, None, 100))


@breaks("lost")
async def a_yes_that_expired(world: World) -> None:
    question_of(world, State.EXPIRED).answer = True


@breaks("lost")
async def a_yes_that_failed_for_nothing(world: World) -> None:
    story = story_of(world, State.FAILED)
    question = question_of(world, State.ACCEPTED)
    question.msisdn, question.code = story.msisdn, story.code
    story.causes.clear()


@breaks("lost")
async def a_member_who_is_gone(world: World) -> None:
    made = (await row_of(world, story_of(world, State.ACCEPTED))).member
    async with world.ports.storage.transaction() as tx:
        found = await tx.members.get(world.club.id, made or "")
        assert found is not None
        await tx.members.save(replace(found, left_at=world.ports.clock.now()))


@breaks("unfounded")
async def a_no_that_nobody_said(world: World) -> None:
    question_of(world, State.DECLINED).answer = None


@breaks("unfounded")
async def a_reason_that_nobody_gave(world: World) -> None:
    story_of(world, State.FAILED).causes.clear()


@breaks("no yes")
async def a_member_who_said_nothing(world: World) -> None:
    question_of(world, State.ACCEPTED).answer = None


@breaks("duplicate")
async def a_consent_written_twice(world: World) -> None:
    member = (await members(world))[0]
    (consent, *_) = await world.ports.storage.reading.members.consents(world.club.id, member.id)
    async with world.ports.storage.transaction() as tx:
        again = replace(consent, id=consent_id(world.ports.clock.now()))
        await tx.consents.append(member.id, [again], "platform")


@breaks("wrong link")
async def a_name_under_another_membership(world: World) -> None:
    one, other, *_ = await members(world)
    async with world.ports.storage.transaction() as tx:
        await tx.members.save(replace(one, profile=other.profile))


@breaks("wrong link")
async def a_consent_under_another_membership(world: World) -> None:
    one, other, *_ = await members(world)
    (consent, *_) = await world.ports.storage.reading.members.consents(world.club.id, one.id)
    async with world.ports.storage.transaction() as tx:
        moved = replace(consent, id=consent_id(world.ports.clock.now()), member=other.id)
        await tx.consents.append(other.id, [moved], "platform")


@breaks("broken chain")
async def a_record_that_is_missing_at_the_end(world: World) -> None:
    where = {"club": world.club.id, "member": (await members(world))[0].id}
    async with world.ports.storage.transaction() as tx:
        await tx.consents._session.run("consents.advance", **where, sequence=9, hash="x")  # type: ignore[attr-defined] # a stranger's hand


@breaks("stuck")
async def a_question_that_stayed_open(world: World) -> None:
    question_of(world, State.EXPIRED).expires_at -= 1000


@breaks("double push")
async def a_question_that_nobody_wrote_down(world: World) -> None:
    world.platform.pushes["4740000000", "CDF-GHJ"] += 1


@breaks("double push")
async def two_questions_for_one_press(world: World) -> None:
    question = question_of(world, State.ACCEPTED)
    world.platform.pushes[question.msisdn, question.code] += 100


@breaks("double push")
async def two_enrolments_at_once(world: World) -> None:
    row = await row_of(world, story_of(world, State.DECLINED))
    node = world.crew.all[0]
    for name in ("enr_1", "enr_2"):
        world.history.commit([replace(row, id=name, state=State.ASKING)], node)  # type: ignore[arg-type]


@breaks("wrong till")
async def a_till_that_asked_nobody(world: World) -> None:
    for till in world.tills:
        till.numbers.clear()


@breaks("wrong till")
async def an_identification_of_another_station(world: World) -> None:
    for found in world.history.identified:
        world.history.identified[found] = "sta_another"


@breaks("untold")
async def a_screen_that_stood_still(world: World) -> None:
    till = next(till for till in world.tills if till.shown)
    till.shown[next(iter(till.shown))] = "waiting"


@breaks("untold")
async def an_event_of_something_that_never_was(world: World) -> None:
    story_of(world, State.ACCEPTED).written[-1].state = State.DECLINED


@breaks("stream")
async def an_event_changed_on_its_way(world: World) -> None:
    till = next(till for till in world.tills if till.seen)
    till.seen[0] = (till.seen[0][0], b"{}")


@breaks("stream")
async def a_till_that_missed_the_last_event(world: World) -> None:
    till = next(till for till in world.tills if till.position)
    till.position = (till.position or 0) - 1


@breaks("late look")
async def a_look_after_the_end(world: World) -> None:
    node = next(node for node in world.crew.nodes if node is not None)
    await node.ports.platform.collect(world.club.id, Masked(question_of(world, State.ACCEPTED).request))


@breaks("not kept")
async def tokens_understood_before_they_were_kept(world: World) -> None:
    for written in story_of(world, State.ACCEPTED).written:
        written.kept = False
    node = next(node for node in world.crew.nodes if node is not None)
    request = question_of(world, State.ACCEPTED).request
    await node.ports.platform.disclose(world.club.id, Masked(request), Masked(request.encode()))


@breaks("early look")
async def two_looks_at_once(world: World) -> None:
    question = question_of(world, State.EXPIRED)
    question.expires_at, question.looked_at = world.loop.time() + 60, world.loop.time()
    world.platform.collect(question.request, world.crew.all[0], excused=False, slow_down=False)


@breaks("forged ping")
async def a_ping_of_somebody_elses_that_is_taken(world: World) -> None:
    body = b'{"auth_req_id": "whatever"}'
    post = Deliveries(world.crew, world.club.id, Random(1))  # noqa: S311 - for a seed
    await post.deliver(signed(body), body, 0, genuine=False)


@breaks("forged ping")
async def a_genuine_ping_that_is_refused(world: World) -> None:
    body = b'{"auth_req_id": "whatever"}'
    post = Deliveries(world.crew, world.club.id, Random(1))  # noqa: S311 - for a seed
    await post.deliver(signed(b"{}"), body, 0)


@breaks("reopened")
async def an_end_that_is_written_over(world: World) -> None:
    row = await row_of(world, story_of(world, State.DECLINED))
    world.history.commit([replace(row, state=State.EXPIRED)], world.crew.all[0])


@breaks("defect")
async def an_error_in_the_log(_: World) -> None:
    logging.getLogger("medlem.worker").error("a step of the worker failed\nIntegrityError")


LISTENED_TO = 4
"""A day on which another system hears of members."""


async def a_notice_too_many(world: World) -> None:
    row = await row_of(world, story_of(world, State.ACCEPTED))
    async with world.ports.storage.transaction() as tx:
        now = world.ports.clock.now()
        assert await tx.outbox.add(world.club.id, NoticeKind.ENROLMENT_FINISHED, body(finished(row), now), now)


async def a_notice_of_what_is_not_so(world: World) -> None:
    row = replace(await row_of(world, story_of(world, State.ACCEPTED)), state=State.DECLINED)
    async with world.ports.storage.transaction() as tx:
        now = world.ports.clock.now()
        await tx.outbox.add(world.club.id, NoticeKind.ENROLMENT_FINISHED, body(finished(row), now), now)


async def a_notice_that_was_passed_over(world: World) -> None:
    world.crew.around.listener.heard.pop(next(iter(world.crew.around.listener.heard)))


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        ("untold", a_notice_too_many),
        ("untold", a_notice_of_what_is_not_so),
        ("stream", a_notice_that_was_passed_over),
    ],
)
def test_the_judge_sees_what_another_system_hears(rule: str, spoil: Spoil) -> None:
    outcome = simulate(LISTENED_TO, CUSTOMERS, FINE, before_judging=spoil)
    assert {failure.rule for failure in outcome.failures} == {rule}


def test_all_that_happens_is_heard() -> None:
    async def heard(world: World) -> None:
        ends = [one for one in world.crew.around.listener.heard.values() if one.kind is NoticeKind.ENROLMENT_FINISHED]
        assert len(ends) == len(world.history.stories)

    assert simulate(LISTENED_TO, CUSTOMERS, FINE, before_judging=heard).failures == []


@pytest.mark.parametrize(("rule", "spoil"), SPOILS, ids=[spoil.__name__ for _, spoil in SPOILS])
def test_the_judge_sees(rule: str, spoil: Spoil) -> None:
    outcome = simulate(SEED, CUSTOMERS, FINE, before_judging=spoil)
    assert rule in {failure.rule for failure in outcome.failures}


def test_the_judge_finds_nothing_where_nothing_is() -> None:
    assert simulate(SEED, CUSTOMERS, FINE).failures == []


def test_the_judge_has_been_shown_a_thief_for_every_rule() -> None:
    assert {rule for rule, _ in SPOILS} == set(RULES)
