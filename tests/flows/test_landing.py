"""Customers who finish on the merchant's page: each step of a code, and what becomes of it when that was the last."""

import asyncio
import logging

import pytest

from fakes import settle
from fakes_platform import DisclosureTrouble, RedeemTrouble
from medlem.club.enrolment import Finish
from medlem.club.landing import Step
from medlem.club.masked import Masked
from medlem.flows import enrolment, landing, membership, pings
from medlem.flows.landing import Arrival, Scene
from shop import KARI, OLA, Shop

LIFE, GRACE = 180, 30


@pytest.fixture
def page(shop: Shop) -> Shop:
    """A shop whose customers finish on its page; Kari is one of them."""
    shop.platform.finishes = Finish.ON_PAGE
    shop.kari()
    return shop


async def arrive(shop: Shop, code: str) -> Arrival:
    arrival = await landing.arrive(shop.ports, shop.club.id, Masked(code))
    assert arrival is not None
    return arrival


async def brought(shop: Shop, code: str) -> Arrival:
    """The phone brings a code, and it is seen through."""
    arrival = await arrive(shop, code)
    await landing.see_through(shop.ports, arrival.landing)
    return arrival


async def yes(shop: Shop, msisdn: str = KARI) -> str:
    code = shop.platform.approve(msisdn)
    assert code is not None
    return code


async def scene(shop: Shop, arrival: Arrival) -> Scene:
    assert arrival.session is not None
    return (await landing.show(shop.ports, shop.club.id, arrival.session)).scene


async def step(shop: Shop, arrival: Arrival) -> Step:
    async with shop.storage.transaction() as tx:
        found = await tx.landings.hold(arrival.landing)
    assert found is not None
    return found.step


async def test_a_code_makes_a_member_and_nobody_ever_looks(page: Shop) -> None:
    asked = await page.invite()
    assert asked.state == "waiting"
    await page.wait(20)
    arrival = await brought(page, await yes(page))
    found = await page.show(asked.id)
    assert found.state == "accepted"
    assert found.member is not None
    assert await page.kinds() == ["identification", "enrolment", "enrolment", "enrolment"]
    assert await scene(page, arrival) is Scene.WELCOME
    await page.wait(LIFE + GRACE + 5)
    assert page.platform.polls.total() == 0


async def test_a_ping_changes_nothing_for_a_customer_on_the_page(page: Shop) -> None:
    asked = await page.invite()
    (question,) = page.platform.open_questions(KARI)
    await pings.ping(page.ports, page.club.id, Masked(question.request))
    await page.wait(10)
    assert (await page.show(asked.id)).state == "waiting"
    assert page.platform.polls.total() == 0


async def test_silence_ends_when_no_code_can_come_any_more(page: Shop) -> None:
    asked = await page.invite()
    await page.wait(LIFE + GRACE - 1)
    assert (await page.show(asked.id)).state == "waiting"
    await page.wait(2)
    assert (await page.show(asked.id)).state == "expired"
    assert page.platform.polls.total() == 0


async def test_a_setting_that_changes_meanwhile_changes_nothing_for_those_who_are_asked(page: Shop) -> None:
    on_page = await page.invite()
    page.platform.finishes = Finish.IN_APP
    page.platform.person(OLA)
    in_app = await page.invite(OLA)
    assert page.platform.approve(OLA) is None
    await page.wait(6)
    assert (await page.show(in_app.id)).state == "accepted"
    await brought(page, await yes(page))
    assert (await page.show(on_page.id)).state == "accepted"


async def test_an_address_that_is_opened_again_redeems_nothing_again(page: Shop) -> None:
    await page.invite()
    code = await yes(page)
    page.platform.person(OLA)
    await page.invite(OLA)  # somebody still waits
    first = await brought(page, code)
    second = await brought(page, code)
    assert first.first
    assert not second.first
    assert page.platform.redeemed[code] == 1
    assert await scene(page, second) is Scene.WELCOME


async def test_two_clicks_at_once_redeem_once(page: Shop) -> None:
    asked = await page.invite()
    code = await yes(page)
    arrivals = await asyncio.gather(*(brought(page, code) for _ in range(4)))
    assert page.platform.redeemed[code] == 1
    assert (await page.show(asked.id)).state == "accepted"
    assert {await scene(page, one) for one in arrivals} == {Scene.WELCOME}


async def test_whoever_has_the_address_later_sees_nothing(page: Shop) -> None:
    await page.invite()
    code = await yes(page)
    page.platform.person(OLA)
    await page.invite(OLA)
    await brought(page, code)
    await page.clock.turn(121)
    assert (await arrive(page, code)).session is None


