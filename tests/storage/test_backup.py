"""A backup is whole, of one moment, and opens under the right keys, or there is none."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from backups import killed_at, rows
from medlem.flows.tables import StorageUnavailable
from medlem.storage.backup import examine, take
from medlem.storage.migrating import shipped
from medlem.vault import Vault
from premises import KARI, NOW, Premises, add, kept, later, new_premises
from storages import VAULT, Open


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "club.backup"


def content(file: Path) -> bytes:
    return file.read_bytes()


def put_in_place(file: Path, database: Path) -> None:
    for old in database.parent.glob(f"{database.name}*"):
        old.unlink()
    file.rename(database)


@pytest.fixture
async def here(opening: Open, file: Path) -> Premises:
    """A club with one member, and a folder for its backups."""
    file.parent.mkdir()
    async with opening() as storage:
        made = await new_premises(storage)
        async with storage.transaction() as tx:
            await tx.members.add(made.member())
    return made


def test_a_backup_says_what_is_in_it(here: Premises, path: Path, file: Path) -> None:
    taken = take(path, file, VAULT, NOW, replace=False)
    assert (taken.taken_at, taken.members, taken.sales_units) == (NOW, 1, (here.club.sales_unit,))
    assert taken.migration == shipped()[-1].name
    assert taken.size == file.stat().st_size
    assert examine(file, VAULT) == taken
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o777 == 0o600


async def test_what_is_committed_but_not_yet_in_the_file_is_in_the_backup(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    async with opening(serving=True) as storage:
        found = await add(storage, here)
        take(path, file, VAULT, NOW, replace=False)
        after = await add(storage, here)
    assert rows(file, "select id from identification") == [(found.id,)]
    assert found.id != after.id


async def test_nobody_waits_for_a_backup_that_is_being_taken(opening: Open, here: Premises, path: Path) -> None:
    async with opening(serving=True) as storage:
        reading = sqlite3.connect(path, isolation_level=None)  # as a copy does: one snapshot, held
        reading.execute("begin")
        reading.execute("select count(*) from member").fetchall()
        found = await add(storage, here)
        assert await kept(storage, here, found)
        reading.close()


async def test_what_was_forgotten_is_not_in_the_backup(opening: Open, here: Premises, path: Path, file: Path) -> None:
    async with opening() as storage:
        await add(storage, here)
        async with storage.transaction() as tx:
            assert await tx.identifications.forget(later(1)) == 1
    take(path, file, VAULT, NOW, replace=False)
    assert rows(file, "select phone from identification") == [(None,)]
    assert KARI.msisdn.encode() not in content(file)


@pytest.mark.usefixtures("here")
def test_a_file_that_is_there_stays_unless_it_may_go(path: Path, file: Path) -> None:
    file.write_text("precious")
    with pytest.raises(StorageUnavailable, match="--replace"):
        take(path, file, VAULT, NOW, replace=False)
    assert file.read_text() == "precious"
    take(path, file, VAULT, NOW, replace=True)
    assert examine(file, VAULT).members == 1


@pytest.mark.usefixtures("here")
def test_a_backup_under_other_keys_is_none_and_replaces_none(path: Path, file: Path) -> None:
    file.write_text("precious")
    with pytest.raises(StorageUnavailable, match="other secret keys"):
        take(path, file, Vault([b"x" * 32]), NOW, replace=True)
    assert file.read_text() == "precious"
    assert [each.name for each in file.parent.iterdir()] == [file.name]


@pytest.mark.usefixtures("here")
async def test_a_backup_is_not_served_from(opening: Open, path: Path, file: Path) -> None:
    take(path, file, VAULT, NOW, replace=False)
    put_in_place(file, path)
    with pytest.raises(StorageUnavailable, match="medlem restore"):
        async with opening():
            pass


def test_a_database_with_nothing_in_it_is_not_kept(path: Path, tmp_path: Path) -> None:
    path.touch()
    with pytest.raises(StorageUnavailable, match="nothing to keep"):
        take(path, tmp_path / "club.backup", VAULT, NOW, replace=False)


@pytest.mark.usefixtures("here")
def test_a_folder_that_is_not_there_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="No such file or directory"):
        take(path, tmp_path / "nowhere" / "club.backup", VAULT, NOW, replace=False)


@pytest.mark.usefixtures("here")
def test_two_backups_to_one_name_do_not_mix(path: Path, file: Path) -> None:
    waiting = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", HOLD, str(file.with_name("club.backup.partial"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with waiting:
        assert waiting.stdout is not None
        waiting.stdout.readline()
        with pytest.raises(StorageUnavailable, match="Let it finish"):
            take(path, file, VAULT, NOW, replace=False)
        waiting.kill()
    assert take(path, file, VAULT, NOW, replace=False).members == 1


@pytest.mark.usefixtures("here")
def test_a_database_that_is_damaged_gives_no_backup(path: Path, file: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    with pytest.raises(StorageUnavailable, match="damaged"):
        take(path, file, VAULT, NOW, replace=False)
    assert list(file.parent.iterdir()) == []


async def test_killed_at_any_moment_a_backup_leaves_the_one_before_or_a_whole_one(
    opening: Open, here: Premises, path: Path, file: Path
) -> None:
    take(path, file, VAULT, NOW, replace=False)
    async with opening() as storage:
        await add(storage, here)
    seen, nth = set(), 0
    while not (said := killed_at("backup", file, path, nth := nth + 1)):
        assert examine(file, VAULT).members == 1
        seen |= set(rows(file, "select count(*) from identification"))
    assert int(said) == nth - 1 > 5
    assert seen == {(0,), (1,)}
    assert [each.name for each in file.parent.iterdir()] == [file.name]


HOLD = """
import fcntl, sys
held = open(sys.argv[1], "w")
fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
