"""`medlem member links` and `medlem member unlink`, as an operator types it."""

import json
from pathlib import Path
from typing import Any

from command_line import KEYS, medlem
from medlem.club.phone import PhoneNumber
from shop import KARI, OLA, Shop, open_shop


async def join(shop: Shop, msisdn: str) -> str:
    asked = await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)
    member = (await shop.show(asked.id)).member
    assert member is not None
    return member.id


async def test_a_wrong_linking_is_found_and_taken_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'medlem.db'}"
    async with open_shop(url, keys=tmp_path / "medlem.keys") as shop:
        shop.kari()
        kari = await join(shop, KARI)
        shop.platform.person(OLA, "Per Hansen").phone_claim = PhoneNumber(KARI)
        per = await join(shop, OLA)
    settings = KEYS | {"MEDLEM_DATABASE_URL": url, "MEDLEM_VIPPS_MSN": "100001"}

    def said(*words: str) -> Any:
        ran = medlem("member", *words, "--json", settings=settings)
        assert ran.returncode == 0, ran.stderr
        assert KARI not in ran.stdout + ran.stderr
        return json.loads(ran.stdout)

    [wrong] = said("links", per)["linkings"]
    assert wrong["outcome"] == "number_moved"
    done = said("unlink", wrong["id"], "--why", "Kari has shown her phone", "--by", "Mona")
    assert (done["undoes"], done["by"]) == (wrong["id"], "Mona")
    assert [one["ended_because"] for one in said("links", kari)["links"]] == ["number_moved", None]
