"""A register that goes into a file, and out of it into an empty one, is the same register."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from importers import chains, everybody, exported, line, one, read, run
from medlem.club.consent import Actor, Method
from medlem.club.ids import KeyId
from medlem.club.member import Address, ConsentAnswer, Member, Profile
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import membership, recording, rights
from medlem.flows.importing import Existing, Outcome, Taken
from postgres import cluster
from shop import KARI, OLA, Shop, open_shop

ADDRESS = Address(street_address="Storgata 1\n0155 Oslo", country="NO")
ODD = Profile(name='=SUM(1) "Kåre", Ødegård', birthdate="1986-02-14", gender="female", address=ADDRESS)


@asynccontextmanager
async def shop_on(database: str) -> AsyncIterator[Shop]:
    async with open_shop("sqlite://" if database == "sqlite" else cluster().new_database()) as opened:
        yield opened


async def live(shop: Shop) -> None:
    """Let everything happen to members that a file has to tell of."""
    kari = shop.kari()
    kari.consents = (
        ConsentAnswer(element="email", text="News?", granted=True, given_at=shop.clock.now(), language="nb"),
        ConsentAnswer(element="offers", text="Offers?", granted=False, given_at=None),
    )
    await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    [joined] = await membership.look_up(shop.ports, shop.club, f"+{KARI}")
    await write_down(shop, joined.member)
    await shop.clock.turn(3600)
    await shop.identify()
    entered = [
        (await membership.enter(shop.ports, shop.club, f"+{phone}", profile, shared=True)).member
        for phone, profile in (
            (OLA, Profile(name="Ola Nordmann", given_name="Ola", other_addresses=(ADDRESS,))),
            (OLA, Profile(name="Ola Nordmann")),
            ("4740000013", ODD),
            ("4740000014", Profile()),
            ("4740000015", Profile(name="Per Olsen", email="per@example.org", email_verified=False)),
        )
    ]
    _, _, odd, nameless, gone = entered
    async with shop.storage.transaction() as tx:
        await tx.members.save_extras(odd, {"size": "42", "colour": "blue"}, shop.clock.now())
        await tx.rights.keep_membership(odd, odd.joined_at - timedelta(days=1))
        await tx.sharing.withdraw(shop.club.id, joined.member.sub or "", shop.clock.now(), shop.clock.now())
    await rights.restrict(shop.ports, shop.club, odd.id, RestrictedBecause.UNLAWFUL, "key_1")
    await membership.leave(shop.ports, shop.club, nameless.id)
    because = ErasedBecause.ASKED_BY_MEMBER
    await rights.erase(shop.ports, shop.club, gone.id, reason=because, requested_at=None, by="key_1")


async def write_down(shop: Shop, member: Member) -> None:
    """Record answers by other ways, with remarks and another version of the words."""
    for granted, text, reason in ((True, "News, twice a month?", None), (False, "", "said so at the till, “enough”")):
        said = recording.Said(
            element="email",
            granted=granted,
            text=text,
            method=Method.PAPER,
            actor=Actor.CUSTOMER,
            language="nb",
            reason=reason,
            reference="box 7",
        )
        await recording.record(shop.ports, shop.club, member.id, said, KeyId("key_1"))


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
async def test_an_empty_register_makes_the_same_members_of_an_export(source: str, target: str) -> None:
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(shop_on(source))
        theirs = await stack.enter_async_context(shop_on(target))
        await live(ours)
        file = await exported(ours)
        lines = read(ours, file)
        assert len(lines) == 5, "and nobody who was erased"
        club = replace(ours.club, sales_unit="200200")
        async with theirs.storage.transaction() as tx:
            await tx.places.add_club(club, theirs.clock.now())
        results = await run(theirs, lines, club)
        assert {one.outcome if isinstance(one, Taken) else one.why for one in results} == {Outcome.ADDED}
        assert not any(one.left_out for one in results if isinstance(one, Taken))
        assert await exported(theirs, club) == file
        assert await chains(theirs, club) == []
        assert await ends(theirs, club.id) == {
            member: end for member, end in (await ends(ours, club.id)).items() if member in {one.id for one in lines}
        }
        before = await everybody(theirs, club)
        for existing in Existing:
            again = await run(theirs, lines, club, existing=existing)
            assert {one.outcome if isinstance(one, Taken) else one.why for one in again} == {Outcome.UNCHANGED}
        assert await everybody(theirs, club) == before


async def ends(shop: Shop, club: str) -> dict[str, str]:
    """How the chain of each member ends."""
    found = await shop.storage.reading.consents.chains(club, None, 1000)  # type: ignore[arg-type] # of another shop
    return {chain.member: chain.end.hash for chain in found}


async def test_an_export_is_of_one_moment(shop: Shop) -> None:
    """Whoever joins while it is written is in the next one."""
    await run(shop, [line(n, f"47400000{n:02}", f"Kari Nummer{n}") for n in range(20, 24)])
    pages = shop.storage.reading.files.all(shop.club.id, 2)
    first = await anext(pages)
    await one(shop, line(9, "4740000030", "Per Olsen"))
    rest = [found async for page in pages for found in page]
    assert len(first) + len(rest) == 4
    assert len(await everybody(shop)) == 5
