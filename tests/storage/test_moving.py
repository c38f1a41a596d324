"""A club moves from SQLite to PostgreSQL: whole, with what changed meanwhile, or not at all."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import asyncpg
import pytest

from backups import TESTS, rows
from medlem.club.announcement import Announcement, News
from medlem.club.duplicate import Distinct
from medlem.club.endpoint import WANTED, Endpoint, NoticeKind
from medlem.club.enrolment import Enrolment, Reason
from medlem.club.ids import announcement_id, consent_id, endpoint_id, key_id, linking_id, member_id, merge_id
from medlem.club.linking import Before, Linking, Outcome
from medlem.club.masked import Masked
from medlem.club.member import Consent, Member, VerifiedBy
from medlem.club.merging import BeforeMerge, Merge, Party, gone, planned
from medlem.club.phone import PhoneNumber
from medlem.club.place import Key, KeyKind
from medlem.club.rights import ErasedBecause, Erasure, Exercised, Right
from medlem.flows.answers import Replaced, Subscribed
from medlem.flows.import_table import Changed, Evidence
from medlem.flows.inactivity_table import Confirmed
from medlem.flows.member_tables import WithdrawalAddress
from medlem.flows.ports import Storage
from medlem.flows.tables import Repeat, StorageUnavailable, Tables
from medlem.flows.views import IdentificationView
from medlem.storage import Database, capture, moving, open_storage
from medlem.storage.backup import take
from medlem.storage.moving import move
from medlem.storage.postgresql.arriving import Target
from medlem.vault import Vault
from postgres import cluster
from premises import KARI, NOW, OLA, Premises, add, asked, last_position, later, new_premises, waiting
from stickers import qr, scan
from storages import VAULT, Open

URL = "https://crm.example.org/hooks"


@pytest.fixture
def url() -> Iterator[str]:
    found = cluster().new_database()
    yield found
    cluster().drop(found)


@pytest.fixture
async def here(opening: Open) -> Premises:
    """A club in which something of everything has happened."""
    async with opening() as storage:
        made = await new_premises(storage)
        async with storage.transaction() as tx:
            await members(tx, made)
            enrolment = await waiting(tx, made)
            await tx.identifications.add(made.identification(at=later(-60)))
            assert await tx.attempts.count_unasked(later(-30)) == 1
            key = Key(id=key_id(NOW), club=made.club.id, kind=KeyKind.ADMIN, name="", created_at=NOW)
            await tx.keys.add(key, Masked("mdl_ad_secret"))
            await agree(tx, made.member("sub-3", "100003", later(2)), enrolment)
            await tx.enrolments.follow(enrolment, made.kiosk.id)
            await tx.places.offer_pairing(made.till, Masked("K7KM4XWT"), later(600))
            await tx.repeats.keep(made.club.id, Repeat("scope", "body"), 202, enrolment.id, NOW)
            await tx.webhooks.ping(made.club.id, Masked("req-1"), NOW)
            hook = Subscribed(id="1", url="https://club.example", secret=Masked("hook-secret"), created_at=NOW)
            await tx.webhooks.keep_registration(made.club.id, "ping", hook)
            await tx.webhooks.note_delivery(made.club.id, "ping", NOW)
            await tx.places.keep_settings(made.club.id, Masked(b"{}"), NOW)
            await tx.webhooks.keep_replaced(made.club.id, "ping", Replaced(hook, None))
            await tx.webhooks.take_turn(made.club.id, NOW, NOW)
            await tx.sharing.withdraw(made.club.id, "sub-3", NOW, NOW)
            await tx.sharing.add_address(WithdrawalAddress(made.club.id, Masked("guess"), NOW))
            await tx.webhooks.expect(enrolment, Masked("token-1"), NOW)
            await tx.identifications.note_miss(made.club.id, made.till.id, OLA, NOW)
            await tx.station_qrs.add(qr(made))
            await tx.check_ins.add(scan(made))
            brought = await tx.landings.arrive(made.club.id, Masked("a code"), NOW)
            await tx.landings.open_session(brought, Masked("a cookie"), later(900))
            await decide(tx, made, enrolment)
            await merge(tx, made)
            await announce(tx, made.member())
            await exercise(tx, made)
            await tx.outbox.add_endpoint(endpoint(made))
            await tx.outbox.add(made.club.id, NoticeKind.MEMBER_CREATED, "{}", NOW)
            await tx.identifications.keep_app_presence(made.club.id, OLA, NOW, found=False)
        for _ in range(3):
            await event(storage, made)
    return made


def endpoint(here: Premises) -> Endpoint:
    """One that hears of everything."""
    return Endpoint(
        id=endpoint_id(NOW),
        club=here.club.id,
        url=URL,
        kinds=frozenset(WANTED),
        secret=Masked(b"secret"),
        created_at=NOW,
    )


async def members(tx: Tables, here: Premises) -> None:
    """Two, one of whom has given the number away to the other."""
    kari, ola = here.member(), here.member("sub-2", "100002", later(1))
    for member in (kari, ola):
        await tx.members.add(member)
    for member, phone in ((kari, KARI), (ola, OLA), (kari, OLA)):
        await tx.members.link(member, phone, VerifiedBy.LOGIN, NOW)
    await tx.members.next_number(here.club.id)
    await tx.members.next_number(here.club.id)


async def decide(tx: Tables, here: Premises, enrolment: Enrolment) -> None:
    """Find that an entry of the merchant's is somebody's."""
    entry = replace(here.member(), id=member_id(later(7)), sub=None, member_number="100008")
    await tx.members.add(entry)
    await tx.linkings.add(
        Linking(
            id=linking_id(NOW),
            club=entry.club,
            member=entry.id,
            outcome=Outcome.ENTRY_FOUND,
            at=NOW,
            enrolment=enrolment.id,
            before=Before(None, entry.profile),
        )
    )


async def merge(tx: Tables, here: Premises) -> None:
    """Say of two that they are one, and of two that they are not."""
    one, other = (
        replace(here.member(), id=member_id(later(each)), sub=None, member_number=str(100000 + each))
        for each in (9, 10)
    )
    for member in (one, other):
        await tx.members.add(member)
    plan = planned(Party(one), Party(other))
    found = Merge(
        id=merge_id(NOW),
        club=one.club,
        stays=one.id,
        goes=other.id,
        plan=plan,
        versions=(0, 0),
        proposed_at=NOW,
        proposed_by="Mona",
        expires_at=later(60),
    )
    await tx.merges.add(found)
    before = BeforeMerge(stays=one, goes=other, after=one)
    await tx.merges.save_confirmed(replace(found, confirmed_at=NOW, confirmed_by="Per", before=before))
    await tx.merges.dissolve(gone(other, one.id, NOW))
    await tx.duplicates.say(Distinct(one.club, one.id, other.id, "Mona", NOW))


async def announce(tx: Tables, member: Member) -> None:
    """Let a merchant's own register hear of a member."""
    joined = replace(member, id=member_id(later(3)), sub="sub-4", member_number="100006", phone=KARI)
    await tx.members.add(joined)
    await tx.announcements.add(
        Announcement(
            id=announcement_id(NOW),
            club=member.club,
            sequence=await tx.announcements.next_sequence(joined),
            news=News.JOINED,
            member=joined,
            former_phone=None,
            happened_at=NOW,
            due_at=NOW,
        )
    )


