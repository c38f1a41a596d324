"""A backup is brought back into a world that has moved on: phones, tills and the platform remember what it does not."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest

from backups import rows
from command_line import PATIENCE, medlem
from counter import Counter, Phones, Shop, open_phones, open_shop


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.fixture
def shop(phones: Phones, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(phones, tmp_path, pings=True) as found:
        yield found


@pytest.fixture
def kari(phones: Phones, request: pytest.FixtureRequest) -> str:
    """Somebody whom no other test knows."""
    msisdn = f"47408{abs(hash(request.node.name)) % 100_000:05}"
    phones.person(msisdn, name="Kari Nordmann")
    return msisdn


@pytest.fixture
def backup(tmp_path: Path) -> str:
    return str(tmp_path / "shop.backup")


def run(shop: Shop, *words: str) -> None:
    done = medlem(*words, settings=shop.settings)
    assert done.returncode == 0, done.stderr


def bring_back(shop: Shop, backup: str) -> None:
    shop.kill()
    run(shop, "restore", backup, "--replace")
    shop.open()


def first_event(till: Counter, last: int) -> tuple[int, Any]:
    """What a till is sent first that comes back with the id of the last event that it saw."""
    place = urlsplit(till.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {till.key}", "Last-Event-ID": str(last)}
    connection.request("GET", "/v1/events", headers=headers)
    stream, fields = connection.getresponse(), {}
    while "data" not in fields:
        name, _, value = stream.readline().decode().strip().partition(": ")
        fields[name] = value
    connection.close()
    return int(fields["id"]), fields["event"]


def test_a_yes_that_nobody_had_collected_still_makes_one_member(
    phones: Phones, shop: Shop, kari: str, backup: str
) -> None:
    asked = shop.till.ask(phone=f"+{kari}")
    run(shop, "backup", backup)
    shop.kill()
    phones.press(kari, "approve")
    run(shop, "restore", backup, "--replace")
    shop.open()
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert (phones.pushes(kari), len(shop.members(kari))) == (1, 1)


def test_who_joined_in_the_time_that_is_lost_is_asked_again_only_by_hand_and_gets_a_number_of_their_own(
    phones: Phones, shop: Shop, kari: str, backup: str
) -> None:
    asked = shop.till.ask(phone=f"+{kari}")
    run(shop, "backup", backup)
    phones.press(kari, "approve")
    lost = shop.till.until_final(asked["id"])["member"]
    seen, _ = first_event(shop.till, 0)
    bring_back(shop, backup)
    ended = shop.till.until_final(asked["id"])
    assert (ended["state"], ended["reason"]) == ("failed", "outcome_unknown")
    assert (phones.pushes(kari), shop.members(kari)) == (1, [])
    position, kind = first_event(shop.till, seen)
    assert (kind, position > seen + 1_000_000) == ("snapshot", True)
    again = shop.till.ask(phone=f"+{kari}")
    phones.press(kari, "approve")
    joined = shop.till.until_final(again["id"])["member"]
    assert int(joined["member_number"]) > int(lost["member_number"])
    assert phones.pushes(kari) == 2


def test_who_stood_at_the_till_before_is_identified_again_before_anybody_asks(
    phones: Phones, shop: Shop, kari: str, backup: str
) -> None:
    found = shop.till.identify(phone=f"+{kari}")
    run(shop, "backup", backup)
    bring_back(shop, backup)
    status, problem = shop.till.post("/v1/enrolments", {"identification": found["id"]})
    assert (status, problem["type"]) == (410, "urn:medlem:problem:identification-expired")
    assert phones.pushes(kari) == 0


def test_a_registration_that_was_replaced_in_the_time_that_is_lost_is_made_anew(
    phones: Phones, shop: Shop, kari: str, backup: str, tmp_path: Path
) -> None:
    def registered(address: str) -> None:
        """Wait until the service has had its deliveries sent there."""
        end = monotonic() + PATIENCE
        while rows(tmp_path / "shop.db", "select url from registration where url like ?", f"{address}/%") == []:
            assert monotonic() < end, f"never registered {address}"

    here, moved = f"http://127.0.0.1:{shop.port}", f"http://localhost:{shop.port}"
    registered(here)
    run(shop, "backup", backup)
    shop.kill()
    shop.settings["MEDLEM_PUBLIC_URL"] = moved
    shop.open()
    registered(moved)
    end = monotonic() + PATIENCE
    while rows(tmp_path / "shop.db", "select id from replaced_registration where ended_at is not null") == []:
        assert monotonic() < end, "the old registration was never ended"
    shop.settings["MEDLEM_PUBLIC_URL"] = here
    before = rows(Path(backup), "select id from registration")
    bring_back(shop, backup)
    end = monotonic() + PATIENCE
    while rows(tmp_path / "shop.db", "select id from registration") == before:
        assert monotonic() < end, "never registered anew"
    asked = shop.till.ask(phone=f"+{kari}")
    phones.press(kari, "approve")
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert 200 in {ping["status"] for ping in phones.control("GET", "/calls")["operations"]["ping"]["last"][-2:]}
