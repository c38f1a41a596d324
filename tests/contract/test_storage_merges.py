"""What is promised of merges, and of who is found to be there twice."""

import re
from dataclasses import replace

import asyncpg
import pytest

from medlem.club.duplicate import Distinct
from medlem.club.ids import linking_id, merge_id
from medlem.club.linking import LinkEnd, Linking, Outcome
from medlem.club.member import Member, Profile, VerifiedBy
from medlem.club.merging import BeforeMerge, Merge, Party, gone, planned
from medlem.flows.merge_table import Pair
from medlem.flows.ports import Storage
from medlem.flows.tables import Clash
from medlem.storage.postgresql.dialect import spoken
from postgres import TEMPLATE, cluster
from premises import KARI, Premises, later, waiting

NORDMANN = Profile(name="Kari Nordmann", email="Kari@Example.com ", birthdate="1980-01-01")


async def add(storage: Storage, *members: Member) -> None:
    async with storage.transaction() as tx:
        for member in members:
            await tx.members.add(member)


async def two(storage: Storage, here: Premises) -> tuple[Member, Member]:
    one = replace(here.member(at=later(1)), profile=Profile(name="Kari Nordmann"))
    other = replace(here.member(sub=None, number="2", at=later(2)), profile=NORDMANN)
    await add(storage, one, other)
    return one, other


def proposed(here: Premises, one: Member, other: Member, at: float = 0) -> Merge:
    return Merge(
        id=merge_id(later(at)),
        club=here.club.id,
        stays=one.id,
        goes=other.id,
        plan=planned(Party(one), Party(other)),
        versions=(3, 4),
        proposed_at=later(at),
        proposed_by="Mona",
        expires_at=later(at + 60),
    )


async def test_a_merge_is_kept_from_its_proposal_on(storage: Storage, here: Premises, neighbour: Premises) -> None:
    one, other = await two(storage, here)
    first, second = proposed(here, one, other), proposed(here, other, one, at=5)
    before = BeforeMerge(stays=one, goes=other, after=one, extras={"size": "42"})
    done = replace(first, confirmed_at=later(9), confirmed_by="Per", before=before)
    undone = replace(done, undone_at=later(12), undone_by="Mona", why="Not her.", not_restored=("number",), before=None)
    merges = storage.reading.merges
    async with storage.transaction() as tx:
        await tx.merges.add(first)
        await tx.merges.add(second)
        assert await tx.merges.hold(here.club.id, first.id) == first
        await tx.merges.save_confirmed(done)
    assert await merges.get(here.club.id, first.id) == done
    assert await merges.of_member(here.club.id, other.id) == [done, second]
    async with storage.transaction() as tx:
        await tx.merges.save_undone(undone)
    assert await merges.page(here.club.id, None, 9) == [second, undone]
    assert await merges.page(here.club.id, second.id, 9) == [undone]
    assert await merges.get(neighbour.club.id, first.id) is None
    assert await merges.page(neighbour.club.id, None, 9) == []
    assert await merges.of_member(neighbour.club.id, one.id) == []


async def test_one_who_is_merged_leads_to_the_other_until_they_are_parted(storage: Storage, here: Premises) -> None:
    one, other = await two(storage, here)
    left = gone(other, one.id, later(9))
    async with storage.transaction() as tx:
        await tx.merges.dissolve(left)
    members = storage.reading.members
    assert await members.get(here.club.id, other.id) == left
    assert await members.today(here.club.id, other.id) == await members.get(here.club.id, one.id)
    assert await storage.reading.merges.merged_into(here.club.id, one.id) == [other.id]
    with pytest.raises(Clash):
        async with storage.transaction() as tx:
            await tx.merges.dissolve(left)
    with pytest.raises(Clash):
        async with storage.transaction() as tx:
            await tx.members.save(other)
    async with storage.transaction() as tx:
        await tx.merges.part(other)
        await tx.members.save(other)
    assert await members.get(here.club.id, other.id) == other
    assert await storage.reading.merges.merged_into(here.club.id, one.id) == []