async def exercise(tx: Tables, here: Premises) -> None:
    """Erase somebody who had left, and agree to what retention does."""
    gone = replace(here.member(), id=member_id(later(4)), sub="sub-5", member_number="100007", phone=OLA)
    await tx.members.add(gone)
    await tx.rights.keep_membership(gone, later(5))
    await tx.members.link(gone, PhoneNumber("4747400009"), VerifiedBy.LOGIN, NOW)
    because = ErasedBecause.ASKED_BY_MEMBER
    await tx.rights.erase(
        Erasure(club=gone.club, member=gone.id, reason=because, requested_at=None, erased_at=later(6)), gone
    )
    right = Exercised(club=gone.club, member=gone.id, what=Right.ERASED, reason=None, by="key_1", at=later(6))
    await tx.rights.exercise(right)
    await tx.inactivity.confirm(gone.club, Confirmed(timedelta(days=730), timedelta(days=30), NOW))


async def agree(tx: Tables, member: Member, enrolment: Enrolment) -> None:
    """Join, and answer a question."""
    await tx.members.add(member)
    consent = Consent(
        id=consent_id(NOW),
        club=member.club,
        member=member.id,
        element="offers",
        text="Offers?",
        granted=True,
        given_at=NOW,
        seen_at=NOW,
    )
    await tx.consents.append(member.id, [consent], "platform")
    await tx.members.keep_evidence(member, enrolment.id, b"what came", NOW)
    await tx.members.save_extras(member, {"size": "42"}, NOW)
    brought = Evidence("digest", "enr_elsewhere", b"what came with a file", NOW)
    await tx.files.change([Changed(member, evidence=[brought])], NOW)


