"""The six rules by which a number is linked to a member, each with the outcome that it is known by."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from medlem.club.errors import NotFound
from medlem.club.ids import EnrolmentId, MemberId
from medlem.club.linking import Link, LinkEnd, Linking, Outcome, plausible
from medlem.club.member import AlreadyMember, Member, Profile
from medlem.club.phone import PhoneNumber
from medlem.flows import enrolment, membership, scan
from medlem.flows.limits import Limits
from medlem.flows.views import EnrolmentView, IdentificationView
from shop import KARI, OLA, Shop

YEAR = timedelta(days=365)
NORDMANN = Profile(name="Kari Nordmann", given_name="Kari", family_name="Nordmann", email="kari@example.com")
LOGS_IN = replace(NORDMANN, email_verified=True)


async def answer(shop: Shop, asked: EnrolmentView, msisdn: str) -> EnrolmentView:
    shop.platform.approve(msisdn)
    await shop.wait(6)
    return await shop.show(asked.id)


async def join(shop: Shop, msisdn: str = KARI) -> EnrolmentView:
    return await answer(shop, await shop.invite(msisdn), msisdn)


async def linking(shop: Shop, joined: EnrolmentView) -> Linking:
    found = await shop.storage.reading.linkings.of_enrolment(shop.club.id, EnrolmentId(joined.id))
    assert found is not None
    return found


async def member_of(shop: Shop, joined: EnrolmentView) -> Member:
    assert joined.member is not None
    return (await membership.get(shop.ports, shop.club, joined.member.id)).member


async def links(shop: Shop, member: str) -> Sequence[Link]:
    return await shop.storage.reading.linkings.links(shop.club.id, MemberId(member))


async def enter(shop: Shop, profile: Profile, msisdn: str = KARI, *, shared: bool = False) -> Member:
    return (await membership.enter(shop.ports, shop.club, f"+{msisdn}", profile, shared=shared)).member


async def log_in(shop: Shop, profile: Profile, msisdn: str = KARI, known_as: str = "Kari Nordmann") -> EnrolmentView:
    """Asked by a number that nobody has here; the login names another."""
    person = shop.platform.person(OLA, known_as)
    person.profile, person.phone_claim = profile, PhoneNumber(msisdn)
    return await join(shop, OLA)


async def ask_whom_it_shows(shop: Shop, found: IdentificationView, msisdn: str = KARI) -> EnrolmentView:
    asked = await enrolment.start(shop.ports, shop.station, found.id)
    await shop.ports.errands.finish()
    return await answer(shop, asked, msisdn)


# 1. A known `sub` with the number that reaches them


async def test_a_known_sub_with_its_number_stays_who_it_is(shop: Shop) -> None:
    kari = shop.kari()
    first = await join(shop)
    assert first.outcome == "joined"
    twice = shop.platform.person(OLA)
    twice.sub, twice.phone_claim = kari.sub, PhoneNumber(KARI)
    again = await join(shop, OLA)
    assert again.outcome == "same_number"
    assert again.member == first.member
    assert again.member is not None
    assert [link.phone.msisdn for link in await links(shop, again.member.id)] == [KARI]


# 2. A known `sub` with another number


async def test_a_known_sub_takes_its_link_along_to_a_new_number(shop: Shop) -> None:
    kari = shop.kari()
    first = await join(shop)
    assert first.member is not None
    shop.platform.people[OLA] = kari
    kari.msisdn, kari.phone_claim = OLA, PhoneNumber(OLA)
    again = await join(shop, OLA)
    assert (again.outcome, again.member) == ("number_changed", first.member)
    old, new = await links(shop, first.member.id)
    assert (old.phone.msisdn, old.ended_because, old.ended_by) == (KARI, LinkEnd.NUMBER_CHANGED, new.begun_by)
    assert (new.phone.msisdn, new.ended_at) == (OLA, None)


# 3. A new `sub`, whose number is live on a member of another `sub`


async def test_a_recycled_number_moves_and_its_former_holder_keeps_everything(shop: Shop) -> None:
    shop.kari()
    kari = await join(shop)
    before = await member_of(shop, kari)
    per = await log_in(shop, Profile(name="Per Hansen"), known_as="Per Hansen")
    assert per.outcome == "number_moved"
    assert per.member != kari.member
    after = await member_of(shop, kari)
    assert after == replace(before, phone=None)
    assert after.present
    ended = (await links(shop, before.id))[0]
    assert (ended.ended_because, ended.ended_by) == (LinkEnd.NUMBER_MOVED, (await linking(shop, per)).id)


async def test_who_lost_the_number_is_found_again_once_they_have_verified_another(shop: Shop) -> None:
    sub = shop.kari().sub
    kari = await join(shop)
    await log_in(shop, Profile(name="Per Hansen"), known_as="Per Hansen")
    moved = shop.platform.person("4740000013")
    moved.sub = sub
    back = await join(shop, "4740000013")
    assert (back.outcome, back.member) == ("number_changed", kari.member)


async def test_a_new_sub_never_takes_over_a_member_of_the_same_name_and_email(shop: Shop) -> None:
    shop.kari().profile = LOGS_IN
    kari = await join(shop)
    other = await log_in(shop, LOGS_IN)
    assert (other.outcome, other.member == kari.member) == ("number_moved", False)


# 4. A hit on a link that was verified long ago


def with_year(shop: Shop) -> Shop:
    return shop.with_limits(Limits(confirm_number_after=YEAR))


async def test_a_number_that_was_not_verified_for_a_year_is_to_be_confirmed(shop: Shop) -> None:
    shop = with_year(shop)
    shop.kari()
    joined = await join(shop)
    await shop.clock.turn(YEAR.total_seconds() - 60)
    assert (await shop.identify()).doubt is None
    await shop.clock.turn(120)
    found = await shop.identify()
    assert (found.membership, found.doubt, found.member) == ("member", "confirm_number", joined.member)
    assert (await shop.scan(kind="clear")).doubt == "confirm_number"
    assert (await scan.show(shop.ports, shop.station, found.id)).doubt == "confirm_number"


async def test_a_code_that_the_app_made_just_now_needs_no_confirmation(shop: Shop) -> None:
    shop = with_year(shop)
    shop.kari()
    await join(shop)
    await shop.clock.turn(2 * YEAR.total_seconds())
    assert (await shop.scan(kind="token")).doubt is None


async def test_a_number_is_confirmed_in_the_app(shop: Shop) -> None:
    shop = with_year(shop)
    shop.kari()
    joined = await join(shop)
    await shop.clock.turn(2 * YEAR.total_seconds())
    confirmed = await ask_whom_it_shows(shop, await shop.identify())
    assert (confirmed.outcome, confirmed.member) == ("same_number", joined.member)
    assert (await shop.identify()).doubt is None
    with pytest.raises(AlreadyMember):
        await shop.invite()


async def test_a_number_that_was_to_be_confirmed_and_is_somebody_elses_moves(shop: Shop) -> None:
    shop = with_year(shop)
    shop.kari()
    joined = await join(shop)
    await shop.clock.turn(2 * YEAR.total_seconds())
    shop.platform.person(KARI, "Per Hansen")
    found = await ask_whom_it_shows(shop, await shop.identify())
    assert (found.outcome, found.member == joined.member) == ("number_moved", False)


async def test_the_setting_can_be_off(shop: Shop) -> None:
    shop.kari()
    await join(shop)
    await shop.clock.turn(9 * YEAR.total_seconds())
    assert (await shop.identify()).doubt is None


# 5. An entry of the merchant's, without `sub`


async def test_an_entry_is_theirs_when_number_and_email_fit_it_alone_and_the_name_is_plausible(shop: Shop) -> None:
    entry = await enter(shop, NORDMANN)
    joined = await log_in(shop, replace(LOGS_IN, name="Kari Anne NORDMANN", email="KARI@example.com"))
    assert joined.outcome == "entry_found"
    found = await member_of(shop, joined)
    assert (found.id, found.member_number, found.logged_in) == (entry.id, entry.member_number, True)
    assert (await linking(shop, joined)).before is not None
    by_hand, by_login = await links(shop, entry.id)
    assert (by_hand.ended_because, by_login.ended_at) == (LinkEnd.VERIFIED, None)


@pytest.mark.parametrize(
    "profile",
    [
        replace(LOGS_IN, email_verified=False),
        replace(LOGS_IN, email="other@example.com"),
        replace(LOGS_IN, email=None),
        replace(LOGS_IN, name="Per Hansen", given_name="Per", family_name="Hansen"),
        replace(LOGS_IN, name="Kari", given_name="Kari", family_name=None),
        replace(LOGS_IN, name=None, given_name=None, family_name=None),
    ],
    ids=["unverified", "another", "no email", "another name", "half a name", "no name"],
)
async def test_an_entry_that_does_not_fit_is_left_as_it_is(shop: Shop, profile: Profile) -> None:
    entry = await enter(shop, NORDMANN)
    joined = await log_in(shop, profile)
    assert joined.outcome == "entry_not_matched"
    assert joined.member is not None
    assert joined.member.id != entry.id
    assert (await membership.get(shop.ports, shop.club, entry.id)).member == entry


async def test_an_entry_is_not_found_by_a_number_that_the_provider_did_not_name(shop: Shop) -> None:
    entry = await enter(shop, NORDMANN)
    person = shop.kari()
    person.profile, person.phone_claim = LOGS_IN, None
    found = await shop.identify()
    await scan.choose(shop.ports, shop.station, found.id, entry.id)
    joined = await ask_whom_it_shows(shop, found)
    assert joined.outcome == "entry_not_matched"
    assert joined.member is not None
    assert joined.member.id != entry.id


async def test_the_till_is_shown_the_name_of_an_entry_to_compare(shop: Shop) -> None:
    shop.kari()
    entry = await enter(shop, NORDMANN)
    for found in (await shop.identify(), await shop.scan(kind="token")):
        assert found.member is not None
        assert (found.membership, found.doubt, found.member.name) == ("member", "compare_name", "Kari N.")
    compared = await scan.choose(shop.ports, shop.station, found.id, entry.id)
    assert (compared.doubt, compared.member) == (None, found.member)
    assert await scan.choose(shop.ports, shop.station, found.id, entry.id) == compared
    assert await scan.show(shop.ports, shop.station, found.id) == compared


async def test_a_name_that_the_cashier_has_compared_and_the_app_confirms_links_the_entry(shop: Shop) -> None:
    entry = await enter(shop, replace(NORDMANN, email=None))
    shop.kari().profile = replace(LOGS_IN, email="new@example.com")
    found = await shop.identify()
    await scan.choose(shop.ports, shop.station, found.id, entry.id)
    joined = await ask_whom_it_shows(shop, found)
    assert joined.outcome == "entry_confirmed"
    assert joined.member is not None
    assert joined.member.id == entry.id


async def test_a_name_that_the_app_does_not_confirm_links_nothing(shop: Shop) -> None:
    entry = await enter(shop, replace(NORDMANN, email=None))
    shop.platform.person(KARI, "Per Hansen")
    found = await shop.identify()
    await scan.choose(shop.ports, shop.station, found.id, entry.id)
    assert (await ask_whom_it_shows(shop, found)).outcome == "entry_not_matched"


async def test_an_entry_whose_name_was_not_compared_is_not_asked_but_named(shop: Shop) -> None:
    entry = await enter(shop, NORDMANN)
    shop.kari()
    found = await shop.identify()
    with pytest.raises(AlreadyMember) as refusal:
        await enrolment.start(shop.ports, shop.station, found.id)
    assert refusal.value.member is not None
    assert refusal.value.member.id == entry.id


async def test_nobody_chooses_whom_the_identification_does_not_show(shop: Shop) -> None:
    await enter(shop, NORDMANN)
    other = await enter(shop, NORDMANN, OLA)
    found = await shop.identify()
    with pytest.raises(NotFound):
        await scan.choose(shop.ports, shop.station, found.id, other.id)
    with pytest.raises(NotFound):
        await scan.choose(shop.ports, await shop.another_station(), found.id, other.id)


# 6. Several


async def household(shop: Shop) -> tuple[Member, Member]:
    per = replace(NORDMANN, name="Per Nordmann", given_name="Per")
    kari = await enter(shop, NORDMANN)
    await shop.clock.turn(1)
    return kari, await enter(shop, per, shared=True)


async def test_a_number_of_a_household_shows_first_names_and_nothing_else(shop: Shop) -> None:
    kari, per = await household(shop)
    found = await shop.identify()
    assert (found.membership, found.doubt, found.member) == ("member", "choose", None)
    assert [(one.id, one.first_name) for one in found.choices] == [(kari.id, "Kari"), (per.id, "Per")]
    chosen = await scan.choose(shop.ports, shop.station, found.id, per.id)
    assert chosen.member is not None
    assert (chosen.member.name, chosen.doubt, chosen.choices) == ("Per N.", None, ())
    assert await shop.kinds() == ["identification", "identification"]


async def test_of_several_with_the_same_number_and_email_nobody_is_linked(shop: Shop) -> None:
    kari, per = await household(shop)
    joined = await log_in(shop, LOGS_IN)
    assert joined.outcome == "several_entries"
    assert joined.member is not None
    assert joined.member.id not in {kari.id, per.id}
    for entry in (kari, per):
        assert (await membership.get(shop.ports, shop.club, entry.id)).member == entry
    assert [one.member.id for one in await membership.look_up(shop.ports, shop.club, f"+{KARI}")] == [
        joined.member.id,
        kari.id,
        per.id,
    ]


async def test_the_one_whom_the_cashier_has_chosen_is_linked_by_their_login(shop: Shop) -> None:
    kari, _ = await household(shop)
    shop.kari().profile = LOGS_IN
    found = await shop.identify()
    await scan.choose(shop.ports, shop.station, found.id, kari.id)
    joined = await ask_whom_it_shows(shop, found)
    assert joined.member is not None
    assert (joined.outcome, joined.member.id) == ("entry_confirmed", kari.id)


async def test_whoever_shows_their_own_code_is_not_taken_for_the_household(shop: Shop) -> None:
    shop.kari()
    kari = await join(shop)
    await enter(shop, replace(NORDMANN, name="Per Nordmann", given_name="Per"), shared=True)
    assert (await shop.identify()).doubt == "choose"
    found = await shop.scan(kind="token")
    assert (found.doubt, found.member) == (None, kari.member)


async def test_a_refusal_to_ask_names_nobody_of_a_household_but_who_was_chosen(shop: Shop) -> None:
    shop.kari()
    await join(shop)
    per = await enter(shop, replace(NORDMANN, name="Per Nordmann", given_name="Per"), shared=True)
    found = await shop.identify()
    with pytest.raises(AlreadyMember) as refusal:
        await enrolment.start(shop.ports, shop.station, found.id)
    assert refusal.value.member is None
    await scan.choose(shop.ports, shop.station, found.id, per.id)
    with pytest.raises(AlreadyMember) as refusal:
        await enrolment.start(shop.ports, shop.station, found.id)
    assert refusal.value.member is not None
    assert refusal.value.member.id == per.id


# What they all rest on


def named(text: str) -> Profile:
    return Profile(name=text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Kari Nordmann", "KARI  nordmann"), ("Bjørn Ås", "Bjørn Erik Ås"), ("Anne-Lise Berg", "Berg, Anne Lise")],
)
def test_names_that_may_be_one_persons(one: str, other: str) -> None:
    assert plausible(named(one), named(other))
    assert plausible(named(other), named(one))


@pytest.mark.parametrize(
    ("one", "other"), [("Kari Nordmann", "Per Nordmann"), ("Kari", "Kari"), ("Kari Berg", "Kari"), ("", "")]
)
def test_names_that_are_not(one: str, other: str) -> None:
    assert not plausible(named(one), named(other))


def test_the_words_for_outcomes_are_settled() -> None:
    assert {one.value for one in Outcome} == {
        "joined",
        "same_number",
        "number_changed",
        "number_moved",
        "entry_found",
        "entry_confirmed",
        "entry_not_matched",
        "several_entries",
        "undone",
    }
