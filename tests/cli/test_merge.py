"""`medlem members duplicates`, `distinct` and `merge …`, as an operator types it."""

import json
from pathlib import Path
from typing import Any

from command_line import KEYS, medlem
from medlem.club.member import Profile
from medlem.flows import membership
from shop import KARI, OLA, open_shop

NORDMANN = Profile(name="Kari Nordmann", email="kari@example.com")


async def test_one_person_twice_is_found_merged_and_parted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'medlem.db'}"
    async with open_shop(url, keys=tmp_path / "medlem.keys") as shop:
        kari = (await membership.enter(shop.ports, shop.club, f"+{KARI}", NORDMANN)).member.id
        await shop.clock.turn(1)
        again = (await membership.enter(shop.ports, shop.club, f"+{OLA}", NORDMANN)).member.id
    settings = KEYS | {"MEDLEM_DATABASE_URL": url, "MEDLEM_MERGE_BY_TWO": "on"}

    def said(*words: str, code: int = 0) -> Any:
        ran = medlem("members", *words, settings=settings)
        assert ran.returncode == code, ran.stderr
        for secret in (KARI, KARI[2:], OLA[2:], "Nordmann", NORDMANN.email or ""):
            assert secret not in ran.stdout + ran.stderr
        return json.loads(ran.stdout) if "--json" in words else ran.stdout + ran.stderr

    [found] = said("duplicates", "--json")["duplicates"]
    assert (found["one"]["id"], found["other"]["id"], found["sure"]) == (kari, again, "high")
    assert (found["one"]["name"], found["one"]["phone"]) == ("Kari N.", "•• •• •• 11")
    assert "high: same email" in said("duplicates")
    shown = said("merge", "propose", kari, again, "--by", "Mona")
    assert "the other one reaches nobody any more" in shown
    merge = shown.split()[1]
    assert "Two people decide" in said("merge", "confirm", merge, "--by", "Mona", code=1)
    assert f"medlem members merge undo {merge}" in said("merge", "confirm", merge, "--by", "Per")
    undone = said("merge", "undo", merge, "--why", "It is her mother.", "--by", "Mona", "--json")
    assert (undone["state"], undone["not_restored"], undone["said_distinct"]) == ("undone", [], True)
    assert f"{merge}  undone  {again} into {kari}" in said("merge", "list")
    assert said("distinct", kari, again, "--json")["said_by"] == "Mona"
    assert said("duplicates", "--json") == {"duplicates": [], "more": False}
