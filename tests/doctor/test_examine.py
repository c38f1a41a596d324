"""The whole examination: nothing that is down keeps the rest from being looked at, and nothing secret gets out."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from command_line import call, medlem, running
from doctor.ward import marks
from fakes import HandClock
from medlem.app import doctor, further_clubs, open_house
from medlem.app.doctor.findings import Finding
from medlem.app.registering import order_of
from medlem.config import ClubTexts, Settings, load
from medlem.flows.registering import settle
from sim import Sim

PLATFORM = {"discovery", "signing-keys", "access-token", "login"}


def said(folder: Path, sim: Sim | None = None, **more: str) -> dict[str, str]:
    keys = (
        sim.keys if sim else {"client_id": "c", "client_secret": "s3cret", "subscription_key": "k3y", "msn": "100001"}
    )
    return {
        "MEDLEM_VIPPS_CLIENT_ID": keys["client_id"],
        "MEDLEM_VIPPS_CLIENT_SECRET": keys["client_secret"],
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": keys["subscription_key"],
        "MEDLEM_VIPPS_MSN": keys["msn"],
        "MEDLEM_VIPPS_BASE_URL": sim.url if sim else "http://127.0.0.1:9",
        "MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'medlem.db'}",
    } | more


async def begun(settings: Settings) -> None:
    """Let an installation begin."""
    async with open_house(settings):
        pass


def held(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def wrong(findings: list[Finding]) -> set[str]:
    marks(findings)
    return {one.check for one in findings if one.mark == "wrong"}


async def test_an_installation_that_works_is_well(sim: Sim, tmp_path: Path) -> None:
    settings = load(None, said(tmp_path, sim))
    await begun(settings)
    found = await doctor.examine(settings)
    assert wrong(found) == set()
    assert {one.check for one in found} >= PLATFORM | {"settings", "secret-keys", "disk", "database", "scopes", "brand"}
    assert {one.club for one in found if one.check in PLATFORM} == {sim.keys["msn"]}


async def test_when_the_platform_is_down_the_rest_is_looked_at_all_the_same(tmp_path: Path) -> None:
    settings = load(None, said(tmp_path))
    await begun(settings)
    found = await doctor.examine(settings)
    assert wrong(found) == PLATFORM | {"scopes"}
    well = {one.check for one in found if one.mark == "well"}
    assert well >= {"settings", "secret-keys", "disk", "database", "shared", "brand"}


async def test_before_the_first_start_nothing_is_made(sim: Sim, tmp_path: Path) -> None:
    found = await doctor.examine(load(None, said(tmp_path, sim)))
    assert wrong(found) == set()
    assert [one.check for one in found if one.mark == "look"] == ["secret-keys", "database"]
    assert held(tmp_path) == []


async def test_a_database_that_cannot_be_opened_leaves_the_platform_to_be_looked_at(sim: Sim, tmp_path: Path) -> None:
    settings = load(None, said(tmp_path, sim))
    await begun(settings)
    (tmp_path / "medlem.db").write_bytes(b"this is no database, and long enough to be seen as none" * 40)
    assert wrong(await doctor.examine(settings)) == {"database"}
    (tmp_path / "medlem.keys").unlink()
    assert wrong(await doctor.examine(settings)) == {"secret-keys"}


async def test_a_postgresql_server_that_is_away_is_told(sim: Sim, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    await begun(load(None, said(tmp_path, sim)))
    (tmp_path / "medlem.keys").rename(keys)
    away = {"MEDLEM_DATABASE_URL": "postgresql://medlem:s3cret@127.0.0.1:9/medlem", "MEDLEM_SECRET_KEYS": str(keys)}
    found = await doctor.examine(load(None, said(tmp_path, sim) | away))
    assert wrong(found) == {"database"}
    assert "s3cret" not in str(found)


async def test_registrations_are_looked_at_where_deliveries_are_wanted(sim: Sim, tmp_path: Path) -> None:
    settings = load(None, said(tmp_path, sim, MEDLEM_PUBLIC_URL="http://127.0.0.1:9"))
    async with open_house(settings) as house:
        order = await order_of(house.storage.reading, settings, house.club, house.ports.clock.now())
        assert order is not None
        assert "registrations" in wrong(await doctor.examine(settings))
        await settle(house.ports, house.platform, order)
    found = await doctor.examine(settings)
    assert wrong(found) == {"public-url"}
    events = len([one for one in found if one.check == "registrations"])
    assert events == len(order.wanted)


async def test_every_club_is_looked_at_with_its_own_keys(sim: Sim, tmp_path: Path) -> None:
    settings = load(None, said(tmp_path, sim))
    async with open_house(settings) as house:
        texts = ClubTexts({})
        for name, text in {"client_id": "c2", "client_secret": "n0t", "subscription_key": "k", "msn": "200002"}.items():
            texts.add(f"vipps_{name}", text, name)
        await further_clubs.add(house, texts)
    found = await doctor.examine(settings)
    assert wrong([one for one in found if one.club == sim.keys["msn"]]) == set()
    assert wrong([one for one in found if one.club == "200002"]) == {"access-token", "login"}


async def test_no_secret_and_no_number_is_ever_in_a_finding(sim: Sim, tmp_path: Path) -> None:
    await sim.person("4740000011")
    settings = load(None, said(tmp_path, sim))
    await begun(settings)
    keys = (tmp_path / "medlem.keys").read_text(encoding="utf-8").split()
    for fault in ("500", "bad_json", "reset", "lost"):
        faults = [{"operation": name, "kind": fault} for name in ("discovery", "jwks", "access_token", "token")]
        await sim.faults(*faults)
        text = str(await doctor.examine(settings))
        for secret in (sim.keys["client_secret"], sim.keys["subscription_key"], "4740000011", *keys):
            assert secret not in text
    assert (await sim.calls())["pushes"] == {}


async def test_old_data_is_told_by_the_clock(sim: Sim, tmp_path: Path) -> None:
    found = await doctor.examine(load(None, said(tmp_path, sim)), clock=HandClock(datetime(2028, 1, 1, tzinfo=UTC)))
    assert ("brand", "look") in marks(found)
    assert ("clock", "wrong") in marks(found), "and a clock that is a year ahead, too"


def test_what_people_read_has_a_mark_a_line_and_what_to_do_below(tmp_path: Path) -> None:
    ran = medlem("doctor", settings=said(tmp_path))
    assert (ran.returncode, ran.stderr) == (1, "")
    lines = ran.stdout.splitlines()
    assert " ".join(lines[0].split()) == "✓ settings Can be read, and everything that is needed is there."
    first = next(number for number, line in enumerate(lines) if line.startswith("✗"))
    assert lines[first + 1].strip().startswith("→ ")
    assert lines[-1] == "Wrong: 5. Worth a look: 2."
    assert max(len(line) for line in lines if line[:1] in "✓!✗") <= 130


def test_settings_that_cannot_be_read_are_a_finding_too() -> None:
    ran = medlem("doctor", "--json", settings={"MEDLEM_LOGIN_SCOP": "openid"})
    assert ran.returncode == 1
    found = json.loads(ran.stdout)
    assert (found["well"], found["wrong"], found["findings"][0]["check"]) == (False, 1, "settings")
    assert "MEDLEM_LOGIN_SCOPE" in found["findings"][0]["text"]


async def test_the_real_service_is_recognised_by_a_real_doctor(sim: Sim, tmp_path: Path) -> None:
    """In processes of their own; with the exit codes that a script would look at."""
    with running("serve", "--port", "0", "--json", settings=said(tmp_path, sim)) as served:
        url = (await asyncio.to_thread(served.answer))["url"]
        public = said(tmp_path, sim, MEDLEM_PUBLIC_URL=url)
        ran = await asyncio.to_thread(lambda: medlem("doctor", "--json", settings=public))
        found = json.loads(ran.stdout)
        by_check = {one["check"]: one for one in found["findings"]}
        assert by_check["public-url"]["mark"] == "well", ran.stdout
        assert by_check["database"]["mark"] == "well"
        assert by_check["registrations"]["mark"] == "wrong", "it was started without PUBLIC_URL, and registers nothing"
        assert (await asyncio.to_thread(lambda: call("GET", f"{url}/health/live")))[0] == 200