async def event(storage: Storage, here: Premises, at: datetime = NOW) -> int:
    async with storage.transaction() as tx:
        await tx.events.add(here.club.id, here.till.id, IdentificationView.of(here.identification(), None), at)
    return await last_position(storage, here)


@asynccontextmanager
async def arrived(url: str) -> AsyncIterator[Database]:
    storage = await open_storage(url, VAULT, serving=True)
    try:
        await storage.healthy()
        yield storage
    finally:
        await storage.close()


async def everything(path: Path, url: str) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """All rows of all tables, there and here."""
    there, here = {}, {}
    connection = await asyncpg.connect(url)
    try:
        with closing(sqlite3.connect(path)) as file:
            for table in capture.tables(file):
                here[table.name] = sorted(capture.all_rows(file, table), key=repr)
                found = await connection.fetch(f"select {', '.join(table.columns)} from {table.name}")  # noqa: S608 - ours
                there[table.name] = sorted((tuple(row) for row in found), key=repr)
    finally:
        await connection.close()
    return there, here


async def test_everything_is_there_and_goes_on_where_it_was(here: Premises, path: Path, url: str) -> None:
    moved = await move(path, url, VAULT, NOW)
    there, left = await everything(path, url)
    assert there == left
    assert moved.rows == sum(len(found) for found in left.values())
    assert [name for name, found in left.items() if not found] == []
    async with arrived(url) as storage:
        assert await event(storage, here) == 4
        assert [each.position for each in await storage.reading.events.after(here.club.id, here.till.id, 1, 9)] == [
            2,
            3,
            4,
        ]
        assert await storage.reading.repeats.find(here.club.id, Repeat("scope", "body")) is not None
        async with storage.transaction() as tx:
            assert await tx.members.next_number(here.club.id) == "100005"  # after four that were given or found taken
            [taken] = await tx.enrolments.claim_due(later(60), later(90) - later(60), 9)
        assert taken.request == Masked("req-1")


class Copied:
    """Holds a move back, once it has copied everything, until much has changed that is to be carried over."""

    ROUNDS = 10

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._copied, self._enough = Event(), Event()
        self._since = 0
        copy = moving._Move._copy

        async def copy_and_wait(moved: moving._Move) -> None:
            await copy(moved)
            self._copied.set()
            assert await asyncio.to_thread(self._enough.wait, 60), "nothing was changed meanwhile"

        monkeypatch.setattr(moving._Move, "_copy", copy_and_wait)

    def changed(self) -> None:
        """Everything was changed once more."""
        self._since += self._copied.is_set()
        if self._since > self.ROUNDS:
            self._enough.set()


async def busy(storage: Storage, here: Premises, copied: Copied) -> int:
    """Change something of every kind, again and again, until the file takes no more writes; how often."""
    for number in count(1):
        copied.changed()
        at = later(number)
        try:
            async with storage.transaction() as tx:
                enrolment = await asked(tx, here, OLA, at)
                await tx.enrolments.follow(enrolment, here.till.id)
                await tx.enrolments.save(enrolment.failed(Reason.OUTCOME_UNKNOWN, at))
                following = await asked(tx, here, OLA, at)  # the same phone, in the same transaction
                await tx.enrolments.save(following.waiting(Masked(f"req-{number}"), at - NOW, at - NOW, at))
            async with storage.transaction() as tx:
                [taken] = await tx.enrolments.claim_due(later(2 * number + 60), at - NOW, 1)
                await tx.enrolments.save(taken.expired(at))
                member = here.member(f"sub-new-{number}", f"2{number:05}", at)
                await tx.members.add(member)
                await tx.members.link(member, KARI, VerifiedBy.LOGIN, at)
                await tx.members.keep_evidence(member, taken.id, b"\x00what came", at)
                await tx.places.offer_pairing(here.till, Masked(f"CODE{number:04}"), at)
            async with storage.transaction() as tx:
                await tx.places.take_pairing(Masked(f"CODE{number:04}"), NOW)
                await tx.events.add(
                    here.club.id, here.till.id, IdentificationView.of(here.identification(at=at), None), at
                )
                await tx.events.forget(later(number - 5))
                await tx.webhooks.ping(here.club.id, Masked(f"req-{number}"), at)
                await tx.webhooks.forget_pings(later(number - 5))
                await tx.identifications.forget(later(number - 5))
        except StorageUnavailable as refused:
            if "moved to PostgreSQL" not in str(refused):
                raise
            return number
        await asyncio.sleep(0)
    raise AssertionError


