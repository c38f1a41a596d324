"""`medlem evidence`, as an operator and an auditor type it."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from command_line import KEYS, medlem
from medlem.club.consent import Actor, Method
from medlem.club.ids import consent_id, member_id
from medlem.club.member import Consent, Member, Profile
from medlem.storage import open_sqlite
from medlem.vault import Vault

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORDS = "May we write to you?"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return KEYS | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}"}


def vault_in(folder: Path) -> Vault:
    """The vault of the keys that the first command has made."""
    [keys] = folder.glob("*keys*")
    return Vault.of_lines(keys.read_text())


async def furnished(tmp_path: Path, settings: dict[str, str]) -> str:
    """A database with a member who answered three times; their id."""
    assert medlem("station", "add", "Till 1", "--json", settings=settings).returncode == 0
    storage = await open_sqlite(settings["MEDLEM_DATABASE_URL"], vault_in(tmp_path))
    [club] = await storage.reading.places.clubs()
    member = Member(
        id=member_id(NOW), club=club.id, member_number="100001", sub="sub-1", phone=None,
        profile=Profile(name="Kari Nordmann"), joined_at=NOW, station=None,
    )  # fmt: skip
    said = [
        Consent(
            id=consent_id(NOW), club=club.id, member=member.id, element="email", text=WORDS, granted=granted,
            given_at=NOW, seen_at=NOW, language="en", method=Method.PAPER, actor=Actor.CUSTOMER,
        )
        for granted in (True, False, True)
    ]  # fmt: skip
    async with storage.transaction() as tx:
        await tx.members.add(member)
        await tx.consents.append(member.id, said, "merchant")
    await storage.close()
    return member.id


def told(*words: str, settings: dict[str, str] | None = None, code: int = 0) -> Any:
    done = medlem(*words, "--json", settings=settings or {})
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


async def test_records_are_proved_to_somebody_who_has_nothing_but_the_file_and_the_key(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    member = await furnished(tmp_path, settings)
    file = tmp_path / "kari.zip"
    assert told("evidence", "export", "--member", member, str(file), settings=settings)["size"] == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0, "it names people"
    key = told("evidence", "key", settings=settings)["public_key"]
    said = told("evidence", "check", str(file), "--key", key)
    assert (said["sound"], said["chains"]["records"], said["scope"]) == (True, 3, {"member": member})
    assert told("evidence", "check", str(file), settings=settings)["sound"]
    again = medlem("evidence", "export", "--member", member, str(file), settings=settings)
    assert (again.returncode, again.stdout) == (2, "")

    year = tmp_path / "year.zip"
    told("evidence", "export", "--from", "2026-01-01", "--to", "2026-03-01", str(year), settings=settings)
    assert told("evidence", "check", str(year), "--key", key)["scope"]["to"].startswith("2026-03-02T00:00:00")

    whole = bytearray(file.read_bytes())
    whole[whole.index(WORDS.encode())] ^= 1
    file.write_bytes(whole)
    assert told("evidence", "check", str(file), "--key", key, code=1)["sound"] is False


async def test_a_byte_that_was_changed_in_the_database_is_found_and_where(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    member = await furnished(tmp_path, settings)
    found = told("evidence", "verify", settings=settings)
    assert (found["holds"], found["members"], found["records"], found["faults"]) == (True, 1, 3, [])
    [text] = told("evidence", "texts", settings=settings)["texts"]
    assert (text["element"], text["version"], text["words"]) == ("email", 1, WORDS)
    with closing(sqlite3.connect(tmp_path / "medlem.db")) as connection, connection:
        connection.execute("drop trigger consent_stands")
        connection.execute("update consent set granted = 1 where sequence = 2")
    found = told("evidence", "verify", settings=settings, code=1)
    [fault] = found["faults"]
    assert (found["holds"], fault["member"], fault["sequence"]) == (False, member, 2)
    people = medlem("evidence", "verify", settings=settings)
    assert people.returncode == 1
    assert f"WRONG  {member}, record 2: it was changed" in people.stdout
