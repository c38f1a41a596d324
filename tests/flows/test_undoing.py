"""A linking that was wrong is taken back, and so can that be; no sale and no enrolment changes."""

import json
from dataclasses import replace

import pytest

from fakes_register import ObedientRegister
from medlem.club.endpoint import WANTED
from medlem.club.errors import NotFound
from medlem.club.ids import EnrolmentId, MemberId
from medlem.club.linking import LinkEnd, Linking, Outcome
from medlem.club.member import ConsentAnswer, Member, Profile, standing
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause
from medlem.flows import announcing, enrolment, membership, outbox, rights, undoing
from medlem.flows.undoing import NewerLinking
from medlem.flows.views import EnrolmentView
from shop import KARI, OLA, Shop

THIRD = "4740000013"
NORDMANN = Profile(name="Kari Nordmann", given_name="Kari", family_name="Nordmann", email="kari@example.com")
YES = ConsentAnswer(element="email", text="Email", granted=True)


async def join(shop: Shop, msisdn: str) -> EnrolmentView:
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    return await shop.show(asked.id)


async def linking(shop: Shop, joined: EnrolmentView) -> Linking:
    found = await shop.storage.reading.linkings.of_enrolment(shop.club.id, EnrolmentId(joined.id))
    assert found is not None
    return found


async def member(shop: Shop, wanted: str) -> Member:
    return (await membership.get(shop.ports, shop.club, wanted)).member


async def as_entered(shop: Shop, entry: Member) -> bool:
    """Whether an entry is what the merchant wrote, whenever a till has seen anybody of that number."""
    return replace(await member(shop, entry.id), last_seen_at=None) == entry


async def undo(shop: Shop, wanted: str) -> Linking:
    await shop.clock.turn(1)
    return await undoing.undo(shop.ports, shop.club, wanted, "Mona", "The customer says that it is not theirs.")


async def moved(shop: Shop) -> tuple[Member, Member, Linking]:
    """Kari's number is said to be Per's."""
    shop.kari()
    kari = (await join(shop, KARI)).member
    shop.platform.person(OLA, "Per Hansen").phone_claim = PhoneNumber(KARI)
    per = await join(shop, OLA)
    assert kari is not None
    assert per.member is not None
    return await member(shop, kari.id), await member(shop, per.member.id), await linking(shop, per)


async def entry_taken(shop: Shop) -> tuple[Member, EnrolmentView, Linking]:
    """Somebody's login is taken for an entry's, with a yes to e-mail."""
    entry = (await membership.enter(shop.ports, shop.club, f"+{KARI}", NORDMANN)).member
    person = shop.platform.person(OLA)
    person.profile = replace(NORDMANN, email_verified=True, birthdate="1970-01-01")
    person.phone_claim, person.consents = PhoneNumber(KARI), (YES,)
    joined = await join(shop, OLA)
    assert joined.outcome == "entry_found"
    return entry, joined, await linking(shop, joined)


async def test_the_link_ends_and_the_former_one_stands_again(shop: Shop) -> None:
    kari, per, wrong = await moved(shop)
    done = await undo(shop, wrong.id)
    assert (done.outcome, done.undoes, done.by) == (Outcome.UNDONE, wrong.id, "Mona")
    assert (await member(shop, kari.id)).phone == PhoneNumber(KARI)
    assert (await member(shop, per.id)).phone is None
    assert (await member(shop, per.id)).present
    found = await shop.identify()
    assert found.member is not None
    assert found.member.id == kari.id


async def test_who_when_and_why_is_kept_with_the_member(shop: Shop) -> None:
    kari, per, wrong = await moved(shop)
    done = await undo(shop, wrong.id)
    told = await undoing.history(shop.ports, shop.club, per.id)
    assert [one.outcome for one in told.linkings] == [Outcome.NUMBER_MOVED, Outcome.UNDONE]
    assert told.linkings[0].undone_by == done.id
    assert (done.at, done.why) == (shop.clock.now(), "The customer says that it is not theirs.")
    [link] = told.links
    assert (link.ended_because, link.ended_by) == (LinkEnd.UNDONE, done.id)
    first, again = (await undoing.history(shop.ports, shop.club, kari.id)).links
    assert (first.ended_because, again.begun_by, again.ended_at) == (LinkEnd.NUMBER_MOVED, done.id, None)
    assert (again.verified_at, again.verified_by) == (first.verified_at, first.verified_by)


