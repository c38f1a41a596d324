"""Our clock and the platform's are ten minutes apart, either way."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counter import Phones, open_phones, open_shop


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.mark.parametrize("apart", [600, -600])
def test_a_yes_is_a_yes_though_the_platforms_clock_is_another(phones: Phones, tmp_path: Path, apart: int) -> None:
    kari = "4740600001" if apart > 0 else "4740600002"
    phones.person(kari, name="Kari Nordmann")
    wrong: list[dict[str, object]] = [
        {"operation": operation, "kind": "clock_skew", "seconds": apart} for operation in ("token", "userinfo")
    ]
    phones.faults(*wrong)
    with open_shop(phones, tmp_path, pings=True) as shop:
        asked = shop.till.ask(phone=f"+{kari}")
        assert asked["state"] == "waiting", asked
        phones.press(kari, "approve")
        assert shop.till.until_final(asked["id"])["state"] == "accepted"
        assert (phones.pushes(kari), len(shop.members(kari))) == (1, 1)
    assert phones.violations() == 0


LATER = """
update enrolment set created_at = created_at + 600000, changed_at = changed_at + 600000, due_at = due_at + 600000,
    expires_at = expires_at + 600000;
update event set added_at = added_at + 600000;
"""


def test_who_waits_is_looked_after_though_the_clock_was_set_back_before_the_service_started_again(
    phones: Phones, tmp_path: Path
) -> None:
    kari = "4740600003"
    phones.person(kari, name="Kari Nordmann")
    phones.faults()
    with open_shop(phones, tmp_path) as shop:
        asked = shop.till.ask(phone=f"+{kari}")
        phones.press(kari, "approve")
        shop.kill()
        with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
            database.executescript(LATER)  # as if all of it had been written by a clock ten minutes ahead
        shop.open()
        assert shop.till.until_final(asked["id"])["state"] == "accepted"
        assert (phones.pushes(kari), len(shop.members(kari))) == (1, 1)