async def test_a_number_goes_along_as_well_known_as_it_was(storage: Storage, here: Premises) -> None:
    one, other = await two(storage, here)
    async with storage.transaction() as tx:
        await tx.members.link(other, KARI, VerifiedBy.LOGIN, later(5))
    merge = proposed(here, one, other)
    async with storage.transaction() as tx:
        reached = await tx.members.get(here.club.id, other.id)
        assert reached is not None
        await tx.members.unlink(reached, later(9), LinkEnd.MERGED, merge.id)
        await tx.merges.begin_link(replace(reached, id=one.id), merge.id, later(9))
        begun, ended = await tx.merges.begun(merge, one), await tx.merges.ended(merge, other)
    assert begun is not None
    assert ended is not None
    assert (begun.phone, begun.verified_by, begun.verified_at, begun.begun_at) == (
        KARI,
        VerifiedBy.LOGIN,
        later(5),
        later(9),
    )
    assert (ended.ended_at, ended.ended_because) == (later(9), LinkEnd.MERGED)
    assert [member.id for member in await storage.reading.members.reached(here.club.id, KARI)] == [one.id]


async def test_a_login_goes_along_with_all_that_came_by_it(storage: Storage, here: Premises) -> None:
    one, other = await two(storage, here)
    merge = proposed(here, one, other)
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
        await tx.enrolments.save(enrolment.accepted(one.id, later(6)))
        linking = Linking(
            id=linking_id(later(5)),
            club=here.club.id,
            member=one.id,
            outcome=Outcome.SAME_NUMBER,
            at=later(5),
            enrolment=enrolment.id,
        )
        await tx.linkings.add(linking)
        await tx.members.keep_evidence(one, enrolment.id, b"what came", later(6))
        await tx.members.link(one, KARI, VerifiedBy.LOGIN, later(5), linking.id)
        await tx.members.unlink(one, later(7), LinkEnd.UNDONE, merge.id)
        await tx.merges.move_links(one, other, linking.id)
        await tx.merges.move_login(other, linking)
    reading, club = storage.reading, here.club.id
    assert (await reading.linkings.links(club, one.id), await reading.linkings.of_member(club, one.id)) == ([], [])
    [link] = await reading.linkings.links(club, other.id)
    [moved] = await reading.linkings.of_member(club, other.id)
    [kept] = await reading.consents.evidence(club, other.id)
    found = await reading.enrolments.get(club, enrolment.id)
    assert found is not None
    assert (link.phone, moved.id, kept.enrolment, found.member) == (KARI, linking.id, enrolment.id, other.id)


async def test_sharing_extras_and_when_they_were_seen_are_written_by_themselves(
    storage: Storage, here: Premises
) -> None:
    one, other = await two(storage, here)
    async with storage.transaction() as tx:
        await tx.sharing.renew(one, later(1))
        assert await tx.sharing.withdraw(here.club.id, one.sub or "", later(2), later(3)) == one.id
        await tx.merges.move_sharing(one, other)
        await tx.merges.set_seen(replace(other, last_seen_at=later(4)))
        await tx.members.save_extras(other, {"size": "42"}, later(4))
        assert not await tx.merges.take_extra(other, "size", "41")
        assert await tx.merges.take_extra(other, "size", "42")
        assert await tx.merges.version(here.club.id, other.id) == 0
        await tx.members.touch(other, later(5))
        assert await tx.merges.version(here.club.id, other.id) == 1
        assert await tx.merges.version(here.club.id, "mem_nobody") is None
    giver, taker = [await storage.reading.members.get(here.club.id, member.id) for member in (one, other)]
    assert giver is not None
    assert taker is not None
    assert (giver.sharing_withdrawn_at, taker.sharing_withdrawn_at) == (None, later(3))
    assert taker.last_seen_at == later(4)
    assert await storage.reading.members.extras(taker) == {}


