"""`medlem webhooks`, as an operator types it, while the service runs and the platform delivers."""

import json
from pathlib import Path
from typing import Any

from command_line import KEYS, PATIENCE, medlem
from counter import Phones, Shop, open_phones, open_shop

PING, CHECK_IN = "login.merchant-initiated.ping.v1", "user.checked-in.v1"
KARI = "4740709001"


def said(*words: str, settings: dict[str, str]) -> Any:
    done = medlem("webhooks", *words, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def registered(shop: Shop) -> dict[str, Any]:
    """Our registrations by their event, once the service has made all of them."""
    for _ in range(int(PATIENCE)):
        events = said("list", settings=shop.settings)["events"]
        if all(one["in_force"] and one["in_force"]["stands"] for one in events):
            return {one["event"]: one for one in events}
    raise AssertionError("never registered")


def hang_a_sticker(shop: Shop) -> None:
    """What makes scans of interest to us."""
    made = medlem("station", "add", "Till 3", "--json", settings=shop.settings)
    hung = medlem("station", "qr", json.loads(made.stdout)["id"], settings=shop.settings)
    assert hung.returncode == 0, hung.stderr


def pinged(phones: Phones) -> list[int]:
    return [one["status"] for one in phones.control("GET", "/calls")["operations"]["ping"]["last"]]


def test_secrets_are_replaced_and_sharing_ends_while_the_service_runs(tmp_path: Path) -> None:
    with open_phones() as phones, open_shop(phones, tmp_path, pings=True) as shop:
        phones.person(KARI, name="Kari Nordmann")
        shop.kill()
        hang_a_sticker(shop)
        shop.open()
        before = registered(shop)
        assert said("rotate", settings=shop.settings) == {"rotated": [PING]}
        assert said("rotate", "--event", CHECK_IN, settings=shop.settings) == {"rotated": [CHECK_IN]}
        after = registered(shop)
        assert set(after) == set(before) == {PING, CHECK_IN}
        for event, was in before.items():
            now = after[event]
            assert now["in_force"]["id"] != was["in_force"]["id"]
            assert [(old["id"], old["stands"]) for old in now["replaced"]] == [(was["in_force"]["id"], False)]
        asked = shop.till.ask(phone=f"+{KARI}")
        phones.press(KARI, "approve")
        assert shop.till.until_final(asked["id"])["member"]["name"] == "Kari N."
        assert 200 in pinged(phones)
        assert 401 not in pinged(phones)

        address = said("withdrawal-address", settings=shop.settings)["url"]
        assert address.startswith(f"{shop.settings['MEDLEM_PUBLIC_URL']}/hooks/withdrawn/")
        phones.control("PUT", "/switches", {"revocation_url": address, "revocation_parts": 3})
        phones.control("POST", f"/people/{KARI}/revoke")
        [member] = shop.members(KARI)
        for _ in range(int(PATIENCE) * 20):
            if member["sharing_withdrawn_at"] is not None:
                break
            [member] = shop.members(KARI)
        assert member["sharing_withdrawn_at"] is not None
        assert member["left_at"] is None
        assert shop.till.identify(phone=f"+{KARI}")["member"]["name"] is None
        replaced = said("withdrawal-address", "--replace", "--at-once", settings=shop.settings)["url"]
        assert replaced != address


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    settings = KEYS | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}"}
    refused = medlem("webhooks", "rotate", settings=settings)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "MEDLEM_PUBLIC_URL is not set" in refused.stderr