async def test_what_changes_while_it_moves_is_there_too(
    opening: Open, here: Premises, path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medlem.storage.moving.FEW", 20)
    copied = Copied(monkeypatch)
    async with opening(serving=True) as storage:
        working = asyncio.create_task(busy(storage, here, copied))
        moved = await asyncio.to_thread(lambda: asyncio.run(move(path, url, VAULT, NOW)))  # as another process does
        assert await working > 5
        assert moved.changes > 50
    there, left = await everything(path, url)
    assert there == left


async def test_the_last_step_waits_until_the_platform_has_answered(
    opening: Open, here: Premises, path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()
    loop = asyncio.get_running_loop()
    speaking = capture.speaking

    def noticed(connection: sqlite3.Connection) -> bool:
        loop.call_soon_threadsafe(waits.set)
        return speaking(connection)

    monkeypatch.setattr(capture, "speaking", noticed)
    async with opening(serving=True) as storage:
        async with storage.transaction() as tx:
            enrolment = await asked(tx, here, OLA)
        moving = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(move(path, url, VAULT, NOW))))
        await waits.wait()
        async with storage.transaction() as tx:
            await tx.enrolments.save(enrolment.waiting(Masked("req-9"), later(180) - NOW, later(5) - NOW, NOW))
        await moving
    async with arrived(url) as there:
        found = await there.reading.enrolments.get(here.club.id, enrolment.id)
    assert found is not None
    assert found.request == Masked("req-9")


