"""`medlem club`, as an operator types it: several clubs in one installation, and no key in any word of a command."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from command_line import KEYS, call, medlem, running

OTHER = {
    "MEDLEM_FURTHER_VIPPS_CLIENT_ID": "other",
    "MEDLEM_FURTHER_VIPPS_CLIENT_SECRET": "hush-hush",
    "MEDLEM_FURTHER_VIPPS_SUBSCRIPTION_KEY": "hush-hush-too",
    "MEDLEM_FURTHER_VIPPS_MSN": "200200",
}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return KEYS | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}"}


def said(*words: str, settings: Mapping[str, str]) -> dict[str, Any]:
    done = medlem(*words, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "hush" not in done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_club_that_is_added_while_the_service_runs_is_served_at_once_and_by_its_own_keys(
    settings: dict[str, str], tmp_path: Path
) -> None:
    public = {"MEDLEM_PUBLIC_URL": "http://127.0.0.1:9"}
    with running("serve", "--port", "0", "--json", settings=settings | public) as service:
        url = service.answer()["url"]
        made = said("club", "add", "--set", "club_name=Bakgården", settings=settings | OTHER)
        assert {name: made[name] for name in ("sales_unit", "name", "country")} == {
            "sales_unit": "200200",
            "name": "Bakgården",
            "country": "NO",
        }
        ours = said("station", "add", "Till 1", settings=settings)
        theirs = said("station", "add", "Till 1", "--club", "200200", settings=settings)
        admin = said("key", "add", "admin", "--club", made["id"], settings=settings)["key"]
        for station in (ours, theirs):
            status, _ = call("POST", f"{url}/v1/identifications", {"phone": "400 00 011"}, station["key"])
            assert status == 201
        _, page = call("GET", f"{url}/v1/stations", key=admin)
        assert [station["id"] for station in page["stations"]] == [theirs["id"]]
        assert call("DELETE", f"{url}/v1/stations/{ours['id']}", key=admin)[0] == 404
        refused = medlem("key", "add", "station", "--station", ours["id"], "--club", "200200", settings=settings)
        assert (refused.returncode, refused.stdout) == (1, "")
    everything = (tmp_path / "medlem.db").read_bytes() + b"".join(f.read_bytes() for f in tmp_path.glob("medlem.db-*"))
    assert b"hush" not in everything


def test_clubs_are_listed_without_their_secrets_and_none_is_typed_into_a_command(
    settings: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "other.toml"
    lines = [f'{name.removeprefix("MEDLEM_FURTHER_").lower()} = "{text}"\n' for name, text in OTHER.items()]
    file.write_text("".join(lines), encoding="utf-8")
    said("club", "add", "--from", str(file), settings=settings)
    clubs = said("club", "list", settings=settings)["clubs"]
    assert [(club["sales_unit"], club["first"]) for club in clubs] == [("100001", True), ("200200", False)]
    for words, told in {
        ("change", "200200"): "Say what is new",
        ("change", "200200", "--set", "vipps_client_secret=hush"): "vipps_client_secret is secret",
    }.items():
        refused = medlem("club", *words, settings=settings)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert told in refused.stderr
        assert "hush" not in refused.stderr
