"""The register as the merchant's other systems see it."""

import pytest

from medlem.club.errors import InvalidPhoneNumber, NotFound
from medlem.club.member import AlreadyMember, Profile
from medlem.flows import membership
from shop import KARI, OLA, Shop

NAMED = Profile(name="Kari Nordmann")


async def test_a_member_who_was_entered_is_found_by_their_number(shop: Shop) -> None:
    entered = await membership.enter(shop.ports, shop.club, f"+{KARI}", NAMED)
    assert await membership.look_up(shop.ports, shop.club, f"+{KARI}") == [entered]
    assert await membership.look_up(shop.ports, shop.club, "400 00 011") == [entered]
    assert await membership.look_up(shop.ports, shop.club, f"+{OLA}") == []
    assert entered.member.sub is None


async def test_one_number_reaches_one_member(shop: Shop) -> None:
    entered = await membership.enter(shop.ports, shop.club, f"+{KARI}", NAMED)
    with pytest.raises(AlreadyMember) as refusal:
        await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile())
    assert refusal.value.member == entered.member


async def test_a_number_that_is_none_enters_nobody(shop: Shop) -> None:
    with pytest.raises(InvalidPhoneNumber):
        await membership.enter(shop.ports, shop.club, "+47 22 34 56 78", NAMED)
    assert await shop.storage.reading.members.page(shop.club.id, None, 10) == []


async def test_who_leaves_is_found_no_more_by_number_but_remains_on_the_list(shop: Shop) -> None:
    member = (await membership.enter(shop.ports, shop.club, f"+{KARI}", NAMED)).member
    await membership.leave(shop.ports, shop.club, member.id)
    await membership.leave(shop.ports, shop.club, member.id)
    assert await membership.look_up(shop.ports, shop.club, f"+{KARI}") == []
    left = (await membership.get(shop.ports, shop.club, member.id)).member
    assert (left.left_at, left.phone) == (shop.clock.now(), None)
    again = (await membership.enter(shop.ports, shop.club, f"+{KARI}", NAMED)).member
    assert again.id != member.id


async def test_a_member_of_no_club_of_ours_is_not_there(shop: Shop) -> None:
    for wanted in ("mem_nobody", "", "idn_00000000000000000000000000"):
        with pytest.raises(NotFound):
            await membership.get(shop.ports, shop.club, wanted)
        with pytest.raises(NotFound):
            await membership.leave(shop.ports, shop.club, wanted)


async def test_the_list_goes_on_where_it_stopped(shop: Shop) -> None:
    entered = []
    for n in range(5):
        await shop.clock.turn(1)
        entered.append((await membership.enter(shop.ports, shop.club, f"+474000002{n}", NAMED)).member.id)
    first = await shop.storage.reading.members.page(shop.club.id, None, 3)
    rest = await shop.storage.reading.members.page(shop.club.id, first[-1].id, 3)
    assert [one.id for one in [*first, *rest]] == entered
