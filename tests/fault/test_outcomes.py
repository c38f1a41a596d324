"""Every way in which asking a customer can end, by HTTP calls alone, on real processes."""

from collections.abc import Iterator

import pytest

from command_line import call
from counter import Phones, Shop, open_phones, open_shop


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.fixture(scope="module")
def shop(phones: Phones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(phones, tmp_path_factory.mktemp("shop"), pings=True) as found:
        yield found


@pytest.fixture(autouse=True)
def no_trouble(phones: Phones) -> None:
    phones.faults()


def test_a_yes_is_a_member_everywhere(phones: Phones, shop: Shop) -> None:
    phones.person("4740000162", name="Kari Nordmann")
    asked = shop.till.ask(scan=phones.code("4740000162"))
    (request,) = phones.shown("4740000162")
    assert request["binding_message"] == asked["code"]
    phones.press("4740000162", "approve")
    welcomed = shop.till.until_final(asked["id"])
    assert (welcomed["state"], welcomed["member"]["name"]) == ("accepted", "Kari N.")
    for how in ({"scan": phones.code("4740000162", "clear")}, {"phone": "400 00 162", "country": "NO"}):
        assert shop.till.identify(**how)["member"] == welcomed["member"]
    status, problem = shop.till.post(
        "/v1/enrolments", {"identification": shop.till.identify(phone="+4740000162")["id"]}
    )
    assert (status, problem["member"]) == (409, welcomed["member"])


def test_a_no_is_a_no(phones: Phones, shop: Shop) -> None:
    phones.person("4740000163")
    asked = shop.till.ask(phone="+4740000163")
    phones.press("4740000163", "decline")
    declined = shop.till.until_final(asked["id"])
    assert (declined["state"], declined["reason"], declined["member"]) == ("declined", None, None)
    assert shop.members("4740000163") == []


def test_silence_expires(phones: Phones, shop: Shop) -> None:
    phones.person("4740000164", answers="ignore")
    asked = shop.till.ask(phone="+4740000164")
    phones.turn(181)  # the platform's clock alone: its word counts
    expired = shop.till.until_final(asked["id"])
    assert (expired["state"], expired["reason"]) == ("expired", None)


@pytest.mark.parametrize(
    ("msisdn", "traits", "reason"),
    [
        ("4740000165", {"app": "old"}, "app_too_old"),
        ("4740000166", {"app": "none"}, "cannot_use_app"),
        ("4740000167", {"age": 14}, "cannot_use_app"),
        ("4740000168", None, "cannot_use_app"),
    ],
)
def test_who_cannot_be_asked(
    phones: Phones, shop: Shop, msisdn: str, traits: dict[str, object] | None, reason: str
) -> None:
    if traits is not None:
        phones.person(msisdn, **traits)
    asked = shop.till.ask(phone=f"+{msisdn}")
    assert (asked["state"], asked["reason"]) == ("failed", reason)
    assert phones.pushes(msisdn) == 0


def test_two_stations_ask_one_phone_once_and_both_see_it(phones: Phones, shop: Shop) -> None:
    phones.person("4740000169")
    first = shop.till.ask(phone="+4740000169")
    second = shop.other_till.ask(phone="+4740000169")
    assert first["id"] == second["id"]
    assert phones.pushes("4740000169") == 1
    phones.press("4740000169", "approve")
    assert shop.till.until_final(first["id"]) == shop.other_till.until_final(first["id"])
    assert len(shop.members("4740000169")) == 1


def test_a_station_that_did_not_ask_sees_nothing(phones: Phones, shop: Shop) -> None:
    phones.person("4740000170")
    asked = shop.till.ask(phone="+4740000170")
    status, problem = call("GET", f"{shop.url}/v1/enrolments/{asked['id']}", key=shop.other_till.key)
    assert (status, problem["type"].rpartition(":")[2]) == (404, "not-found")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("429", "customer_busy"),
        ("500", "platform_unavailable"),
        ("bad_json", "platform_surprised_us"),
        ("reset", "outcome_unknown"),
        ("lost", "outcome_unknown"),
    ],
)
def test_a_question_that_goes_wrong_says_how(phones: Phones, shop: Shop, kind: str, reason: str) -> None:
    msisdn = f"474000019{['429', '500', 'bad_json', 'reset', 'lost'].index(kind)}"
    phones.person(msisdn)
    phones.faults({"operation": "backchannel", "kind": kind})
    asked = shop.till.ask(phone=f"+{msisdn}")
    assert (asked["state"], asked["reason"]) == ("failed", reason)
    assert phones.pushes(msisdn) <= 1


@pytest.mark.parametrize("kind", ["500", "429", "bad_json", "reset"])
def test_trouble_while_waiting_loses_nothing(phones: Phones, shop: Shop, kind: str) -> None:
    msisdn = f"474000018{['500', '429', 'bad_json', 'reset'].index(kind)}"
    phones.person(msisdn)
    asked = shop.till.ask(phone=f"+{msisdn}")
    phones.faults({"operation": "token", "kind": kind, "times": 1})
    phones.press(msisdn, "approve")
    assert shop.till.until_final(asked["id"], 120)["state"] == "accepted"


def test_a_forged_id_token_makes_no_member(phones: Phones, shop: Shop) -> None:
    phones.person("4740000171")
    asked = shop.till.ask(phone="+4740000171")
    phones.faults({"operation": "token", "kind": "forged"})
    phones.press("4740000171", "approve")
    refused = shop.till.until_final(asked["id"])
    assert (refused["state"], refused["reason"]) == ("failed", "platform_surprised_us")
    assert shop.members("4740000171") == []


def test_no_look_ever_came_too_soon_or_after_the_end(phones: Phones, shop: Shop) -> None:
    phones.person("4740000172")
    asked = shop.till.ask(phone="+4740000172")
    phones.press("4740000172", "approve")
    shop.till.until_final(asked["id"])
    assert phones.violations() == 0


@pytest.mark.parametrize("kind", ["lost", "double", "forged"])
def test_a_ping_that_is_lost_doubled_or_forged_changes_nothing(phones: Phones, shop: Shop, kind: str) -> None:
    msisdn = f"474000010{['lost', 'double', 'forged'].index(kind)}"
    phones.person(msisdn)
    before = phones.violations()
    asked = shop.till.ask(phone=f"+{msisdn}")
    phones.faults({"operation": "ping", "kind": kind})
    phones.press(msisdn, "approve")
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert phones.violations() == before
    assert len(shop.members(msisdn)) == 1


def test_a_platform_that_is_away_is_told_at_a_scan(phones: Phones, shop: Shop) -> None:
    phones.person("4740000173")
    code = phones.code("4740000173")
    phones.faults({"operation": "exchange", "kind": "500"})
    status, problem = shop.till.post("/v1/identifications", {"scan": code})
    assert (status, problem["type"].rpartition(":")[2]) == (503, "platform-unavailable")
    assert shop.till.identify(phone="+4740000173")["membership"] == "not_member"
