"""Who has just said yes? Numbers change hands, people change numbers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from medlem.club.ids import MemberId
from medlem.club.member import Consent, ConsentAnswer, Profile, VerifiedBy, standing
from medlem.club.phone import PhoneNumber
from medlem.flows import membership
from medlem.flows.views import MemberView
from shop import KARI, OLA, Shop


async def join(shop: Shop, msisdn: str = KARI) -> MemberView:
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    member = (await shop.show(asked.id)).member
    assert member is not None
    return member


async def phone_of(shop: Shop, member: str) -> PhoneNumber | None:
    return (await membership.get(shop.ports, shop.club, member)).member.phone


async def test_a_known_person_with_a_new_number_is_the_same_member(shop: Shop) -> None:
    kari = shop.kari()
    first = await join(shop)
    shop.platform.people[OLA] = kari
    kari.msisdn, kari.phone_claim = OLA, PhoneNumber(OLA)
    second = await join(shop, OLA)
    assert second.id == first.id
    assert await phone_of(shop, first.id) == PhoneNumber(OLA)
    assert (await shop.identify(KARI)).membership == "not_member"


async def test_a_number_that_changed_hands_brings_no_membership_with_it(shop: Shop) -> None:
    shop.kari()
    first = await join(shop)
    await membership.leave(shop.ports, shop.club, first.id)
    shop.platform.person(KARI, "Per Hansen")
    second = await join(shop)
    assert second.id != first.id
    assert second.name == "Per H."


async def test_the_number_of_a_member_who_never_left_moves_to_its_new_owner(shop: Shop) -> None:
    kari = shop.kari()
    first = await join(shop)
    # Kari's number is Per's now; he is invited by a number of which he is not yet the known owner.
    per = shop.platform.person(OLA, "Per Hansen")
    per.phone_claim = PhoneNumber(KARI)
    second = await join(shop, OLA)
    assert second.id != first.id
    assert kari.sub != per.sub
    assert await phone_of(shop, first.id) is None
    assert await phone_of(shop, second.id) == PhoneNumber(KARI)
    assert (await shop.identify(KARI)).member == second


async def test_an_answer_from_another_number_links_the_number_that_was_verified(shop: Shop) -> None:
    shop.kari().phone_claim = PhoneNumber(OLA)
    member = await join(shop)
    assert await phone_of(shop, member.id) == PhoneNumber(OLA)
    assert (await shop.identify(KARI)).membership == "not_member"
    assert (await shop.identify(OLA)).membership == "member"


async def test_a_provider_that_names_no_number_links_the_one_that_was_asked(shop: Shop) -> None:
    shop.kari().phone_claim = None
    member = await join(shop)
    assert await phone_of(shop, member.id) == PhoneNumber(KARI)


async def test_who_comes_back_keeps_their_number_as_a_member(shop: Shop) -> None:
    shop.kari()
    first = await join(shop)
    await membership.leave(shop.ports, shop.club, first.id)
    assert (await shop.identify()).membership == "not_member"
    await shop.clock.turn(3600)
    second = await join(shop)
    assert (second.id, second.member_number) == (first.id, first.member_number)
    assert second.since == shop.clock.now() != first.since


async def test_what_is_shared_anew_replaces_what_was_known_and_silence_replaces_nothing(shop: Shop) -> None:
    kari = shop.kari()
    kari.profile = Profile(name="Kari Nordmann", email="old@example.com", gender="female")
    first = await join(shop)
    await membership.leave(shop.ports, shop.club, first.id)
    kari.profile = Profile(name="Kari Nordmann", email="new@example.com")
    await join(shop)
    profile = (await membership.get(shop.ports, shop.club, first.id)).member.profile
    assert (profile.email, profile.gender) == ("new@example.com", "female")


async def enter_and_log_in_by_another_number(shop: Shop, entered: Profile, logs_in: Profile) -> tuple[str, str]:
    """The merchant has an entry for a number; its owner answers an invitation sent to another of theirs."""
    entry = await membership.enter(shop.ports, shop.club, f"+{KARI}", entered)
    person = shop.platform.person(OLA, "Kari Nordmann")
    person.profile, person.phone_claim = logs_in, PhoneNumber(KARI)
    return entry.member.id, (await join(shop, OLA)).id


async def test_an_entry_without_login_is_taken_over_when_number_email_and_name_agree(shop: Shop) -> None:
    entry, member = await enter_and_log_in_by_another_number(
        shop,
        Profile(name="Kari Nordmann", email="Kari@Example.com"),
        Profile(name="kari  nordmann", email="kari@example.com", email_verified=True),
    )
    assert entry == member


async def test_an_entry_is_never_taken_over_by_number_alone(shop: Shop) -> None:
    entry, member = await enter_and_log_in_by_another_number(
        shop, Profile(name="Per Hansen"), Profile(name="Kari Nordmann", email="kari@example.com", email_verified=True)
    )
    assert entry != member


async def test_an_unverified_email_proves_nothing(shop: Shop) -> None:
    same = Profile(name="Kari Nordmann", email="kari@example.com", email_verified=False)
    entry, member = await enter_and_log_in_by_another_number(shop, same, same)
    assert entry != member


def test_the_words_for_how_a_number_was_verified_are_settled() -> None:
    assert {way.value for way in VerifiedBy} == {"login", "login_hint", "merchant"}


GIVEN = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
YES = ConsentAnswer(element="email", text="Receive offers via email", granted=True, given_at=GIVEN)


async def kept(shop: Shop, member: MemberView) -> Sequence[Consent]:
    return await shop.storage.reading.members.consents(shop.club.id, MemberId(member.id))


async def test_a_login_without_consents_leaves_the_earlier_ones_standing(shop: Shop) -> None:
    kari = shop.kari()
    kari.consents = (YES, replace(YES, element="sms", granted=False))
    member = await join(shop)
    kari.consents = ()
    await membership.leave(shop.ports, shop.club, member.id)
    assert (await join(shop)).id == member.id
    assert [(one.element, one.granted) for one in await kept(shop, member)] == [("email", True), ("sms", False)]


async def test_a_consent_counts_from_when_it_was_given_and_is_never_dated_by_us(shop: Shop) -> None:
    shop.kari().consents = (YES, replace(YES, element="sms", given_at=None))
    email, sms = await kept(shop, await join(shop))
    assert email.given_at == GIVEN.replace(microsecond=123000)
    assert sms.given_at is None
    assert email.seen_at == sms.seen_at > GIVEN


async def test_an_answer_that_is_told_again_is_no_new_one(shop: Shop) -> None:
    kari = shop.kari()
    kari.consents = (YES,)
    member = await join(shop)
    await membership.leave(shop.ports, shop.club, member.id)
    kari.consents = (YES, replace(YES, granted=False, given_at=GIVEN + timedelta(days=1)))
    await join(shop)
    assert [one.granted for one in await kept(shop, member)] == [True, False]


async def test_an_old_yes_that_is_heard_again_does_not_undo_a_later_no(shop: Shop) -> None:
    no = replace(YES, granted=False, given_at=GIVEN + timedelta(hours=1))
    shop.kari().consents = (no, replace(YES, text="Email"))
    member = await join(shop)
    found = await membership.get(shop.ports, shop.club, member.id)
    assert len(found.consents) == 2, "both are kept"
    assert standing(found.consents)["email"].granted is False
