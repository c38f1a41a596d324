"""Who may be one person twice is found and told with its reasons; who is two people is not told again."""

from dataclasses import replace
from itertools import pairwise

import pytest

from medlem.club.duplicate import Duplicate, Likeness, Sureness, judged
from medlem.club.errors import InvalidRequest, NotFound
from medlem.club.member import Member, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.rights import RestrictedBecause
from medlem.flows import duplicates, membership, merging, rights
from shop import KARI, OLA, Shop

NORDMANN = Profile(name="Kari Nordmann", email="kari@example.com", birthdate="1980-01-01")


async def enter(shop: Shop, msisdn: str, profile: Profile, *, shared: bool = False) -> Member:
    await shop.clock.turn(1)
    return (await membership.enter(shop.ports, shop.club, f"+{msisdn}", profile, shared=shared)).member


async def every(shop: Shop) -> list[Duplicate]:
    found: list[Duplicate] = []
    after: str | None = ""
    while after is not None:
        some, after = await duplicates.page(shop.ports, shop.club, after)
        found += [one.duplicate for one in some]
    return found


async def pairs(shop: Shop) -> list[tuple[str, str]]:
    return [(found.one.id, found.other.id) for found in await every(shop)]


HIGH, MEDIUM, LOW = Sureness.HIGH, Sureness.MEDIUM, Sureness.LOW
EMAIL, NUMBER, BIRTH = Likeness.SAME_EMAIL, Likeness.SAME_NUMBER, Likeness.SAME_NAME_AND_BIRTHDATE


@pytest.mark.parametrize(
    ("other", "phone", "likenesses", "sure"),
    [
        (Profile(name="Kari Nordmann", email=" KARI@example.com"), OLA, (EMAIL,), HIGH),
        (Profile(name="Kari Anne Nordmann"), KARI, (NUMBER,), HIGH),
        (Profile(name="Nordmann, Kari", birthdate="1980-01-01"), OLA, (BIRTH,), MEDIUM),
        (NORDMANN, KARI, (EMAIL, NUMBER, BIRTH), HIGH),
        (Profile(email="kari@example.com"), OLA, (EMAIL,), MEDIUM),
        (Profile(), KARI, (NUMBER,), LOW),
        (Profile(name="Ola Nordmann", email="kari@example.com"), OLA, (EMAIL,), LOW),
        (replace(NORDMANN, birthdate="2010-01-01"), KARI, (EMAIL, NUMBER), LOW),
        (Profile(name="Ola Nordmann"), KARI, (), None),
        (Profile(name="Kari Nordmann"), OLA, (), None),
    ],
)
async def test_each_likeness_has_a_name_and_counts_for_as_much_as_it_is_worth(
    shop: Shop, other: Profile, phone: str, likenesses: tuple[Likeness, ...], sure: Sureness | None
) -> None:
    kari = await enter(shop, KARI, NORDMANN)
    second = replace(kari, id=kari.id, profile=other, phone=PhoneNumber(phone))
    found = judged(kari, second)
    assert (found.likenesses, found.sure) == (likenesses, sure) if found else (likenesses, sure) == ((), None)


async def test_whoever_could_not_be_merged_is_no_duplicate(shop: Shop) -> None:
    kari = await enter(shop, KARI, NORDMANN)
    there = replace(kari, sub="sub-1")
    assert judged(there, kari) is not None
    assert judged(there, replace(kari, sub="sub-2")) is None
    gone = replace(kari, left_at=shop.clock.now())
    assert judged(there, gone) is not None
    assert judged(gone, gone) is None
    assert judged(there, replace(kari, restricted_at=shop.clock.now())) is None
    assert judged(there, replace(kari, merged_into=there.id)) is None


async def test_pairs_are_listed_once_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [await enter(shop, f"47400000{number}", NORDMANN) for number in range(20, 25)]
    strangers = [await enter(shop, f"47400000{number}", Profile(name=f"Per {number}")) for number in range(30, 34)]
    assert strangers
    neighbours = [(one.id, other.id) for one, other in pairwise(made)]
    assert await pairs(shop) == neighbours
    monkeypatch.setattr(duplicates, "AT_ONCE", 2)
    assert await pairs(shop) == neighbours
    monkeypatch.setattr(duplicates, "ROUNDS", 1)
    assert await pairs(shop) == neighbours


async def test_two_people_are_not_told_again_and_the_next_comes_up(shop: Shop) -> None:
    one, two, three = [await enter(shop, f"47400000{number}", NORDMANN) for number in range(20, 23)]
    said = await duplicates.say_distinct(shop.ports, shop.club, three.id, two.id, "Mona")
    assert (said.one, said.other, said.said_by) == (two.id, three.id, "Mona")
    assert await duplicates.say_distinct(shop.ports, shop.club, two.id, three.id, "Per") == said
    assert await pairs(shop) == [(one.id, two.id), (one.id, three.id)]
    assert await duplicates.said_distinct(shop.ports, shop.club, three.id, two.id) == said
    for wrong in ("mem_nobody", one.id):
        with pytest.raises(NotFound):
            await duplicates.said_distinct(shop.ports, shop.club, wrong, two.id)
    with pytest.raises(NotFound):
        await duplicates.say_distinct(shop.ports, shop.club, "mem_nobody", two.id, "Mona")
    with pytest.raises(InvalidRequest):
        await duplicates.say_distinct(shop.ports, shop.club, two.id, two.id, "Mona")


async def test_whoever_is_merged_or_restricted_is_a_duplicate_no_more(shop: Shop) -> None:
    one, two, three = [await enter(shop, f"47400000{number}", NORDMANN) for number in range(20, 23)]
    proposed = await merging.propose(shop.ports, shop.club, one.id, two.id, "Mona")
    await merging.confirm(shop.ports, shop.club, proposed.merge.id, "Mona")
    assert await pairs(shop) == [(one.id, three.id)]
    await rights.restrict(shop.ports, shop.club, three.id, RestrictedBecause.UNLAWFUL, "me")
    assert await pairs(shop) == []


async def test_a_household_is_compared_by_name(shop: Shop) -> None:
    kari = await enter(shop, KARI, Profile(name="Kari Nordmann"))
    await enter(shop, KARI, Profile(name="Per Nordmann"), shared=True)
    again = await enter(shop, KARI, Profile(name="Nordmann Kari"), shared=True)
    assert await pairs(shop) == [(kari.id, again.id)]
