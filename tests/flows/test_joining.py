"""Who has just said yes? Numbers change hands, people change numbers."""

from medlem.club.member import Profile, VerifiedBy
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
    assert second.since > first.since


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
