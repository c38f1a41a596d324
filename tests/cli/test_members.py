"""`medlem members`, as whoever brings a list in meets it."""

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner, Result

from command_line import PATIENCE, medlem, surroundings
from medlem.cli import main

TOML = 'vipps_msn = "654321"\nvipps_client_id = "id"\nvipps_client_secret = "s"\nvipps_subscription_key = "k"\n'
LIST = """Fornavn;Etternavn;Mobil;Født;Nyhetsbrev;Dato
Kari;Nordmann;412 34 567;14.02.1986;ja;1.5.2019
Ola;Nordmann;4,74E+10;14.02.1986;nei;
Åse;Hansen;41234569;14.02.1986;ja;
"""
CONSENTS = ("--map", "Nyhetsbrev=consent.email", "--map", "Dato=consent.email.at", "--consent-method", "email=paper")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "medlem.toml"
    file.write_text(f'{TOML}database_url = "sqlite:///{tmp_path / "medlem.db"}"\n')
    return file


@pytest.fixture
def words(tmp_path: Path) -> str:
    file = tmp_path / "words.txt"
    file.write_text("Vil du ha nyhetsbrev?\n", encoding="utf-8")
    return f"email={file}"


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """A command takes the log for itself."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


def run(config: Path, *typed: str, stdin: str | None = None) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(main, ["members", *typed, "--config", str(config)], input=stdin)


def told(config: Path, *typed: str, code: int = 0, stdin: str | None = None) -> Any:
    """What it answers to a script."""
    done = run(config, *typed, "--json", stdin=stdin)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def listed(config: Path, text: str, name: str = "list.csv") -> str:
    file = config.with_name(name)
    file.write_text(text, encoding="utf-8")
    return str(file)


def many(config: Path, question: str = "select count(*) from member") -> int:
    """How many there are in the database."""
    with closing(sqlite3.connect(config.with_name("medlem.db"))) as connection:
        found: int = connection.execute(question).fetchone()[0]
    return found


def test_a_list_is_tried_taken_mended_and_taken_again(config: Path, words: str) -> None:
    file = listed(config, LIST)
    said = ("import", file, *CONSENTS, "--consent-text", words)
    dry = told(config, *said, "--dry-run", code=3)
    assert (dry["added"], dry["dry_run"], many(config)) == (2, True, 0)
    done = told(config, *said, code=3)
    assert (done["lines"], done["added"], done["rejected_why"], done["consents"]) == (3, 2, {"phone_rounded": 1}, 1)
    assert done["left_out_why"] == {"consent_moment": 1}
    assert many(config) == 2

    rejects = Path(done["rejects"])
    assert rejects.stat().st_mode & 0o077 == 0, "it names people"
    kept = rejects.read_text(encoding="utf-8")
    assert [line.split(";")[:3] for line in kept.splitlines()[1:]] == [
        ["3", "Mobil", "phone_rounded"], ["4", "Nyhetsbrev", "consent_moment"],
    ]  # fmt: skip
    mended = listed(config, kept.replace("4,74E+10", "41234568").replace("ja;\n", "ja;2.5.2019\n"), "mended.csv")
    again = told(config, "import", mended, *said[2:])
    assert (again["added"], again["unchanged"] + again["changed"], again["consents"]) == (1, 1, 2)
    assert again["rejects"] is None
    assert told(config, "import", mended, *said[2:])["unchanged"] == 2
    assert many(config) == 3
    assert many(config, "select count(*) from consent where act = 'carried_over' and element = 'email'") == 2


def test_people_are_told_what_to_do(config: Path, words: str) -> None:
    done = run(config, "import", listed(config, LIST), *CONSENTS, "--consent-text", words)
    assert done.exit_code == 3
    assert "2  added" in done.stdout
    assert "1  phone_rounded" in done.stdout
    assert "list.csv.rejects.csv has every line" in done.stdout


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ((), "Nyhetsbrev, Dato"),
        (("--ignore", "Nyhetsbrev"), "Dato"),
        (("--map", "Nyhetsbrev=newsletter"), "no column newsletter"),
        ((*CONSENTS, "--ignore", "Epost"), "no column Epost"),
        (("--encoding", "klingon"), "klingon"),
        ((*CONSENTS, "--consent-method", "sms=paper"), "no column consent.sms"),
    ],
)
def test_what_is_not_known_is_refused_before_a_line_is_written(
    config: Path, typed: tuple[str, ...], sentence: str
) -> None:
    done = run(config, "import", listed(config, LIST), *typed)
    assert (done.exit_code, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert many(config) == 0
    assert list(config.parent.glob("*rejects*")) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("--map", "Mobil"), "--map takes"),
        (("--consent-method", "email=hearsay"), "paper, web_form, staff"),
        (("--consent-text", "email=/nowhere/words.txt"), "no text"),
        (("--country", "DE"), "DE"),
    ],
)
def test_a_wrong_option(config: Path, typed: tuple[str, ...], sentence: str) -> None:
    done = run(config, "import", listed(config, LIST), *typed)
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_no_file_but_one_of_rejects_is_written_over(config: Path) -> None:
    file, other = listed(config, "phone\n4123\n"), listed(config, "precious", "precious.csv")
    done = run(config, "import", file, "--rejects", other)
    assert (done.exit_code, Path(other).read_text()) == (2, "precious")
    assert run(config, "import", file, "--rejects", file).exit_code == 2
    assert told(config, "import", file, code=3)["rejected"] == 1
    listed(config, "phone\n41234567\n")
    assert told(config, "import", file)["added"] == 1
    assert not config.with_name("list.csv.rejects.csv").exists(), "all was mended"


def test_what_is_there_is_kept_filled_in_or_written_over(config: Path) -> None:
    told(config, "import", listed(config, "phone,name,email\n41234567,Kari Nordmann,\n"))

    def after(existing: str) -> tuple[Any, ...]:
        file = listed(config, "phone,name,email,gender\n41234567,Kari Nordmann,kari@example.org,female\n")
        done = told(config, "import", file, "--existing", existing)
        with closing(sqlite3.connect(config.with_name("medlem.db"))) as connection:
            [row] = connection.execute("select email, gender from member").fetchall()
        return (done["changed"], *row)

    assert after("keep") == (0, None, None)
    assert after("fill") == (1, "kari@example.org", "female")
    assert after("overwrite") == (0, "kari@example.org", "female")


def test_everything_comes_out_and_in_again_to_the_byte(config: Path, words: str, tmp_path: Path) -> None:
    file = listed(config, LIST.replace("4,74E+10", "41234568").replace("Kari", "=Kari"))
    told(config, "import", file, *CONSENTS, "--consent-text", words, code=3)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    assert told(config, "export", str(first))["members"] == 3
    assert first.stat().st_mode & 0o077 == 0
    assert "'=Kari" in first.read_text(encoding="utf-8")
    assert run(config, "export", str(first)).exit_code == 2, "--replace is wanted"
    assert run(config, "export", "-").stdout_bytes == first.read_bytes()

    other = tmp_path / "other"
    other.mkdir()
    elsewhere = other / "medlem.toml"
    elsewhere.write_text(config.read_text().replace("medlem.db", "other/medlem.db"))
    assert told(elsewhere, "import", str(first))["added"] == 3
    told(elsewhere, "export", str(second))
    assert second.read_bytes() == first.read_bytes()
    assert told(elsewhere, "import", str(first))["unchanged"] == 3


def test_a_member_twice_in_one_file_is_taken_once(config: Path) -> None:
    file = listed(config, "phone,name\n41234567,Kari\n41234568,Ola\n+47 412 34 567,Kari\n")
    dry, done = told(config, "import", file, "--dry-run", code=3), told(config, "import", file, code=3)
    for said in (dry, done):
        assert (said["added"], said["rejected_why"]) == (2, {"repeated_line": 1})
    assert "Line 2 is about the same person" in Path(done["rejects"]).read_text()


def test_a_register_that_is_the_merchants_own_system_takes_no_lists(config: Path) -> None:
    told(config, "import", listed(config, "phone\n41234567\n"))
    elsewhere = config.with_name("elsewhere.toml")
    said = {"register": "http", "register_url": "http://127.0.0.1:9", "register_token": "not-for-anybody"}
    elsewhere.write_text(config.read_text() + "".join(f'{name} = "{value}"\n' for name, value in said.items()))
    done = run(elsewhere, "import", listed(config, "phone\n41234568\n"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "own system" in done.stderr
    assert many(config) == 1


def test_one_letter_too_many_is_no_accident(config: Path) -> None:
    done = run(config, "export", "mem_01kaq2y3m8e5x7r1t9v0w2z4b6")
    assert done.exit_code == 2
    assert "medlem member export" in done.stderr
    assert run(config, "export", "-", "--json").exit_code == 2


def test_a_list_from_standard_input(config: Path, tmp_path: Path) -> None:
    done = told(
        config, "import", "-", "--rejects", str(tmp_path / "r.csv"), stdin="phone,name\n41234567,Kari\n1,Ola\n", code=3
    )
    assert (done["file"], done["added"], done["rejected"]) == ("-", 1, 1)


class Fed:
    """An import that reads what a test gives it, and waits for more."""

    def __init__(self, config: Path) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "medlem", "members", "import", "-", "--json", "--config", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=surroundings({}),
            cwd=config.parent,
        )

    def feed(self, text: str) -> None:
        assert self.process.stdin is not None
        os.write(self.process.stdin.fileno(), text.encode())

    def end(self, number: signal.Signals) -> tuple[int, bytes]:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out


PEOPLE = "phone,name\n" + "".join(f"{number},Kari {number}\n" for number in range(41000000, 41001000))


def begun(config: Path, fed: Fed) -> None:
    """Wait until something is in the register."""
    fed.feed(PEOPLE)
    pause, tried = Event(), 0
    while not config.with_name("medlem.db").exists() or not _any(config):
        assert fed.process.poll() is None
        assert (tried := tried + 1) < 20 * PATIENCE
        pause.wait(0.05)


def _any(config: Path) -> bool:
    try:
        return many(config) > 0
    except sqlite3.OperationalError:
        return False  # it has no tables yet


def test_whoever_interrupts_it_loses_nothing_and_goes_on_with_the_same_command(config: Path) -> None:
    fed = Fed(config)
    begun(config, fed)
    code, out = fed.end(signal.SIGINT)
    done = json.loads(out)
    assert (code, done["interrupted"], done["rejected"]) == (130, True, 0)
    assert 0 < done["added"] == many(config) == done["lines"] <= 1000
    again = told(config, "import", listed(config, PEOPLE))
    assert (again["added"], again["unchanged"]) == (1000 - done["added"], done["added"])
    assert many(config) == many(config, "select count(distinct phone) from phone_link where ended_at is null") == 1000


def test_killed_between_any_two_lines_it_is_begun_again(config: Path) -> None:
    fed = Fed(config)
    begun(config, fed)
    code, out = fed.end(signal.SIGKILL)
    before = many(config)
    assert (code, out) == (-signal.SIGKILL, b"")
    again = medlem("members", "import", listed(config, PEOPLE), "--json", "--config", str(config))
    assert again.returncode == 0, again.stderr
    done = json.loads(again.stdout)
    assert (done["added"], done["unchanged"], many(config)) == (1000 - before, before, 1000)