async def test_undone_twice_is_undone_once(shop: Shop) -> None:
    kari, _, wrong = await moved(shop)
    done = await undo(shop, wrong.id)
    await shop.clock.turn(60)
    assert await undo(shop, wrong.id) == done
    assert len((await undoing.history(shop.ports, shop.club, kari.id)).links) == 2


async def test_an_undoing_is_undone_by_the_same_call_as_often_as_you_like(shop: Shop) -> None:
    kari, per, wrong = await moved(shop)
    for _ in range(3):
        back = await undo(shop, (await undo(shop, wrong.id)).id)
        assert back.undoes is not None
        assert (await member(shop, kari.id)).phone is None
        assert (await member(shop, per.id)).phone == PhoneNumber(KARI)
        assert (await undoing.get(shop.ports, shop.club, wrong.id)).undone_by is None


async def test_the_enrolment_stays_what_it_was_and_its_stations_are_told(shop: Shop) -> None:
    _, per, wrong = await moved(shop)
    assert wrong.enrolment is not None
    before = await shop.get(wrong.enrolment)
    await undo(shop, wrong.id)
    assert await shop.get(wrong.enrolment) == before
    shown = await enrolment.show(shop.ports, shop.station, wrong.enrolment)
    assert shown.member is not None
    assert (shown.state, shown.outcome, shown.member.id) == ("accepted", "undone", per.id)
    last = (await shop.storage.reading.events.after(shop.club.id, shop.station.id, 0, 100))[-1]
    assert (last.kind, json.loads(last.body)["outcome"]) == ("enrolment", "undone")


async def test_stations_hear_nothing_of_what_was_long_ago(shop: Shop) -> None:
    _, _, wrong = await moved(shop)
    await shop.clock.turn(3600)
    before = len(await shop.kinds())
    await undo(shop, wrong.id)
    assert len(await shop.kinds()) == before


async def test_a_former_holder_with_another_number_keeps_that(shop: Shop) -> None:
    sub = shop.kari().sub
    kari = (await join(shop, KARI)).member
    shop.platform.person(OLA, "Per Hansen").phone_claim = PhoneNumber(KARI)
    wrong = await linking(shop, await join(shop, OLA))
    shop.platform.person(THIRD).sub = sub
    await join(shop, THIRD)
    await undo(shop, wrong.id)
    assert kari is not None
    assert (await member(shop, kari.id)).phone == PhoneNumber(THIRD)
    assert (await shop.identify(KARI)).membership == "not_member"


async def test_a_former_holder_who_has_left_does_not_come_back(shop: Shop) -> None:
    kari, _, wrong = await moved(shop)
    await membership.leave(shop.ports, shop.club, kari.id)
    await undo(shop, wrong.id)
    assert not (await member(shop, kari.id)).present
    assert (await shop.identify(KARI)).membership == "not_member"


async def test_a_number_that_is_somebody_elses_by_now_is_not_taken_from_them(shop: Shop) -> None:
    _, _, wrong = await moved(shop)
    shop.platform.person(THIRD, "Third Person").phone_claim = PhoneNumber(KARI)
    third = (await join(shop, THIRD)).member
    await undo(shop, wrong.id)
    assert (await shop.identify(KARI)).member == third


async def test_an_entry_gets_back_what_the_merchant_knew_and_a_strangers_yes_is_no(shop: Shop) -> None:
    entry, _, wrong = await entry_taken(shop)
    await undo(shop, wrong.id)
    assert await as_entered(shop, entry)
    found = await membership.get(shop.ports, shop.club, entry.id)
    assert [one.granted for one in found.consents] == [True, False], "what was said is kept"
    assert not standing(found.consents)["email"].granted
    assert (await shop.identify()).doubt == "compare_name"


async def test_no_rule_links_an_entry_again_that_somebody_has_parted(shop: Shop) -> None:
    entry, _, wrong = await entry_taken(shop)
    await undo(shop, wrong.id)
    again = await join(shop, OLA)
    assert again.outcome == "entry_not_matched"
    assert again.member is not None
    assert again.member.id != entry.id
    with pytest.raises(NewerLinking):
        await undo(shop, (await undo(shop, wrong.id)).id)


async def test_an_entry_that_was_parted_in_error_is_linked_again(shop: Shop) -> None:
    entry, joined, wrong = await entry_taken(shop)
    before = await member(shop, entry.id)
    await undo(shop, (await undo(shop, wrong.id)).id)
    assert await member(shop, entry.id) == before
    assert (await shop.show(joined.id)).outcome == "entry_found"


