"""One customer is asked to join, and answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import settle
from fakes_platform import App, AskTrouble, DisclosureTrouble
from fakes_register import ObedientRegister
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Reason
from medlem.club.errors import IdentificationExpired, NotFound, TooManyRequests
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import AlreadyMember, ConsentAnswer, Entry, Profile
from medlem.club.phone import PhoneNumber
from medlem.flows import enrolment, membership, pings
from medlem.flows.answers import Answer, Declined, Expired, Failed, Look, Pending
from medlem.flows.limits import Limit, Limits
from shop import KARI, OLA, STRANGER, Shop


async def test_a_yes_makes_a_member(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    assert (asked.state, asked.reason, asked.member) == ("waiting", None, None)
    assert asked.expires_at == shop.clock.now() + timedelta(seconds=180)
    assert shop.platform.open_questions(KARI)[0].code == asked.code
    shop.platform.approve(KARI)
    await shop.wait(6)
    welcomed = await shop.show(asked.id)
    assert welcomed.state == "accepted"
    assert welcomed.member is not None
    assert welcomed.member.name == "Kari N."
    assert (await shop.identify()).membership == "member"
    assert await shop.kinds() == ["identification", "enrolment", "enrolment", "enrolment", "identification"]


async def test_a_no_makes_none(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.decline(KARI)
    await shop.wait(6)
    assert (await shop.show(asked.id)).state == "declined"
    assert (await shop.identify()).membership == "not_member"


async def test_silence_expires_after_one_last_look(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    await shop.wait(179)
    assert (await shop.show(asked.id)).state == "waiting"
    await shop.wait(8)
    assert (await shop.show(asked.id)).state == "expired"
    assert shop.platform.early_polls == 0
    polls = shop.platform.polls.total()
    await shop.wait(60)
    assert shop.platform.polls.total() == polls


@pytest.mark.parametrize(
    ("app", "age", "reason"),
    [
        (App.OLD, 30, "app_too_old"),
        (App.NONE, 30, "cannot_use_app"),
        (App.CURRENT, 14, "cannot_use_app"),
    ],
)
async def test_who_cannot_be_asked_is_told_apart_no_further_than_may_be(
    shop: Shop, app: App, age: int, reason: str
) -> None:
    shop.platform.person(KARI, app=app, age=age)
    asked = await shop.invite()
    assert (asked.state, asked.reason) == ("failed", reason)


async def test_nobodys_number_cannot_be_asked(shop: Shop) -> None:
    assert (await shop.invite(STRANGER)).reason == "cannot_use_app"


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (AskTrouble.UNSENT, "platform_unavailable"),
        (AskTrouble.KEYS_REFUSED, "platform_unavailable"),
        (AskTrouble.BUSY, "customer_busy"),
        (AskTrouble.SURPRISE, "platform_surprised_us"),
        (AskTrouble.LOST, "outcome_unknown"),
    ],
)
async def test_whatever_goes_wrong_with_the_ask_becomes_a_reason(shop: Shop, trouble: AskTrouble, reason: str) -> None:
    shop.kari()
    shop.platform.ask_troubles.append(trouble)
    asked = await shop.invite()
    assert (asked.state, asked.reason) == ("failed", reason)


async def test_an_answer_that_nobody_can_read_leaves_its_digest_and_nothing_else(shop: Shop) -> None:
    shop.kari()
    shop.platform.ask_troubles.append(AskTrouble.SURPRISE)
    asked = await shop.get((await shop.invite()).id)
    assert asked.digest is not None
    assert asked.request is None


async def test_an_unknown_outcome_is_asked_again_only_by_the_cashier(shop: Shop) -> None:
    shop.kari()
    shop.platform.ask_troubles.append(AskTrouble.LOST)
    await shop.invite()
    await shop.wait(60)
    assert shop.platform.pushes[KARI] == 1
    assert (await shop.invite()).state == "waiting"
    assert shop.platform.pushes[KARI] == 2


async def test_two_tills_ask_once_and_both_see_it(shop: Shop) -> None:
    shop.kari()
    other = await shop.another_station()
    first = await shop.invite()
    second = await shop.invite(station=other)
    assert second.id == first.id
    assert shop.platform.pushes[KARI] == 1
    shop.platform.approve(KARI)
    await shop.wait(6)
    assert (await shop.show(first.id, other)).state == "accepted"
    assert await shop.kinds(other) == ["identification", "enrolment", "enrolment"]


async def test_fifty_presses_at_once_are_one_push(shop: Shop) -> None:
    shop.kari()
    stations = [shop.station] + [await shop.another_station(f"Till {n}") for n in range(2, 11)]
    asked = await asyncio.gather(*(shop.invite(station=station) for station in stations for _ in range(5)))
    assert len({one.id for one in asked}) == 1
    assert shop.platform.pushes[KARI] == 1


async def test_a_station_that_did_not_ask_sees_nothing(shop: Shop) -> None:
    shop.kari()
    other = await shop.another_station()
    asked = await shop.invite()
    with pytest.raises(NotFound):
        await shop.show(asked.id, other)
    assert await shop.kinds(other) == []


async def test_another_stations_identification_enrols_nobody(shop: Shop) -> None:
    shop.kari()
    other = await shop.another_station()
    found = await shop.identify()
    with pytest.raises(NotFound):
        await enrolment.start(shop.ports, other, found.id)


async def test_an_old_identification_enrols_nobody(shop: Shop) -> None:
    shop.kari()
    found = await shop.identify()
    await shop.clock.turn(15 * 60)
    with pytest.raises(IdentificationExpired):
        await enrolment.start(shop.ports, shop.station, found.id)


async def test_a_member_is_not_asked(shop: Shop) -> None:
    shop.kari()
    found = await shop.identify()
    await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile(name="Kari Nordmann"))
    with pytest.raises(AlreadyMember) as refusal:
        await enrolment.start(shop.ports, shop.station, found.id)
    assert isinstance(refusal.value.member, Entry)
    assert refusal.value.member.name == "Kari N."
    assert shop.platform.pushes.total() == 0


async def test_an_ask_whose_caller_died_is_given_up_and_never_repeated(shop: Shop) -> None:
    shop.kari()
    shop.platform.gate = asyncio.Event()
    found = await shop.identify()
    asked = await enrolment.start(shop.ports, shop.station, found.id)
    await shop.ports.errands.stop(0)  # the process dies between the push and the line that tells of it
    await shop.wait(21)
    lost = await shop.show(asked.id)
    assert (lost.state, lost.reason) == ("failed", "outcome_unknown")
    assert shop.platform.pushes[KARI] == 1
    assert await shop.kinds() == ["identification", "enrolment", "enrolment"]


async def test_an_answer_to_an_ask_that_was_given_up_changes_nothing(shop: Shop) -> None:
    shop.kari()
    shop.platform.gate = asyncio.Event()
    found = await shop.identify()
    asked = await enrolment.start(shop.ports, shop.station, found.id)
    await shop.wait(21)
    shop.platform.gate.set()
    await shop.ports.errands.finish()
    assert (await shop.show(asked.id)).reason == "outcome_unknown"


async def test_a_ping_is_answered_at_once(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    request = (await shop.get(asked.id)).request
    assert request is not None
    await pings.ping(shop.ports, shop.club.id, request)
    assert await shop.work() == 1
    assert (await shop.show(asked.id)).state == "accepted"


async def test_a_ping_that_overtakes_the_answer_to_the_ask_is_not_lost(shop: Shop) -> None:
    shop.kari()
    shop.platform.gate = asyncio.Event()
    found = await shop.identify()
    asked = await enrolment.start(shop.ports, shop.station, found.id)
    await settle()
    [question] = shop.platform.questions.values()
    shop.platform.approve(KARI)
    await pings.ping(shop.ports, shop.club.id, Masked(question.request))
    shop.platform.gate.set()
    await shop.ports.errands.finish()
    assert await shop.work() == 1
    assert (await shop.show(asked.id)).state == "accepted"


async def test_a_ping_twice_and_a_ping_for_nothing_do_nothing(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    request = (await shop.get(asked.id)).request
    assert request is not None
    for _ in range(3):
        await pings.ping(shop.ports, shop.club.id, request)
        await shop.work()
    await pings.ping(shop.ports, shop.club.id, Masked("unheard-of"))
    assert await shop.work() == 0
    assert shop.platform.late_polls == 0


async def test_a_ping_before_its_time_costs_one_look(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    request = (await shop.get(asked.id)).request
    assert request is not None
    await pings.ping(shop.ports, shop.club.id, request)
    assert await shop.work() == 1
    assert await shop.work() == 0
    assert (await shop.show(asked.id)).state == "waiting"
    shop.platform.approve(KARI)
    await shop.wait(11)
    assert (await shop.show(asked.id)).state == "accepted"


async def test_a_ping_during_a_look_means_another_look(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    await shop.clock.turn(6)
    [claimed] = await enrolment.claim(shop.ports, 10)
    seen = await enrolment.look(shop.ports, claimed)
    shop.platform.approve(KARI)
    await shop.clock.turn(0.1)
    assert claimed.request is not None
    await pings.ping(shop.ports, shop.club.id, claimed.request)
    assert await shop.work() == 0  # the lease holds while the first look is out
    await enrolment.settle(shop.ports, [seen])
    assert await shop.work() == 1
    assert (await shop.show(asked.id)).state == "accepted"


async def test_slow_down_is_kept_for_all_later_looks(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    request = (await shop.get(asked.id)).request
    assert request is not None
    await pings.ping(shop.ports, shop.club.id, request)
    await shop.work()  # too early: slow_down
    assert (await shop.get(asked.id)).interval == timedelta(seconds=10)
    await shop.wait(60)
    assert shop.platform.early_polls == 1


async def test_a_platform_that_is_away_for_a_while_loses_nothing(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    shop.platform.down = True
    await shop.wait(60)
    assert (await shop.show(asked.id)).state == "waiting"
    shop.platform.down = False
    await shop.wait(40)
    assert (await shop.show(asked.id)).state == "accepted"


async def test_a_platform_that_stays_away_leaves_the_outcome_unknown(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.down = True
    await shop.wait(180 + 28)
    assert (await shop.show(asked.id)).state == "waiting"
    await shop.wait(10)
    lost = await shop.show(asked.id)
    assert (lost.state, lost.reason) == ("failed", "outcome_unknown")


async def test_the_tokens_are_kept_before_they_are_understood(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.clock.turn(6)
    [claimed] = await enrolment.claim(shop.ports, 10)
    [kept] = await enrolment.settle(shop.ports, [await enrolment.look(shop.ports, claimed)])
    assert kept.answer is not None
    assert (await shop.show(asked.id)).state == "waiting"
    # The process dies here. Another takes the row up, and does not ask for the tokens again.
    polls = shop.platform.polls.total()
    await shop.wait(40)
    assert (await shop.show(asked.id)).state == "accepted"
    assert shop.platform.polls.total() == polls


async def test_two_readers_of_one_answer_make_one_member(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.clock.turn(6)
    [claimed] = await enrolment.claim(shop.ports, 10)
    [kept] = await enrolment.settle(shop.ports, [await enrolment.look(shop.ports, claimed)])
    await shop.clock.turn(31)
    [second] = await enrolment.claim(shop.ports, 10)
    await asyncio.gather(enrolment.conclude(shop.ports, kept), enrolment.conclude(shop.ports, second))
    assert (await shop.show(asked.id)).state == "accepted"
    assert len(await shop.storage.reading.members.page(shop.club.id, None, 10)) == 1
    assert (await shop.kinds()).count("enrolment") == 3


async def test_a_sleeper_cannot_write_over_its_successor(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    await shop.clock.turn(6)
    [sleeper] = await enrolment.claim(shop.ports, 10)
    seen = await enrolment.look(shop.ports, sleeper)
    await shop.clock.turn(31)
    shop.platform.decline(KARI)
    await shop.work()
    await enrolment.settle(shop.ports, [seen])
    assert (await shop.show(asked.id)).state == "declined"


async def test_a_reader_who_slept_makes_no_member_behind_its_successors_back(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.clock.turn(6)
    [claimed] = await enrolment.claim(shop.ports, 10)
    [sleeper] = await enrolment.settle(shop.ports, [await enrolment.look(shop.ports, claimed)])
    await shop.clock.turn(31)
    [successor] = await enrolment.claim(shop.ports, 10)
    await enrolment.conclude(shop.ports, sleeper)
    assert (await shop.show(asked.id)).state == "waiting"
    assert await shop.storage.reading.members.page(shop.club.id, None, 10) == []
    await enrolment.conclude(shop.ports, successor)
    assert (await shop.show(asked.id)).state == "accepted"


class QuickerRegister(ObedientRegister):
    """Says that nobody has the number, a moment before somebody enters its owner."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    async def find(self, club: ClubId, phone: PhoneNumber) -> None:
        del club
        await membership.enter(self._shop.ports, self._shop.club, phone.e164, Profile(name="Kari Nordmann"))


