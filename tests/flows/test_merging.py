"""Two members who are one person are merged by two decisions; both tills and systems find the one who stays."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from medlem.club.consent import MEMBERSHIP, Act, Actor, Method
from medlem.club.errors import Forbidden, NotFound, PreconditionFailed
from medlem.club.linking import LinkEnd
from medlem.club.member import ConsentAnswer, Member, Profile, standing
from medlem.club.merging import MemberMerged, MergeRefused, MergeState, Whose
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import enrolment, membership, merging, parting, proving, recording, rights, scan, undoing
from medlem.flows.membership import MemberInFull
from medlem.flows.merging import MergeShown
from medlem.flows.recording import Said
from medlem.flows.views import EnrolmentView
from shop import KARI, OLA, Shop

NORDMANN = Profile(name="Kari Nordmann", given_name="Kari", family_name="Nordmann", email="kari@example.com")
THIRD, FOURTH = "4740000013", "4740000014"


async def enter(shop: Shop, msisdn: str, profile: Profile = NORDMANN, *, shared: bool = False) -> Member:
    """By the merchant."""
    await shop.clock.turn(1)
    return (await membership.enter(shop.ports, shop.club, f"+{msisdn}", profile, shared=shared)).member


async def join(shop: Shop, msisdn: str) -> EnrolmentView:
    """By the app."""
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    return await shop.show(asked.id)


async def joined(shop: Shop, msisdn: str) -> Member:
    member = (await join(shop, msisdn)).member
    assert member is not None
    return await get(shop, member.id)


async def joins_again(
    shop: Shop, member: Member, msisdn: str = THIRD, consents: tuple[ConsentAnswer, ...] = ()
) -> EnrolmentView:
    """By the app, with another number."""
    person = shop.platform.person(msisdn)
    person.consents = consents
    person.sub, person.profile, person.phone_claim = member.sub or "", Profile(birthdate="1980-01-01"), None
    return await join(shop, msisdn)


async def full(shop: Shop, member: str) -> MemberInFull:
    return await membership.get(shop.ports, shop.club, member)


async def get(shop: Shop, member: str) -> Member:
    return (await full(shop, member)).member


async def propose(shop: Shop, stays: Member, goes: Member, by: str = "Mona") -> MergeShown:
    await shop.clock.turn(1)
    return await merging.propose(shop.ports, shop.club, stays.id, goes.id, by)


async def merge(shop: Shop, stays: Member, goes: Member) -> MergeShown:
    proposed = await propose(shop, stays, goes)
    await shop.clock.turn(1)
    return await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Per")


async def undo(shop: Shop, merged: MergeShown) -> MergeShown:
    await shop.clock.turn(1)
    return await parting.undo(shop.ports, shop.club, merged.merge.id, "Mona", "It is her mother.")


async def say(shop: Shop, member: Member, *, granted: bool, element: str = "email") -> None:
    """Answer a question on paper."""
    await shop.clock.turn(1)
    said = Said(element=element, granted=granted, text="Email?", method=Method.PAPER, actor=Actor.CUSTOMER)
    key = (await shop.storage.reading.keys.all(shop.club.id))[0].id
    await recording.record(shop.ports, shop.club, member.id, said, key)


async def allows(shop: Shop, member: Member) -> dict[str, bool]:
    return {element: one.granted for element, one in standing((await full(shop, member.id)).consents).items()}


async def chains_hold(shop: Shop) -> None:
    verdict = await proving.verify(shop.ports, shop.club)
    assert verdict.holds, verdict.faults


@dataclass
class Two:
    """Kari has joined in the app; the merchant had entered her with another number long before."""

    kari: Member
    entry: Member


async def two(shop: Shop) -> Two:
    entry = await enter(shop, OLA, replace(NORDMANN, email="kari@work.example", gender="female"))
    await shop.clock.turn(3600)
    shop.kari().profile = Profile(name="Kari Nordmann", birthdate="1980-01-01")
    return Two(await joined(shop, KARI), entry)


async def test_a_proposal_says_exactly_what_would_happen_and_changes_nothing(shop: Shop) -> None:
    those = await two(shop)
    await say(shop, those.entry, granted=True)
    before = [await full(shop, one.id) for one in (those.kari, those.entry)]
    plan = (await propose(shop, those.kari, those.entry)).merge.plan
    assert (plan.number, plan.number_ends, plan.login) == (Whose.STAYS, True, Whose.STAYS)
    assert set(plan.profile) == {"given_name", "family_name", "email", "gender"}
    assert plan.differs == ()
    assert [(one.element, one.act) for one in plan.consents] == [("email", Act.CARRIED_OVER)]
    assert plan.joined_at == those.entry.joined_at
    assert [await full(shop, one.id) for one in (those.kari, those.entry)] == before


async def test_the_one_who_stays_is_both_and_the_other_leads_there(shop: Shop) -> None:
    those = await two(shop)
    done = await merge(shop, those.kari, those.entry)
    kari, entry = await get(shop, those.kari.id), await full(shop, those.entry.id)
    assert done.state is MergeState.CONFIRMED
    assert (kari.sub, kari.phone, kari.joined_at) == (those.kari.sub, PhoneNumber(KARI), those.entry.joined_at)
    assert (kari.profile.email, kari.profile.birthdate) == ("kari@work.example", "1980-01-01")
    assert (entry.merged_into, entry.member.present, entry.member.profile) == (kari.id, False, Profile())
    [found] = await membership.by_number(shop.ports, shop.club, those.entry.member_number)
    assert found.member == kari
    [link] = await shop.storage.reading.linkings.links(shop.club.id, those.entry.id)
    assert (link.ended_because, link.ended_by) == (LinkEnd.MERGED, done.merge.id)
    await chains_hold(shop)


async def test_login_and_number_go_along_where_the_one_who_stays_has_less(shop: Shop) -> None:
    those = await two(shop)
    await merge(shop, those.entry, those.kari)
    entry = await get(shop, those.entry.id)
    assert (entry.sub, entry.phone) == (those.kari.sub, PhoneNumber(KARI))
    assert entry.phone_verified_at == those.kari.phone_verified_at
    assert entry.profile.email == "kari@work.example"
    found = (await shop.identify(KARI)).member
    assert found is not None
    assert found.id == entry.id
    again = await joins_again(shop, those.kari)
    assert again.member is not None
    assert (again.member.id, again.outcome) == (entry.id, "number_changed")
    await chains_hold(shop)


async def test_the_only_number_is_never_lost(shop: Shop) -> None:
    those = await two(shop)
    shop.platform.person(FOURTH, "Per Hansen").phone_claim = PhoneNumber(KARI)
    await joined(shop, FOURTH)
    assert (await get(shop, those.kari.id)).phone is None
    await merge(shop, those.kari, those.entry)
    assert (await get(shop, those.kari.id)).phone == PhoneNumber(OLA)
    found = (await shop.identify(OLA)).member
    assert found is not None
    assert found.id == those.kari.id


async def test_the_platforms_word_of_a_profile_is_never_overwritten_by_the_merchants(shop: Shop) -> None:
    entry = await enter(shop, OLA, replace(NORDMANN, name="K. Nordman", birthdate="1981-01-01"))
    shop.kari().profile = Profile(name="Kari Nordmann", birthdate="1980-01-01")
    kari = await joined(shop, KARI)
    plan = (await propose(shop, entry, kari)).merge.plan
    assert plan.differs == ("name", "birthdate")
    await merge(shop, entry, kari)
    profile = (await get(shop, entry.id)).profile
    assert (profile.name, profile.birthdate, profile.email) == ("Kari Nordmann", "1980-01-01", "kari@example.com")


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ((True, "kari"), (False, "entry"), False),
        ((False, "entry"), (True, "kari"), True),
        ((False, "kari"), (True, "entry"), True),
        ((True, "entry"), (False, "kari"), False),
        ((True, "entry"), (True, "kari"), True),
    ],
)
async def test_the_newer_answer_holds_and_is_a_record_that_names_the_one_it_is_taken_from(
    shop: Shop, first: tuple[bool, str], second: tuple[bool, str], *, holds: bool
) -> None:
    those = await two(shop)
    for granted, who in (first, second):
        await say(shop, those.kari if who == "kari" else those.entry, granted=granted)
    source = (await full(shop, those.entry.id)).consents[0]
    await merge(shop, those.kari, those.entry)
    assert await allows(shop, those.kari) == {"email": holds}
    records = (await full(shop, those.kari.id)).consents
    assert len(records) == (2 if second[1] == "entry" else 1)
    if second[1] == "entry":
        assert source.id in (records[-1].reference or "")
        assert (records[-1].granted, records[-1].given_at) == (source.granted, source.seen_at)
    ended = (await shop.storage.reading.consents.of(shop.club.id, those.entry.id))[-1]
    assert (ended.element, ended.act) == (MEMBERSHIP, Act.SUPERSEDED)
    await chains_hold(shop)


async def test_undone_at_once_both_are_what_they_were(shop: Shop) -> None:
    those = await two(shop)
    await say(shop, those.kari, granted=True)
    await say(shop, those.entry, granted=False)
    for stays, goes in ((those.kari, those.entry), (those.entry, those.kari)):
        before = [await get(shop, one.id) for one in (stays, goes)]
        allowed = [await allows(shop, one) for one in (stays, goes)]
        done = await undo(shop, await merge(shop, stays, goes))
        assert (done.state, done.merge.not_restored) == (MergeState.UNDONE, ())
        assert [await get(shop, one.id) for one in (stays, goes)] == before
        assert [await allows(shop, one) for one in (stays, goes)] == allowed
        assert done.said_distinct
        assert done.merge.before is None, "nobody needs it any more"
    await chains_hold(shop)
    for msisdn, member in ((KARI, those.kari), (OLA, those.entry)):
        found = (await shop.identify(msisdn)).member
        assert found is not None
        assert found.id == member.id


async def test_a_yes_that_was_carried_over_is_none_when_it_is_undone(shop: Shop) -> None:
    those = await two(shop)
    await say(shop, those.entry, granted=True)
    done = await merge(shop, those.kari, those.entry)
    assert await allows(shop, those.kari) == {"email": True}
    await undo(shop, done)
    assert await allows(shop, those.kari) == {"email": False}
    assert await allows(shop, those.entry) == {"email": True}


async def test_what_the_app_has_said_since_goes_along_with_the_login(shop: Shop) -> None:
    those = await two(shop)
    await say(shop, those.entry, granted=True)
    done = await merge(shop, those.entry, those.kari)
    stays = those.entry
    await say(shop, stays, granted=False)
    yes = ConsentAnswer(element="sms", text="SMS?", granted=True)
    await joins_again(shop, those.kari, consents=(yes,))
    await membership.change(shop.ports, shop.club, stays.id, lambda had: replace(had, birthdate="1999-09-09"))
    undone = await undo(shop, done)
    assert undone.merge.not_restored == ()
    stays = await get(shop, stays.id)
    assert (stays.sub, stays.phone, stays.profile) == (None, PhoneNumber(OLA), those.entry.profile)
    back = await get(shop, those.kari.id)
    assert (back.sub, back.phone, back.present) == (those.kari.sub, PhoneNumber(THIRD), True)
    assert back.profile.birthdate == "1999-09-09"
    [_, second] = await shop.storage.reading.linkings.of_member(shop.club.id, back.id)
    assert await shop.storage.reading.linkings.of_member(shop.club.id, stays.id) == []
    assert {link.phone.msisdn for link in await shop.storage.reading.linkings.links(shop.club.id, stays.id)} == {OLA}
    for member, many in ((stays, 0), (back, 2)):
        drawn = await rights.export(shop.ports, shop.club, member.id, "me")
        assert len(drawn.kept.enrolments) == many, "each is given their own"
        assert {one.phone.msisdn for one in drawn.kept.numbers} == ({KARI, THIRD} if many else {OLA})
    await undoing.undo(shop.ports, shop.club, second.id, "me", "Not her number.")
    assert (await get(shop, back.id)).phone == PhoneNumber(KARI)
    assert (await allows(shop, stays), await allows(shop, back)) == ({"email": False, "sms": False}, {"sms": True})
    await chains_hold(shop)


async def test_what_is_newer_is_not_overwritten_by_undoing_and_it_says_so(shop: Shop) -> None:
    those = await two(shop)
    await say(shop, those.entry, granted=True)
    done = await merge(shop, those.kari, those.entry)
    await say(shop, those.kari, granted=False)
    await membership.change(shop.ports, shop.club, those.kari.id, lambda had: replace(had, gender="male"))
    await enter(shop, OLA)
    undone = await undo(shop, done)
    assert set(undone.merge.not_restored) == {"profile.gender", "consents.email"}
    assert (await get(shop, those.kari.id)).profile.gender == "male"
    assert await allows(shop, those.kari) == {"email": False}
    assert (await get(shop, those.entry.id)).phone == PhoneNumber(OLA), "shared with another entry by now"


async def test_a_number_that_is_somebody_elses_by_now_is_not_taken_from_them(shop: Shop) -> None:
    those = await two(shop)
    done = await merge(shop, those.entry, those.kari)
    shop.platform.person(FOURTH, "Per Hansen").phone_claim = PhoneNumber(KARI)
    per = await joined(shop, FOURTH)
    undone = await undo(shop, done)
    assert undone.merge.not_restored == ("number",)
    assert (await get(shop, those.kari.id)).phone is None
    assert (await get(shop, those.entry.id)).phone == PhoneNumber(OLA)
    assert (await get(shop, per.id)).phone == PhoneNumber(KARI)


async def test_two_confirm_at_once_and_again_and_it_is_done_once(shop: Shop) -> None:
    those = await two(shop)
    proposed = await propose(shop, those.kari, those.entry)
    first = await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Mona")
    await shop.clock.turn(5)
    again = await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Per")
    assert again.merge == first.merge
    undone = await undo(shop, again)
    assert await undo(shop, again) == undone
    assert (await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Per")).state is MergeState.UNDONE


async def test_the_same_proposal_is_the_one_that_there_is(shop: Shop) -> None:
    those = await two(shop)
    first = await propose(shop, those.kari, those.entry)
    assert (await propose(shop, those.kari, those.entry, "Per")).merge == first.merge
    assert (await propose(shop, those.entry, those.kari)).merge.id != first.merge.id
    shown, more = await merging.page(shop.ports, shop.club, None, 1)
    assert (len(shown), more) == (1, shown[0].merge.id)
    rest, more = await merging.page(shop.ports, shop.club, more, 1)
    assert ([one.merge for one in rest], more) == ([first.merge], None)


async def test_whoever_has_changed_since_is_proposed_anew(shop: Shop) -> None:
    those = await two(shop)
    for change in (
        lambda: membership.change(shop.ports, shop.club, those.entry.id, lambda had: replace(had, gender="male")),
        lambda: say(shop, those.kari, granted=True),
        lambda: joins_again(shop, those.kari),
    ):
        proposed = await propose(shop, those.kari, those.entry)
        await change()
        with pytest.raises(PreconditionFailed):
            await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Per")
    proposed = await propose(shop, those.kari, those.entry)
    await shop.clock.turn(24 * 3600)
    with pytest.raises(PreconditionFailed):
        await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Per")
    assert (await merging.get(shop.ports, shop.club, proposed.merge.id)).state is MergeState.LAPSED


async def test_where_two_decide_the_proposer_does_not_confirm(shop: Shop) -> None:
    shop = shop.with_limits(replace(shop.ports.limits, merge_by_two=True))
    those = await two(shop)
    proposed = await propose(shop, those.kari, those.entry, "Mona")
    with pytest.raises(Forbidden):
        await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Mona")
    assert (await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Per")).state is MergeState.CONFIRMED


async def test_who_cannot_be_one_is_refused(shop: Shop) -> None:
    those = await two(shop)
    shop.platform.person(THIRD, "Per Hansen")
    per = await joined(shop, THIRD)
    for stays, goes in ((per, those.kari), (those.kari, those.kari)):
        with pytest.raises(MergeRefused):
            await propose(shop, stays, goes)
    await rights.restrict(shop.ports, shop.club, those.entry.id, RestrictedBecause.UNLAWFUL, "me")
    with pytest.raises(MergeRefused):
        await propose(shop, those.kari, those.entry)
    await rights.lift(shop.ports, shop.club, those.entry.id, "me")
    await membership.leave(shop.ports, shop.club, those.kari.id)
    with pytest.raises(MergeRefused):
        await propose(shop, those.kari, those.entry)
    await erase(shop, those.kari)
    with pytest.raises(NotFound):
        await propose(shop, those.entry, those.kari)


async def test_one_who_had_left_brings_the_login_and_no_membership(shop: Shop) -> None:
    those = await two(shop)
    await membership.leave(shop.ports, shop.club, those.kari.id)
    done = await merge(shop, those.entry, those.kari)
    entry = await get(shop, those.entry.id)
    assert (entry.sub, entry.phone) == (those.kari.sub, PhoneNumber(OLA))
    await undo(shop, done)
    assert not (await get(shop, those.kari.id)).present
    assert (await get(shop, those.entry.id)).phone == PhoneNumber(OLA)
    done = await merge(shop, those.entry, those.kari)
    assert (await join(shop, KARI)).outcome == "number_changed"
    await undo(shop, done)
    back = await get(shop, those.kari.id)
    assert (back.present, back.phone) == (True, PhoneNumber(KARI)), "by the app they have come back themselves"
    assert (await get(shop, those.entry.id)).phone == PhoneNumber(OLA)


async def erase(shop: Shop, member: Member) -> None:
    await rights.erase(
        shop.ports, shop.club, member.id, reason=ErasedBecause.ASKED_BY_MEMBER, requested_at=None, by="me"
    )


async def test_whatever_is_said_of_the_old_id_is_refused_and_leads_on(shop: Shop) -> None:
    those = await two(shop)
    await merge(shop, those.kari, those.entry)
    [linking] = await shop.storage.reading.linkings.of_member(shop.club.id, those.kari.id)
    for refused in (
        lambda: membership.change(shop.ports, shop.club, those.entry.id, lambda had: had),
        lambda: membership.leave(shop.ports, shop.club, those.entry.id),
        lambda: say(shop, those.entry, granted=False),
        lambda: rights.restrict(shop.ports, shop.club, those.entry.id, RestrictedBecause.UNLAWFUL, "me"),
        lambda: rights.lift(shop.ports, shop.club, those.entry.id, "me"),
        lambda: erase(shop, those.entry),
        lambda: rights.export(shop.ports, shop.club, those.entry.id, "me"),
    ):
        with pytest.raises(MemberMerged) as told:
            await refused()
        assert told.value.into == those.kari.id
    await undoing.undo(shop.ports, shop.club, linking.id, "me", "Not hers.")


async def test_a_linking_of_one_who_went_is_undone_after_the_merge_is(shop: Shop) -> None:
    those = await two(shop)
    done = await merge(shop, those.entry, those.kari)
    [linking] = await shop.storage.reading.linkings.of_member(shop.club.id, those.kari.id)
    with pytest.raises(MemberMerged):
        await undoing.undo(shop.ports, shop.club, linking.id, "me", "Not hers.")
    await undo(shop, done)
    await undoing.undo(shop.ports, shop.club, linking.id, "me", "Not hers.")
    assert (await get(shop, those.kari.id)).phone is None


async def test_merged_on_it_leads_to_the_last_and_is_undone_in_turn(shop: Shop) -> None:
    those = await two(shop)
    third = await enter(shop, THIRD)
    first = await merge(shop, those.entry, third)
    second = await merge(shop, those.kari, those.entry)
    assert (await full(shop, third.id)).merged_into == those.kari.id
    with pytest.raises(MergeRefused):
        await undo(shop, first)
    await undo(shop, second)
    await undo(shop, first)
    assert await get(shop, third.id) == third
    assert await get(shop, those.entry.id) == those.entry


async def test_a_till_that_shows_the_one_who_goes_shows_the_one_who_stays(shop: Shop) -> None:
    those = await two(shop)
    shown = await shop.identify(OLA)
    assert (shown.doubt, shown.member and shown.member.id) == ("compare_name", those.entry.id)
    await scan.choose(shop.ports, shop.station, shown.id, those.entry.id)
    shop.platform.person(OLA).sub = those.kari.sub or ""
    asked = await enrolment.start(shop.ports, shop.station, shown.id)
    await shop.ports.errands.finish()
    await merge(shop, those.kari, those.entry)
    again = await scan.show(shop.ports, shop.station, shown.id)
    assert again.member is not None
    assert (again.member.id, again.member.name) == (those.kari.id, "Kari N.")
    shop.platform.approve(OLA)
    await shop.wait(6)
    answered = await shop.show(asked.id)
    assert answered.member is not None
    assert (answered.member.id, answered.outcome) == (those.kari.id, "number_changed")


async def test_a_cashier_who_chose_the_one_who_went_meant_the_one_who_stays(shop: Shop) -> None:
    entry = await enter(shop, OLA, Profile(name="Kari Nordmann"))
    other = await enter(shop, OLA, Profile(name="Kari Nordmann"), shared=True)
    shown = await shop.identify(OLA)
    await scan.choose(shop.ports, shop.station, shown.id, other.id)
    shop.platform.person(OLA).profile = Profile(name="Kari Nordmann")
    asked = (await enrolment.start(shop.ports, shop.station, shown.id)).id
    await shop.ports.errands.finish()
    await merge(shop, entry, other)
    shop.platform.approve(OLA)
    await shop.wait(6)
    answered = await shop.show(asked)
    assert answered.member is not None
    assert (answered.member.id, answered.outcome) == (entry.id, "entry_confirmed")


async def test_erasing_the_one_who_stays_erases_all_of_both(shop: Shop) -> None:
    those = await two(shop)
    done = await merge(shop, those.entry, those.kari)
    drawn = await rights.export(shop.ports, shop.club, those.entry.id, "me")
    [former] = drawn.former
    assert former.merge.before is not None
    assert (former.member.member.id, former.merge.before.goes.profile.birthdate) == (those.kari.id, "1980-01-01")
    assert [one.phone for one in former.kept.numbers] == [PhoneNumber(KARI)]
    await erase(shop, those.entry)
    reading = shop.storage.reading
    for member in (those.kari, those.entry):
        with pytest.raises(NotFound):
            await get(shop, member.id)
        assert await reading.rights.erasure(shop.club.id, member.id) is not None
    for msisdn in (KARI, OLA):
        assert await reading.rights.number_erased(shop.club.id, PhoneNumber(msisdn))
    assert await reading.rights.erased_since(shop.club.id, those.kari.sub or "", shop.clock.now())
    kept = await reading.merges.get(shop.club.id, done.merge.id)
    assert kept is not None
    assert kept.before is None
    with pytest.raises(MergeRefused):
        await undo(shop, done)
    await chains_hold(shop)


async def test_an_earlier_joining_makes_nobody_inactive(shop: Shop) -> None:
    entry = await enter(shop, OLA)
    await shop.clock.turn(timedelta(days=900).total_seconds())
    shop.kari()
    kari = await joined(shop, KARI)
    await merge(shop, kari, entry)
    now = shop.clock.now()
    async with shop.storage.transaction() as tx:
        assert await tx.inactivity.flag(shop.club.id, now - timedelta(days=730), now, 10) == 0
