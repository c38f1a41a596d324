"""What a member may ask for, and what becomes of it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes_platform import DisclosureTrouble
from fakes_register import ObedientRegister
from medlem.club.announcement import News
from medlem.club.enrolment import Reason
from medlem.club.errors import NotFound
from medlem.club.masked import Masked
from medlem.club.member import Address, ConsentAnswer, Disclosure, Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, ErasedBefore, RestrictedBecause, Right
from medlem.flows import announcing, membership, places, rights, scan
from medlem.flows import enrolment as flow
from medlem.flows.member_tables import WithdrawalAddress
from medlem.flows.rights import Erased
from medlem.flows.sharing import Withdrawal, withdraw
from medlem.flows.tables import Clash
from postgres import TEMPLATE, cluster
from shop import KARI, OLA, Shop, open_shop
from traces import everything, traces

SUB = "sub-of-kari-8f3a"
NEW_NUMBER = "4740000077"
PROFILE = Profile(
    name="Kari Nordmannsdatter",
    given_name="Kari",
    family_name="Nordmannsdatter",
    email="kari.n@example.org",
    email_verified=True,
    birthdate="1991-02-03",
    gender="female",
    address=Address(street_address="Fjellveien 7", postal_code="5019"),
)
MARKS = (
    SUB,
    KARI,
    NEW_NUMBER,
    "Nordmannsdatter",
    "Kari N.",
    "kari.n@example.org",
    "1991-02-03",
    "Fjellveien",
    "size 38 narrow",
    "raw words of the platform",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(cluster().new_database(TEMPLATE))
    return f"sqlite:///{tmp_path / 'medlem.db'}"


@pytest.fixture
async def house(url: str) -> AsyncIterator[Shop]:
    async with open_shop(url) as made:
        yield made


async def join(shop: Shop, msisdn: str = KARI) -> Member:
    """Ask, approve; the member that comes of it."""
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    shown = await shop.show(asked.id)
    assert shown.member is not None, shown
    return (await membership.get(shop.ports, shop.club, shown.member.id)).member


async def kari(shop: Shop) -> Member:
    """She has shared everything there is to share."""
    person = shop.platform.person(KARI)
    person.sub, person.profile, person.phone_claim = SUB, PROFILE, PhoneNumber(KARI)
    person.consents = (ConsentAnswer(element="offers", text="May we send offers?", granted=True),)
    return await join(shop)


async def erase(shop: Shop, member: str) -> Erased:
    return await rights.erase(
        shop.ports, shop.club, member, reason=ErasedBecause.ASKED_BY_MEMBER, requested_at=None, by="key_test"
    )


async def a_life_in_the_club(shop: Shop) -> Member:
    """Declined once, joined, seen, sharing ended, number changed, extras, the register told."""
    person = shop.platform.person(KARI)
    person.profile = PROFILE
    await shop.invite()
    shop.platform.decline(KARI)
    await shop.wait(6)
    member = await kari(shop)
    async with shop.storage.transaction() as tx:
        await tx.members.save_extras(member, {"shoes": "size 38 narrow"}, shop.clock.now())
        asked = (await tx.rights.kept(member, shop.clock.now() - timedelta(days=1))).enrolments[0]
        enrolment = await tx.enrolments.get(shop.club.id, asked.enrolment)
        assert enrolment is not None
        await tx.members.keep_evidence(member, enrolment.id, b"raw words of the platform", shop.clock.now())
        address = WithdrawalAddress(shop.club.id, Masked("guess"), shop.clock.now())
        await tx.sharing.add_address(address)
    await shop.identify()
    await shop.scan()
    await shop.wait(1)
    await withdraw(shop.ports, address, Withdrawal(SUB, None))
    async with shop.storage.transaction() as tx:
        await tx.members.link(member, PhoneNumber(NEW_NUMBER), VerifiedBy.LOGIN, shop.clock.now())
    await shop.identify(NEW_NUMBER)
    await shop.identify()
    return member


async def test_nothing_is_left_of_who_is_erased_in_any_table_nor_in_the_log(
    house: Shop, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    register = ObedientRegister(house.club.id)
    house.ports = replace(house.ports, register=register)
    await membership.enter(house.ports, house.club, f"+{OLA}", Profile(name="Ola"))
    member = await a_life_in_the_club(house)
    vault = house.storage.reading.rights._vault  # type: ignore[attr-defined]  # the real one has it
    marks = (*MARKS, member.member_number)
    before = traces(await everything(url), vault, marks)
    assert {mark for _, _, mark in before} == set(marks), "each of them stood somewhere, or this test sees nothing"
    await erase(house, member.id)
    left = traces([row for row in await everything(url) if row[0] != "club"], vault, marks)
    assert left == set()
    assert not any(mark in caplog.text for mark in MARKS)
    consents = await house.storage.reading.members.consents(house.club.id, member.id)
    assert [(one.element, one.granted) for one in consents] == [("offers", True)]


async def test_an_erased_member_is_not_there_and_another_is(house: Shop) -> None:
    ola = (await membership.enter(house.ports, house.club, f"+{OLA}", Profile(name="Ola"))).member
    member = await kari(house)
    await erase(house, member.id)
    with pytest.raises(NotFound):
        await membership.get(house.ports, house.club, member.id)
    assert [one.id for one in await house.storage.reading.members.page(house.club.id, None, 9)] == [ola.id]
    assert (await house.identify()).membership == "not_member"
    assert (await house.identify(OLA)).membership == "member"


async def test_erasing_again_changes_nothing_and_says_the_same(house: Shop) -> None:
    member = await kari(house)
    first = await erase(house, member.id)
    await house.clock.turn(60)
    assert await erase(house, member.id) == first
    log = await house.storage.reading.rights.exercised(house.club.id, member.id)
    assert [one.what for one in log] == [Right.ERASED]
    with pytest.raises(NotFound):
        await erase(house, "mem_01kaq2y3m8e5x7r1t9v0w2z4b6")


async def test_who_was_erased_comes_back_by_their_own_login_alone_and_as_somebody_new(house: Shop) -> None:
    member = await kari(house)
    await erase(house, member.id)
    with pytest.raises(ErasedBefore):
        await membership.enter(house.ports, house.club, f"+{KARI}", Profile(name="Kari"))
    again = await join(house)
    assert again.id != member.id
    assert again.member_number != member.member_number
    assert again.sub == SUB


async def test_a_yes_that_was_given_before_the_erasure_makes_no_member_after_it(house: Shop) -> None:
    member = await kari(house)
    await membership.leave(house.ports, house.club, member.id)
    asked = await house.invite()
    house.platform.approve(KARI)
    await house.clock.turn(6)
    claimed = await flow.claim(house.ports, 10)
    answered = [one for each in claimed for one in await flow.settle(house.ports, [await flow.look(house.ports, each)])]
    assert [one.id for one in answered] == [asked.id]
    told = await house.platform.disclose(house.club.id, answered[0].request, answered[0].answer)  # type: ignore[arg-type]
    came = house.clock.now()
    await house.clock.turn(2)
    await erase(house, member.id)
    assert isinstance(told, Disclosure)
    await flow._draw_conclusion(house.ports, answered[0], replace(told, shared_at=came))
    shown = await house.show(asked.id)
    assert (shown.state, shown.reason) == ("failed", Reason.OUTCOME_UNKNOWN)
    assert await house.storage.reading.members.page(house.club.id, None, 9) == []


async def test_a_yes_of_somebody_entered_by_hand_that_came_before_their_erasure_makes_no_member(house: Shop) -> None:
    house.kari()
    asked = await house.invite()
    entry = await membership.enter(house.ports, house.club, f"+{KARI}", Profile(name="Kari Nordmann"))
    house.platform.approve(KARI)
    house.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
    await house.clock.turn(6)
    await house.work()
    await house.clock.turn(1)
    await erase(house, entry.member.id)
    await house.wait(30)
    shown = await house.show(asked.id)
    assert (shown.state, shown.reason) == ("failed", Reason.OUTCOME_UNKNOWN)
    assert await house.storage.reading.members.page(house.club.id, None, 9) == []


async def test_a_number_by_which_somebody_else_was_asked_goes_with_its_owner(house: Shop, url: str) -> None:
    member = await kari(house)
    await membership.leave(house.ports, house.club, member.id)
    house.platform.person(KARI, "Ola Hansen").phone_claim = PhoneNumber(OLA)
    other = await join(house)
    assert other.phone == PhoneNumber(OLA)
    await erase(house, member.id)
    vault = house.storage.reading.rights._vault  # type: ignore[attr-defined]  # the real one has it
    assert traces(await everything(url), vault, (KARI,)) == set()


async def test_an_open_question_goes_on_and_its_yes_is_a_new_login(house: Shop) -> None:
    member = await kari(house)
    await membership.leave(house.ports, house.club, member.id)
    asked = await house.invite()
    await erase(house, member.id)
    house.platform.approve(KARI)
    await house.wait(6)
    shown = await house.show(asked.id)
    assert shown.member is not None
    assert shown.member.id != member.id


async def test_whoever_read_the_member_before_cannot_write_them_back(house: Shop) -> None:
    member = await kari(house)
    await erase(house, member.id)
    with pytest.raises(Clash):
        async with house.storage.transaction() as tx:
            await tx.members.save(member)


async def test_what_was_being_written_meanwhile_goes_with_the_second_look(house: Shop, url: str) -> None:
    member = await kari(house)
    await erase(house, member.id)
    async with house.storage.transaction() as tx:
        await tx.members.save_extras(member, {"shoes": "size 38 narrow"}, house.clock.now())
    assert await rights.sweep(house.ports) == 0
    await house.clock.turn(61)
    assert await rights.sweep(house.ports) == 1
    assert await rights.sweep(house.ports) == 0
    vault = house.storage.reading.rights._vault  # type: ignore[attr-defined]  # the real one has it
    assert traces(await everything(url), vault, ["size 38 narrow"]) == set()


async def test_a_merchants_register_hears_of_an_erasure_without_a_name(shop: Shop) -> None:
    register = ObedientRegister(shop.club.id)
    shop.ports = replace(shop.ports, register=register)
    member = await kari(shop)
    await erase(shop, member.id)
    await announcing.tell(shop.ports, shop.club.id)
    [told] = register.heard
    assert (told.news, told.member.id, told.former_phone) == (News.LEFT, member.id, None)
    assert (told.member.profile, told.member.sub) == (Profile(), None)


async def restrict(shop: Shop, member: str) -> None:
    await rights.restrict(shop.ports, shop.club, member, RestrictedBecause.ACCURACY_CONTESTED, "key_test")


async def test_a_restricted_member_is_one_at_the_till_without_a_name(shop: Shop) -> None:
    member = await kari(shop)
    await restrict(shop, member.id)
    found = await shop.identify()
    assert found.membership == "member"
    assert found.member is not None
    assert found.member.name is None
    await rights.lift(shop.ports, shop.club, member.id, "key_test")
    again = await shop.identify()
    assert again.member is not None
    assert again.member.name == "Kari N."
    log = await shop.storage.reading.rights.exercised(shop.club.id, member.id)
    assert [(one.what, one.reason) for one in log] == [
        (Right.RESTRICTED, "accuracy_contested"),
        (Right.LIFTED, None),
    ]


async def test_a_restricted_member_is_neither_changed_nor_sent_out(shop: Shop) -> None:
    register = ObedientRegister(shop.club.id)
    shop.ports = replace(shop.ports, register=register)
    member = await kari(shop)
    await announcing.tell(shop.ports, shop.club.id)
    await restrict(shop, member.id)
    person = shop.platform.person(KARI)
    person.sub, person.phone_claim = SUB, PhoneNumber(KARI)
    person.profile = replace(PROFILE, name="Somebody Else")
    await membership.leave(shop.ports, shop.club, member.id)
    again = await join(shop)
    assert (again.id, again.profile) == (member.id, PROFILE)
    await announcing.tell(shop.ports, shop.club.id)
    assert [(one.news, one.member.profile) for one in register.heard[1:]] == [(News.LEFT, Profile())]
    await rights.lift(shop.ports, shop.club, member.id, "key_test")
    await announcing.tell(shop.ports, shop.club.id)
    assert (register.heard[-1].news, register.heard[-1].member.profile) == (News.JOINED, PROFILE)


async def test_who_left_comes_back_as_the_same_member_with_their_history(shop: Shop) -> None:
    member = await kari(shop)
    await shop.clock.turn(3600)
    left_at = shop.clock.now()
    await membership.leave(shop.ports, shop.club, member.id)
    await shop.clock.turn(86_400)
    again = await join(shop)
    assert (again.id, again.member_number, again.left_at) == (member.id, member.member_number, None)
    assert again.joined_at > left_at
    kept = (await rights.export(shop.ports, shop.club, member.id, "key_test")).kept
    assert kept.memberships == [(member.joined_at, left_at)]
    assert len(kept.enrolments) == 2
    assert (await shop.identify()).member is not None


async def test_a_member_entered_by_hand_who_left_is_entered_as_somebody_new(shop: Shop) -> None:
    first = (await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile(name="Kari"))).member
    await membership.leave(shop.ports, shop.club, first.id)
    again = (await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile(name="Kari"))).member
    assert again.id != first.id


async def test_a_till_that_finds_a_member_is_written_down_once_a_day(shop: Shop) -> None:
    member = await kari(shop)

    async def seen_at() -> object:
        return (await membership.get(shop.ports, shop.club, member.id)).member.last_seen_at

    await shop.identify()
    first = await seen_at()
    assert first == shop.clock.now()
    await shop.clock.turn(3600)
    await scan.by_number(shop.ports, shop.station, f"+{KARI}", "NO")
    assert await seen_at() == first
    await shop.clock.turn(86_400)
    await shop.identify()
    assert await seen_at() == shop.clock.now()


async def _erase_and_die(shop: Shop, member: Member) -> None:
    because = ErasedBecause.ASKED_BY_MEMBER
    async with shop.storage.transaction() as tx:
        await rights.erase_within(
            shop.ports, tx, shop.club, member.id, reason=because, requested_at=None, by="key_test"
        )
        raise ConnectionAbortedError


async def test_an_erasure_that_does_not_come_to_its_commit_has_done_nothing(house: Shop, url: str) -> None:
    member = await kari(house)
    before = sorted(await everything(url), key=repr)
    with pytest.raises(ConnectionAbortedError):
        await _erase_and_die(house, member)
    assert sorted(await everything(url), key=repr) == before
    await erase(house, member.id)


async def test_the_same_person_in_another_club_of_the_house_is_not_touched(house: Shop) -> None:
    other = await places.settle_club(house.ports, "200002", "Other", "NO")
    there = (await membership.enter(house.ports, other, f"+{KARI}", Profile(name="Kari"))).member
    member = await kari(house)
    await erase(house, member.id)
    assert (await membership.get(house.ports, other, there.id)).member == there
    with pytest.raises(NotFound):
        await erase(house, there.id)
    assert not await house.storage.reading.rights.number_erased(other.id, PhoneNumber(KARI))
