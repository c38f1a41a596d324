"""A merchant's own register: it says who is a member, and hears of those who become one here."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes_register import ObedientRegister
from medlem.club.announcement import Hearing, News
from medlem.club.enrolment import Finish
from medlem.club.errors import TooManyRequests
from medlem.club.masked import Masked
from medlem.club.member import AlreadyMember, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import announcing, enrolment, landing, membership, rights, scan
from medlem.flows.answers import Heard, TurnedDown, Unheard
from medlem.flows.limits import Limit, Limits
from medlem.flows.views import EnrolmentView
from shop import KARI, OLA, Shop


@pytest.fixture
def register(shop: Shop) -> ObedientRegister:
    """The shop's own system."""
    made = ObedientRegister(shop.club.id)
    shop.ports = replace(shop.ports, register=made)
    return made


async def join(shop: Shop, msisdn: str = KARI) -> EnrolmentView:
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    return await shop.show(asked.id)


async def tell(shop: Shop) -> announcing.Told:
    return await announcing.tell(shop.ports, shop.club.id)


async def test_the_merchants_register_says_who_is_a_member(shop: Shop, register: ObedientRegister) -> None:
    register.knows(KARI, "C-17", "Kari N.")
    found = await shop.identify()
    assert found.membership == "member"
    assert found.member is not None
    assert (found.member.member_number, found.member.name, found.as_of) == ("C-17", "Kari N.", None)
    assert await scan.show(shop.ports, shop.station, found.id) == found
    assert (await shop.identify(OLA)).membership == "not_member"


async def test_a_member_of_the_merchants_register_is_not_asked(shop: Shop, register: ObedientRegister) -> None:
    shop.kari()
    found = await shop.identify()
    register.knows(KARI, "C-17")
    with pytest.raises(AlreadyMember) as refusal:
        await enrolment.start(shop.ports, shop.station, found.id)
    assert refusal.value.member is not None
    assert refusal.value.member.member_number == "C-17"
    assert shop.platform.pushes.total() == 0


async def test_who_joined_a_second_ago_is_a_member_though_the_register_has_not_heard(
    shop: Shop, register: ObedientRegister
) -> None:
    shop.kari()
    assert (await join(shop)).state == "accepted"
    assert register.heard == []
    found = await shop.identify()
    assert (found.membership, found.as_of) == ("member", None)
    with pytest.raises(AlreadyMember):
        await enrolment.start(shop.ports, shop.station, found.id)
    register.silent = True
    assert (await shop.identify()).membership == "member"


async def test_the_register_hears_once_who_joined_with_all_that_they_shared(
    shop: Shop, register: ObedientRegister
) -> None:
    shop.kari()
    await join(shop)
    assert await tell(shop) == announcing.Told(tried=1, heard=1)
    assert await tell(shop) == announcing.Told(tried=0, heard=0)
    (said,) = register.heard
    assert said.news is News.JOINED
    assert said.member.sub is not None
    assert said.member.phone is not None
    assert said.member.phone.msisdn == KARI
    found = await shop.identify()
    assert found.member is not None
    assert found.member.id == said.member.id


async def test_once_it_has_heard_the_registers_word_counts(shop: Shop, register: ObedientRegister) -> None:
    shop.kari()
    await join(shop)
    await tell(shop)
    await shop.clock.turn(1)
    register.forgets(KARI)
    found = await shop.identify()
    assert found.membership == "not_member"
    again = await enrolment.start(shop.ports, shop.station, found.id)
    await shop.ports.errands.finish()
    shop.platform.approve(KARI)
    await shop.wait(6)
    assert (await shop.show(again.id)).state == "accepted"
    await tell(shop)
    first, second = register.heard
    assert first.member.id == second.member.id
    assert (await shop.identify()).membership == "member"


async def test_a_register_that_is_deaf_is_told_again_later_each_time(shop: Shop, register: ObedientRegister) -> None:
    shop.kari()
    await join(shop)
    register.deaf = True
    pauses = []
    for _ in range(12):
        assert await tell(shop) == announcing.Told(tried=1, heard=0)
        due = await shop.storage.reading.announcements.next_due(shop.club.id)
        assert due is not None
        pauses.append((due - shop.clock.now()).total_seconds())
        assert (await tell(shop)).tried == 0
        await shop.clock.turn(pauses[-1])
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    register.deaf = False
    assert await tell(shop) == announcing.Told(tried=1, heard=1)


async def test_a_register_says_when_it_wants_to_be_told_again(shop: Shop, register: ObedientRegister) -> None:
    shop.kari()
    await join(shop)
    register.answers.append(Unheard(retry_after=timedelta(seconds=90)))
    await tell(shop)
    await shop.clock.turn(89)
    assert (await tell(shop)).tried == 0
    await shop.clock.turn(1)
    assert (await tell(shop)).heard == 1


