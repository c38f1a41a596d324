"""The real server: where it listens, and how it stops."""

import asyncio

import aiohttp
import pytest
import uvicorn

from medlem.club.place import KeyKind
from medlem.flows import places
from medlem.web import protocol
from medlem.web.app import build
from medlem.web.server import Server, configure
from service import Listener, open_service, options, until
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


@pytest.mark.parametrize("line", [b"X-Long: " + b"a" * 100_000, b"X-Many: a\r\n" * 10_000])
async def test_headers_without_end_cost_the_connection(shop: Shop, line: bytes) -> None:
    async with open_service(shop) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + line)
        assert await _rest(reader) == b""
        writer.close()
        assert (await service.get("/health/live", None, **{"X-Long": "a" * 8_000})).status == 200


@pytest.mark.parametrize("begun", [b"", b"GET /health/live HTTP/1.1\r\nHo"])
async def test_a_client_that_never_says_what_it_wants_is_let_go(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIME", 0.05)
    async with open_service(shop) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(begun)
        assert await _rest(reader) == b""
        writer.write(begun)
        writer.close()


async def test_the_second_request_of_a_connection_is_bounded_as_the_first(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIME", 0.05)
    async with open_service(shop) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /health/live HTTP/1.1\r\nHo")
        assert await _rest(reader) == b""
        writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection is closed; nothing, if it is cut."""
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


def test_the_server_takes_an_application_of_ours_only() -> None:
    with pytest.raises(TypeError):
        Server(uvicorn.Config("somewhere:app"))


async def test_the_server_tells_nobody_what_it_is_and_writes_no_paths(shop: Shop) -> None:
    config = configure(build(shop.ports, options(shop)))
    assert not config.server_header
    assert not config.access_log
    assert not config.proxy_headers
    assert config.timeout_graceful_shutdown == 1
