"""`medlem backup` and `medlem restore`, as an operator types them, on a service that is busy."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backups import rows
from command_line import KEYS, Command, call, medlem, running
from medlem.vault import Vault

TILLS = 3


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return at(tmp_path)


def at(folder: Path) -> dict[str, str]:
    limits = {"MEDLEM_LOOKUPS_PER_STATION": "off", "MEDLEM_VIPPS_USER_EXISTS": "off"}
    return KEYS | limits | {"MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'medlem.db'}"}


def told(*words: str, settings: dict[str, str]) -> Any:
    done = medlem(*words, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(*words: str, settings: dict[str, str]) -> tuple[int, str]:
    """Exit code and the sentence, which stands alone."""
    done = medlem(*words, settings=settings)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


class Till:
    """Identifies customer after customer, and remembers what it was answered."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.answered: list[str] = []
        self.others: list[int] = []
        self.busy = threading.Event()

    def _work(self) -> None:
        while not self._stop.is_set():
            status, found = call("POST", f"{self._url}/v1/identifications", {"phone": "400 00 011"}, self._key)
            if status == 201:
                self.answered.append(found["id"])
            else:
                self.others.append(status)
            self.busy.set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def busy_tills(service: Command, settings: dict[str, str]) -> Iterator[list[Till]]:
    url = service.answer()["url"]
    made = [told("station", "add", f"Till {number}", settings=settings) for number in range(TILLS)]
    tills = [Till(url, station["key"]) for station in made]
    log = threading.Thread(target=service.err.rest)  # a pipe that nobody reads holds the service up
    log.start()
    for till in tills:
        till.start()
    try:
        assert all(till.busy.wait(60) for till in tills)
        yield tills
    finally:
        for till in tills:
            till.stop()
        service.process.terminate()
        log.join()


def test_a_backup_of_a_busy_service_has_all_that_was_answered_before_it_and_nothing_half(
    settings: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "club.backup"
    with (
        running("serve", "--port", "0", "--json", settings=settings) as service,
        busy_tills(service, settings) as tills,
    ):
        before = {one for till in tills for one in till.answered}
        shown = told("backup", str(file), settings=settings)
    after = {one for till in tills for one in till.answered} - before
    assert [till.others for till in tills] == [[]] * TILLS
    inside = {one for (one,) in rows(file, "select id from identification")}
    assert before <= inside <= before | after
    assert after - inside, "nothing was written while the backup was taken"
    events = "select count(*) from event", "select sum(last_position) from station"
    assert [rows(file, sql) for sql in events] == [[(len(inside),)]] * 2
    assert shown["file"] == str(file)
    assert shown["secret_keys"] == str(tmp_path / "medlem.keys")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = at(elsewhere)
    code, sentence = refused("restore", str(file), settings=moved)
    assert (code, "put back the file that belongs to the backup" in sentence) == (2, True)
    assert list(elsewhere.iterdir()) == []
    (elsewhere / "medlem.keys").write_bytes((tmp_path / "medlem.keys").read_bytes())
    (elsewhere / "medlem.keys").chmod(0o600)
    back = told("restore", str(file), settings=moved)
    assert (back["database"], back["kept"]) == (str(elsewhere / "medlem.db"), None)
    assert {one for (one,) in rows(elsewhere / "medlem.db", "select id from identification")} == inside
    with running("serve", "--port", "0", "--json", settings=moved) as service:
        url = service.answer()["url"]
        assert call("GET", f"{url}/health/ready")[0] == 200
        till = tills[0]
        status, _ = call("POST", f"{url}/v1/identifications", {"phone": "400 00 011"}, till._key)
        assert status == 201


def test_what_a_backup_lacks_is_said_where_nobody_misses_it(settings: dict[str, str], tmp_path: Path) -> None:
    told("station", "add", "Till 1", settings=settings)
    done = medlem("backup", str(tmp_path / "club.backup"), settings=settings)
    assert done.returncode == 0
    assert "The secret keys are not in it, and without them it cannot be restored" in done.stdout
    assert str(tmp_path / "medlem.keys") in done.stdout
    done = medlem("restore", str(tmp_path / "club.backup"), "--replace", settings=settings)
    assert done.returncode == 0
    assert "1000 member numbers are left out" in done.stdout
    assert f"is kept: {tmp_path}/medlem.db.replaced-" in done.stdout


def test_what_cannot_be_kept_or_brought_back_is_told_in_a_sentence(settings: dict[str, str], tmp_path: Path) -> None:
    file = str(tmp_path / "club.backup")
    assert "There is no database at" in refused("backup", file, settings=settings)[1]
    told("station", "add", "Till 1", settings=settings)
    for own in ("medlem.db", "medlem.keys", "medlem.db-wal"):
        code, sentence = refused("backup", str(tmp_path / own), "--replace", settings=settings)
        assert (code, "give the backup another name" in sentence) == (2, True)
    told("backup", file, settings=settings)
    assert "--replace" in refused("backup", file, settings=settings)[1]
    assert "--replace" in refused("restore", file, settings=settings)[1]
    other = settings | {"MEDLEM_VIPPS_MSN": "200002"}
    assert "sales unit 100001" in refused("restore", file, "--replace", settings=other)[1]
    with running("serve", "--port", "0", "--json", settings=settings) as service:
        service.answer()
        assert "Another process serves" in refused("restore", file, "--replace", settings=settings)[1]
    (tmp_path / "medlem.keys").write_text(f"{Vault.new_line()}\n", encoding="utf-8")
    for words in (("restore", file, "--replace"), ("backup", file, "--replace")):
        assert "other secret keys" in refused(*words, settings=settings)[1]


def test_a_club_on_postgresql_is_told_what_to_use_instead(settings: dict[str, str], tmp_path: Path) -> None:
    there = settings | {"MEDLEM_DATABASE_URL": "postgresql://club:hunter2@127.0.0.1:9/club"}
    (tmp_path / "club.backup").touch()
    for words in (("backup", "--replace"), ("restore", "--replace")):
        code, sentence = refused(*words, str(tmp_path / "club.backup"), settings=there)
        assert (code, "docs/operating.md" in sentence, "hunter2" in sentence) == (1, True, False)


def test_a_move_that_leads_nowhere_is_told(settings: dict[str, str], tmp_path: Path) -> None:
    nowhere = "postgresql://club:hunter2@127.0.0.1:9/club"
    assert "There is no database at" in refused("move", "--to", nowhere, settings=settings)[1]
    told("station", "add", "Till 1", settings=settings)
    for to, where, code, why in (
        (f"sqlite:///{tmp_path}/other.db", settings, 2, "an address such as postgresql://"),
        (nowhere, settings | {"MEDLEM_DATABASE_URL": nowhere}, 2, "in PostgreSQL already"),
        (nowhere, settings, 1, "PostgreSQL does not answer"),
    ):
        found, sentence = refused("move", "--to", to, settings=where)
        assert (found, why in sentence, "hunter2" in sentence) == (code, True, False), sentence
