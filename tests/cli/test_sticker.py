"""`medlem station qr` and `medlem station orphans`, as an operator types them."""

import json
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from command_line import KEYS, call, medlem, running


def said(ran: CompletedProcess[str]) -> Any:
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def settings_for(simulator: str, database: Path) -> Mapping[str, str]:
    credentials = call("GET", f"{simulator}/sim/credentials")[1]
    keys = {f"MEDLEM_VIPPS_{name.upper()}": value for name, value in credentials.items()}
    return KEYS | keys | {"MEDLEM_VIPPS_BASE_URL": simulator, "MEDLEM_DATABASE_URL": f"sqlite:///{database}"}


def test_a_sticker_is_printed_and_taken_down_and_what_a_lost_database_left_is_found(tmp_path: Path) -> None:
    with running("simulator", "--port", "0", "--no-people", "--json") as command:
        simulator = str(command.answer()["url"])
        settings = settings_for(simulator, tmp_path / "medlem.db")
        station = said(medlem("station", "add", "Till 1", "--json", settings=settings))["id"]
        sheet = tmp_path / "till-1.html"
        made = said(medlem("station", "qr", "Till 1", "--sheet", str(sheet), "--json", settings=settings))
        assert (made["station"], made["label"], made["listening"]) == (station, "Till 1", False)
        [hung] = call("GET", f"{simulator}/sim/stickers")[1]["stickers"]
        assert (hung["code"], hung["content"]) == (made["id"], made["content"])
        assert "<svg" in sheet.read_text(encoding="utf-8")

        elsewhere = settings_for(simulator, tmp_path / "another.db")
        assert [one["id"] for one in said(medlem("station", "orphans", "--json", settings=elsewhere))["orphans"]] == [
            made["id"]
        ]
        assert said(medlem("station", "orphans", "--json", settings=settings))["orphans"] == []

        removed = said(medlem("station", "qr", station, "--remove", "--json", settings=settings))
        assert removed == {"station": station, "removed": True}
        assert call("GET", f"{simulator}/sim/stickers")[1]["stickers"] == []
        again = medlem("station", "qr", "Till 2", settings=settings)
        assert (again.returncode, again.stdout) == (1, "")
        assert "no such station" in again.stderr
