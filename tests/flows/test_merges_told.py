"""A merge is told to endpoints and to a merchant's own register, and survives whoever does it at the same moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from fakes_register import ObedientRegister
from medlem.club.announcement import News
from medlem.club.consent import Actor, Method
from medlem.club.endpoint import WANTED
from medlem.club.errors import Refusal
from medlem.club.ids import KeyId
from medlem.club.member import Member, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause
from medlem.flows import announcing, erasures, membership, merging, outbox, parting, recording, rights
from medlem.flows.recording import Said
from postgres import TEMPLATE, cluster
from shop import KARI, OLA, Shop, open_shop

URL = "https://crm.example.org/hooks"
NORDMANN = Profile(name="Kari Nordmann", email="kari@example.com")


async def enter(shop: Shop, msisdn: str) -> Member:
    await shop.clock.turn(1)
    return (await membership.enter(shop.ports, shop.club, f"+{msisdn}", NORDMANN)).member


async def joined(shop: Shop, msisdn: str = KARI) -> Member:
    shop.platform.person(msisdn)
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    member = (await shop.show(asked.id)).member
    assert member is not None
    return (await membership.get(shop.ports, shop.club, member.id)).member


async def propose(shop: Shop, stays: Member, goes: Member) -> str:
    await shop.clock.turn(1)
    return (await merging.propose(shop.ports, shop.club, stays.id, goes.id, "Mona")).merge.id


async def confirm(shop: Shop, merge: str) -> merging.MergeShown:
    return await merging.confirm(shop.ports, shop.club, merge, "Per")


async def undo(shop: Shop, merge: str) -> merging.MergeShown:
    await shop.clock.turn(1)
    return await parting.undo(shop.ports, shop.club, merge, "Mona", "Her mother.")


async def yes(shop: Shop, member: Member) -> None:
    said = Said(element="sms", granted=True, text="SMS?", method=Method.PAPER, actor=Actor.CUSTOMER)
    await recording.record(shop.ports, shop.club, member.id, said, KeyId("key_1"))


async def heard(shop: Shop) -> list[tuple[str, Any]]:
    """What the endpoint has heard since the last time."""
    for endpoint in await outbox.claim(shop.ports, 10):
        await outbox.tell(shop.ports, endpoint)
    told = [json.loads(notice.body) for notice in shop.messenger.heard[URL]]
    shop.messenger.heard[URL].clear()
    return [(one["type"], one["data"]) for one in told]


async def test_endpoints_hear_of_both_and_of_each_answer(shop: Shop) -> None:
    kari, entry = await joined(shop), await enter(shop, OLA)
    await yes(shop, entry)
    await outbox.add_endpoint(shop.ports, shop.club.id, URL, frozenset(WANTED))
    merge = await propose(shop, kari, entry)
    assert await heard(shop) == [], "nothing has happened yet"
    await confirm(shop, merge)
    updated, left, consent = await heard(shop)
    assert (updated[0], updated[1]["member"], updated[1]["present"]) == ("member.updated", kari.id, True)
    assert (left[0], left[1]["member"], left[1]["present"]) == ("member.left", entry.id, False)
    assert left[1]["merged_into"] == kari.id
    assert (consent[0], consent[1]["member"], consent[1]["granted"]) == ("consent.changed", kari.id, True)
    await confirm(shop, merge)
    assert await heard(shop) == [], "it is done once"
    await undo(shop, merge)
    said = {one[1]["member"]: one for one in (await heard(shop))[:2]}
    assert {kind for kind, _ in said.values()} == {"member.updated"}
    assert (said[entry.id][1]["present"], "merged_into" in said[entry.id][1]) == (True, False)
    await merging.confirm(shop.ports, shop.club, await propose(shop, kari, entry), "Per")
    await heard(shop)
    because = ErasedBecause.ASKED_BY_MEMBER
    await rights.erase(shop.ports, shop.club, kari.id, reason=because, requested_at=None, by="me")
    erased = await heard(shop)
    assert [(kind, told["member"]) for kind, told in erased] == [
        ("member.erased", kari.id),
        ("member.erased", entry.id),
    ]


async def test_the_merchants_register_hears_who_left_and_what_the_other_is_now(shop: Shop) -> None:
    register = ObedientRegister(shop.club.id)
    shop.ports = replace(shop.ports, register=register)
    kari, entry = await joined(shop), await enter(shop, OLA)
    while (await announcing.tell(shop.ports, shop.club.id)).tried:
        pass
    register.heard.clear()
    merge = await propose(shop, entry, kari)
    await confirm(shop, merge)
    assert (await shop.identify(KARI)).membership == "member", "it is one, before the register has heard of it"
    while (await announcing.tell(shop.ports, shop.club.id)).tried:
        pass
    said = {one.member.id: one for one in register.heard}
    assert (said[kari.id].news, said[kari.id].former_phone) == (News.LEFT, PhoneNumber(KARI))
    assert said[kari.id].member.merged_into == entry.id
    assert (said[entry.id].news, said[entry.id].member.phone) == (News.NUMBER_MOVED, PhoneNumber(KARI))
    assert said[entry.id].former_phone == PhoneNumber(OLA)
    register.heard.clear()
    await undo(shop, merge)
    while (await announcing.tell(shop.ports, shop.club.id)).tried:
        pass
    said = {one.member.id: one for one in register.heard}
    assert (said[kari.id].news, said[kari.id].member.phone) == (News.JOINED, PhoneNumber(KARI))
    assert (said[entry.id].news, said[entry.id].member.phone) == (News.NUMBER_MOVED, PhoneNumber(OLA))


async def test_tombstones_of_both_erase_a_backup_from_before_the_merge(shop: Shop) -> None:
    kari, entry = await joined(shop), await enter(shop, OLA)
    await confirm(shop, await propose(shop, kari, entry))
    because = ErasedBecause.ASKED_BY_MEMBER
    await rights.erase(shop.ports, shop.club, kari.id, reason=because, requested_at=None, by="me")
    tombstones = [one async for one in erasures.all_of(shop.ports, shop.club)]
    assert {one.erasure.member for one in tombstones} == {kari.id, entry.id}
    assert [len(one.numbers) for one in tombstones] == [1, 1]
    async with open_shop() as other:
        async with other.storage.transaction() as tx:
            await tx.places.add_club(replace(shop.club, sales_unit="200200"), other.clock.now())
            for member in (kari, entry):
                await tx.members.add(replace(member, station=None))
        assert await erasures.apply(other.ports, tombstones) == erasures.Applied(known=2, erased=2)


@pytest.fixture
async def on_postgresql() -> AsyncIterator[Shop]:
    """A shop on PostgreSQL, where two transactions really run side by side."""
    url = cluster().new_database(TEMPLATE)
    async with open_shop(url) as made:
        yield made
    cluster().drop(url)


async def test_whatever_happens_at_the_same_moment_there_is_one_merge(on_postgresql: Shop) -> None:
    shop = on_postgresql
    kari, entry = await joined(shop), await enter(shop, OLA)
    for _ in range(3):
        merge = await propose(shop, kari, entry)
        both = await asyncio.gather(*(confirm(shop, merge) for _ in range(4)))
        assert len({one.merge.confirmed_at for one in both}) == 1
        assert len({one.merge.id for one in both}) == 1
        undone = await asyncio.gather(*(undo(shop, merge) for _ in range(3)))
        assert len({one.merge.undone_at for one in undone}) == 1
    links = await shop.storage.reading.linkings.links(shop.club.id, entry.id)
    assert [link.ended_at is None for link in links] == [False, False, False, True]


async def test_an_answer_at_the_same_moment_is_carried_over_or_refused_and_never_lost(on_postgresql: Shop) -> None:
    shop = on_postgresql
    kari = await joined(shop)
    for number in range(20, 26):
        entry = await enter(shop, f"47400000{number}")
        merge = await propose(shop, kari, entry)
        done, said = await asyncio.gather(confirm(shop, merge), yes(shop, entry), return_exceptions=True)
        today = await shop.storage.reading.members.today(shop.club.id, entry.id)
        assert today is not None
        if isinstance(done, Refusal):
            assert said is None
            assert today.id == entry.id, "it was changed since it was proposed"
        else:
            assert isinstance(said, Refusal), "it leads on"
            assert today.id == kari.id
        records = await shop.storage.reading.consents.of(shop.club.id, entry.id)
        assert any(one.element == "sms" for one in records) is (said is None)


async def test_an_erasure_at_the_same_moment_leaves_nothing(on_postgresql: Shop) -> None:
    shop = on_postgresql
    for number in range(20, 26):
        kari, entry = await enter(shop, f"47400000{number}"), await enter(shop, f"47400001{number}")
        merge = await propose(shop, kari, entry)
        if number % 2:
            await confirm(shop, merge)
        because = ErasedBecause.ASKED_BY_MEMBER
        erased, done = await asyncio.gather(
            rights.erase(shop.ports, shop.club, kari.id, reason=because, requested_at=None, by="me"),
            undo(shop, merge) if number % 2 else confirm(shop, merge),
            return_exceptions=True,
        )
        assert not isinstance(erased, BaseException), erased
        assert not isinstance(done, BaseException) or isinstance(done, Refusal), done
        kept = await shop.storage.reading.merges.get(shop.club.id, merge)
        assert kept is not None
        assert kept.before is None
        alone = await shop.storage.reading.members.get(shop.club.id, entry.id)
        refused = isinstance(done, Refusal)
        assert (alone is not None) == (refused if number % 2 == 0 else not refused)
