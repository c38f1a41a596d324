"""Sharing that a customer ended in the app: what it changes, what it never changes, and what takes it back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes_platform import DisclosureTrouble
from medlem.club.errors import NotFound, TooManyRequests
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import ConsentAnswer, Member
from medlem.flows import membership, sharing
from medlem.flows.member_tables import WithdrawalAddress
from medlem.flows.sharing import LEEWAY, MOST_A_MINUTE, NOTICE, Withdrawal
from shop import KARI, Shop


async def joined(shop: Shop) -> Member:
    """Kari becomes a member, with a consent."""
    kari = shop.kari()
    kari.consents = (ConsentAnswer(element="email", text="May we write to you?", granted=True),)
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(10)
    member = (await shop.show(asked.id)).member
    assert member is not None
    return await get(shop, member.id)


async def get(shop: Shop, member: str) -> Member:
    found = await shop.storage.reading.members.get(shop.club.id, member)
    assert found is not None
    return found


async def address(shop: Shop) -> WithdrawalAddress:
    return await sharing.address(shop.ports, shop.club.id)


async def withdraw(shop: Shop, sub: str | None, ago: timedelta | None = timedelta(0)) -> None:
    said_at = None if ago is None else shop.clock.now() - ago
    await sharing.withdraw(shop.ports, await address(shop), Withdrawal(sub or "", said_at))


async def test_it_marks_the_member_and_changes_nothing_else(shop: Shop) -> None:
    before = await joined(shop)
    consents = await shop.storage.reading.members.consents(shop.club.id, before.id)
    await shop.clock.turn(3600)
    await withdraw(shop, before.sub)
    after = await get(shop, before.id)
    assert after.sharing_withdrawn_at == shop.clock.now()
    assert replace(after, sharing_withdrawn_at=None) == before
    assert await shop.storage.reading.members.consents(shop.club.id, before.id) == consents
    assert after.present


async def test_a_till_greets_the_member_without_the_name(shop: Shop) -> None:
    member = await joined(shop)
    assert (await shop.identify()).member.name == "Kari N."  # type: ignore[union-attr] # she is one
    await withdraw(shop, member.sub)
    found = await shop.identify()
    assert found.membership == "member"
    assert found.member is not None
    assert (found.member.name, found.member.member_number) == (None, member.member_number)


async def test_coming_again_it_changes_nothing(shop: Shop) -> None:
    member = await joined(shop)
    await withdraw(shop, member.sub)
    first = await get(shop, member.id)
    await shop.clock.turn(60)
    await withdraw(shop, member.sub)
    assert await get(shop, member.id) == first


async def test_a_stranger_is_heard_and_nothing_happens(shop: Shop) -> None:
    member = await joined(shop)
    await withdraw(shop, "c9d10444-d992-4850-ac60-9d3502095008")
    assert await get(shop, member.id) == member


async def test_no_club_hears_of_another_ones_members(shop: Shop) -> None:
    member = await joined(shop)
    elsewhere = replace(await address(shop), club=ClubId("clb_other"))
    with pytest.raises(TooManyRequests):  # there is no such address to count at
        await sharing.withdraw(shop.ports, elsewhere, Withdrawal(member.sub or "", None))
    assert await get(shop, member.id) == member


async def again(shop: Shop) -> None:
    """Kari has another number now, is asked there, and says yes."""
    kari = shop.platform.people.pop(KARI)
    number = "4740000013"
    kari.msisdn, kari.phone_claim = number, None
    kari.profile = replace(kari.profile, name="Kari Hansen", family_name="Hansen")
    shop.platform.people[number] = kari
    await shop.invite(number)
    shop.platform.approve(number)


async def test_the_next_login_with_a_yes_takes_it_back(shop: Shop) -> None:
    member = await joined(shop)
    await withdraw(shop, member.sub)
    await shop.clock.turn(3600)
    await again(shop)
    await shop.wait(10)
    renewed = await get(shop, member.id)
    assert renewed.sharing_withdrawn_at is None
    assert renewed.profile.family_name == "Hansen"


async def test_a_yes_that_is_older_takes_nothing_back_and_renews_nothing(shop: Shop) -> None:
    member = await joined(shop)
    await shop.clock.turn(3600)
    await again(shop)
    shop.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
    await shop.wait(10)  # the answer is here, and cannot be understood yet
    await withdraw(shop, member.sub)
    await shop.wait(60)
    late = await get(shop, member.id)
    assert late.sharing_withdrawn_at is not None
    assert late.profile.family_name == "Nordmann"


@pytest.mark.parametrize(
    ("ago", "withdrawn"),
    [(timedelta(0), True), (LEEWAY - timedelta(seconds=20), True), (timedelta(days=1), False), (None, True)],
)
async def test_what_was_said_before_the_last_login_is_over(
    shop: Shop, ago: timedelta | None, *, withdrawn: bool
) -> None:
    member = await joined(shop)
    await withdraw(shop, member.sub, ago)
    assert ((await get(shop, member.id)).sharing_withdrawn_at is not None) is withdrawn


async def test_what_is_dated_in_the_future_counts_from_now(shop: Shop) -> None:
    member = await joined(shop)
    await withdraw(shop, member.sub, timedelta(days=-400))
    await shop.clock.turn(3600)
    await again(shop)
    await shop.wait(10)
    assert (await get(shop, member.id)).sharing_withdrawn_at is None


async def test_leaving_is_another_thing(shop: Shop) -> None:
    member = await joined(shop)
    await membership.leave(shop.ports, shop.club, member.id)
    await withdraw(shop, member.sub)
    gone = await get(shop, member.id)
    assert gone.left_at is not None
    assert gone.sharing_withdrawn_at is not None


async def test_an_address_has_its_share_of_a_minute(shop: Shop) -> None:
    member = await joined(shop)
    for _ in range(MOST_A_MINUTE):
        await withdraw(shop, "nobody")
    with pytest.raises(TooManyRequests) as refused:
        await withdraw(shop, member.sub)
    assert refused.value.retry_after == 60
    await shop.clock.turn(60)
    await withdraw(shop, member.sub)
    assert (await get(shop, member.id)).sharing_withdrawn_at is not None


async def test_the_address_stays_until_it_is_replaced_and_the_old_one_is_heard_for_a_while(shop: Shop) -> None:
    first = await address(shop)
    assert await address(shop) == first
    await shop.clock.turn(1)
    second = await sharing.address(shop.ports, shop.club.id, replace=True)
    assert second.secret != first.secret
    assert await sharing.find(shop.ports, first.secret) == first
    await shop.clock.turn(NOTICE.total_seconds())
    with pytest.raises(NotFound):
        await sharing.find(shop.ports, first.secret)
    assert await sharing.find(shop.ports, second.secret) == second
    await sharing.address(shop.ports, shop.club.id, replace=True, at_once=True)
    with pytest.raises(NotFound):
        await sharing.find(shop.ports, second.secret)


async def test_nobody_listens_where_nobody_was_told(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await sharing.find(shop.ports, Masked("guessed"))
