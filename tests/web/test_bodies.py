"""Bodies that are not what a call takes, and answers to requests that are no calls."""

import asyncio
import io

import pytest
from yarl import URL

from medlem.web import reading, visit
from service import Reply, Service

PATH = "/v1/identifications"
RIGHT = b'{"phone": "400 00 011"}'


async def send(
    service: Service, body: bytes, content_type: str | None = "application/json", key: str = "station"
) -> Reply:
    headers = {} if content_type is None else {"Content-Type": content_type}
    skipped = ["Content-Type"] if content_type is None else []
    return await service.call("POST", PATH, key, data=io.BytesIO(body), headers=headers, skip_auto_headers=skipped)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"not JSON",
        b"null",
        b"[]",
        b'"x"',
        b'{"phone": "400 00 011",}',
        b'{"phone": "400 00 011"} {}',
        b'{"phone": "400 00 011", "phone": "400 00 012"}',
        b'{"phone": "400 00 011", "loyalty": 1}',
        b'{"phone": ["400 00 011"]}',
        b'{"phone": 40000011}',
        b'{"phone": "\xff"}',
        b'{"phone": "\\ud800"}',
        b"\xef\xbb\xbf" + RIGHT,
        '{"phone": "400 00 011"}'.encode("utf-16"),
        b"[" * 20_000,
        b'{"phone": ' + b"[" * 20_000,
        b'{"scan": NaN}',
    ],
)
async def test_a_body_that_is_not_this_json_is_refused(service: Service, body: bytes) -> None:
    reply = await send(service, body)
    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert reply.body["errors"]


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-msgpack", "multipart/form-data", "application/jsonp", ""]
)
async def test_a_body_that_does_not_say_it_is_json_is_refused(service: Service, content_type: str | None) -> None:
    reply = await send(service, RIGHT, content_type)
    assert (reply.status, reply.problem) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"]
)
async def test_json_may_be_named_in_several_ways(service: Service, content_type: str) -> None:
    assert (await send(service, RIGHT, content_type)).status == 201


async def test_nothing_that_was_sent_is_repeated(service: Service) -> None:
    bodies = (b'{"4740000011": "x"}', b'{"phone": "400 00 011", "country": "4740000011"}', b'{"kari nordmann": 1}')
    for body in bodies:
        reply = await send(service, body)
        assert reply.status == 422
        assert b"4740000011" not in reply.raw
        assert b"kari" not in reply.raw


async def test_the_flaw_of_a_choice_is_pointed_at(service: Service) -> None:
    reply = await send(service, b'{"phone": "400 00 011", "country": "XX"}')
    assert reply.body["errors"] == [{"pointer": "/country", "detail": reply.body["detail"]}]


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1_000_000, 9_000_000])
async def test_a_body_that_is_too_large_is_taken_in_so_that_the_answer_is_seen(service: Service, size: int) -> None:
    reply = await send(service, b" " * size)
    assert (reply.status, reply.problem) == (413, "too-large")
    assert (await send(service, RIGHT)).status == 201


async def test_the_largest_body_is_taken(service: Service) -> None:
    assert (await send(service, RIGHT + b" " * (64 * 1024 - len(RIGHT)))).status == 201


async def test_a_body_that_does_not_say_its_size_is_counted(service: Service) -> None:
    async def chunks(many: int) -> bytes:
        return (await _raw(service, many)).partition(b"\r\n")[0]

    assert await chunks(1) == b"HTTP/1.1 201 Created"
    assert await chunks(3) == b"HTTP/1.1 413 Request Entity Too Large"


async def test_a_body_beyond_ten_megabytes_costs_the_connection(service: Service) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.keys['station']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 20000000\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head.encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer
    writer.close()


async def test_who_waits_to_be_asked_for_the_body_is_told_before_it_is_sent(service: Service) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head.encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 401")
    writer.close()


async def test_a_client_that_goes_in_the_middle_of_its_body_harms_nobody(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.keys['station']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await service.identify()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/members", "/v1/members/x/y", "/%2e%2e/etc/passwd", "/docs", "/_schema"]
)
async def test_an_unknown_path_is_not_found(service: Service, path: str) -> None:
    reply = await service.get(path)
    assert (reply.status, reply.problem) == (404, "not-found")


async def test_a_method_that_a_path_does_not_take_is_named_with_those_it_takes(service: Service) -> None:
    reply = await service.call("PUT", "/v1/members", "integration")
    assert (reply.status, reply.problem) == (405, "method-not-allowed")
    assert {"GET", "POST"} <= set(reply.headers["allow"].split(", "))


async def test_every_answer_carries_its_trace_and_the_safety_headers(service: Service) -> None:
    for reply in (
        await service.get("/health/live"),
        await service.get("/nowhere"),
        await service.call("PUT", "/v1/keys"),
    ):
        assert len(reply.headers["medlem-trace"]) == 16
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "server" not in reply.headers


async def _raw(service: Service, chunks: int) -> bytes:
    """A body in pieces of thirty kilobytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {service.keys['station']}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    )
    for _ in range(chunks):
        writer.write(b"%x\r\n%s\r\n" % (30_000, b" " * 30_000))
    writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(RIGHT), RIGHT))
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("query", ["wait", "%ff=1", "=", "wait=%ff", "a=1&&b"])
async def test_a_query_that_cannot_be_read_is_refused(service: Service, query: str) -> None:
    url = URL(f"/v1/enrolments/enr_01kaq2y3m8e5x7r1t9v0w2z4b6?{query}", encoded=True)
    reply = await service.call("GET", url)
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_a_body_that_never_comes_is_not_waited_for(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_TIME", 0.05)
    monkeypatch.setattr(visit, "DRAIN_TIME", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.keys['station']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{".encode()
    )
    async with asyncio.timeout(10):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 422")
    assert b"connection: close" in answer
    writer.close()
