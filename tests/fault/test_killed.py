"""`kill -9` at each step between the ask and the member.

The simulated platform holds a call for as long as the test needs to kill the service in the middle of it; what the
platform had done by then is done. Started again, the service finds from its rows what was going on.
"""

from collections.abc import Iterator
from time import monotonic

import pytest

from command_line import PATIENCE
from counter import Phones, Shop, open_phones, open_shop

HOUR = 3600


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.fixture(scope="module")
def shop(phones: Phones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(phones, tmp_path_factory.mktemp("shop")) as found:
        yield found


@pytest.fixture
def kari(phones: Phones, request: pytest.FixtureRequest) -> Iterator[str]:
    """Somebody whom no other test knows."""
    msisdn = f"47409{abs(hash(request.node.name)) % 100_000:05}"
    phones.person(msisdn, name="Kari Nordmann")
    yield msisdn
    phones.faults()


def hold(phones: Phones, operation: str) -> None:
    """Let the next such call take effect, and its answer wait."""
    phones.faults({"operation": operation, "kind": "delay", "seconds": HOUR, "times": 1})


def until_called(phones: Phones, operation: str, before: int) -> None:
    """Wait until one more call is in the platform's hands."""
    end = monotonic() + PATIENCE
    while phones.times(operation) == before:
        assert monotonic() < end, f"{operation} was never called"


def test_while_the_question_is_on_its_way_it_is_given_up_and_never_repeated(
    phones: Phones, shop: Shop, kari: str
) -> None:
    hold(phones, "backchannel")
    asked = shop.till.ask(phone=f"+{kari}")  # after eight seconds the till is told that it takes longer
    assert asked["state"] == "asking"
    shop.kill()
    shop.open()
    lost = shop.till.until_final(asked["id"])
    assert (lost["state"], lost["reason"]) == ("failed", "outcome_unknown")
    assert phones.pushes(kari) == 1
    assert shop.members(kari) == []


def test_while_the_customer_thinks_nothing_is_lost(phones: Phones, shop: Shop, kari: str) -> None:
    asked = shop.till.ask(phone=f"+{kari}")
    shop.kill()
    phones.press(kari, "approve")
    shop.open()
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert phones.pushes(kari) == 1
    assert len(shop.members(kari)) == 1


def test_while_the_tokens_are_on_their_way_the_cashier_is_told_to_ask_again(
    phones: Phones, shop: Shop, kari: str
) -> None:
    asked = shop.till.ask(phone=f"+{kari}")
    hold(phones, "token")
    before = phones.times("token")
    phones.press(kari, "approve")
    until_called(phones, "token", before)
    shop.kill()
    shop.open()
    lost = shop.till.until_final(asked["id"])
    assert (lost["state"], lost["reason"]) == ("failed", "outcome_unknown")
    assert shop.members(kari) == []
    phones.faults()
    again = shop.till.ask(phone=f"+{kari}")
    phones.press(kari, "approve")
    assert shop.till.until_final(again["id"])["state"] == "accepted"
    assert len(shop.members(kari)) == 1


@pytest.mark.parametrize("operation", ["jwks", "userinfo"])
def test_once_the_tokens_are_kept_a_member_is_made_of_them(
    phones: Phones, shop: Shop, kari: str, operation: str
) -> None:
    shop.kill()
    shop.open()  # with nothing remembered of the platform's keys
    asked = shop.till.ask(phone=f"+{kari}")
    hold(phones, operation)
    before = phones.times(operation)
    phones.press(kari, "approve")
    until_called(phones, operation, before)
    shop.kill()
    tokens = phones.times("token")
    shop.open()
    welcomed = shop.till.until_final(asked["id"])
    assert (welcomed["state"], welcomed["member"]["name"]) == ("accepted", "Kari N.")
    assert phones.times("token") == tokens
    assert len(shop.members(kari)) == 1


def test_a_restart_never_looks_too_soon(phones: Phones, shop: Shop, kari: str) -> None:
    before = phones.violations()
    asked = shop.till.ask(phone=f"+{kari}")
    for _ in range(2):
        shop.kill()
        shop.open()
    phones.press(kari, "approve")
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert phones.violations() == before


def test_after_the_member_is_made_nothing_happens_twice(phones: Phones, shop: Shop, kari: str) -> None:
    asked = shop.till.ask(phone=f"+{kari}")
    phones.press(kari, "approve")
    first = shop.till.until_final(asked["id"])
    shop.kill()
    shop.open()
    assert shop.till.show(asked["id"]) == first
    assert shop.till.identify(phone=f"+{kari}")["member"] == first["member"]
    assert len(shop.members(kari)) == 1