async def test_who_never_stops_speaking_does_not_keep_a_club_where_it_is(
    opening: Open, here: Premises, path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medlem.storage.moving.PAUSE", 0)
    async with opening() as storage, storage.transaction() as tx:
        await asked(tx, here, OLA)
    await move(path, url, VAULT, NOW)
    there, left = await everything(path, url)
    assert there == left


async def test_the_file_that_was_moved_takes_no_more_writes_and_says_where_the_club_is(
    opening: Open, here: Premises, path: Path, url: str, tmp_path: Path
) -> None:
    sentence = "This club has moved to PostgreSQL: set DATABASE_URL"
    async with opening(serving=True) as storage:
        await move(path, url, VAULT, NOW)
        with pytest.raises(StorageUnavailable, match=sentence):
            await add(storage, here)
        with pytest.raises(StorageUnavailable, match=sentence):
            await storage.healthy()
        assert await storage.reading.members.by_phone(here.club.id, OLA) is not None
    for serving in (True, False):
        with pytest.raises(StorageUnavailable, match=sentence):
            async with opening(serving=serving):
                pass
    with pytest.raises(StorageUnavailable, match=sentence):
        take(path, tmp_path / "club.backup", VAULT, NOW, replace=False)
    assert await move(path, url, VAULT, NOW) is not None  # said twice, done once
    other = cluster().new_database()
    with pytest.raises(StorageUnavailable, match="another PostgreSQL database"):
        await move(path, other, VAULT, NOW)
    cluster().drop(other)


KILLED = [
    ("begin", 1),
    ("tables", 2),
    ("fill", 1),
    ("fill", 9),
    ("changes", 1),
    ("carry", 2),
    ("fingerprint", 7),
    ("look_around", 1),
    ("count_on", 1),
    ("say_complete", 1),
    ("freeze", 1),
]


def killed_before(name: str, nth: int, path: Path, url: str) -> None:
    died = subprocess.run(  # noqa: S603 - ours
        [sys.executable, str(TESTS / "storage" / "dies_moving.py"), str(path), url, name, str(nth)],
        check=False,
        env={"PYTHONPATH": str(TESTS)},
    )
    assert died.returncode == -9


@pytest.mark.parametrize(("name", "nth"), KILLED)
async def test_killed_before_the_end_the_club_is_served_from_its_file_and_can_move_the_next_time(
    opening: Open, here: Premises, path: Path, url: str, name: str, nth: int
) -> None:
    await asyncio.to_thread(killed_before, name, nth, path, url)
    if name != "begin":
        with pytest.raises(StorageUnavailable, match="has not been finished"):
            await open_storage(url, VAULT)
    async with opening(serving=True) as storage:
        await add(storage, here)
        await storage.healthy()
    assert rows(path, "select name from sqlite_schema where type = 'trigger' and name glob 'move_*'") == []
    await move(path, url, VAULT, NOW)
    there, left = await everything(path, url)
    assert there == left


async def test_killed_at_the_very_end_the_same_command_says_the_last_word(
    opening: Open, here: Premises, path: Path, url: str
) -> None:
    await asyncio.to_thread(killed_before, "settle", 1, path, url)
    with pytest.raises(StorageUnavailable, match="moved to PostgreSQL"):
        async with opening(serving=True):
            pass
    with pytest.raises(StorageUnavailable, match="has not been finished"):
        await open_storage(url, VAULT)
    await move(path, url, VAULT, NOW)
    async with arrived(url) as storage:
        assert await event(storage, here) == 4


@pytest.mark.usefixtures("here")
async def test_a_database_with_something_in_it_is_refused(path: Path, url: str, opening: Open) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table precious (a text)")
    await connection.close()
    with pytest.raises(StorageUnavailable, match="Move into an empty one"):
        await move(path, url, VAULT, NOW)
    async with opening(serving=True) as storage:
        await storage.healthy()


async def test_what_another_clubs_move_has_left_is_not_touched(
    here: Premises, path: Path, url: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(killed_before, "fill", 3, path, url)
    other = tmp_path / "other.db"
    storage = await open_storage(f"sqlite:///{other}", VAULT)
    await storage.migrate(NOW)
    await new_premises(storage, "100200")
    await storage.close()
    with pytest.raises(StorageUnavailable, match="another club's move"):
        await move(other, url, VAULT, NOW)
    assert here.club.sales_unit != "100200"


@pytest.mark.usefixtures("here")
async def test_a_copy_that_is_not_the_same_is_not_moved_to(
    opening: Open, path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = Target.fill

    async def forgetful(target: Target, table: capture.Table, found: Iterator[Any]) -> None:
        await fill(target, table, list(found)[:-1] if table.name == "miss" else found)

    monkeypatch.setattr(Target, "fill", forgetful)
    with pytest.raises(StorageUnavailable, match=r"not the same as the database \(miss\)"):
        await move(path, url, VAULT, NOW)
    async with opening(serving=True) as storage:
        await storage.healthy()


@pytest.mark.usefixtures("here")
async def test_other_keys_and_a_server_that_is_away_move_nothing(opening: Open, path: Path, url: str) -> None:
    with pytest.raises(StorageUnavailable, match="other secret keys"):
        await move(path, url, Vault([b"x" * 32]), NOW)
    with pytest.raises(StorageUnavailable, match="PostgreSQL does not answer"):
        await move(path, "postgresql://postgres@127.0.0.1:9/club", VAULT, NOW)
    async with opening(serving=True) as storage:
        await storage.healthy()


@pytest.mark.usefixtures("here")
async def test_a_service_that_starts_while_a_club_moves_leaves_the_move_alone(
    opening: Open, path: Path, url: str
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, capture.only_move(path) as alone:
        assert alone
        connection.execute("begin immediate")
        capture.begin(connection)
        connection.execute("commit")
        async with opening(serving=True):
            assert capture.standing(connection)
        with pytest.raises(StorageUnavailable, match="Let it finish"):
            await move(path, url, VAULT, NOW)
    async with opening(serving=True):
        pass
    assert rows(path, "select name from sqlite_schema where type = 'trigger' and name glob 'move_*'") == []
