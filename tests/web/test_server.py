"""The real server: where it listens, and how it stops."""

import asyncio

import aiohttp
import pytest
import uvicorn

from medlem.club.place import KeyKind
from medlem.flows import places
from medlem.web.app import build
from medlem.web.server import Server, configure
from service import Listener, options, until
from shop import KARI, Shop


async def test_streams_and_long_polls_end_well_when_the_server_is_told_to_stop(shop: Shop) -> None:
    shop.kari()
    made = await places.add_key(shop.ports, shop.club, KeyKind.STATION, "till", shop.station)
    secret = made.secret.reveal()
    enrolment = await shop.invite(KARI)
    server = Server(configure(build(shop.ports, options(shop)), port=0))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        port = await server.listening()
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {secret}"}
        ) as http:
            stream = await http.get("/v1/events")
            screen = Listener(stream)
            assert (await screen.next()).kind == "snapshot"
            waiting = asyncio.create_task(http.get(f"/v1/enrolments/{enrolment.id}?wait=30"))
            waiters = shop.storage._bell._waiters  # type: ignore[attr-defined] # the storage in use has one
            await until(lambda: enrolment.id in waiters)
            server.should_exit = True
            await screen.end()
            answer = await waiting
            assert (answer.status, (await answer.json())["state"]) == (200, "waiting")
        await serving


async def test_the_worker_is_told_and_errands_get_their_moment(shop: Shop) -> None:
    ended: list[str] = []

    async def background(closing: asyncio.Event) -> None:
        await closing.wait()
        ended.append("worker")

    async def errand() -> None:
        await asyncio.sleep(0)
        ended.append("errand")

    server = Server(configure(build(shop.ports, options(shop, background=background)), port=0))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        await server.listening()
        shop.ports.errands.send(errand(), "errand")
        server.should_exit = True
        await serving
    assert sorted(ended) == ["errand", "worker"]


def test_the_server_takes_an_application_of_ours_only() -> None:
    with pytest.raises(TypeError):
        Server(uvicorn.Config("somewhere:app"))


async def test_the_server_tells_nobody_what_it_is_and_writes_no_paths(shop: Shop) -> None:
    config = configure(build(shop.ports, options(shop)))
    assert not config.server_header
    assert not config.access_log
    assert not config.proxy_headers
    assert config.timeout_graceful_shutdown == 1