async def test_who_dies_between_the_call_and_its_outcome_has_told_and_is_not_heard_twice(
    shop: Shop, register: ObedientRegister
) -> None:
    shop.kari()
    await join(shop)
    async with shop.storage.transaction() as tx:
        (claimed,) = await tx.announcements.claim(shop.club.id, shop.clock.now(), announcing.LEASE, 1)
    await register.tell(claimed)  # and here the process dies
    assert (await tell(shop)).tried == 0
    await shop.clock.turn(announcing.LEASE.total_seconds())
    assert await tell(shop) == announcing.Told(tried=1, heard=1)
    assert len(register.heard) == 1


async def test_what_the_register_will_not_have_is_told_no_more_and_our_evidence_stays(
    shop: Shop, register: ObedientRegister, caplog: pytest.LogCaptureFixture
) -> None:
    shop.kari()
    await join(shop)
    register.answers.append(TurnedDown())
    await tell(shop)
    assert "will not have it" in caplog.text
    await shop.clock.turn(3600)
    assert (await tell(shop)).tried == 0
    assert (await shop.identify()).membership == "not_member"
    (kept,) = await membership.look_up(shop.ports, shop.club, f"+{KARI}")
    assert kept.member.sub is not None
    latest = await shop.storage.reading.announcements.latest(shop.club.id, PhoneNumber(KARI))
    assert latest is not None
    assert latest.hearing is Hearing.TURNED_DOWN


async def test_a_number_that_moves_is_told_of_both_and_reaches_its_new_owner_at_once(
    shop: Shop, register: ObedientRegister
) -> None:
    shop.kari()
    first = await join(shop)
    await tell(shop)
    per = shop.platform.person(OLA, "Per Hansen")
    per.phone_claim = PhoneNumber(KARI)
    second = await join(shop, OLA)
    assert first.member is not None
    assert second.member is not None
    found = await shop.identify(KARI)  # the register still says that it is Kari's
    assert found.member is not None
    assert found.member.name == "Per H."
    await tell(shop)
    moved = {said.member.id: said for said in register.heard[1:]}
    lost, gained = moved[first.member.id], moved[second.member.id]  # type: ignore[index]  # a member's id, as text
    assert (lost.news, lost.member.phone, lost.former_phone) == (News.NUMBER_MOVED, None, PhoneNumber(KARI))
    assert (gained.news, gained.member.phone) == (News.JOINED, PhoneNumber(KARI))


async def test_a_member_with_a_new_number_is_told_with_the_old_one(shop: Shop, register: ObedientRegister) -> None:
    kari = shop.kari()
    await join(shop)
    await tell(shop)
    shop.platform.people[OLA] = kari
    kari.msisdn, kari.phone_claim = OLA, PhoneNumber(OLA)
    await join(shop, OLA)
    assert (await shop.identify(KARI)).membership == "not_member"
    assert (await shop.identify(OLA)).membership == "member"
    await tell(shop)
    said = register.heard[-1]
    assert (said.member.phone, said.former_phone) == (PhoneNumber(OLA), PhoneNumber(KARI))


async def test_who_leaves_is_a_member_no_more_though_the_register_has_not_heard(
    shop: Shop, register: ObedientRegister
) -> None:
    shop.kari()
    joined = await join(shop)
    await tell(shop)
    assert joined.member is not None
    await membership.leave(shop.ports, shop.club, joined.member.id)
    assert (await shop.identify()).membership == "not_member"
    await tell(shop)
    said = register.heard[-1]
    assert (said.news, said.member.present, said.member.phone) == (News.LEFT, False, None)
    assert said.former_phone is not None
    assert (await shop.identify()).membership == "not_member"


async def test_who_was_entered_by_hand_is_announced_too(shop: Shop, register: ObedientRegister) -> None:
    await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile(name="Kari Nordmann"))
    await tell(shop)
    assert [(said.news, said.member.sub) for said in register.heard] == [(News.JOINED, None)]


async def test_what_is_remembered_is_not_told_of_a_number_that_has_moved_since(
    shop: Shop, register: ObedientRegister
) -> None:
    register.knows(KARI, "C-9")
    register.remembered = shop.clock.now()
    found = await shop.identify()
    assert (found.membership, found.as_of) == ("member", register.remembered)
    assert await scan.show(shop.ports, shop.station, found.id) == found
    await shop.clock.turn(60)
    per = shop.platform.person(OLA, "Per Hansen")
    per.phone_claim = PhoneNumber(KARI)
    await join(shop, OLA)
    register.answers.append(Heard())
    await tell(shop)
    assert (await shop.identify()).membership == "unknown"


async def test_our_own_register_hears_nothing(shop: Shop) -> None:
    shop.kari()
    assert (await join(shop)).state == "accepted"
    assert await shop.storage.reading.announcements.count_waiting(shop.club.id) == 0


