"""`medlem endpoints`, as an operator types it."""

import json
from pathlib import Path
from typing import Any

from command_line import KEYS, medlem
from medlem.club.endpoint import WANTED, Attempt
from medlem.flows import outbox
from shop import open_shop

URL = "https://crm.example.org/hooks"


async def test_endpoints_are_listed_resumed_and_told_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'medlem.db'}"
    async with open_shop(url, keys=tmp_path / "medlem.keys") as shop:
        endpoint = await outbox.add_endpoint(shop.ports, shop.club.id, URL, frozenset(WANTED))
        first = await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
        await outbox.tell(shop.ports, (await outbox.claim(shop.ports, 1))[0])
        await shop.clock.turn(60)
        shop.messenger.deaf[URL] = Attempt(status=410, trouble="gone")
        await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
        await outbox.tell(shop.ports, (await outbox.claim(shop.ports, 1))[0])
    settings = KEYS | {"MEDLEM_DATABASE_URL": url, "MEDLEM_VIPPS_MSN": "100001"}

    def said(*words: str) -> Any:
        ran = medlem("endpoints", *words, "--json", settings=settings)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    [found] = said("list")["endpoints"]
    assert (found["id"], found["url"], found["paused"]) == (endpoint.id, URL, "gone")
    assert (found["waiting"], found["oldest_waiting"], found["parked"]) == (1, "2026-11-23T10:01:00Z", 0)
    assert found["heard_at"] == "2026-11-23T10:00:00Z"
    assert said("resume", endpoint.id)["paused"] is None
    assert said("replay", endpoint.id, "--notice", first.id) == {"notices": 2}
    assert said("replay", endpoint.id, "--since", "2026-11-23T10:00:30") == {"notices": 1}
    assert said("list")["endpoints"][0]["waiting"] == 2
    words = medlem("endpoints", "list", settings=settings).stdout
    assert "2 wait (oldest 2026-11-23T10:00:00Z), 0 parked" in words
    for wrong in (("replay", endpoint.id), ("replay", endpoint.id, "--since", "2026-11-23", "--notice", first.id)):
        refused = medlem("endpoints", *wrong, settings=settings)
        assert (refused.returncode, "either --since or --notice" in refused.stderr) == (2, True)
    assert medlem("endpoints", "resume", "whe_nobody", settings=settings).returncode == 1