async def test_a_browser_is_forgotten_after_a_quarter_of_an_hour(page: Shop) -> None:
    await page.invite()
    arrival = await brought(page, await yes(page))
    await page.clock.turn(15 * 60)
    assert await scene(page, arrival) is Scene.NOTHING


async def test_a_code_while_nobody_is_asked_is_not_even_looked_at(page: Shop) -> None:
    assert await landing.arrive(page.ports, page.club.id, Masked("a stranger's code")) is None
    assert page.platform.redeemed.total() == 0


async def test_a_strangers_code_is_worthless_and_hurts_nobody(page: Shop) -> None:
    asked = await page.invite()
    arrival = await brought(page, "a stranger's code")
    assert await step(page, arrival) is Step.WORTHLESS
    assert await scene(page, arrival) is Scene.UNKNOWN
    await page.wait(LIFE + GRACE + 1)
    assert (await page.show(asked.id)).state == "expired"


async def test_what_was_not_sent_is_sent_again_while_the_customer_waits(page: Shop) -> None:
    asked = await page.invite()
    code = await yes(page)
    page.platform.redeem_troubles.extend([RedeemTrouble.UNSENT] * 2)
    arrival = await brought(page, code)
    assert await scene(page, arrival) is Scene.WORKING
    await page.wait(10)
    assert page.platform.redeemed[code] == 3
    assert (await page.show(asked.id)).state == "accepted"


async def test_a_platform_that_stays_away_ends_in_not_knowing(page: Shop) -> None:
    asked = await page.invite()
    code = await yes(page)
    page.platform.redeem_troubles.extend([RedeemTrouble.UNSENT] * 1000)
    arrival = await brought(page, code)
    await page.wait(140)
    assert await step(page, arrival) is Step.LOST
    await page.wait(LIFE)
    assert (await page.show(asked.id)).reason == "outcome_unknown"


async def test_a_lost_answer_is_never_asked_for_again(page: Shop) -> None:
    asked = await page.invite()
    code = await yes(page)
    page.platform.redeem_troubles.append(RedeemTrouble.LOST)
    arrival = await brought(page, code)
    assert await step(page, arrival) is Step.LOST
    assert await scene(page, arrival) is Scene.UNKNOWN
    await page.wait(LIFE + GRACE + 1)
    assert page.platform.redeemed[code] == 1
    assert (await page.show(asked.id)).reason == "outcome_unknown"


async def test_a_code_that_is_worthless_at_the_second_attempt_was_used_up_by_the_first(page: Shop) -> None:
    await page.invite()
    code = await yes(page)
    page.platform.redeem_troubles.append(RedeemTrouble.UNSENT)
    arrival = await brought(page, code)
    page.platform.questions[next(iter(page.platform.questions))].redeemed = True
    await page.wait(5)
    assert await step(page, arrival) is Step.LOST


async def test_an_answer_that_names_no_question_is_refused(page: Shop, caplog: pytest.LogCaptureFixture) -> None:
    asked = await page.invite()
    page.platform.redeem_troubles.append(RedeemTrouble.NAMELESS)
    with caplog.at_level(logging.ERROR):
        arrival = await brought(page, await yes(page))
    assert await step(page, arrival) is Step.REFUSED
    assert "names no question of ours" in caplog.text
    await page.wait(LIFE + GRACE + 1)
    assert (await page.show(asked.id)).state == "expired"


async def test_an_answer_that_is_not_to_be_trusted_fails_the_enrolment(page: Shop) -> None:
    asked = await page.invite()
    page.platform.disclosure_troubles.append(DisclosureTrouble.UNTRUSTED)
    arrival = await brought(page, await yes(page))
    assert (await page.show(asked.id)).reason == "platform_surprised_us"
    assert await scene(page, arrival) is Scene.UNKNOWN


async def test_a_kept_answer_is_understood_when_userinfo_is_back(page: Shop) -> None:
    asked = await page.invite()
    page.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
    arrival = await brought(page, await yes(page))
    assert await scene(page, arrival) is Scene.WORKING
    await page.wait(30)
    assert (await page.show(asked.id)).state == "accepted"
    assert await scene(page, arrival) is Scene.WELCOME


# -- a process that dies between two steps


async def test_a_code_that_came_and_was_not_sent_is_sent_by_whoever_finds_it(page: Shop) -> None:
    asked = await page.invite()
    await arrive(page, await yes(page))
    await page.wait(10)
    assert (await page.show(asked.id)).state == "accepted"


async def test_a_code_that_was_being_sent_is_lost(page: Shop) -> None:
    asked = await page.invite()
    code = await yes(page)
    arrival = await arrive(page, code)
    async with page.storage.transaction() as tx:
        await tx.landings.save(arrival.landing.redeeming(page.clock.now()))
    await page.wait(35)
    assert await step(page, arrival) is Step.LOST
    assert page.platform.redeemed[code] == 0
    await page.wait(LIFE)
    assert (await page.show(asked.id)).reason == "outcome_unknown"


