"""Members' rights from the command line: one export, one erasure, a file of erasures, a preview and a word."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from command_line import medlem
from medlem.app import open_house
from medlem.club.member import Profile
from medlem.config import load
from medlem.flows import membership
from shop import KARI

TOML = 'vipps_msn = "654321"\nvipps_client_id = "id"\nvipps_client_secret = "s"\nvipps_subscription_key = "k"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "medlem.toml"
    file.write_text(f'{TOML}database_url = "sqlite:///{tmp_path / "medlem.db"}"\n')
    return file


def enter(config: Path) -> str:
    async def entered() -> str:
        async with open_house(load(config)) as house:
            made = await membership.enter(house.ports, house.club, f"+{KARI}", Profile(name="Kari Nordmann"))
            return made.member.id

    return asyncio.run(entered())


def said(config: Path, *words: str) -> Any:
    done = medlem(*words, "--config", str(config), "--json")
    assert done.returncode == 0, done.stderr
    assert KARI not in done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_member_is_exported_erased_and_stays_erased_after_a_restore(config: Path, tmp_path: Path) -> None:
    member = enter(config)
    page, kept, backup = tmp_path / "kari.html", tmp_path / "erasures", tmp_path / "old.backup"
    said(config, "member", "export", member, str(page))
    assert "Kari Nordmann" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    said(config, "backup", str(backup))
    assert said(config, "member", "erase", member, "--yes")["member"] == member
    assert said(config, "erasures", "keep", str(kept))["erasures"] == 1
    assert KARI not in kept.read_text()
    (tmp_path / "medlem.db").unlink()
    restored = said(config, "restore", str(backup), "--erasures", str(kept))
    assert restored["erased_again"] == 1
    assert said(config, "erasures", "apply", str(kept)) == {"erasures": 1, "erased": 0}
    done = medlem("member", "export", member, str(page), "--config", str(config))
    assert done.returncode == 1
    assert "no such member" in done.stderr


def test_retention_is_previewed_and_confirmed_once(config: Path) -> None:
    seen = said(config, "retention", "preview", "--list")
    assert (seen["enforced"], seen["confirmed_at"], seen["members"]) == (False, None, [])
    said(config, "retention", "confirm")
    assert said(config, "retention", "preview")["enforced"] is True
    none = {"kept": 0, "due": 0}
    assert seen["attempts"] == {"kept_days": 30, "ended": none, "unasked": none, "next_at": None}
    assert said(config, "retention", "attempts", "--from", "2026-01-01", "--to", "2026-12-31") == {"attempts": []}
    words = medlem("retention", "preview", "--config", str(config)).stdout
    assert "questions now, of 0" in words


def test_a_file_that_holds_no_erasures_is_refused_by_its_line_and_without_its_content(config: Path) -> None:
    file = config.with_name("not")
    file.write_text(f'{{"club": "c", "phone": "{KARI}"}}\n')
    enter(config)
    done = medlem("erasures", "apply", str(file), "--config", str(config))
    assert done.returncode == 1
    assert "Line 1" in done.stderr
    assert KARI not in done.stderr
