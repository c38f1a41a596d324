"""The database is gone, not readable, somebody else's or taken away: by the service as it runs in a shop."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backups import TESTS, rows
from command_line import KEYS, Command, call, medlem, running
from medlem.config.private_files import make_private
from medlem.storage.migrating import shipped, statements_of
from medlem.vault import Vault

BODY = {"phone": "400 00 011"}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return KEYS | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}", "MEDLEM_VIPPS_USER_EXISTS": "off"}


@pytest.fixture
def key(settings: dict[str, str]) -> str:
    made = medlem("station", "add", "Till 1", "--json", settings=settings)
    return str(json.loads(made.stdout)["key"])


@pytest.fixture
def service(settings: dict[str, str], key: str) -> Iterator[Command]:
    assert key
    with running("serve", "--port", "0", "--json", settings=settings) as command:
        yield command


def identify(url: str, key: str) -> int:
    return call("POST", f"{url}/v1/identifications", BODY, key)[0]


def ready(url: str) -> int:
    return call("GET", f"{url}/health/ready")[0]


def refused(*words: str, settings: dict[str, str]) -> tuple[int, str]:
    done = medlem(*words, settings=settings)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_database_that_is_moved_away_takes_nothing_more_until_it_is_back(
    service: Command, key: str, tmp_path: Path
) -> None:
    url, file = service.answer()["url"], tmp_path / "medlem.db"
    assert identify(url, key) == 201
    file.rename(tmp_path / "away.db")
    assert (identify(url, key), ready(url)) == (500, 503)
    service.said("The database file is no longer where it was opened")
    (tmp_path / "away.db").rename(file)
    assert (identify(url, key), ready(url)) == (201, 200)
    assert service.stop()[0] == 0
    assert rows(file, "select count(*) from identification") == [(2,)]


def test_a_database_that_is_replaced_is_left_alone_until_the_service_is_started_again(
    service: Command, settings: dict[str, str], key: str, tmp_path: Path
) -> None:
    url, file = service.answer()["url"], tmp_path / "medlem.db"
    backup = tmp_path / "club.backup"
    assert medlem("backup", str(backup), settings=settings).returncode == 0
    elsewhere = settings | {
        "MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}",
        "MEDLEM_SECRET_KEYS": str(tmp_path / "medlem.keys"),
    }
    assert medlem("restore", str(backup), settings=elsewhere).returncode == 0
    (tmp_path / "other.db").replace(file)
    assert (identify(url, key), ready(url)) == (500, 503)
    assert service.stop()[0] == 0
    with running("serve", "--port", "0", "--json", settings=settings) as again:
        url = again.answer()["url"]
        assert (identify(url, key), ready(url)) == (201, 200)
    assert rows(file, "select count(*) from identification") == [(1,)]


def nothing(file: Path) -> None:
    file.write_bytes(b"this was never a database" * 1000)


def half(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def no_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


@pytest.mark.usefixtures("key")
def test_a_club_that_has_lost_its_database_does_not_open_as_an_empty_one(
    settings: dict[str, str], tmp_path: Path
) -> None:
    file, away = tmp_path / "medlem.db", tmp_path / "away.db"
    file.rename(away)
    for words in (("serve", "--port", "0"), ("station", "add", "Till 2"), ("migrate",)):
        code, said = refused(*words, settings=settings)
        assert (code, "`medlem restore`" in said) == (2, True), said
    assert not file.exists()
    away.rename(file)
    assert medlem("station", "add", "Till 2", settings=settings).returncode == 0


@pytest.mark.parametrize(
    ("befalls", "code", "why"),
    [
        (nothing, 1, "The database file is damaged"),
        (half, 1, "The database file is damaged"),
        (folder, 1, "Is a directory"),
        (no_folder, 2, "No such file or directory"),
    ],
)
@pytest.mark.usefixtures("key")
def test_a_database_that_cannot_be_read_at_the_start_is_told_and_stays_as_it_is(
    settings: dict[str, str], tmp_path: Path, befalls: Callable[[Path], None], code: int, why: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for file in tmp_path.glob("medlem.*"):
        file.rename(place / file.name)
    befalls(place / "medlem.db")
    there = settings | {"MEDLEM_DATABASE_URL": f"sqlite:///{place / 'medlem.db'}"}
    told, said = refused("serve", "--port", "0", settings=there)
    assert (told, why in said) == (code, True), said


def test_the_database_of_another_sales_unit_is_refused_and_gets_no_second_club(
    settings: dict[str, str], key: str, tmp_path: Path
) -> None:
    other = settings | {"MEDLEM_VIPPS_MSN": "200002"}
    for words in (("serve", "--port", "0"), ("station", "add", "Till 2")):
        code, said = refused(*words, settings=other)
        assert (code, "holds the club of sales unit 100001" in said) == (2, True)
    assert rows(tmp_path / "medlem.db", "select sales_unit from club") == [("100001",)]
    with running("serve", "--port", "0", "--json", settings=settings) as service:
        assert identify(service.answer()["url"], key) == 201


def test_while_one_serves_another_is_refused_and_disturbs_nobody(
    service: Command, settings: dict[str, str], key: str, tmp_path: Path
) -> None:
    url = service.answer()["url"]
    other_keys = settings | {"MEDLEM_SECRET_KEYS": str(tmp_path / "others.keys")}
    (tmp_path / "others.keys").write_text("b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q=\n")
    (tmp_path / "others.keys").chmod(0o600)
    for second, why in ((settings, "Another process serves"), (other_keys, "Another process serves")):
        code, said = refused("serve", "--port", "0", settings=second)
        assert (code, why in said) == (1, True)
    assert "other secret keys" in refused("station", "add", "Till 2", settings=other_keys)[1]
    assert identify(url, key) == 201


STATEMENTS = len(list(statements_of(shipped()[0].sql)))


@pytest.mark.parametrize("nth", [1, 2, STATEMENTS // 2, STATEMENTS])
def test_a_migration_that_is_killed_half_way_leaves_nothing_and_is_taken_the_next_time(
    settings: dict[str, str], tmp_path: Path, nth: int
) -> None:
    file = tmp_path / "medlem.db"
    killed: Any = subprocess.run(  # noqa: S603 - ours
        [sys.executable, str(TESTS / "storage" / "dies_while_migrating.py"), str(file), str(nth)],
        check=False,
        env={"PYTHONPATH": str(TESTS)},
    )
    assert killed.returncode == -9
    assert rows(file, "select name from sqlite_schema") == []
    make_private(tmp_path / "medlem.keys", Vault.new_line())  # as a first start does before anything else
    done = medlem("migrate", "--json", settings=settings)
    assert json.loads(done.stdout) == {"applied": [step.name for step in shipped()]}
    assert rows(file, "pragma integrity_check") == [("ok",)]
