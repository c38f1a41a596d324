"""What is promised of consent records: appended, bound to each other, and never changed."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from medlem.club.consent import Act, Actor, Method, Verdict, follow
from medlem.club.ids import KeyId, consent_id
from medlem.club.member import Consent, Member
from medlem.flows import proving
from medlem.flows.consent_table import Login
from medlem.storage import Database, SqliteStorage
from medlem.storage.postgresql.storage import PostgresqlStorage
from medlem.storage.session import millis
from premises import NOW, Premises, later, new_premises, waiting
from storages import storage_of


def said(here: Premises, member: Member, at: float = 0, **more: Any) -> Consent:
    more = {"granted": True, "text": "May we write to you?", "language": "en", **more}
    return Consent(
        id=consent_id(later(at)), club=here.club.id, member=member.id, element="email", given_at=later(at - 1),
        seen_at=later(at), method=Method.WEB_FORM, actor=Actor.CUSTOMER, recorded_by=KeyId("key_1"), **more,
    )  # fmt: skip


async def joined(storage: Database, here: Premises, number: str = "100001", records: int = 3) -> Member:
    member = here.member(sub=f"sub-{number}", number=number)
    async with storage.transaction() as tx:
        await tx.members.add(member)
        consents = [said(here, member, at=at, reason="asked by phone", reference="p. 7") for at in range(records)]
        await tx.consents.append(member.id, consents, "merchant")
    return member


async def plainly(storage: Database, sql: str) -> None:
    """Run SQL of a stranger with full rights."""
    if isinstance(storage, SqliteStorage):
        async with storage._writer.alone() as connection:
            connection.execute(sql)
    else:
        assert isinstance(storage, PostgresqlStorage)
        async with storage._connections.lent() as connection:
            await connection.execute(sql)


async def verdict(storage: Database, here: Premises) -> Verdict:
    found, after = Verdict(), None
    while chains := await storage.reading.consents.chains(here.club.id, after, 2):
        for chain in chains:
            follow(chain.member, chain.end, chain.rows, found, erased_at=chain.erased_at)
        after = chains[-1].member
    return found


async def test_what_was_said_of_a_login_is_kept_with_its_enrolment_until_the_proof_is_forgotten(
    storage: Database, here: Premises
) -> None:
    member = await joined(storage, here)
    async with storage.transaction() as tx:
        taken = await waiting(tx, here)
        assert await tx.enrolments.save(taken.accepted(member.id, later(9)), '{"iss":"https://op","iat":7}')
        later_on = await waiting(tx, here, at=later(60), request="req-2")
        assert await tx.enrolments.save(later_on.accepted(member.id, later(70)))
    found = await storage.reading.consents.logins(here.club.id, member.id)
    assert found == [Login(taken.id, {"iss": "https://op", "iat": 7}, later(9))]
    kept = await storage.reading.rights.kept(member, NOW)
    assert [asked.login for asked in kept.enrolments] == [{"iss": "https://op", "iat": 7}, {}]
    async with storage.transaction() as tx:
        await tx.rights.forget_history(here.club.id, member.id)
    assert await storage.reading.consents.logins(here.club.id, member.id) == []


async def test_records_are_bound_to_each_other_page_by_page(storage: Database, here: Premises) -> None:
    for number in range(5):
        await joined(storage, here, str(100001 + number), records=number)
    found = await verdict(storage, here)
    assert (found.members, found.records, found.waiting, found.faults) == (5, 10, 0, [])


async def test_two_who_append_at_once_give_no_place_twice(storage: Database, here: Premises) -> None:
    member = await joined(storage, here, records=0)

    async def append(at: int) -> None:
        async with storage.transaction() as tx:
            await tx.consents.append(member.id, [said(here, member, at=at)], "merchant")

    await append(0)  # the words are known then
    await asyncio.gather(*(append(at) for at in range(1, 9)))
    chain = await storage.reading.consents.chain(here.club.id, member.id)
    assert [row["sequence"] for row in chain.rows] == list(range(1, 10))
    assert (await verdict(storage, here)).holds


@pytest.mark.parametrize(
    "sql",
    [
        "update consent set granted = 0",
        "update consent set reason = 'another'",
        "update consent set hash = 'x'",
        "update consent set emptied_at = 1",
        "update consent set sequence = null, hash = null",
        "delete from consent",
        "update consent_text set words = 'other'",
        "update consent_text set last_seen_at = 0",
        "delete from consent_text",
    ],
)
async def test_the_database_itself_refuses_to_change_or_delete(storage: Database, here: Premises, sql: str) -> None:
    member = await joined(storage, here)
    before = await storage.reading.consents.chain(here.club.id, member.id)
    texts = await storage.reading.consents.texts(here.club.id)
    with pytest.raises(Exception, match=r"never (changed|deleted)|not deleted"):
        await plainly(storage, sql)
    assert await storage.reading.consents.chain(here.club.id, member.id) == before
    assert await storage.reading.consents.texts(here.club.id) == texts != []


async def test_what_somebody_wrote_beside_a_record_can_go_and_the_chain_holds(
    storage: Database, here: Premises
) -> None:
    member = await joined(storage, here)
    async with storage.transaction() as tx:
        assert await tx.consents.take_remarks(here.club.id, member.id) == 3
    chain = await storage.reading.consents.chain(here.club.id, member.id)
    assert {(row["reason"], row["reference"], row["salt"]) for row in chain.rows} == {(None, None, None)}
    assert (await verdict(storage, here)).holds


async def test_records_can_be_emptied_and_then_deleted_and_not_before(storage: Database, here: Premises) -> None:
    member, other = await joined(storage, here), await joined(storage, here, "100002")
    async with storage.transaction() as tx:
        assert await tx.consents.empty(here.club.id, member.id, NOW) == 3
    chain = await storage.reading.consents.chain(here.club.id, member.id)
    kept = {"format", "club", "member", "sequence", "id", "granted", "seen_at", "previous_hash", "digest", "hash"}
    assert {name for row in chain.rows for name, value in row.items() if value not in {None, ""}} == {
        *kept,
        "emptied_at",
    }
    assert not await storage.reading.consents.of(here.club.id, member.id)
    assert not await storage.reading.members.consents(here.club.id, member.id)
    found = await verdict(storage, here)
    assert (found.emptied, {fault.said for fault in found.faults}) == (3, {NOT_ERASED})
    await plainly(storage, f"update member set erased_at = {millis(NOW)} where id = '{member.id}'")  # noqa: S608 - our own id
    assert (await verdict(storage, here)).holds
    await plainly(storage, f"delete from consent where member = '{member.id}'")  # noqa: S608 - our own id
    assert len(await storage.reading.consents.of(here.club.id, other.id)) == 3


async def test_each_wording_in_each_language_is_a_version_of_its_own(storage: Database, here: Premises) -> None:
    member = await joined(storage, here, records=0)
    shown = [("en", "May we write?"), ("en", "May we write to you?"), ("no", "Får vi skrive?"), ("en", "May we write?")]
    async with storage.transaction() as tx:
        consents = [said(here, member, at=at, language=each, text=words) for at, (each, words) in enumerate(shown)]
        kept = await tx.consents.append(member.id, consents, "platform")
    assert [consent.text_version for consent in kept] == [1, 2, 1, 1]
    texts = await storage.reading.consents.texts(here.club.id)
    assert [(text.language, text.version, text.words) for text in texts] == [
        ("en", 1, "May we write?"),
        ("en", 2, "May we write to you?"),
        ("no", 1, "Får vi skrive?"),
    ]
    assert [text.sha256 for text in texts] == [kept[0].text_hash, kept[1].text_hash, kept[2].text_hash]
    days_later = said(here, member, at=2 * 86400, text="May we write?")
    async with storage.transaction() as tx:
        await tx.consents.append(member.id, [days_later], "platform")
    seen = {text.version: text for text in await storage.reading.consents.texts(here.club.id) if text.language == "en"}
    assert (seen[1].first_seen_at, seen[1].last_seen_at) == (NOW, later(2 * 86400))
    assert seen[2].last_seen_at == later(1)


NOT_ERASED = "it is marked as emptied, and the member was not erased before"


OLDER = (
    "insert into consent (club, id, member, element, wording, granted, seen_at) "
    "values ('{club}', '{id}', '{member}', 'sms', 'Offers?', 1, 5)"
)


async def test_records_of_an_earlier_version_get_their_place(storage: Database, here: Premises) -> None:
    member = await joined(storage, here, records=1)
    for name in ("con_a", "con_b"):
        await plainly(storage, OLDER.format(club=here.club.id, id=name, member=member.id))
    assert (await verdict(storage, here)).waiting == 2
    assert await storage.reading.consents.without_place(10) == [(here.club.id, member.id)]
    async with storage.transaction() as tx:
        await tx.consents.append(member.id, [said(here, member, at=9)], "merchant")
    chain = await storage.reading.consents.chain(here.club.id, member.id)
    assert [(row["sequence"], row["id"][:5]) for row in chain.rows][1:3] == [(2, "con_a"), (3, "con_b")]
    assert [one.what for one in await storage.reading.consents.of(here.club.id, member.id)] == [Act.GIVEN] * 4
    found = await verdict(storage, here)
    assert (found.records, found.waiting, found.holds) == (4, 0, True)


async def test_no_club_sees_another_clubs_records(storage: Database, here: Premises, neighbour: Premises) -> None:
    ours = await joined(storage, here)
    reading = storage.reading.consents
    [first, *_] = await reading.of(here.club.id, ours.id)
    assert await reading.get(here.club.id, first.id) == first
    assert await reading.get(neighbour.club.id, first.id) is None
    assert not await reading.of(neighbour.club.id, ours.id)
    assert not await reading.texts(neighbour.club.id)
    assert not await reading.members_between(neighbour.club.id, NOW, later(99), None, 10)
    assert await reading.members_between(here.club.id, NOW, later(1), None, 10) == [ours.id]
    assert not await reading.members_between(here.club.id, later(3), later(99), None, 10)


# -- what somebody with full rights over the database changes is found

OTHER: Mapping[str, str] = {
    "position": "1000", "format": "2", "sequence": "7", "granted": "0", "given_at": "1", "seen_at": "1",
    "text_version": "9", "emptied_at": "1", "member": "'{other}'", "club": "'{neighbour}'",
}  # fmt: skip
"""What to write into a column that takes no text; of the rest each gets a text."""

COLUMNS = (
    "position", "club", "id", "member", "element", "wording", "granted", "given_at", "seen_at", "language", "enrolment",
    "station", "act", "purpose", "channel", "method", "actor", "recorded_by", "code", "text_version", "text_hash",
    "evidence_digest", "reason", "reference", "salt", "remark_digest", "format", "sequence", "previous_hash", "digest",
    "hash", "emptied_at",
)  # fmt: skip


async def test_every_column_that_is_changed_is_found_and_where(tmp_path: Path) -> None:
    async with storage_of("sqlite-in-memory", tmp_path) as storage:
        assert isinstance(storage, SqliteStorage)
        here, neighbour = await new_premises(storage), await new_premises(storage, "200200")
        member, other = await joined(storage, here), await joined(storage, here, "100002", records=0)
        for trigger in ("consent_stands", "consent_stays"):
            await plainly(storage, f"drop trigger {trigger}")
        await plainly(storage, "pragma foreign_keys = off")
        async with storage._writer.alone() as connection:
            columns = [row[1] for row in connection.execute("pragma table_info(consent)").fetchall()]
        assert set(columns) == set(COLUMNS)
        for column in columns:
            value = OTHER.get(column, "'x'").format(other=other.id, neighbour=neighbour.club.id)
            where = f"member in ('{member.id}', '{other.id}') and sequence = 2"
            await plainly(storage, f"create table kept as select * from consent where {where}")  # noqa: S608 - our own names
            await plainly(storage, f"update consent set {column} = {value} where {where}")  # noqa: S608 - our own names
            found = await proving.verify(_Ports(storage), here.club)  # type: ignore[arg-type] # all that it asks for
            assert not found.holds, column
            assert (member.id, 2) in {(fault.member, fault.sequence) for fault in found.faults}, column
            await plainly(storage, "delete from consent where position = 1000 or id = 'x'")
            await plainly(storage, "insert or replace into consent select * from kept")
            await plainly(storage, "drop table kept")
            assert (await verdict(storage, here)).holds, f"{column} is as it was"


async def test_what_is_written_into_an_emptied_record_is_found(tmp_path: Path) -> None:
    async with storage_of("sqlite-in-memory", tmp_path) as storage:
        here = await new_premises(storage)
        member = await joined(storage, here)
        async with storage.transaction() as tx:
            await tx.consents.empty(here.club.id, member.id, NOW)
        await plainly(storage, f"update member set erased_at = {millis(NOW)}")  # noqa: S608 - a number
        for trigger in ("consent_stands", "consent_stays"):
            await plainly(storage, f"drop trigger {trigger}")
        assert (await verdict(storage, here)).holds
        for column in set(COLUMNS) - {"position", "club", "member", "id", "emptied_at"}:
            value = OTHER.get(column, "'x'").replace("0", "3")
            await plainly(storage, "create table kept as select * from consent where sequence = 2")
            await plainly(storage, f"update consent set {column} = {value} where sequence = 2")  # noqa: S608 - our own names
            found = await proving.verify(_Ports(storage), here.club)  # type: ignore[arg-type] # all that it asks for
            assert {fault.member for fault in found.faults} == {member.id}, column
            await plainly(storage, "delete from consent where position in (select position from kept)")
            await plainly(storage, "insert into consent select * from kept")
            await plainly(storage, "drop table kept")


class _Ports:
    def __init__(self, storage: Database) -> None:
        self.storage = storage


@pytest.mark.parametrize(
    ("sql", "sequence"),
    [
        ("delete from consent where sequence = 1", 1),
        ("delete from consent where sequence = 2", 2),
        ("delete from consent where sequence = 3", 3),
        ("delete from consent", 1),
        ("update member set last_consent = 2", 3),
        ("update member set consent_hash = null", 3),
        ("update consent set sequence = 5 - sequence where sequence > 1", 2),
    ],
)
async def test_a_record_that_is_missing_or_in_the_wrong_order_is_found(tmp_path: Path, sql: str, sequence: int) -> None:
    async with storage_of("sqlite-in-memory", tmp_path) as storage:
        here = await new_premises(storage)
        member = await joined(storage, here)
        for trigger in ("consent_stands", "consent_stays"):
            await plainly(storage, f"drop trigger {trigger}")
        if "5 - sequence" in sql:
            await plainly(storage, "drop index consent_by_sequence")
        await plainly(storage, sql)
        faults = (await verdict(storage, here)).faults
        assert (faults[0].member, faults[0].sequence) == (member.id, sequence), faults