async def test_all_that_the_strangers_logins_have_brought_since_goes_too(shop: Shop) -> None:
    entry, _, wrong = await entry_taken(shop)
    stranger = shop.platform.people[OLA]
    stranger.phone_claim = PhoneNumber(THIRD)
    stranger.consents = (YES, ConsentAnswer(element="sms", text="SMS", granted=True))
    again = await join(shop, OLA)
    assert again.outcome == "number_changed"
    await undo(shop, wrong.id)
    found = await membership.get(shop.ports, shop.club, entry.id)
    assert await as_entered(shop, entry)
    assert found.member.phone == PhoneNumber(KARI)
    assert {name: one.granted for name, one in standing(found.consents).items()} == {"email": False, "sms": False}
    assert (await shop.identify(THIRD)).membership == "not_member"


async def test_nothing_of_the_stranger_stands_in_what_the_member_is_given(shop: Shop) -> None:
    entry, _, wrong = await entry_taken(shop)
    shop.platform.people[OLA].phone_claim = PhoneNumber(THIRD)
    await join(shop, OLA)
    await shop.identify(THIRD)
    whole = await rights.export(shop.ports, shop.club, entry.id, "key_test")
    assert {one.phone.msisdn for one in whole.kept.numbers} == {KARI, THIRD}
    undone = await undo(shop, wrong.id)
    drawn = (await rights.export(shop.ports, shop.club, entry.id, "key_test")).kept
    assert [one.phone.msisdn for one in drawn.numbers] == [KARI, KARI]
    assert (drawn.enrolments, drawn.answers, drawn.identifications) == ([], [], [])
    await undo(shop, undone.id)
    again = (await rights.export(shop.ports, shop.club, entry.id, "key_test")).kept
    assert len(again.enrolments) == len(whole.kept.enrolments)


async def test_endpoints_hear_that_a_strangers_yes_is_none(shop: Shop) -> None:
    entry, _, wrong = await entry_taken(shop)
    await outbox.add_endpoint(shop.ports, shop.club.id, "https://crm.example.org/hooks", frozenset(WANTED))
    await undo(shop, wrong.id)
    for endpoint in await outbox.claim(shop.ports, 10):
        await outbox.tell(shop.ports, endpoint)
    heard = [json.loads(notice.body) for notice in shop.messenger.heard["https://crm.example.org/hooks"]]
    assert [one["type"] for one in heard] == ["consent.changed", "member.updated"]
    assert (heard[0]["data"]["member"], heard[0]["data"]["granted"]) == (entry.id, False)


async def test_a_register_of_the_merchants_hears_what_an_entry_is_again(shop: Shop) -> None:
    _, _, wrong = await entry_taken(shop)
    register = ObedientRegister(shop.club.id)
    ports = replace(shop.ports, register=register)
    await undoing.undo(ports, shop.club, wrong.id, "Mona", "not theirs")
    await announcing.tell_all(ports, shop.club.id)
    [told] = register.heard
    assert (told.member.profile, [one.granted for one in told.consents]) == (NORDMANN, [False])


async def test_the_login_of_somebody_who_was_erased_since_does_not_come_back(shop: Shop) -> None:
    _, _, wrong = await entry_taken(shop)
    done = await undo(shop, wrong.id)
    theirs = (await join(shop, OLA)).member
    assert theirs is not None
    await rights.erase(
        shop.ports, shop.club, theirs.id, reason=ErasedBecause.ASKED_BY_MEMBER, requested_at=None, by="key_test"
    )
    with pytest.raises(NewerLinking):
        await undo(shop, done.id)


async def test_an_entry_is_parted_once_more_by_undoing_what_linked_it_again(shop: Shop) -> None:
    entry, joined, wrong = await entry_taken(shop)
    first = await undo(shop, wrong.id)
    back = await undo(shop, first.id)
    last = await undo(shop, back.id)
    assert await as_entered(shop, entry)
    assert (await shop.show(joined.id)).outcome == "undone"
    marks = {one.id: one.undone_by for one in (await undoing.history(shop.ports, shop.club, entry.id)).linkings}
    assert marks == {wrong.id: first.id, first.id: None, back.id: last.id, last.id: None}
    assert (await join(shop, OLA)).outcome == "entry_not_matched"


async def test_what_the_club_does_not_have_cannot_be_undone(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await undo(shop, "lnk_00000000000000000000000000")
    with pytest.raises(NotFound):
        await undoing.history(shop.ports, shop.club, MemberId("mem_nobody"))
