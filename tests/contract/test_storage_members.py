"""What is promised of members, the numbers that reach them, and what they allowed."""

import asyncio
from dataclasses import replace

import pytest

from medlem.club.consent import Act
from medlem.club.ids import ClubId, consent_id, member_id
from medlem.club.linking import LinkEnd
from medlem.club.member import Address, Consent, Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.flows.ports import Storage
from premises import KARI, NOW, OLA, Premises, later, waiting

FULL = Profile(
    name="Kari Nordmann",
    given_name="Kari",
    family_name="Nordmann",
    email="kari@example.com",
    email_verified=False,
    birthdate="1990-01-01",
    gender="female",
    address=Address(street_address="Storgata 1", postal_code="0155", region="Oslo", country="NO"),
    other_addresses=(Address(street_address="Hytteveien 2", country="NO", address_type="other"),),
)


async def added(storage: Storage, member: Member, phone: PhoneNumber | None = None) -> Member:
    async with storage.transaction() as tx:
        await tx.members.add(member)
        if phone is not None:
            await tx.members.link(member, phone, VerifiedBy.LOGIN, NOW)
    return replace(member, phone=phone)


async def test_a_member_is_kept_with_the_whole_profile(storage: Storage, here: Premises) -> None:
    member = await added(storage, replace(here.member(), profile=FULL), KARI)
    members = storage.reading.members
    assert await members.get(here.club.id, member.id) == member
    assert await members.by_sub(here.club.id, "sub-1") == member
    assert await members.by_phone(here.club.id, KARI) == member


async def test_a_member_of_whom_little_is_known_is_kept_too(storage: Storage, here: Premises) -> None:
    member = await added(storage, replace(here.member(sub=None), profile=Profile(), station=None))
    assert await storage.reading.members.get(here.club.id, member.id) == member
    assert await storage.reading.members.by_phone(here.club.id, KARI) is None


async def test_no_club_sees_another_clubs_members(storage: Storage, here: Premises, neighbour: Premises) -> None:
    ours = await added(storage, here.member(), KARI)
    theirs = await added(storage, neighbour.member(), KARI)
    members = storage.reading.members
    assert await members.by_phone(here.club.id, KARI) == ours
    assert await members.by_phone(neighbour.club.id, KARI) == theirs
    assert await members.by_sub(neighbour.club.id, "sub-1") == theirs
    assert await members.get(neighbour.club.id, ours.id) is None
    assert await members.page(neighbour.club.id, None, 10) == [theirs]


async def test_a_member_who_has_left_is_known_but_not_reached(storage: Storage, here: Premises) -> None:
    member = await added(storage, here.member(), KARI)
    gone = replace(member, left_at=later(60))
    async with storage.transaction() as tx:
        await tx.members.save(gone)
    members = storage.reading.members
    assert await members.by_phone(here.club.id, KARI) is None
    assert await members.by_sub(here.club.id, "sub-1") == gone
    async with storage.transaction() as tx:
        await tx.members.unlink(gone, later(60), LinkEnd.LEFT)
    assert await members.get(here.club.id, member.id) == replace(gone, phone=None)


async def test_a_new_number_ends_the_older_link(storage: Storage, here: Premises) -> None:
    member = await added(storage, here.member(), KARI)
    async with storage.transaction() as tx:
        await tx.members.link(member, OLA, VerifiedBy.LOGIN, later(60))
    members = storage.reading.members
    assert await members.by_phone(here.club.id, KARI) is None
    assert await members.by_phone(here.club.id, OLA) == replace(member, phone=OLA)


async def test_a_number_reaches_one_member_at_a_time(storage: Storage, here: Premises) -> None:
    before = await added(storage, here.member(), KARI)
    after = await added(storage, here.member(sub="sub-2", number="100002"), KARI)
    members = storage.reading.members
    assert await members.by_phone(here.club.id, KARI) == after
    assert await members.get(here.club.id, before.id) == replace(before, phone=None)


async def test_linking_the_same_number_again_changes_nobody(storage: Storage, here: Premises) -> None:
    member = await added(storage, here.member(), KARI)
    async with storage.transaction() as tx:
        await tx.members.link(member, KARI, VerifiedBy.LOGIN_HINT, later(60))
    assert await storage.reading.members.by_phone(here.club.id, KARI) == member


async def test_saving_changes_the_profile_and_leaves_the_link(storage: Storage, here: Premises) -> None:
    member = await added(storage, here.member(sub=None), KARI)
    known = replace(member, sub="sub-9", profile=FULL, phone=None)
    async with storage.transaction() as tx:
        await tx.members.save(known)
    assert await storage.reading.members.get(here.club.id, member.id) == replace(known, phone=KARI)


async def test_members_come_in_pages(storage: Storage, here: Premises) -> None:
    found = [here.member(sub=f"sub-{n}", number=f"{100001 + n}", at=later(n)) for n in range(5)]
    for member in found:
        await added(storage, member)
    first = await storage.reading.members.page(here.club.id, None, 3)
    second = await storage.reading.members.page(here.club.id, first[-1].id, 3)
    assert [*first, *second] == found


async def test_member_numbers_are_given_once(storage: Storage, here: Premises, neighbour: Premises) -> None:
    async def draw() -> str:
        async with storage.transaction() as tx:
            return await tx.members.next_number(here.club.id)

    assert sorted(await asyncio.gather(*(draw() for _ in range(3)))) == ["100001", "100002", "100003"]
    async with storage.transaction() as tx:
        assert await tx.members.next_number(neighbour.club.id) == "100001"


async def test_a_member_number_that_is_taken_already_is_passed_over(storage: Storage, here: Premises) -> None:
    await added(storage, here.member(number="100001"))
    async with storage.transaction() as tx:
        assert await tx.members.next_number(here.club.id) == "100002"


async def test_a_club_that_does_not_exist_gives_no_numbers(storage: Storage, here: Premises) -> None:
    del here
    with pytest.raises(LookupError):
        async with storage.transaction() as tx:
            await tx.members.next_number(ClubId("clb_unknown"))


async def test_every_answer_to_a_question_is_kept_in_its_order(storage: Storage, here: Premises) -> None:
    member = await added(storage, here.member())
    given = Consent(
        id=consent_id(NOW),
        club=here.club.id,
        member=member.id,
        element="email",
        text="May we write to you?",
        granted=True,
        given_at=later(-1),
        seen_at=NOW,
        language="no",
        station=here.till.id,
    )
    withdrawn = replace(given, id=consent_id(NOW), granted=False, given_at=None, language=None, station=None)
    async with storage.transaction() as tx:
        enrolment = await waiting(tx, here)
        given = replace(given, enrolment=enrolment.id)
        [first] = await tx.consents.append(member.id, [given], "platform")
        [second] = await tx.consents.append(member.id, [withdrawn], "platform")
        assert (first.text, first.what, second.what) == (given.text, Act.GIVEN, Act.REFUSED)
        # Writing the evidence again, after a crash, is no clash.
        await tx.members.keep_evidence(member, enrolment.id, b'{"consents": []}', NOW)
        await tx.members.keep_evidence(member, enrolment.id, b'{"consents": []}', later(1))
    assert await storage.reading.members.consents(here.club.id, member.id) == [first, second]
    assert not await storage.reading.members.consents(here.club.id, member_id(NOW))
