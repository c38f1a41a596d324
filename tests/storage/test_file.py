"""The file: who may serve from it, what a killed process leaves, and what lies in it for everybody to read."""

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from medlem.club.ids import key_id
from medlem.club.masked import Masked
from medlem.club.place import Key, KeyKind
from medlem.flows.answers import Subscribed
from medlem.flows.tables import Clash, Repeat, StorageUnavailable
from medlem.storage import SqliteStorage, open_sqlite
from medlem.storage.place import UnusableDatabaseUrl
from medlem.vault import Vault
from premises import KARI, NOW, OLA, add, asked, kept, later, new_premises, waiting
from storages import VAULT, Open

TESTS = Path(__file__).parent.parent


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def damage(path: Path) -> None:
    path.write_bytes(b"this was never a database" * 1000)


def remove(path: Path) -> None:
    path.unlink()


def columns(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def write_and_kill(path: Path, disk: str) -> int:
    """Let another process write, and kill it; how many transactions it has told of."""
    command = [sys.executable, str(TESTS / "storage" / "writes_until_killed.py"), f"sqlite:///{path}", disk]
    environment = {"PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:  # noqa: S603 - ours
        assert child.stdout is not None
        for _ in range(50):
            child.stdout.readline()
        child.kill()
        return max([50, *(int(line) for line in child.stdout if line.endswith("\n"))])


async def test_one_process_serves_from_a_file(opening: Open, path: Path) -> None:
    async with opening(serving=True):
        with pytest.raises(StorageUnavailable, match="Another process serves"):
            await open_sqlite(f"sqlite:///{path}", VAULT, serving=True)
        async with opening() as beside:
            await new_premises(beside)
    async with opening(serving=True) as after:
        assert await after.reading.places.club_of("100100") is not None


@pytest.mark.parametrize("disk", ["quick", "slow"])
async def test_a_process_killed_while_writing_leaves_whole_transactions(opening: Open, path: Path, disk: str) -> None:
    told = write_and_kill(path, disk)
    async with opening(serving=True) as storage:
        await storage.healthy()
    assert columns(path, "pragma integrity_check") == [("ok",)]
    [(identifications, events, position)] = columns(
        path,
        "select (select count(*) from identification), (select count(*) from event), "
        "(select max(last_position) from station)",
    )
    assert identifications == events == position
    assert identifications in {told, told + 1}  # the last one may have been written and not been told


async def test_a_service_that_comes_back_looks_again_but_not_too_early(opening: Open) -> None:
    async with opening(serving=True) as storage:
        here = await new_premises(storage)
        async with storage.transaction() as tx:
            polled = await waiting(tx, here, KARI)
            pinged = await waiting(tx, here, OLA, request="req-2")
            await tx.enrolments.claim_due(later(6), later(36) - later(6), 10)
            await tx.enrolments.wake(pinged, later(7))
    async with opening(serving=True) as storage:
        async with storage.transaction() as tx:
            assert [each.id for each in await tx.enrolments.claim_due(later(8), later(30) - NOW, 10)] == [pinged.id]
        assert await storage.reading.enrolments.next_due() == later(12.02)
        async with storage.transaction() as tx:
            [again] = await tx.enrolments.claim_due(later(12.02), later(30) - NOW, 10)
        assert (again.id, again.claim) == (polled.id, 2)


@pytest.mark.parametrize("claimed", [False, True], ids=["kept", "being-understood"])
async def test_an_answer_that_is_kept_is_understood_at_once_by_a_service_that_comes_back(
    opening: Open, *, claimed: bool
) -> None:
    async with opening(serving=True) as storage:
        here = await new_premises(storage)
        async with storage.transaction() as tx:
            await waiting(tx, here)
            [taken] = await tx.enrolments.claim_due(later(6), later(30) - NOW, 1)
            await tx.enrolments.save(taken.answered(Masked(b"tokens"), later(7)))
            if claimed:
                assert len(await tx.enrolments.claim_due(later(12), later(30) - NOW, 1)) == 1
    async with opening(serving=True) as storage, storage.transaction() as tx:
        assert len(await tx.enrolments.claim_due(later(12 if claimed else 8), later(30) - NOW, 1)) == 1


async def test_an_answer_whose_meaning_could_not_be_had_is_tried_again_at_its_time(opening: Open) -> None:
    async with opening(serving=True) as storage:
        here = await new_premises(storage)
        async with storage.transaction() as tx:
            await waiting(tx, here)
            [taken] = await tx.enrolments.claim_due(later(6), later(30) - NOW, 1)
            unclear = taken.answered(Masked(b"tokens"), later(7)).unreachable(later(7), timedelta(seconds=60), 0)
            await tx.enrolments.save(unclear)
    async with opening(serving=True) as storage:
        assert await storage.reading.enrolments.next_due() == unclear.due_at


async def test_a_command_beside_the_service_leaves_its_leases_alone(opening: Open) -> None:
    async with opening(serving=True) as storage:
        here = await new_premises(storage)
        async with storage.transaction() as tx:
            await waiting(tx, here)
            await tx.enrolments.claim_due(later(6), later(30) - NOW, 1)
        async with opening():
            pass
        assert await storage.reading.enrolments.next_due() == later(36)


async def test_secrets_do_not_lie_open_in_the_file(opening: Open, path: Path) -> None:
    secrets = [
        "auth-req-secret",
        "token-secret",
        "mdl_st_secret",
        "K7KM4XWT",
        "hook-secret",
        "scope-secret",
        OLA.msisdn,
    ]
    async with opening() as storage:
        here = await new_premises(storage)
        key = Key(
            id=key_id(NOW), club=here.club.id, kind=KeyKind.STATION, name="", created_at=NOW, station=here.till.id
        )
        hook = Subscribed(id="1", url="https://club.example", secret=Masked("hook-secret"), created_at=NOW)
        async with storage.transaction() as tx:
            enrolment = await waiting(tx, here, KARI, request="auth-req-secret")
            await tx.enrolments.save(enrolment.answered(Masked(b"token-secret"), NOW))
            await tx.keys.add(key, Masked("mdl_st_secret"))
            await tx.places.offer_pairing(here.till, Masked("K7KM4XWT"), later(600))
            await tx.webhooks.keep_registration(here.club.id, "ping", hook)
            await tx.webhooks.ping(here.club.id, Masked("auth-req-secret"), NOW)
            await tx.repeats.keep_refusal(here.club.id, Repeat("scope-secret", "hash"), 409, b"token-secret", NOW)
            await tx.identifications.note_miss(here.club.id, here.till.id, OLA, NOW)
            member = here.member()
            await tx.members.add(member)
            await tx.members.keep_evidence(member, enrolment.id, b"token-secret", NOW)
        written = b"".join(file.read_bytes() for file in files(path.parent))
    assert KARI.msisdn.encode() in written  # the register is plain, so the search works
    assert [secret for secret in secrets if secret.encode() in written] == []


async def test_what_was_written_under_an_older_key_is_still_found(opening: Open) -> None:
    old, new = Vault([b"o" * 32]), Vault([b"n" * 32, b"o" * 32])
    repeat, code, secret = Repeat("scope", "body"), Masked("K7KM4XWT"), Masked("mdl_in_1")
    async with opening(vault=old) as storage:
        here = await new_premises(storage)
        key = Key(id=key_id(NOW), club=here.club.id, kind=KeyKind.INTEGRATION, name="", created_at=NOW)
        async with storage.transaction() as tx:
            enrolment = await waiting(tx, here)
            await tx.keys.add(key, secret)
            await tx.places.offer_pairing(here.till, code, later(600))
            await tx.repeats.keep(here.club.id, repeat, 201, "idn_1", NOW)
            await tx.webhooks.ping(here.club.id, Masked("req-1"), NOW)
    async with opening(vault=new) as storage:
        assert await storage.reading.keys.find(secret, NOW) == key
        assert await storage.reading.enrolments.of_request(here.club.id, Masked("req-1")) == enrolment
        assert await storage.reading.repeats.find(here.club.id, repeat) is not None
        async with storage.transaction() as tx:
            assert not await tx.webhooks.ping(here.club.id, Masked("req-1"), later(1))
            assert await tx.places.take_pairing(code, NOW) == here.till
            await tx.repeats.set_status(here.club.id, repeat, 200)
            with pytest.raises(Clash, match="known already"):
                await tx.repeats.keep(here.club.id, repeat, 201, "idn_2", NOW)


async def test_the_file_is_its_owners_alone(storage: SqliteStorage, path: Path) -> None:
    await new_premises(storage)
    modes = {file.name: file.stat().st_mode & 0o777 for file in files(path.parent)}
    assert set(modes.values()) == {0o600}
    assert {"medlem.db", "medlem.db-wal"} <= set(modes)


async def test_a_database_in_memory_leaves_nothing_and_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medlem.storage.place._SHARED_MEMORY", tmp_path)
    first, second = await open_sqlite("sqlite:///:memory:", VAULT), await open_sqlite("sqlite://", VAULT)
    try:
        assert files(tmp_path) == []
        await first.migrate(NOW)
        here = await new_premises(first)
        found = [await add(first, here) for _ in range(300)]
        first._writer.connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        assert await kept(first, here, found[-1])
        assert await second.pending_migrations() != []
    finally:
        await first.close()
        await second.close()
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "url", ["postgresql://club:hunter2@db/club", "medlem.db", "sqlite:hunter2", "sqlite://hunter2"]
)
async def test_a_url_of_another_kind_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(UnusableDatabaseUrl, match="DATABASE_URL") as refused:
        await open_sqlite(url, VAULT)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("serving", [True, False])
async def test_a_directory_that_does_not_exist_is_named_as_the_reason(tmp_path: Path, *, serving: bool) -> None:
    with pytest.raises(StorageUnavailable, match="No such file or directory"):
        await open_sqlite(f"sqlite:///{tmp_path / 'nowhere' / 'medlem.db'}", VAULT, serving=serving)


async def test_a_damaged_file_is_not_opened_and_can_be_replaced(opening: Open, path: Path) -> None:
    damage(path)
    with pytest.raises(StorageUnavailable, match="damaged"):
        async with opening(serving=True):
            pass
    remove(path)
    async with opening(serving=True) as storage:
        await storage.healthy()


async def test_a_relative_url_is_a_file_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage = await open_sqlite("sqlite:///club.db", VAULT)
    await storage.close()
    assert "club.db" in {file.name for file in files(tmp_path)}


async def test_a_secret_read_from_its_row_is_written_back_as_it_was(storage: SqliteStorage, path: Path) -> None:
    here = await new_premises(storage)
    async with storage.transaction() as tx:
        await waiting(tx, here)
    before = columns(path, "select request, request_digest from enrolment")
    async with storage.transaction() as tx:
        [taken] = await tx.enrolments.claim_due(later(6), later(30) - NOW, 1)
        await tx.enrolments.save(taken.pending(later(6)))
    assert columns(path, "select request, request_digest from enrolment") == before
    assert "req-1" not in repr(taken)
    assert taken.request == Masked("req-1")
    assert hash(taken.request) == hash(Masked("req-1"))


async def test_no_code_being_free_is_a_defect(storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    here = await new_premises(storage)
    async with storage.transaction() as tx:
        first = await asked(tx, here, KARI)
        monkeypatch.setattr("medlem.storage.enrolments.confirmation_code", lambda: first.code)
        with pytest.raises(RuntimeError, match="no confirmation code"):
            await asked(tx, here, OLA, code=first.code)


async def test_a_file_of_a_newer_version_is_refused_and_let_go(opening: Open, path: Path) -> None:
    async with opening() as storage:
        storage._writer.connection.execute("insert into migration values ('9999_later', 'x', 0, 0)")
    for serving in (True, False):
        with pytest.raises(StorageUnavailable, match="newer version"):
            await open_sqlite(f"sqlite:///{path}", VAULT, serving=serving)
