"""What every storage promises of announcements: in their order, one teller at a time, and never lost."""

from dataclasses import replace
from datetime import timedelta

from medlem.club.announcement import Announcement, Hearing, News
from medlem.club.identification import Membership
from medlem.club.ids import MemberId, announcement_id, consent_id
from medlem.club.member import Consent, Entry, Member
from medlem.club.phone import PhoneNumber
from medlem.flows.tables import Tables
from medlem.storage import Database
from premises import KARI, NOW, OLA, Premises, later

LEASE = timedelta(seconds=30)
HOUR = 3600.0


async def news(
    tx: Tables,
    member: Member,
    what: News = News.JOINED,
    at: float = 0,
    former: PhoneNumber | None = None,
    consents: tuple[Consent, ...] = (),
    extras: dict[str, str] | None = None,
) -> Announcement:
    made = Announcement(
        id=announcement_id(later(at)),
        club=member.club,
        sequence=await tx.announcements.next_sequence(member),
        news=what,
        member=member,
        former_phone=former,
        consents=consents,
        extras=extras or {},
        happened_at=later(at),
        due_at=later(at),
    )
    await tx.announcements.add(made)
    return made


async def two_members(tx: Tables, here: Premises) -> tuple[Member, Member]:
    kari, ola = here.member(), here.member("sub-2", "100002", later(1))
    for member in (kari, ola):
        await tx.members.add(member)
    return replace(kari, phone=KARI), replace(ola, phone=OLA)


async def test_what_waits_and_what_was_turned_down_is_listed_unless_more_was_told_since(
    storage: Database, here: Premises
) -> None:
    async with storage.transaction() as tx:
        kari, ola = await two_members(tx, here)
        first, second = await news(tx, kari), await news(tx, ola, at=1)
        for one in (first, second):
            await tx.announcements.save(one.turned_down(later(5)))
    reading = storage.reading.announcements
    assert [one.id for one in await reading.turned_down(here.club.id, 9)] == [first.id, second.id]
    assert [one.id for one in await reading.turned_down(here.club.id, 1)] == [first.id]
    assert await reading.waiting(here.club.id, 9) == []
    async with storage.transaction() as tx:
        third = await news(tx, kari, News.CHANGED, at=6)
        assert await tx.announcements.last(here.club.id, kari.id) == third.sequence
    assert [one.id for one in await reading.turned_down(here.club.id, 9)] == [second.id]
    assert [one.id for one in await reading.waiting(here.club.id, 9)] == [third.id]
    assert await reading.last(here.club.id, MemberId("mem_nobody")) is None


