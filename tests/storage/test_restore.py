"""A backup that is brought back: whole or not at all, and nothing twice that came after it."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from backups import killed_at, rows
from medlem.club.enrolment import Reason, State
from medlem.club.masked import Masked
from medlem.club.member import Entry, Member, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, Erasure
from medlem.flows.ports import Storage
from medlem.flows.tables import Repeat, StorageUnavailable
from medlem.flows.views import IdentificationView
from medlem.storage.backup import take
from medlem.storage.migrating import migrate, shipped
from medlem.storage.restore import FEWEST_SKIPPED, Order, Restored, restore
from medlem.vault import Vault
from premises import INTERVAL, KARI, NOW, OLA, Premises, add, asked, last_position, later, new_premises, waiting
from storages import VAULT, Open

HOUR_LATER = later(3600)

Change = Callable[[Storage, Premises], Awaitable[object]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "club.backup"


@pytest.fixture
async def here(opening: Open) -> Premises:
    async with opening() as storage:
        return await new_premises(storage)


def bring_back(
    file: Path,
    database: Path,
    now: datetime = HOUR_LATER,
    *,
    replace: bool = True,
    vault: Vault = VAULT,
    sales_unit: str | None = None,
) -> Restored:
    return restore(Order(file, database, sales_unit=sales_unit, replace=replace), vault, now)


def names_of(path: Path) -> int:
    return path.stat().st_nlink


async def event(storage: Storage, here: Premises, at: datetime = NOW) -> int:
    async with storage.transaction() as tx:
        view = IdentificationView.of(here.identification(), None)
        await tx.events.add(here.club.id, here.till.id, view, at)
    return await last_position(storage, here)


async def test_everything_committed_before_the_backup_is_back_and_nothing_after(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        before = await add(storage, here)
        take(path, file, VAULT, NOW, replace=False)
        after = await add(storage, here)
    bring_back(file, path)
    async with opening(serving=True) as storage:
        assert await storage.reading.identifications.get(here.club.id, before.id) is not None
        assert await storage.reading.identifications.get(here.club.id, after.id) is None
        await storage.healthy()
    assert rows(path, "pragma integrity_check") == [("ok",)]


async def test_a_question_on_its_way_ends_and_is_not_put_again(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        async with storage.transaction() as tx:
            lost = await asked(tx, here)
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path)
    async with opening(serving=True) as storage:
        found = await storage.reading.enrolments.get(here.club.id, lost.id)
    assert found is not None
    assert (found.state, found.reason, found.changed_at) == (State.FAILED, Reason.OUTCOME_UNKNOWN, HOUR_LATER)


async def test_a_customer_who_may_have_answered_is_looked_after_once_the_platform_allows_it(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        async with storage.transaction() as tx:
            await waiting(tx, here)
            [claimed] = await tx.enrolments.claim_due(later(6), timedelta(seconds=30), 1)
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path)
    async with opening(serving=True) as storage:
        assert await storage.reading.enrolments.next_due() == HOUR_LATER + INTERVAL
        async with storage.transaction() as tx:
            [again] = await tx.enrolments.claim_due(HOUR_LATER + INTERVAL, timedelta(seconds=30), 1)
    assert (again.id, again.request) == (claimed.id, Masked("req-1"))
    assert again.pending(HOUR_LATER + INTERVAL).state is State.EXPIRED


@pytest.mark.parametrize("seen", [0, 1, 2, 3, 4, 1000])
async def test_no_till_takes_its_last_event_for_one_of_the_club_that_is_back(
    opening: Open, here: Premises, path: Path, file: Path, seen: int
) -> None:
    async with opening() as storage:
        assert [await event(storage, here) for _ in range(3)] == [1, 2, 3]
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path, later(60))
    async with opening(serving=True) as storage:
        assert not await storage.reading.events.resumable(here.club.id, here.till.id, seen, later(-3600))
        start, _ = await storage.reading.events.snapshot(here.till, later(60))
        assert await event(storage, here, later(61)) == start + 1
        assert await storage.reading.events.resumable(here.club.id, here.till.id, start + 1, later(0))


async def test_positions_of_one_restored_club_are_never_those_of_the_next(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path, later(60))
    async with opening() as storage:
        seen = max([await event(storage, here) for _ in range(50)])
    bring_back(file, path, later(61))
    async with opening() as storage:
        assert await event(storage, here) > seen
        assert not await storage.reading.events.resumable(here.club.id, here.till.id, seen, later(-3600))


async def test_a_clock_that_was_turned_back_does_not_turn_positions_back(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path)
    async with opening() as storage:
        seen = await event(storage, here)
        take(path, file, VAULT, NOW, replace=True)
    bring_back(file, path, NOW - timedelta(days=400))
    async with opening() as storage:
        assert await event(storage, here) > seen


async def test_the_same_backup_twice_gives_out_no_number_that_was_given_between(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    take(path, file, VAULT, NOW, replace=False)
    given: list[int] = []
    for at in (10, 20):
        bring_back(file, path, later(at))
        async with opening() as storage, storage.transaction() as tx:
            given += [int(await tx.members.next_number(here.club.id)) for _ in range(9)]
    assert len(set(given)) == len(given)


@pytest.mark.parametrize(("seconds", "beyond"), [(10, 10), (-3600, 0), (86_400, 86_400)])
async def test_member_numbers_that_may_have_been_given_since_are_left_out(
    opening: Open, here: Premises, path: Path, file: Path, seconds: float, beyond: int
) -> None:
    async with opening() as storage:
        async with storage.transaction() as tx:
            last = int(await tx.members.next_number(here.club.id))
        take(path, file, VAULT, NOW, replace=False)
    skipped = FEWEST_SKIPPED + beyond
    assert bring_back(file, path, later(seconds)).skipped == skipped
    async with opening() as storage, storage.transaction() as tx:
        assert int(await tx.members.next_number(here.club.id)) == last + skipped + 1


async def test_the_backup_of_an_old_snapshot_leaves_out_as_many_numbers_as_its_age_wants(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        await event(storage, here)
    take(path, file, VAULT, later(86_400), replace=False)
    assert bring_back(file, path, later(86_410)).skipped == FEWEST_SKIPPED + 86_410


async def test_who_stood_at_a_till_before_cannot_be_asked_now(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        found = await add(storage, here)
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path, later(1))
    async with opening() as storage:
        again = await storage.reading.identifications.get(here.club.id, found.id)
    assert again is not None
    assert again.phone is None


async def test_a_pairing_code_from_before_pairs_nothing(opening: Open, here: Premises, path: Path, file: Path) -> None:
    async with opening() as storage:
        async with storage.transaction() as tx:
            await tx.places.offer_pairing(here.till, Masked("K7KM4XWT"), later(600))
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path, later(1))
    async with opening() as storage, storage.transaction() as tx:
        assert await tx.places.take_pairing(Masked("K7KM4XWT"), later(2)) is None


async def test_a_call_from_before_is_still_known_when_it_is_repeated(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        async with storage.transaction() as tx:
            await tx.repeats.keep(here.club.id, Repeat("scope", "body"), 202, "enr_1", NOW)
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path)
    async with opening() as storage:
        found = await storage.reading.repeats.find(here.club.id, Repeat("scope", "body"))
    assert found is not None
    assert found.resource == "enr_1"


def test_a_backup_of_an_older_version_is_brought_to_this_one(
    path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, known = shipped()[:1], shipped()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, older, NOW)
    monkeypatch.setattr("medlem.storage.backup.shipped", lambda: older)
    take(path, file, VAULT, NOW, replace=False)
    monkeypatch.setattr("medlem.storage.backup.shipped", lambda: known)
    bring_back(file, path)
    assert rows(path, "select name from migration order by name") == [(each.name,) for each in known]


@pytest.mark.usefixtures("here")
def test_a_backup_of_a_newer_version_is_refused(path: Path, file: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("update migration set name = '9999_later' where name = '0001_the_club'")
    with pytest.raises(StorageUnavailable, match="another version of medlem"):
        bring_back(file, path)


def test_a_backup_under_other_keys_or_of_another_sales_unit_is_refused(here: Premises, path: Path, file: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    with pytest.raises(StorageUnavailable, match="other secret keys"):
        bring_back(file, path, vault=Vault([b"x" * 32]))
    with pytest.raises(StorageUnavailable, match=f"sales unit {here.club.sales_unit}"):
        bring_back(file, path, sales_unit="999999")
    assert bring_back(file, path, sales_unit=here.club.sales_unit).kept is not None


@pytest.mark.usefixtures("here")
def test_what_is_no_backup_is_refused_and_the_database_stays(path: Path, file: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    whole = file.read_bytes()
    middle = len(whole) // 2
    for content, why in [
        (b"", "no backup"),
        (b"this was never a database" * 1000, "damaged"),
        (whole[:middle], "damaged"),
        (whole[:middle] + b"\x55" * (len(whole) - middle), "damaged"),
        (path.read_bytes(), "no backup"),
    ]:
        file.write_bytes(content)
        with pytest.raises(StorageUnavailable, match=why):
            bring_back(file, path)
    assert rows(path, "select count(*) from club") == [(1,)]


async def test_nothing_is_brought_back_under_a_service_that_runs(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    take(path, file, VAULT, NOW, replace=False)
    async with opening(serving=True) as storage:
        with pytest.raises(StorageUnavailable, match="Another process serves"):
            bring_back(file, path)
        await add(storage, here)


async def test_nothing_is_brought_back_under_a_command_that_writes(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    take(path, file, VAULT, NOW, replace=False)
    async with opening() as storage:
        with pytest.raises(StorageUnavailable, match="Another process holds the database"):
            bring_back(file, path)
        await add(storage, here)


@pytest.mark.usefixtures("here")
async def test_a_database_is_replaced_only_when_that_is_said_and_is_kept(opening: Open, path: Path, file: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    async with opening() as storage:
        other = await new_premises(storage, "100200")
    with pytest.raises(StorageUnavailable, match="--replace"):
        bring_back(file, path, replace=False)
    kept = bring_back(file, path).kept
    assert kept == path.with_name("medlem.db.replaced-20261123T110000Z")
    assert (other.club.id,) in rows(kept, "select id from club")
    assert (other.club.id,) not in rows(path, "select id from club")
    assert {each.stat().st_mode & 0o777 for each in path.parent.glob("medlem.db*")} == {0o600}


@pytest.mark.usefixtures("here")
def test_a_damaged_database_is_set_aside_with_its_log(path: Path, file: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    log = path.with_name("medlem.db-wal")
    path.write_bytes(b"damaged" * 1000)
    log.write_bytes(b"a log that must not be read into another file")
    kept = bring_back(file, path).kept
    assert kept is not None
    assert kept.read_bytes() == b"damaged" * 1000
    assert kept.with_name(f"{kept.name}-wal").exists()
    assert not log.exists()
    assert rows(path, "select count(*) from club") == [(1,)]


@pytest.mark.usefixtures("here")
def test_where_there_is_no_database_a_backup_becomes_one(path: Path, file: Path, tmp_path: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert bring_back(file, elsewhere / "medlem.db", replace=False).kept is None
    assert rows(elsewhere / "medlem.db", "select count(*) from club") == [(1,)]
    with pytest.raises(StorageUnavailable, match="No such file or directory"):
        bring_back(file, tmp_path / "nowhere" / "medlem.db")


async def test_killed_at_any_moment_a_restore_leaves_the_old_database_or_the_new_one(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        async with storage.transaction() as tx:
            await asked(tx, here, KARI)
        take(path, file, VAULT, NOW, replace=False)
        async with storage.transaction() as tx:
            await asked(tx, here, OLA)
    old, new = [("asking", 2)], [("failed", 1)]
    nth = 0
    while not (said := killed_at("restore", file, path, nth := nth + 1)):
        states = rows(path, "select state, count(*) from enrolment group by state")
        assert states in (old, new), nth
        if states == new:
            break
        async with opening(serving=True) as storage:
            await storage.healthy()
    assert nth > 10
    if not said:  # it died after the last step that counts; once more does no harm
        bring_back(file, path, later(7200))
    assert rows(path, "select state, count(*) from enrolment group by state") == new
    assert names_of(path) == 1


def forget(path: Path) -> None:
    path.unlink()


def gone(member: Member, at: datetime) -> Erasure:
    because = ErasedBecause.ASKED_BY_MEMBER
    return Erasure(club=member.club, member=member.id, reason=because, requested_at=None, erased_at=at)


async def somebody(storage: Storage, here: Premises) -> Member:
    member = here.member("sub-erased")
    async with storage.transaction() as tx:
        await tx.members.add(member)
        await tx.members.link(member, KARI, VerifiedBy.LOGIN, NOW)
        await tx.members.save_extras(member, {"shoes": "size 38"}, NOW)
    return member


async def test_who_was_erased_since_is_erased_again_before_anybody_can_look(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        member = await somebody(storage, here)
        take(path, file, VAULT, NOW, replace=False)
        async with storage.transaction() as tx:
            await tx.rights.erase(gone(member, later(60)), member)
    restored = bring_back(file, path)
    assert (restored.erased_again, restored.erasures_known) == (1, True)
    assert rows(path, "select name, sub, erased_at is null from member") == [(None, None, 0)]
    assert rows(path, "select count(*) from phone_link") == [(0,)]
    assert rows(path, "select count(*) from extra") == [(0,)]
    async with opening(serving=True) as storage:
        tables = storage.reading
        assert await tables.members.get(here.club.id, member.id) is None
        assert await tables.members.by_phone(here.club.id, KARI) is None
        assert await tables.rights.number_erased(here.club.id, KARI)
        assert await tables.rights.erased_since(here.club.id, "sub-erased", NOW)
        assert [one.member for one in await tables.rights.to_sweep(HOUR_LATER)] == [member.id]
    assert bring_back(file, path, later(7200)).erased_again == 1, (
        "the tombstone is in what was brought back, and works again"
    )


async def test_no_change_of_a_member_is_told_under_a_version_that_was_told_before(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        member = await somebody(storage, here)
        take(path, file, VAULT, NOW, replace=False)
        async with storage.transaction() as tx:
            told = [await tx.members.touch(member, later(at)) for at in range(9)]
    bring_back(file, path)
    async with opening() as storage, storage.transaction() as tx:
        assert await tx.members.touch(member, HOUR_LATER) > max(told)


async def test_who_came_back_by_their_own_login_after_an_erasure_is_not_erased_with_it(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        member = await somebody(storage, here)
        async with storage.transaction() as tx:
            await tx.rights.erase(gone(member, later(60)), member)
            await tx.members.add(here.member("sub-erased", "100009", later(120)))
        take(path, file, VAULT, later(180), replace=False)
    assert bring_back(file, path).erased_again == 0
    assert rows(path, "select sub from member where erased_at is null") == [("sub-erased",)]


@pytest.mark.parametrize("kept", [False, True])
async def test_without_the_old_database_a_file_of_erasures_says_who_it_was(
    opening: Open, here: Premises, path: Path, file: Path, *, kept: bool
) -> None:
    async with opening() as storage:
        member = await somebody(storage, here)
        take(path, file, VAULT, NOW, replace=False)
        async with storage.transaction() as tx:
            await tx.rights.erase(gone(member, later(60)), member)
        tombstones = await storage.reading.rights.tombstones(here.club.id, "", 10)
    forget(path)
    order = Order(file, path, sales_unit=None, replace=True, erasures=tombstones if kept else None)
    restored = restore(order, VAULT, HOUR_LATER)
    assert (restored.erased_again, restored.erasures_known) == ((1, True) if kept else (0, False))
    assert rows(path, "select count(*) from member where erased_at is null") == [(0 if kept else 1,)]
    if kept:
        assert rows(path, "select count(*) from erased_number") == [(1,)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_of_many_who_came_left_and_were_erased_at_random_nobody_is_back_who_was_erased(
    opening: Open, here: Premises, path: Path, file: Path, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - chance that can be had again
    erased: set[str] = set()
    async with opening() as storage:
        members = [here.member(f"sub-{n}", str(200_000 + n), later(n)) for n in range(60)]
        for n, member in enumerate(members):
            async with storage.transaction() as tx:
                await tx.members.add(member)
                await tx.members.link(member, PhoneNumber(f"47474000{n:02}"), VerifiedBy.LOGIN, NOW)
            if n == 40:
                take(path, file, VAULT, NOW, replace=False)
            if chance.random() < 0.5:
                gone_now = chance.choice([one for one in members[: n + 1] if one.id not in erased])
                erased.add(gone_now.id)
                async with storage.transaction() as tx:
                    assert await tx.rights.erase(gone(gone_now, later(1000 + n)), gone_now)
    bring_back(file, path)
    there = {member.id for member in members[:41]}
    assert erased & there
    assert {found for (found,) in rows(path, "select id from member where erased_at is null")} == there - erased
    reached = rows(path, "select member from phone_link")
    assert {found for (found,) in reached} == there - erased


async def test_nobody_who_stood_at_a_till_is_back_with_a_number_or_a_name(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening() as storage:
        found = replace(here.identification(), entry=Entry(id="crm-1", member_number="C-1", name="Kari N."))
        async with storage.transaction() as tx:
            await tx.identifications.add(found)
        take(path, file, VAULT, NOW, replace=False)
    bring_back(file, path)
    assert rows(path, "select phone, entry from identification") == [(None, None)]
