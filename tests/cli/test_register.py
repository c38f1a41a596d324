"""`medlem register`, as an operator types it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from command_line import KEYS, medlem
from fakes_register import ObedientRegister
from medlem.flows import announcing
from medlem.flows.answers import TurnedDown
from shop import KARI, OLA, open_shop


async def test_what_was_turned_down_is_listed_and_told_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'medlem.db'}"
    members = []
    async with open_shop(url, keys=tmp_path / "medlem.keys") as shop:
        register = ObedientRegister(shop.club.id)
        shop.ports = replace(shop.ports, register=register)
        register.answers.append(TurnedDown())
        for msisdn in (KARI, OLA):
            shop.platform.person(msisdn, "Kari Nordmann")
            asked = await shop.invite(msisdn)
            shop.platform.approve(msisdn)
            await shop.wait(6)
            joined = (await shop.show(asked.id)).member
            assert joined is not None
            members.append(joined.id)
            if msisdn == KARI:
                await announcing.tell(shop.ports, shop.club.id)
    kari, ola = members
    own = KEYS | {"MEDLEM_DATABASE_URL": url, "MEDLEM_VIPPS_MSN": "100001"}
    settings = own | {
        "MEDLEM_REGISTER": "http",
        "MEDLEM_REGISTER_URL": "http://127.0.0.1:9",
        "MEDLEM_REGISTER_TOKEN": "token",
    }

    def said(*words: str) -> Any:
        ran = medlem("register", *words, "--json", settings=settings)
        assert ran.returncode == 0, ran.stderr
        assert KARI not in ran.stdout + ran.stderr
        return json.loads(ran.stdout)

    found = said("list")
    assert [(one["member"], one["news"]) for one in found["turned_down"]] == [(kari, "joined")]
    assert [one["member"] for one in found["waiting"]] == [ola]
    assert found["waiting_in_all"] == 1
    assert said("tell", "--member", ola) == {"anew": 0, "hurried": 1}
    assert said("tell") == {"anew": 1, "hurried": 1}
    found = said("list")
    assert (found["turned_down"], found["waiting_in_all"]) == ([], 2)
    words = medlem("register", "list", settings=settings).stdout
    assert words.count("waiting  ") == 2
    refused = medlem("register", "list", settings=own)
    assert refused.returncode == 1
    assert "MEDLEM_REGISTER is not http" in refused.stderr