async def test_an_answer_that_was_kept_and_not_passed_on_is_passed_on(page: Shop) -> None:
    asked = await page.invite()
    (question,) = page.platform.open_questions(KARI)
    arrival = await arrive(page, await yes(page))
    kept = arrival.landing.redeeming(page.clock.now()).kept(Masked(question.request.encode()), page.clock.now())
    async with page.storage.transaction() as tx:
        await tx.landings.save(kept)
    await page.wait(10)
    assert (await page.show(asked.id)).state == "accepted"


async def test_an_answer_in_hand_at_the_very_end_is_waited_for(page: Shop) -> None:
    asked = await page.invite()
    (question,) = page.platform.open_questions(KARI)
    code = await yes(page)
    await page.clock.turn(100)
    arrival = await arrive(page, code)
    kept = arrival.landing.redeeming(page.clock.now()).kept(Masked(question.request.encode()), page.clock.now())
    async with page.storage.transaction() as tx:
        await tx.landings.save(kept)
    await page.clock.turn(LIFE + GRACE - 99)
    for claimed in await enrolment.claim(page.ports, 10):  # before anybody takes the landing up
        await enrolment.check(page.ports, claimed)
    assert (await page.show(asked.id)).state == "waiting"
    await page.wait(10)
    assert (await page.show(asked.id)).state == "accepted"


async def test_an_answer_that_the_enrolment_has_is_understood_by_whoever_claims_it(page: Shop) -> None:
    asked = await page.invite()
    (question,) = page.platform.open_questions(KARI)
    arrival = await arrive(page, await yes(page))
    waiting = await page.get(asked.id)
    async with page.storage.transaction() as tx:
        raw = Masked(question.request.encode())
        await tx.enrolments.save(waiting.answered(raw, page.clock.now()))
        kept = arrival.landing.redeeming(page.clock.now()).kept(raw, page.clock.now())
        await tx.landings.save(kept.passed_on(waiting.id))
    await page.wait(10)
    assert (await page.show(asked.id)).state == "accepted"


async def test_a_process_that_thaws_with_the_tokens_in_hand_is_heard(page: Shop) -> None:
    asked = await page.invite()
    code = await yes(page)
    arrival = await arrive(page, code)
    trying = arrival.landing.redeeming(page.clock.now())
    async with page.storage.transaction() as tx:
        await tx.landings.save(trying)
    await page.wait(35)
    assert await step(page, arrival) is Step.LOST
    answer = await page.platform.redeem(page.club.id, Masked(code))
    after = await landing._write_down(page.ports, trying, answer)
    await landing.see_through(page.ports, after)
    assert (await page.show(asked.id)).state == "accepted"


async def test_a_customer_who_is_quicker_than_our_own_pen_is_not_refused(page: Shop) -> None:
    page.platform.gate = asyncio.Event()
    found = await page.identify()
    asked = await enrolment.start(page.ports, page.station, found.id)
    await settle()
    arrival = await brought(page, await yes(page))
    assert await step(page, arrival) is Step.KEPT
    page.platform.gate.set()
    await page.ports.errands.finish()
    await page.wait(3)
    assert (await page.show(asked.id)).state == "accepted"


# -- what the new member adds


async def test_what_a_member_adds_is_kept_once(page: Shop) -> None:
    asked = await page.invite()
    arrival = await brought(page, await yes(page))
    assert arrival.session is not None
    complete = landing.complete
    assert await complete(page.ports, page.club.id, arrival.session, {"size": "42"})
    assert await complete(page.ports, page.club.id, arrival.session, {"size": "43"})
    joined = (await page.get(asked.id)).member
    assert joined is not None
    someone = await page.storage.reading.members.get(page.club.id, joined)
    assert someone is not None
    assert await page.storage.reading.members.extras(someone) == {"size": "42"}
    assert await scene(page, arrival) is Scene.DONE


async def test_nothing_is_added_without_a_member_or_after_they_left(page: Shop) -> None:
    asked = await page.invite()
    arrival = await arrive(page, await yes(page))
    assert arrival.session is not None
    complete = landing.complete
    assert not await complete(page.ports, page.club.id, arrival.session, {"size": "42"})
    assert not await complete(page.ports, page.club.id, Masked("a guess"), {"size": "42"})
    await landing.see_through(page.ports, arrival.landing)
    joined = (await page.get(asked.id)).member
    assert joined is not None
    await membership.leave(page.ports, page.club, joined)
    assert not await complete(page.ports, page.club.id, arrival.session, {"size": "42"})
    assert await scene(page, arrival) is Scene.UNKNOWN
