"""A chain on PostgreSQL: any node serves any till, and whatever dies, the others go on."""

import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from command_line import PATIENCE, Command, call, medlem, running
from counter import Counter, Phones, Shop, open_phones, open_shop
from medlem.vault import Vault
from postgres import Cluster


@pytest.fixture(scope="module")
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    own = Cluster()
    own.start()
    yield own
    own.remove()


@pytest.fixture(scope="module")
def settings(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return on(server.new_database(), tmp_path_factory.mktemp("keys") / "keys")


def on(url: str, keys: Path) -> dict[str, str]:
    """The settings of one more node."""
    keys.write_text(Vault.new_line() + "\n")
    keys.chmod(0o600)
    return {"MEDLEM_DATABASE_URL": url, "MEDLEM_SECRET_KEYS": str(keys)}


@pytest.fixture(scope="module")
def shop(phones: Phones, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One node, with the stations."""
    with open_shop(phones, tmp_path_factory.mktemp("shop"), settings=settings) as found:
        yield found


@pytest.fixture
def node(shop: Shop) -> Iterator[Command]:
    """Another."""
    with running("serve", "--port", "0", "--json", settings=shop.settings) as found:
        yield found


@pytest.fixture
def kari(phones: Phones, request: pytest.FixtureRequest) -> str:
    """Somebody whom no other test knows."""
    msisdn = f"47408{abs(hash(request.node.name)) % 100_000:05}"
    phones.person(msisdn, name="Kari Nordmann")
    return msisdn


def till_at(node: Command, shop: Shop) -> Counter:
    """The first till, served by another node."""
    return Counter(str(node.answer()["url"]), shop.till.key)


def test_a_till_may_change_its_node_at_every_step(phones: Phones, shop: Shop, node: Command, kari: str) -> None:
    elsewhere = till_at(node, shop)
    found = elsewhere.identify(phone=f"+{kari}")
    status, asked = shop.till.post("/v1/enrolments", {"identification": found["id"]})
    assert status == 202
    assert elsewhere.show(asked["id"])["code"] == asked["code"]
    phones.press(kari, "approve")
    assert elsewhere.until_final(asked["id"])["state"] == "accepted"
    assert shop.till.show(asked["id"])["state"] == "accepted"
    assert elsewhere.identify(phone=f"+{kari}")["membership"] == "member"
    assert phones.pushes(kari) == 1


def test_when_a_node_is_killed_the_other_one_hears_the_yes(
    phones: Phones, shop: Shop, node: Command, kari: str
) -> None:
    elsewhere = till_at(node, shop)
    asked = elsewhere.ask(phone=f"+{kari}")
    node.process.kill()
    node.process.wait()
    phones.press(kari, "approve")
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert len(shop.members(kari)) == 1
    assert phones.pushes(kari) == 1
    assert phones.violations() == 0


def test_nodes_are_replaced_one_after_the_other(phones: Phones, shop: Shop, kari: str) -> None:
    with running("serve", "--port", "0", "--json", settings=shop.settings) as first:
        asked = till_at(first, shop).ask(phone=f"+{kari}")
        with running("serve", "--port", "0", "--json", settings=shop.settings) as second:
            elsewhere = till_at(second, shop)
            assert first.stop()[0] == 0
            phones.press(kari, "approve")
            assert elsewhere.until_final(asked["id"])["state"] == "accepted"
    assert phones.pushes(kari) == 1


def test_a_worker_of_its_own_does_the_work_of_a_node_that_does_none(
    phones: Phones, server: Cluster, tmp_path: Path, kari: str
) -> None:
    settings = on(server.new_database(), tmp_path / "keys")
    with open_shop(phones, tmp_path, settings=settings) as shop:
        shop.service.stop()
        with running("serve", "--port", "0", "--no-worker", "--json", settings=shop.settings) as idle:
            till = till_at(idle, shop)
            asked = till.ask(phone=f"+{kari}")
            phones.press(kari, "approve")
            with running("worker", "--json", settings=shop.settings) as worker:
                assert worker.answer()["pid"] == worker.process.pid
                assert till.until_final(asked["id"])["state"] == "accepted"
                assert worker.stop()[0] == 0


def test_when_the_database_dies_and_comes_back_the_shop_goes_on_by_itself(
    phones: Phones, server: Cluster, shop: Shop, kari: str
) -> None:
    asked = shop.till.ask(phone=f"+{kari}")
    server.kill()
    status, refused = shop.till.post("/v1/identifications", {"phone": f"+{kari}"})
    assert (status, refused["type"]) == (500, "urn:medlem:problem:internal-error")
    assert call("GET", f"{shop.url}/health/ready")[0] == 503
    phones.press(kari, "approve")
    server.start()
    end = monotonic() + PATIENCE
    while call("GET", f"{shop.url}/health/ready")[0] != 200:
        assert monotonic() < end, "it does not find its database again"
    assert shop.till.until_final(asked["id"])["state"] == "accepted"
    assert shop.till.identify(phone=f"+{kari}")["membership"] == "member"
    assert phones.pushes(kari) == 1


def test_a_node_that_cannot_have_its_database_says_so_and_what_to_do(
    server: Cluster, shop: Shop, tmp_path: Path
) -> None:
    strangers = shop.settings | on(shop.settings["MEDLEM_DATABASE_URL"], tmp_path / "keys")
    refused = medlem("serve", "--port", "0", settings=strangers)
    assert refused.returncode == 1
    assert "written under other secret keys" in refused.stderr
    nowhere = shop.settings | {"MEDLEM_DATABASE_URL": f"postgresql://medlem:hunter2@127.0.0.1:1/{server.port}"}
    refused = medlem("serve", "--port", "0", settings=nowhere)
    assert refused.returncode == 1
    assert "PostgreSQL does not answer" in refused.stderr
    assert "hunter2" not in refused.stderr


def test_a_node_that_stops_leaves_within_its_time_though_the_database_is_gone(
    server: Cluster, shop: Shop, node: Command
) -> None:
    node.answer()
    server.kill()
    try:
        assert node.stop(signal.SIGTERM)[0] == 0
    finally:
        server.start()
    end = monotonic() + PATIENCE
    while call("GET", f"{shop.url}/health/ready")[0] != 200:
        assert monotonic() < end
