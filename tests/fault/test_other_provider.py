"""Any standard CIBA provider, by settings alone: other paths, no `interval`, nothing that only the platform has."""

from collections.abc import Iterator

import pytest

from counter import Phones, Shop, open_phones, open_shop


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.fixture(scope="module")
def shop(phones: Phones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = {
        "MEDLEM_VIPPS_BASE_URL": "http://127.0.0.1:9",  # there is no such thing here
        "MEDLEM_VIPPS_DISCOVERY_URL": f"{phones.url}/op/.well-known/openid-configuration",
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "",
        "MEDLEM_VIPPS_MSN": "",
        "MEDLEM_VIPPS_USER_EXISTS": "off",
        "MEDLEM_LOGIN_SCOPE": "openid profile",
        "MEDLEM_LOGIN_HINT": "tel:+{msisdn}",
    }
    with open_shop(phones, tmp_path_factory.mktemp("shop"), settings=settings) as found:
        yield found


def test_a_typed_number_becomes_a_member_and_no_look_comes_too_soon(phones: Phones, shop: Shop) -> None:
    phones.person("4740000174", name="Kari Nordmann")
    asked = shop.till.ask(phone="+4740000174")
    assert asked["state"] == "waiting"
    phones.press("4740000174", "approve")
    welcomed = shop.till.until_final(asked["id"])
    assert welcomed["state"] == "accepted"
    (member,) = shop.members("4740000174")
    assert member["profile"]["name"] == "Kari Nordmann"
    shop.kill()
    shop.open()
    assert shop.till.identify(phone="+4740000174")["membership"] == "member"
    assert phones.violations() == 0


def test_a_no_is_the_last_that_is_heard_of_it(phones: Phones, shop: Shop) -> None:
    phones.person("4740000175")
    asked = shop.till.ask(phone="+4740000175")
    phones.press("4740000175", "decline")
    assert shop.till.until_final(asked["id"])["state"] == "declined"
    looks = phones.times("token")
    phones.person("4740000176")
    another = shop.till.ask(phone="+4740000176")
    phones.press("4740000176", "approve")
    assert shop.till.until_final(another["id"])["state"] == "accepted"
    assert phones.times("token") == looks + 1
    assert phones.violations() == 0


def test_a_scan_says_that_there_is_nobody_to_exchange_it(phones: Phones, shop: Shop) -> None:
    phones.person("4740000177")
    status, problem = shop.till.post("/v1/identifications", {"scan": phones.code("4740000177")})
    assert (status, problem["type"].rpartition(":")[2]) == (503, "platform-unavailable")
