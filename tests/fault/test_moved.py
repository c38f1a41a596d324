"""A service under load moves to PostgreSQL, and goes on there with everything that it was in the middle of."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from command_line import PATIENCE, call, medlem, running
from counter import Counter, Phones, Shop, open_phones, open_shop
from postgres import cluster


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.fixture
def shop(phones: Phones, tmp_path: Path) -> Iterator[Shop]:
    # Whether there is an app is told in an event of its own, whenever it is known; here events are counted.
    with open_shop(phones, tmp_path, settings={"MEDLEM_VIPPS_USER_EXISTS": "off"}) as found:
        yield found


@pytest.fixture
def url() -> Iterator[str]:
    found = cluster().new_database()
    yield found
    cluster().drop(found)


class Busy:
    """A till at which customer after customer is identified, until the service takes no more."""

    def __init__(self, till: Counter) -> None:
        self._till = till
        self._thread = threading.Thread(target=self._work)
        self.answered: list[str] = []
        self.last = 0

    def _work(self) -> None:
        while self.last in {0, 201}:
            self.last, found = self._till.post("/v1/identifications", {"phone": "400 00 011"})
            if self.last == 201:
                self.answered.append(found["id"])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def events_since(till: Counter, last: int, many: int) -> list[tuple[int, str]]:
    """What a till is sent that comes back with the id of the last event that it saw."""
    place = urlsplit(till.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {till.key}", "Last-Event-ID": str(last)}
    connection.request("GET", "/v1/events", headers=headers)
    found: list[tuple[int, str]] = []
    stream, position = connection.getresponse(), 0
    while len(found) < many:
        name, _, value = stream.readline().decode().strip().partition(": ")
        position = int(value) if name == "id" else position
        if name == "event":
            found.append((position, value))
    connection.close()
    return found


def test_a_busy_club_moves_and_every_till_goes_on_where_it_was(
    phones: Phones, shop: Shop, url: str, tmp_path: Path
) -> None:
    kari, again = "4740500001", {"Idempotency-Key": "once"}
    phones.person(kari, name="Kari Nordmann")
    asked = shop.other_till.ask(phone=f"+{kari}")  # the other till's events are 1 and 2, and 3 when it waits
    repeated = {"phone": "400 00 012"}
    first = call("POST", f"{shop.url}/v1/identifications", repeated, shop.other_till.key, again)
    log = threading.Thread(target=shop.service.err.rest)  # a pipe that nobody reads holds the service up
    log.start()
    with Busy(shop.till) as busy:
        moved = medlem("move", "--to", url, "--json", settings=shop.settings)
        assert moved.returncode == 0, moved.stderr
    told = json.loads(moved.stdout)
    assert told["secret_keys"] == str(tmp_path / "shop.keys")
    assert busy.last == 500
    assert call("GET", f"{shop.url}/health/ready")[0] == 503
    shop.service.process.kill()
    log.join()  # to the end, before the pipe is closed
    shop.kill()
    refused = medlem("serve", "--port", "0", settings=shop.settings)
    assert (refused.returncode, "This club has moved to PostgreSQL" in refused.stderr) == (1, True)

    phones.press(kari, "approve")
    shop.settings |= {"MEDLEM_DATABASE_URL": url, "MEDLEM_SECRET_KEYS": told["secret_keys"]}
    shop.open()
    assert shop.other_till.until_final(asked["id"])["state"] == "accepted"
    assert (phones.pushes(kari), len(shop.members(kari))) == (1, 1)
    assert call("POST", f"{shop.url}/v1/identifications", repeated, shop.other_till.key, again) == first
    kinds = events_since(shop.other_till, 1, 4)
    assert kinds == [(2, "enrolment"), (3, "enrolment"), (4, "identification"), (5, "enrolment")]
    found = shop.till.identify(phone="400 00 011")
    assert len(busy.answered) > 3
    ((position, kind),) = events_since(shop.till, len(busy.answered), 1)
    assert (position, kind) == (len(busy.answered) + 1, "identification")
    assert found["id"] not in busy.answered


def test_a_move_that_is_killed_changes_nothing_and_the_next_one_brings_the_club_over(
    phones: Phones, shop: Shop, url: str, tmp_path: Path
) -> None:
    kari = "4740500002"
    phones.person(kari, name="Kari Nordmann")
    with running("move", "--to", url, settings=shop.settings) as moving:
        moving.said("copying member")
        moving.process.kill()
        moving.process.wait()
    asked = shop.till.ask(phone=f"+{kari}")
    there = shop.settings | {"MEDLEM_DATABASE_URL": url, "MEDLEM_SECRET_KEYS": str(tmp_path / "shop.keys")}
    refused = medlem("serve", "--port", "0", settings=there)
    assert (refused.returncode, "has not been finished" in refused.stderr) == (1, True)
    assert medlem("move", "--to", url, settings=shop.settings).returncode == 0
    shop.kill()
    phones.press(kari, "approve")
    shop.settings = there
    shop.open()
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert (phones.pushes(kari), len(shop.members(kari))) == (1, 1)
