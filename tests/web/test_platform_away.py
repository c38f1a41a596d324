"""The platform is down: the till is told at once, and the shop goes on by typed numbers."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from medlem.club.masked import Masked
from medlem.club.member import Profile
from medlem.flows import membership
from medlem.vipps.circuit import ENOUGH, PAUSE
from medlem.vipps.http import TimeOuts
from medlem.vipps.platform import VippsPlatform
from medlem.vipps.sales_unit import SalesUnit
from service import Service, open_service
from shop import KARI, Shop

SHORT = TimeOuts(connect=1, fetch=1, call=1, scan=2, ask=2)
CODE = {"scan": "https://qr.vipps.no/p/qwjhewqhueheuqwhuqwhe"}


class Failing:
    """A platform that answers every call with 503, and counts them."""

    def __init__(self) -> None:
        self.calls = 0
        self.url = ""

    async def answer(self, _: web.Request) -> web.Response:
        self.calls += 1
        return web.Response(status=503, text="<html>maintenance</html>")


@pytest.fixture
async def failing() -> AsyncIterator[Failing]:
    platform = Failing()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", platform.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield platform
    await runner.cleanup()


@pytest.fixture
async def away(shop: Shop, failing: Failing) -> AsyncIterator[Service]:
    unit = SalesUnit(
        client_id="client-1", client_secret=Masked("s"), msn="100001",
        base_url=failing.url, discovery_url=f"{failing.url}/discovery",
    )  # fmt: skip
    platform = VippsPlatform({shop.club.id: unit}, shop.clock, SHORT)
    down = replace(shop, ports=replace(shop.ports, platform=platform))
    async with open_service(down) as running:
        yield running
    await shop.ports.errands.finish()
    await platform.close()


async def test_who_is_a_member_is_known_all_the_same(away: Service) -> None:
    await membership.enter(away.shop.ports, away.shop.club, f"+{KARI}", Profile(name="Kari Nordmann"))
    found = await away.identify()
    assert (found["membership"], found["member"]["name"]) == ("member", "Kari N.")


async def test_a_scan_is_refused_with_what_to_do_and_soon_at_once(away: Service, failing: Failing) -> None:
    for _ in range(ENOUGH + 3):
        reply = await away.post("/v1/identifications", CODE)
        assert (reply.status, reply.problem) == (503, "platform-unavailable")
        assert reply.headers["retry-after"] == "5"
        assert "type the phone number" in reply.body["detail"]
    assert failing.calls == ENOUGH
    assert (await away.identify())["membership"] == "not_member"


async def test_a_question_ends_at_once_and_says_so(away: Service, failing: Failing) -> None:
    for number in range(ENOUGH + 2):
        asked = await away.ask(f"400 00 0{number + 20}")
        assert (asked["state"], asked["reason"]) == ("failed", "platform_unavailable")
    await away.shop.ports.errands.finish()
    before = failing.calls
    asked = await away.ask("400 00 030")
    assert (asked["state"], asked["reason"]) == ("failed", "platform_unavailable")
    await away.shop.ports.errands.finish()
    assert failing.calls == before


async def test_when_it_is_back_the_next_try_finds_out(away: Service, failing: Failing) -> None:
    for _ in range(ENOUGH):
        await away.post("/v1/identifications", CODE)
    before = failing.calls
    await away.shop.clock.turn(PAUSE.total_seconds())
    await away.post("/v1/identifications", CODE)
    assert failing.calls == before + 1