async def test_a_station_that_looks_up_too_much_does_not_bother_the_merchants_register(
    shop: Shop, register: ObedientRegister
) -> None:
    limited = shop.with_limits(Limits(lookups_per_station=(Limit(1, timedelta(minutes=1)),)))
    await limited.identify()
    with pytest.raises(TooManyRequests):
        await limited.identify()
    assert register.calls == 1


async def test_what_a_member_adds_on_the_page_is_told_as_a_change(shop: Shop, register: ObedientRegister) -> None:
    shop.platform.finishes = Finish.ON_PAGE
    shop.kari()
    await shop.invite()
    code = shop.platform.approve(KARI)
    assert code is not None
    arrival = await landing.arrive(shop.ports, shop.club.id, Masked(code))
    assert arrival is not None
    assert arrival.session is not None
    await landing.see_through(shop.ports, arrival.landing)
    assert await landing.complete(shop.ports, shop.club.id, arrival.session, {"size": "42"})
    while (await tell(shop)).heard:
        pass
    assert [(said.news, dict(said.extras)) for said in register.heard] == [
        (News.JOINED, {}),
        (News.CHANGED, {"size": "42"}),
    ]
    assert (await shop.identify()).membership == "member"


async def turned_down(shop: Shop, register: ObedientRegister, msisdn: str = KARI) -> str:
    """Somebody joins whom the register will not have."""
    shop.platform.person(msisdn, "Kari Nordmann")
    joined = await join(shop, msisdn)
    register.answers.append(TurnedDown())
    await tell(shop)
    assert register.heard == []
    assert joined.member is not None
    return joined.member.id


async def listed(shop: Shop) -> list[str]:
    return [one.member.id for one in await shop.storage.reading.announcements.turned_down(shop.club.id, 9)]


async def test_what_was_turned_down_is_told_again_of_the_member_as_they_are_now(
    shop: Shop, register: ObedientRegister
) -> None:
    kari = await turned_down(shop, register)
    assert await listed(shop) == [kari]
    assert (await shop.identify()).membership == "not_member"
    assert await announcing.tell_again(shop.ports, shop.club.id) == announcing.ToldAgain(anew=1, hurried=0)
    assert await announcing.tell_again(shop.ports, shop.club.id) == announcing.ToldAgain(anew=0, hurried=1)
    assert (await shop.identify()).membership == "member", "until it has heard, we know better"
    await tell(shop)
    [said] = register.heard
    assert (said.news, said.member.id) == (News.JOINED, kari)
    assert await listed(shop) == []


async def test_who_has_left_since_is_not_told_as_a_member(shop: Shop, register: ObedientRegister) -> None:
    kari = await turned_down(shop, register)
    await membership.leave(shop.ports, shop.club, kari)
    register.answers.append(TurnedDown())
    await tell(shop)
    assert await announcing.tell_again(shop.ports, shop.club.id) == announcing.ToldAgain(anew=1, hurried=0)
    await tell(shop)
    [said] = register.heard
    assert (said.news, said.member.phone) == (News.LEFT, None)
    assert said.former_phone == PhoneNumber(KARI)


async def test_only_those_who_are_named_are_told_of_again_and_a_restricted_one_waits(
    shop: Shop, register: ObedientRegister
) -> None:
    kari, ola = await turned_down(shop, register), await turned_down(shop, register, OLA)
    assert (await announcing.tell_again(shop.ports, shop.club.id, [ola])).anew == 1
    assert await listed(shop) == [kari]
    await rights.restrict(shop.ports, shop.club, kari, RestrictedBecause.ACCURACY_CONTESTED, "key_1")
    assert (await announcing.tell_again(shop.ports, shop.club.id)).anew == 0
    assert await listed(shop) == [kari]
    await rights.lift(shop.ports, shop.club, kari, "key_1")
    await tell(shop)
    assert {said.member.id for said in register.heard} == {kari, ola}


async def test_what_has_been_put_off_is_told_at_once(shop: Shop, register: ObedientRegister) -> None:
    shop.kari()
    await join(shop)
    register.deaf = True
    await tell(shop)
    register.deaf = False
    assert await tell(shop) == announcing.Told(tried=0, heard=0)
    assert (await announcing.tell_again(shop.ports, shop.club.id)).hurried == 1
    assert await tell(shop) == announcing.Told(tried=1, heard=1)


async def test_somebody_who_was_erased_is_told_of_again_by_nothing_but_an_id(
    shop: Shop, register: ObedientRegister
) -> None:
    kari = await turned_down(shop, register)
    erase = {"reason": ErasedBecause.ASKED_BY_MEMBER, "requested_at": None, "by": "key_1"}
    await rights.erase(shop.ports, shop.club, kari, **erase)  # type: ignore[arg-type] # of several kinds
    register.answers.append(TurnedDown())
    await tell(shop)
    assert (await announcing.tell_again(shop.ports, shop.club.id)).anew == 1
    await tell(shop)
    [said] = register.heard
    assert (said.news, said.member.sub, said.member.profile) == (News.LEFT, None, Profile())
