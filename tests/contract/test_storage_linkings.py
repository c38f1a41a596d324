"""What is promised of links, and of the decisions about them."""

import sqlite3
from dataclasses import replace

import pytest

from medlem.club.ids import linking_id
from medlem.club.linking import Before, LinkEnd, Linking, Outcome
from medlem.club.member import Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.flows.ports import Storage
from medlem.flows.tables import Clash
from premises import KARI, Premises, asked, later


async def add(storage: Storage, member: Member) -> Member:
    async with storage.transaction() as tx:
        await tx.members.add(member)
    return member


async def link(
    storage: Storage, member: Member, phone: PhoneNumber, verified_by: VerifiedBy, linking: Linking | None = None
) -> None:
    async with storage.transaction() as tx:
        await tx.members.link(member, phone, verified_by, later(5), linking.id if linking else None)


async def decided(storage: Storage, here: Premises, member: Member, at: float = 0) -> Linking:
    linking = Linking(
        id=linking_id(later(at)),
        club=here.club.id,
        member=member.id,
        outcome=Outcome.ENTRY_FOUND,
        at=later(at),
        before=Before(None, Profile(name="Kari Nordmann", email="kari@example.com")),
    )
    async with storage.transaction() as tx:
        enrolment = await asked(tx, here)
        linking = replace(linking, enrolment=enrolment.id)
        await tx.linkings.add(linking)
    return linking


async def test_entries_may_share_a_number_and_the_platforms_word_comes_first(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    kari = await add(storage, here.member(sub=None, number="1", at=later(1)))
    per = await add(storage, here.member(sub=None, number="2", at=later(2)))
    anne = await add(storage, here.member(sub="sub-3", number="3", at=later(3)))
    for member, word in (
        (kari, VerifiedBy.MERCHANT),
        (per, VerifiedBy.MERCHANT),
        (anne, VerifiedBy.LOGIN),
    ):
        await link(storage, member, KARI, word)
    reached = await storage.reading.members.reached(here.club.id, KARI)
    assert [one.id for one in reached] == [anne.id, kari.id, per.id]
    assert [one.phone_verified_by for one in reached] == [VerifiedBy.LOGIN, VerifiedBy.MERCHANT, VerifiedBy.MERCHANT]
    assert reached[0].phone_verified_at == later(5)
    assert not await storage.reading.members.reached(neighbour.club.id, KARI)


async def test_by_the_platforms_word_a_number_reaches_one_member(storage: Storage, here: Premises) -> None:
    kari = await add(storage, here.member())
    per = await add(storage, here.member(sub="sub-2", number="2", at=later(1)))
    await link(storage, kari, KARI, VerifiedBy.LOGIN)
    await link(storage, per, KARI, VerifiedBy.LOGIN_HINT)
    assert [one.id for one in await storage.reading.members.reached(here.club.id, KARI)] == [per.id]
    [ended] = await storage.reading.linkings.links(here.club.id, kari.id)
    assert (ended.ended_at, ended.ended_because) == (later(5), LinkEnd.NUMBER_MOVED)
    linking = await decided(storage, here, kari)
    with pytest.raises((Clash, sqlite3.IntegrityError)):
        async with storage.transaction() as tx:
            await tx.linkings.begin_again(replace(ended, ended_at=None), linking)


async def test_a_decision_is_kept_with_the_links_that_it_began_and_ended(storage: Storage, here: Premises) -> None:
    kari = await add(storage, here.member(sub=None))
    await link(storage, kari, KARI, VerifiedBy.MERCHANT)
    linking = await decided(storage, here, kari)
    await link(storage, kari, KARI, VerifiedBy.LOGIN, linking)
    linkings = storage.reading.linkings
    assert await linkings.get(here.club.id, linking.id) == linking
    assert linking.enrolment is not None
    assert await linkings.of_enrolment(here.club.id, linking.enrolment) == linking
    assert await linkings.of_member(here.club.id, kari.id) == [linking]
    [begun], [ended] = await linkings.begun(linking), await linkings.ended(linking)
    assert (begun.verified_by, begun.ended_at, begun.begun_by) == (VerifiedBy.LOGIN, None, linking.id)
    assert (ended.verified_by, ended.ended_because) == (VerifiedBy.MERCHANT, LinkEnd.VERIFIED)


async def test_an_undoing_marks_what_it_undoes_until_that_stands_again(storage: Storage, here: Premises) -> None:
    kari = await add(storage, here.member())
    linking = await decided(storage, here, kari)
    undoing = replace(
        linking,
        id=linking_id(later(9)),
        outcome=Outcome.UNDONE,
        at=later(9),
        before=None,
        by="Mona",
        why="Not hers.",
        undoes=linking.id,
    )
    async with storage.transaction() as tx:
        assert await tx.linkings.hold(here.club.id, linking.id) == linking
        await tx.linkings.add(undoing)
    linkings = storage.reading.linkings
    assert await linkings.of_member(here.club.id, kari.id) == [replace(linking, undone_by=undoing.id), undoing]
    async with storage.transaction() as tx:
        await tx.linkings.stand_again(linking)
    assert await linkings.get(here.club.id, linking.id) == linking


async def test_a_link_begins_again_as_well_known_as_it_was(storage: Storage, here: Premises) -> None:
    kari = await add(storage, here.member())
    await link(storage, kari, KARI, VerifiedBy.LOGIN_HINT)
    async with storage.transaction() as tx:
        await tx.members.unlink(kari, later(60), LinkEnd.UNDONE)
    [ended] = await storage.reading.linkings.links(here.club.id, kari.id)
    linking = await decided(storage, here, kari, at=90)
    async with storage.transaction() as tx:
        await tx.linkings.begin_again(ended, linking)
    _, again = await storage.reading.linkings.links(here.club.id, kari.id)
    assert (again.verified_at, again.verified_by) == (later(5), VerifiedBy.LOGIN_HINT)
    assert (again.begun_at, again.begun_by, again.ended_at) == (later(90), linking.id, None)


async def test_no_club_sees_another_clubs_linkings(storage: Storage, here: Premises, neighbour: Premises) -> None:
    kari = await add(storage, here.member())
    linking = await decided(storage, here, kari)
    assert linking.enrolment is not None
    linkings, theirs = storage.reading.linkings, neighbour.club.id
    assert await linkings.get(theirs, linking.id) is None
    assert await linkings.of_enrolment(theirs, linking.enrolment) is None
    assert not await linkings.of_member(theirs, kari.id)
    assert not await linkings.links(theirs, kari.id)
    assert not await linkings.begun(replace(linking, club=theirs))
    assert not await linkings.ended(replace(linking, club=theirs))