async def test_what_is_told_is_the_member_as_they_were(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        kari, _ = await two_members(tx, here)
        consent = Consent(
            id=consent_id(NOW),
            club=here.club.id,
            member=kari.id,
            element="offers",
            text="Offers by e-mail?",
            granted=False,
            given_at=NOW,
            seen_at=NOW,
        )
        made = await news(tx, kari, former=OLA, consents=(consent,), extras={"size": "42"})
        await tx.members.save(replace(kari, member_number="7"))
    async with storage.transaction() as tx:
        (claimed,) = await tx.announcements.claim(here.club.id, NOW, LEASE, 10)
    assert claimed == replace(made, claim=1, attempts=1)


async def test_a_claim_has_one_winner_until_its_lease_ends(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        kari, _ = await two_members(tx, here)
        await news(tx, kari)
    for at, found in ((0.0, 1), (29.0, 0), (30.0, 1)):
        async with storage.transaction() as tx:
            assert len(await tx.announcements.claim(here.club.id, later(at), LEASE, 10)) == found
    assert await storage.reading.announcements.next_due(here.club.id) == later(60)


async def test_of_one_member_the_second_waits_for_the_first(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        kari, ola = await two_members(tx, here)
        first = await news(tx, kari)
        second = await news(tx, replace(kari, left_at=later(1)), News.LEFT, at=1)
        other = await news(tx, ola, at=2)
        assert (first.sequence, second.sequence, other.sequence) == (1, 2, 1)
    async with storage.transaction() as tx:
        claimed = await tx.announcements.claim(here.club.id, later(5), LEASE, 10)
        taken = {one.id: one for one in claimed}
        assert taken.keys() == {first.id, other.id}
        await tx.announcements.save(taken[first.id].unheard(later(5), None, 0.5))
    assert await storage.reading.announcements.next_due(here.club.id) == later(10)
    async with storage.transaction() as tx:
        assert await tx.announcements.claim(here.club.id, later(9), LEASE, 10) == []
        (again,) = await tx.announcements.claim(here.club.id, later(10), LEASE, 10)
        assert (again.id, again.attempts, again.claim) == (first.id, 2, 2)
        await tx.announcements.save(again.heard(later(10)))
    async with storage.transaction() as tx:
        assert [one.id for one in await tx.announcements.claim(here.club.id, later(11), LEASE, 10)] == [second.id]
    assert await storage.reading.announcements.count_waiting(here.club.id) == 2


async def test_of_an_overtaken_attempt_only_a_final_word_counts(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        kari, _ = await two_members(tx, here)
        await news(tx, kari)
        (slow,) = await tx.announcements.claim(here.club.id, NOW, LEASE, 1)
        (quick,) = await tx.announcements.claim(here.club.id, later(31), LEASE, 1)
        await tx.announcements.save(slow.unheard(later(32), timedelta(seconds=600), 0.5))
        assert await tx.announcements.next_due(here.club.id) == later(61)
        await tx.announcements.save(slow.heard(later(33)))
        await tx.announcements.save(quick.unheard(later(34), None, 0.5))
        assert await tx.announcements.next_due(here.club.id) is None


async def test_a_register_that_is_back_need_not_wait_for_what_was_put_off(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        kari, ola = await two_members(tx, here)
        for member in (kari, ola):
            await news(tx, member)
        for claimed in await tx.announcements.claim(here.club.id, NOW, LEASE, 1):
            await tx.announcements.save(claimed.unheard(NOW, timedelta(seconds=600), 0.5))
        await tx.announcements.claim(here.club.id, NOW, LEASE, 1)  # somebody is telling it
        await tx.announcements.hurry(here.club.id, later(2))
        assert len(await tx.announcements.claim(here.club.id, later(2), LEASE, 10)) == 1


async def test_what_happened_last_to_a_number_is_known(storage: Database, here: Premises) -> None:
    reading = storage.reading.announcements
    async with storage.transaction() as tx:
        kari, ola = await two_members(tx, here)
        first = await news(tx, kari)
    assert await reading.latest(here.club.id, KARI) == first
    assert await reading.latest(here.club.id, OLA) is None
    async with storage.transaction() as tx:
        await news(tx, replace(kari, phone=None), News.NUMBER_MOVED, at=5, former=KARI)
        taken = await news(tx, replace(ola, phone=KARI), at=5, former=OLA)
        await news(tx, replace(ola, phone=KARI), News.CHANGED, at=6)
    assert await reading.latest(here.club.id, KARI) == taken
    assert await reading.latest(here.club.id, OLA) == taken
    assert taken.makes_member


async def test_neighbours_hear_nothing_of_each_other(storage: Database, here: Premises, neighbour: Premises) -> None:
    async with storage.transaction() as tx:
        kari, _ = await two_members(tx, here)
        await news(tx, kari)
    reading = storage.reading.announcements
    assert await reading.latest(neighbour.club.id, KARI) is None
    assert await reading.next_due(neighbour.club.id) is None
    async with storage.transaction() as tx:
        assert await tx.announcements.claim(neighbour.club.id, later(9), LEASE, 10) == []


async def test_what_is_over_is_forgotten_and_what_waits_is_not(storage: Database, here: Premises) -> None:
    async with storage.transaction() as tx:
        kari, ola = await two_members(tx, here)
        for member in (kari, ola):
            await news(tx, member)
        waiting = await news(tx, kari, at=1)
        heard, refused = await tx.announcements.claim(here.club.id, NOW, LEASE, 10)
        await tx.announcements.save(heard.heard(NOW))
        await tx.announcements.save(refused.turned_down(NOW))
    async with storage.transaction() as tx:
        assert await tx.announcements.forget(NOW, NOW) == 0
        assert await tx.announcements.forget(later(1), NOW) == 1
        assert await tx.announcements.forget(later(1), later(1)) == 1
        assert await tx.announcements.forget(later(HOUR), later(HOUR)) == 0
    assert await storage.reading.announcements.latest(here.club.id, KARI) == waiting
    assert waiting.hearing is Hearing.WAITING


async def test_what_a_merchants_register_said_of_a_customer_goes_with_their_number(
    storage: Database, here: Premises
) -> None:
    entry = Entry(id="crm-7", member_number="C-7", name="Kari N.", since=NOW, as_of=later(-60))
    found = replace(here.identification(), membership=Membership.MEMBER, entry=entry)
    async with storage.transaction() as tx:
        await tx.identifications.add(found)
    assert await storage.reading.identifications.get(here.club.id, found.id) == found
    _, view = await storage.reading.events.snapshot(here.till, later(1))
    assert view.identification is not None
    assert view.identification.member is not None
    assert (view.identification.member.id, view.identification.as_of) == ("crm-7", later(-60))
    async with storage.transaction() as tx:
        assert await tx.identifications.forget(later(1)) == 1
    gone = await storage.reading.identifications.get(here.club.id, found.id)
    assert gone is not None
    assert (gone.phone, gone.entry) == (None, None)