async def test_who_may_be_one_is_found_by_address_by_birthdate_and_by_number(
    storage: Storage, here: Premises, neighbour: Premises
) -> None:
    made = [
        replace(here.member(sub=None, number=str(number), at=later(number)), profile=profile)
        for number, profile in enumerate(
            [
                NORDMANN,
                Profile(email="kari@example.com"),
                Profile(name="KARI NORDMANN", birthdate="1980-01-01"),
                Profile(name="Kari"),
                Profile(name="Ola", birthdate="1980-01-01"),
                Profile(email="KARI@example.com"),
            ]
        )
    ]
    await add(storage, *made)
    async with storage.transaction() as tx:
        for member in (made[3], made[4]):
            await tx.members.link(member, KARI, VerifiedBy.MERCHANT, later(9))
    duplicates, ids = storage.reading.duplicates, [member.id for member in made]
    pairs = [Pair(ids[0], ids[1]), Pair(ids[0], ids[2]), Pair(ids[3], ids[4]), Pair(ids[1], ids[5])]
    assert await duplicates.pairs(here.club.id, "", ids[-1]) == pairs
    assert await duplicates.pairs(here.club.id, ids[1], ids[4]) == pairs[1:3]
    assert await duplicates.pairs(neighbour.club.id, "", ids[-1]) == []
    async with storage.transaction() as tx:
        for pair in (Pair(ids[1], ids[5]), Pair(ids[3], ids[4])):
            await tx.duplicates.say(Distinct(here.club.id, pair.one, pair.other, "Mona", later(9)))
            await tx.duplicates.say(Distinct(here.club.id, pair.one, pair.other, "Per", later(10)))
    assert await duplicates.pairs(here.club.id, ids[2], ids[5]) == [Pair(ids[0], ids[5])], "the next nearest"
    said = await duplicates.said(here.club.id, ids[5], ids[1])
    assert said == Distinct(here.club.id, ids[1], ids[5], "Mona", later(9))
    assert await duplicates.said(neighbour.club.id, ids[1], ids[5]) is None
    async with storage.transaction() as tx:
        await tx.duplicates.take_back(here.club.id, ids[5], ids[1])
    assert await duplicates.said(here.club.id, ids[1], ids[5]) is None


async def test_two_who_could_not_be_merged_are_no_candidates(storage: Storage, here: Premises) -> None:
    one, other, third = (
        replace(here.member(f"sub-{number}", str(number), later(number)), profile=NORDMANN) for number in range(3)
    )
    await add(storage, one, replace(other, sub=None, left_at=later(9)), replace(third, left_at=later(9)))
    found = await storage.reading.duplicates.pairs(here.club.id, "", third.id)
    assert found == [Pair(one.id, other.id)]


async def test_postgresql_looks_for_duplicates_by_indexes() -> None:
    """SQLite's plans are looked at by `storage/test_statements.py`."""
    url = cluster().new_database(TEMPLATE)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off")
        looking = sorted(
            name for name in spoken() if re.match(r"duplicates\.by_|merges\.(page|stayed|gone|merged)", name)
        )
        assert len(looking) == 7
        for name in looking:
            said = spoken()[name]
            kinds = [found.name for found in (await connection.prepare(said.sql)).get_parameters()]
            values = ["0" if kind.endswith("text") else 0 for kind in kinds]
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {said.sql}", *values))
            assert not re.search(r"Seq Scan|Sort", plan), (name, plan)
        assert "member_by_email" in await _plan(connection, "duplicates.by_email")
        assert "member_by_birthdate" in await _plan(connection, "duplicates.by_birthdate")
        assert "phone_link_by_phone" in await _plan(connection, "duplicates.by_number")
    finally:
        await connection.close()
        cluster().drop(url)


async def _plan(connection: "asyncpg.Connection", name: str) -> str:
    return "\n".join(row[0] for row in await connection.fetch(f"explain {spoken()[name].sql}", "0", "0", "0"))
