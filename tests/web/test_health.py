"""How the service says that it is well, and what it counts."""

import asyncio

import pytest

from medlem.club.endpoint import WANTED
from medlem.flows import outbox
from medlem.web.app import desk_of
from service import Service, open_service, options, until
from shop import Shop


async def test_a_service_with_its_database_is_ready(service: Service) -> None:
    assert (await service.get("/health/live", None)).body == {"live": True}
    assert (await service.get("/health/ready", None)).body == {"ready": True}


async def test_a_service_without_its_database_is_alive_but_not_ready(shop: Shop) -> None:
    async def broken() -> None:
        raise OSError("disk +4740000011 is gone")

    async with open_service(shop, ready=broken) as service:
        reply = await service.get("/health/ready", None)
        assert (reply.status, reply.body) == (503, {"ready": False})
        assert reply.headers["retry-after"] == "1"
        assert (await service.get("/health/live", None)).status == 200


async def test_a_platform_that_is_away_makes_nobody_unready(service: Service) -> None:
    service.shop.platform.down = True
    assert (await service.get("/health/ready", None)).status == 200


async def test_a_service_that_stops_is_not_ready(service: Service) -> None:
    desk_of(service.app).closing.set()
    assert (await service.get("/health/ready", None)).status == 503


async def test_figures_go_by_route_and_status_and_name_nobody(service: Service) -> None:
    service.shop.kari()
    enrolment = await service.ask()
    await service.get(f"/v1/enrolments/{enrolment['id']}")
    await service.get("/4740000011", None)
    figures = (await service.get("/metrics", None)).raw.decode()
    assert 'medlem_http_requests_total{route="/v1/enrolments/{enrolment}",status="200"}' in figures
    assert 'medlem_http_requests_total{route="-",status="404"}' in figures
    assert 'medlem_open_enrolments{sales_unit="100001",state="waiting"} 1.0' in figures
    assert 'medlem_open_enrolments{sales_unit="100001",state="asking"} 0.0' in figures
    for secret in ("4740000011", "40000011", "enr_", "idn_", "sta_", "mdl_"):
        assert secret not in figures


async def test_what_endpoints_have_yet_to_hear_is_a_figure_of_each(service: Service) -> None:
    shop = service.shop
    made = await outbox.add_endpoint(shop.ports, shop.club.id, "https://crm.example.org/hooks", frozenset(WANTED))
    labels = f'endpoint="{made.id}",sales_unit="100001"'

    async def figures() -> str:
        return (await service.get("/metrics", None)).raw.decode()

    assert f"medlem_endpoint_oldest_seconds{{{labels}}} 0.0" in await figures()
    await outbox.send_test(shop.ports, shop.club.id, made.id)
    await shop.clock.turn(90)
    found = await figures()
    assert f'medlem_endpoint_notices{{{labels},state="waiting"}} 1.0' in found
    assert f'medlem_endpoint_notices{{{labels},state="parked"}} 0.0' in found
    assert f"medlem_endpoint_oldest_seconds{{{labels}}} 90.0" in found
    assert f"medlem_endpoint_paused{{{labels}}} 0.0" in found
    assert "crm.example.org" not in found


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_figures_go_through_a_proxy_with_an_admin_key_only(service: Service, header: str) -> None:
    async def figures(key: str | None) -> int:
        return (await service.call("GET", "/metrics", key, headers={header: "192.0.2.7"})).status

    assert [await figures(key) for key in (None, "station", "integration", "admin")] == [401, 403, 403, 200]


async def test_what_runs_beside_is_started_again_when_it_fails_and_told_to_stop(shop: Shop) -> None:
    runs: list[str] = []

    async def background(closing: asyncio.Event) -> None:
        runs.append("begun")
        if len(runs) == 1:
            raise ConnectionError("+4740000011")
        await closing.wait()
        runs.append("stopped")

    async with open_service(shop, background=background):
        await until(lambda: runs == ["begun"])
        await shop.clock.turn(1)
        await until(lambda: runs == ["begun", "begun"])
    assert runs == ["begun", "begun", "stopped"]


async def test_what_runs_beside_and_is_done_is_not_started_again(shop: Shop) -> None:
    runs = 0

    async def background(_: asyncio.Event) -> None:
        nonlocal runs
        runs += 1

    async with open_service(shop, background=background):
        await until(lambda: runs == 1)
        await shop.clock.turn(60)
    assert runs == 1


def test_the_usual_waits_are_the_contracts(shop: Shop) -> None:
    usual = options(shop)
    assert (usual.longest_wait, usual.ask_wait, usual.heartbeat, usual.stream_life) == (30, 8, 5, 3600)
    assert usual.streams_per_station == 8