async def test_who_becomes_a_member_between_two_lines_is_not_asked(shop: Shop) -> None:
    shop.kari()
    found = await shop.identify()
    with pytest.raises(AlreadyMember):
        await enrolment.start(replace(shop.ports, register=QuickerRegister(shop)), shop.station, found.id)
    await shop.ports.errands.finish()
    assert shop.platform.pushes.total() == 0


async def test_an_untrusted_answer_makes_no_member(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    shop.platform.disclosure_troubles.append(DisclosureTrouble.UNTRUSTED)
    await shop.wait(6)
    refused = await shop.show(asked.id)
    assert (refused.state, refused.reason, refused.member) == ("failed", "platform_surprised_us", None)
    assert (await shop.get(asked.id)).answer is None


async def test_an_answer_that_cannot_be_understood_yet_is_understood_later(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    shop.platform.disclosure_troubles.extend([DisclosureTrouble.UNREACHABLE] * 2)
    await shop.wait(40)
    assert (await shop.show(asked.id)).state == "accepted"
    assert shop.platform.late_polls == 0


async def test_a_yes_in_hand_outlives_a_platform_that_stays_away(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    await shop.wait(170)
    shop.platform.approve(KARI)
    shop.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
    await shop.wait(6)
    shop.platform.down = True
    await shop.wait(600)
    assert (await shop.show(asked.id)).state == "waiting"
    shop.platform.down = False
    await shop.wait(45)
    assert (await shop.show(asked.id)).state == "accepted"


async def test_a_yes_that_nobody_can_ever_read_ends_after_a_day(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    shop.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
    await shop.wait(6)
    shop.platform.down = True
    await shop.clock.turn(24 * 3600 + 200)
    await shop.wait(1)
    assert (await shop.show(asked.id)).reason == "outcome_unknown"


async def test_consents_are_kept_as_they_were_answered(shop: Shop) -> None:
    kari = shop.kari()
    kari.consents = (
        ConsentAnswer(element="email", text="Receive offers via email", granted=True, given_at=shop.clock.now()),
        ConsentAnswer(element="sms", text="Receive offers via SMS", granted=False),
    )
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    member = (await shop.show(asked.id)).member
    assert member is not None
    kept = (await membership.get(shop.ports, shop.club, member.id)).consents
    assert [(one.element, one.granted, one.given_at is None) for one in kept] == [
        ("email", True, False),
        ("sms", False, True),
    ]
    assert {one.enrolment for one in kept} == {asked.id}


async def test_a_phone_is_not_asked_without_end(shop: Shop) -> None:
    limited = shop.with_limits(Limits(asks_per_phone=(Limit(2, timedelta(minutes=10)), Limit(3, timedelta(days=1)))))
    shop.platform.person(KARI, app=App.OLD)
    await limited.invite()
    await limited.invite()
    with pytest.raises(TooManyRequests) as refusal:
        await limited.invite()
    assert refusal.value.retry_after == 600
    await shop.clock.turn(600)
    assert (await limited.invite()).reason == "app_too_old"
    await shop.clock.turn(3600)
    with pytest.raises(TooManyRequests):
        await limited.invite()
    assert (await limited.invite(OLA)).reason == "cannot_use_app"


async def test_a_limit_does_not_stand_between_a_till_and_an_open_enrolment(shop: Shop) -> None:
    limited = shop.with_limits(Limits(asks_per_phone=(Limit(1, timedelta(minutes=10)),)))
    shop.kari()
    asked = await limited.invite()
    assert (await limited.invite()).id == asked.id


async def test_a_no_is_respected_for_a_day_unless_the_customer_shows_the_code(shop: Shop) -> None:
    limited = shop.with_limits(Limits(ask_after_decline=timedelta(hours=24)))
    shop.kari()
    await limited.invite()
    shop.platform.decline(KARI)
    await limited.wait(6)
    await shop.clock.turn(3600)
    with pytest.raises(TooManyRequests, match="said no"):
        await limited.invite()
    clear = await limited.scan(kind="clear")
    with pytest.raises(TooManyRequests):
        await enrolment.start(limited.ports, shop.station, clear.id)
    shown = await limited.scan(kind="token")
    assert (await enrolment.start(limited.ports, shop.station, shown.id)).state == "asking"


async def test_the_code_on_the_till_is_the_code_on_the_phone_and_one_of_its_kind(shop: Shop) -> None:
    codes: set[ConfirmationCode] = set()
    for n in range(20):
        msisdn = f"47400001{n:02}"
        shop.platform.person(msisdn)
        asked = await shop.invite(msisdn)
        assert shop.platform.open_questions(msisdn)[0].code == asked.code
        codes.add(ConfirmationCode(asked.code))
    assert len(codes) == 20


async def test_reason_words_are_those_of_the_api() -> None:
    assert {reason.value for reason in Reason} == {
        "cannot_use_app",
        "app_too_old",
        "customer_busy",
        "platform_unavailable",
        "platform_surprised_us",
        "outcome_unknown",
    }


async def overtaken(shop: Shop) -> tuple[str, Look, Look]:
    """A yes that one look has heard, and a look under a later claim that came too late for it."""
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    looks = []
    for seconds in (6, 40):
        await shop.clock.turn(seconds)
        (claimed,) = await enrolment.claim(shop.ports, 10)
        looks.append(await enrolment.look(shop.ports, claimed))  # the platform hands tokens out once
    first, second = looks
    return asked.id, first, second


async def test_tokens_are_kept_though_another_claim_was_made_meanwhile(shop: Shop) -> None:
    asked, heard, late = await overtaken(shop)
    for kept in await enrolment.settle(shop.ports, [late, heard]):
        await enrolment.conclude(shop.ports, kept)
    assert (await shop.show(asked)).state == "accepted"


async def test_what_a_later_look_saw_counts_for_nothing_once_an_answer_is_kept(shop: Shop) -> None:
    asked, heard, late = await overtaken(shop)
    (kept,) = await enrolment.settle(shop.ports, [heard])
    assert await enrolment.settle(shop.ports, [late]) == [kept]
    for _ in range(2):
        await enrolment.conclude(shop.ports, kept)
    assert (await shop.show(asked)).state == "accepted"


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "afterwards"])
async def test_slow_down_told_to_a_look_that_was_overtaken_holds_for_all_later_ones(
    shop: Shop, *, together: bool
) -> None:
    shop.kari()
    asked = await shop.invite()
    claims = []
    for seconds in (6, 40):
        await shop.clock.turn(seconds)
        (claimed,) = await enrolment.claim(shop.ports, 10)
        claims.append(claimed)
    slowed, later = Look(claims[0], Pending(slow_down=True)), Look(claims[1], Pending())
    for looks in [[later, slowed]] if together else [[later], [slowed]]:
        await enrolment.settle(shop.ports, looks)
    kept = await shop.get(asked.id)
    assert kept.interval == timedelta(seconds=10)
    assert kept.due_at is not None
    assert kept.due_at >= shop.clock.now() + timedelta(seconds=10)


async def test_a_look_that_takes_longer_than_the_interval_is_the_only_one(shop: Shop) -> None:
    shop.kari()
    asked = await shop.invite()
    await shop.clock.turn(6)
    (claimed,) = await enrolment.claim(shop.ports, 10)
    for _ in range(3):
        await shop.clock.turn(6)
        assert await shop.work() == 0
    await enrolment.settle(shop.ports, [Look(claimed, Pending())])
    kept = await shop.get(asked.id)
    assert kept.due_at is not None
    assert kept.due_at >= shop.clock.now() + kept.interval


async def test_nobody_looks_before_one_interval_has_passed(shop: Shop) -> None:
    shop.kari()
    await shop.invite()
    await shop.wait(4.9)
    assert shop.platform.polls.total() == 0
    await shop.wait(1)
    assert shop.platform.polls.total() == 1


@pytest.mark.parametrize("answer", [Failed(Reason.PLATFORM_SURPRISED_US, "digest"), Declined(), Expired()])
async def test_after_a_final_answer_nobody_looks_again(shop: Shop, answer: Answer) -> None:
    shop.kari()
    asked = await shop.invite()
    await shop.clock.turn(6)
    (claimed,) = await enrolment.claim(shop.ports, 10)
    await enrolment.settle(shop.ports, [Look(claimed, answer)])
    assert (await shop.show(asked.id)).state in {"failed", "declined", "expired"}
    await shop.wait(200)
    assert shop.platform.polls.total() == 0
