"""Two clubs in one database, with the same phone, the same code, the same names for things: neither sees the other."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Enrolment, State
from medlem.club.identification import Identification
from medlem.club.ids import consent_id, key_id
from medlem.club.linking import LinkEnd
from medlem.club.masked import Masked
from medlem.club.member import Consent, Member, VerifiedBy
from medlem.club.place import Key, KeyKind
from medlem.flows.answers import Subscribed
from medlem.flows.tables import Clash, Repeat, Tables
from medlem.flows.views import IdentificationView
from medlem.storage import Database
from premises import INTERVAL, KARI, NOW, OLA, Premises, asked, later

CODE = ConfirmationCode("4MX-CQ3")
REQUEST = Masked("the same auth_req_id")
EVENT = "login.ping"


async def test_settings_of_a_club_are_kept_and_replaced(storage: Database, here: Premises, neighbour: Premises) -> None:
    assert await storage.reading.places.settings_of(neighbour.club.id) is None
    for words in (b'{"vipps_client_id": "one"}', b'{"vipps_client_id": "two"}'):
        async with storage.transaction() as tx:
            await tx.places.keep_settings(neighbour.club.id, Masked(words), NOW)
        assert await storage.reading.places.settings_of(neighbour.club.id) == Masked(words)
    assert await storage.reading.places.settings_of(here.club.id) is None


@dataclass(frozen=True)
class Made:
    """What was made in one club."""

    premises: Premises
    key: Key
    customer: Identification
    enrolment: Enrolment
    member: Member

    @property
    def repeat(self) -> Repeat:
        return Repeat(f"{self.key.id} POST /v1/enrolments same", "hash")


async def furnished(tx: Tables, here: Premises, sub: str) -> Made:
    """Something of everything."""
    key = Key(id=key_id(NOW), club=here.club.id, kind=KeyKind.ADMIN, name="same", created_at=NOW)
    await tx.keys.add(key, Masked(f"mdl_ad_{here.club.sales_unit}"))
    begun = await asked(tx, here, KARI, code=CODE)
    enrolment = begun.waiting(REQUEST, INTERVAL * 10, INTERVAL, NOW)
    assert await tx.enrolments.save(enrolment)
    await tx.enrolments.follow(enrolment, here.kiosk.id)
    customer = await tx.identifications.get(here.club.id, enrolment.identification)
    assert customer is not None
    member = here.member(sub=sub)
    await tx.members.add(member)
    await tx.members.link(member, OLA, VerifiedBy.LOGIN, NOW)
    said = Consent(
        id=consent_id(NOW), club=here.club.id, member=member.id, element="sms", text="Offers?", granted=True,
        given_at=NOW, seen_at=NOW,
    )  # fmt: skip
    await tx.consents.append(member.id, [said], "platform")
    made = Made(here, key, customer, enrolment, replace(member, phone=OLA))
    await tx.repeats.keep(here.club.id, made.repeat, 202, enrolment.id, NOW)
    await tx.identifications.note_miss(here.club.id, here.till.id, KARI, NOW)
    await tx.webhooks.ping(here.club.id, REQUEST, NOW)
    hook = Subscribed(id="same", url="https://club.example", secret=Masked(sub), created_at=NOW)
    await tx.webhooks.keep_registration(here.club.id, EVENT, hook)
    await tx.places.keep_settings(here.club.id, Masked(sub.encode()), NOW)
    await tx.events.add(here.club.id, here.till.id, IdentificationView.of(customer, None), NOW)
    return made


async def seen(tables: Tables, of: Made, by: Premises) -> dict[str, Any]:
    """All that a club reads when it asks for what `of` made, by the ids and the words that `of` uses."""
    club, till = by.club.id, of.premises.till.id
    return {
        "store": await tables.places.store(club, of.premises.store.id),
        "station": await tables.places.station(club, till),
        "key": of.key.id in {key.id for key in await tables.keys.all(club)},
        "identification": await tables.identifications.get(club, of.customer.id),
        "lookups": (counted := await tables.identifications.counted(club, till, [later(-60)], [later(-60)]))[0][0],
        "oldest": await tables.identifications.oldest(club, till, later(-60)),
        "misses": counted[1][0],
        "enrolment": await tables.enrolments.get(club, of.enrolment.id),
        "request": (found := await tables.enrolments.of_request(club, REQUEST)) and found.id == of.enrolment.id,
        "member": await tables.members.get(club, of.member.id),
        "sub": await tables.members.by_sub(club, of.member.sub or ""),
        "phone": (reached := await tables.members.by_phone(club, OLA)) and reached.id == of.member.id,
        "page": of.member.id in {member.id for member in await tables.members.page(club, None, 100)},
        "consents": list(await tables.members.consents(club, of.member.id)),
        "events": list(await tables.events.after(club, till, 0, 100)),
        "repeat": await tables.repeats.find(club, of.repeat),
        "registration": (hook := await tables.webhooks.registration(club, EVENT))
        and hook.secret.reveal() == of.member.sub,
        "settings": await tables.places.settings_of(club) == Masked((of.member.sub or "").encode()),
    }


async def both(storage: Database, here: Premises, neighbour: Premises) -> tuple[Made, Made]:
    async with storage.transaction() as tx:
        return await furnished(tx, here, "sub-here"), await furnished(tx, neighbour, "sub-there")


async def test_what_one_club_has_the_other_does_not_find(
    storage: Database, here: Premises, neighbour: Premises
) -> None:
    ours, theirs = await both(storage, here, neighbour)
    assert all((await seen(storage.reading, ours, here)).values())
    assert all((await seen(storage.reading, theirs, neighbour)).values())
    assert not any((await seen(storage.reading, ours, neighbour)).values())
    assert not any((await seen(storage.reading, theirs, here)).values())


async def test_the_same_phone_and_code_are_open_in_both_clubs_and_asked_once_in_each(
    storage: Database, here: Premises, neighbour: Premises
) -> None:
    ours, theirs = await both(storage, here, neighbour)
    assert (ours.enrolment.code, theirs.enrolment.code) == (CODE, CODE)
    async with storage.transaction() as tx:
        assert (await asked(tx, here, KARI)).id == ours.enrolment.id
        assert (await asked(tx, neighbour, KARI)).id == theirs.enrolment.id
    claimed = await claim(storage)
    assert {enrolment.id for enrolment in claimed} == {ours.enrolment.id, theirs.enrolment.id}, "one worker serves both"


async def claim(storage: Database) -> list[Enrolment]:
    async with storage.transaction() as tx:
        return list(await tx.enrolments.claim_due(later(6), INTERVAL, 10))


async def test_whatever_happens_in_one_club_changes_nothing_in_the_other(
    storage: Database, here: Premises, neighbour: Premises
) -> None:
    ours, theirs = await both(storage, here, neighbour)
    before = await seen(storage.reading, theirs, neighbour)
    async with storage.transaction() as tx:
        await tx.enrolments.wake(ours.enrolment, later(1))
        assert await tx.enrolments.save(ours.enrolment.declined(later(2)))
        await tx.members.unlink(ours.member, later(3), LinkEnd.LEFT)
        await tx.members.link(ours.member, KARI, VerifiedBy.LOGIN, later(3))
        await tx.members.save(replace(ours.member, left_at=later(4)))
        await tx.repeats.set_status(here.club.id, ours.repeat, 200)
        assert await tx.keys.revoke(here.club.id, ours.key.id, later(5))
        await tx.places.remove_station(here.till, later(5))
        await tx.places.save_club(replace(here.club, name="Another"))
        await tx.places.keep_settings(here.club.id, Masked(b"other"), later(5))
        await tx.webhooks.drop_registration(here.club.id, EVENT)
        await tx.events.add(here.club.id, here.till.id, IdentificationView.of(ours.customer, None), later(5))
    assert await seen(storage.reading, theirs, neighbour) == before
    assert await storage.reading.places.club(neighbour.club.id) == neighbour.club
    assert await storage.reading.enrolments.last_ended(neighbour.club.id, KARI, State.DECLINED) is None
    assert len(await storage.reading.enrolments.times_asked(neighbour.club.id, KARI, later(-60))) == 1
    assert [key.revoked_at for key in await storage.reading.keys.all(neighbour.club.id)] == [None]


async def test_nobody_reaches_into_another_club_with_its_ids(
    storage: Database, here: Premises, neighbour: Premises
) -> None:
    ours, theirs = await both(storage, here, neighbour)
    before = await seen(storage.reading, theirs, neighbour)
    stolen = replace(theirs.enrolment, club=here.club.id)
    async with storage.transaction() as tx:
        assert not await tx.enrolments.save(stolen.declined(later(2)))
        await tx.enrolments.wake(stolen, later(1))
        assert await tx.enrolments.hold(here.club.id, theirs.enrolment.id) is None
        assert not await tx.enrolments.follows(stolen, theirs.premises.till.id)
        assert list(await tx.enrolments.followers(stolen)) == []
        with pytest.raises(Clash):
            await tx.members.save(replace(theirs.member, club=here.club.id, left_at=later(4)))
        await tx.members.unlink(replace(theirs.member, club=here.club.id), later(3), LinkEnd.LEFT)
        await tx.repeats.set_status(here.club.id, theirs.repeat, 500)
        assert not await tx.keys.revoke(here.club.id, theirs.key.id, later(5))
        await tx.places.remove_station(replace(theirs.premises.till, club=here.club.id), later(5))
    assert await seen(storage.reading, theirs, neighbour) == before
    assert all((await seen(storage.reading, ours, here)).values())


async def test_numbers_of_members_and_positions_of_screens_are_counted_for_each_club(
    storage: Database, here: Premises, neighbour: Premises
) -> None:
    async with storage.transaction() as tx:
        assert [await tx.members.next_number(here.club.id) for _ in range(2)] == ["100001", "100002"]
        assert await tx.members.next_number(neighbour.club.id) == "100001"
        view = IdentificationView.of(here.identification(), None)
        for shown_at in (here, here, neighbour):
            await tx.events.add(shown_at.club.id, shown_at.till.id, view, NOW)
