"""Our clock and the platform's are ten minutes apart, either way."""

from collections.abc import Iterator
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
