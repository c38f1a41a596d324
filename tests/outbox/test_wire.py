"""Messages on a real wire: what may go wrong with whoever listens there."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from medlem.club.endpoint import Attempt, Endpoint, Notice, NoticeKind, new_endpoint_secret, shown_secret
from medlem.club.ids import club_id, endpoint_id, notice_id
from medlem.outbox.addresses import Rules
from medlem.outbox.wire import HttpMessenger
from receiver import verified

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BODY = '{"type":"member.created","timestamp":"2026-11-23T10:00:00Z","data":{}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listener(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


@asynccontextmanager
async def messenger(
    rules: Rules | None = None, within: float = 5.0, resolver: AbstractResolver | None = None
) -> AsyncIterator[HttpMessenger]:
    made = HttpMessenger(rules or Rules(loopback=True), within, resolver)
    try:
        yield made
    finally:
        await made.close()


def endpoint_at(url: str) -> Endpoint:
    return Endpoint(
        id=endpoint_id(NOW),
        club=club_id(NOW),
        url=url,
        kinds=frozenset({NoticeKind.MEMBER_CREATED}),
        secret=new_endpoint_secret(),
        created_at=NOW,
    )


def notice_for(endpoint: Endpoint) -> Notice:
    return Notice(
        id=notice_id(NOW),
        club=endpoint.club,
        endpoint=endpoint.id,
        sequence=1,
        kind=NoticeKind.MEMBER_CREATED,
        body=BODY,
        happened_at=NOW,
        give_up_at=NOW + timedelta(days=3),
    )


async def told(talk: Talk, within: float = 5.0) -> Attempt:
    async with listener(talk) as port, messenger(within=within) as wire:
        endpoint = endpoint_at(f"http://127.0.0.1:{port}/hooks")
        return await wire.tell(endpoint, notice_for(endpoint), NOW)


def answers(raw: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(raw)
        await writer.drain()

    return talk


async def heard(reader: asyncio.StreamReader) -> tuple[str, Mapping[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return first, headers, await reader.readexactly(int(headers["content-length"]))


async def test_a_message_arrives_whole_and_can_be_verified() -> None:
    seen = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await heard(reader))
        writer.write(OK)

    async with listener(talk) as port, messenger() as wire:
        plain = endpoint_at(f"http://127.0.0.1:{port}/hooks?club=1")
        endpoint = plain.rotated(new_endpoint_secret(), NOW)
        notice = notice_for(endpoint)
        assert await wire.tell(endpoint, notice, NOW) == Attempt(200)
    [(first, headers, body)] = seen
    assert first == "POST /hooks?club=1 HTTP/1.1"
    assert json.loads(body) == json.loads(BODY)
    assert (headers["webhook-id"], headers["content-type"]) == (notice.id, "application/json")
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    for secret in endpoint.secrets(NOW):
        assert verified(dict(headers), body, shown_secret(secret).reveal())
    assert not {"authorization", "cookie"} & headers.keys()


@pytest.mark.parametrize(
    ("raw", "attempt"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Attempt(204)),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", Attempt(500, "refused")),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Attempt(410, "refused")),
        (
            b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n",
            Attempt(503, "refused", timedelta(seconds=90)),
        ),
        (
            b"HTTP/1.1 503 Busy\r\nRetry-After: tomorrow\r\nContent-Length: 0\r\n\r\n",
            Attempt(503, "refused"),
        ),
        (b"no HTTP at all\r\n\r\n", Attempt(trouble="no_line")),
        (b"", Attempt(trouble="no_line")),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", Attempt(trouble="no_line")),
    ],
)
async def test_what_an_answer_means(raw: bytes, attempt: Attempt) -> None:
    assert await told(answers(raw)) == attempt


async def test_a_redirect_is_not_followed() -> None:
    calls = []

    async def secret(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(await heard(reader))
        writer.write(OK)

    async with listener(secret) as port:
        for status in (301, 302, 303, 307, 308):
            raw = f"HTTP/1.1 {status} There\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
            assert await told(answers(raw.encode())) == Attempt(status, "redirect")
    assert calls == []


async def test_one_that_never_answers_is_left_after_a_while() -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    assert await told(talk, within=0.05) == Attempt(trouble="too_slow")


async def test_one_that_answers_byte_by_byte_is_left_after_a_while() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 200 OK\r\n"[:1])
            await asyncio.sleep(0.01)

    assert await told(talk, within=0.05) in {Attempt(trouble="too_slow"), Attempt(trouble="no_line")}


async def test_an_answer_without_end_is_not_read() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"a" * 65536)
            await writer.drain()

    assert await told(talk) == Attempt(200)


async def test_nobody_there_is_no_line() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        async with messenger() as wire:
            endpoint = endpoint_at(f"http://127.0.0.1:{port}/")
            assert await wire.tell(endpoint, notice_for(endpoint), NOW) == Attempt(trouble="no_line")


class Changeable(AbstractResolver):
    """A name server that says what it is told to say, whatever it said before."""

    def __init__(self, *said: str) -> None:
        self.said = said
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.said
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00:ec2::254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"],
)
async def test_a_name_that_leads_into_a_network_is_not_connected_to(address: str) -> None:
    async with messenger(Rules(), resolver=Changeable(address)) as wire:
        endpoint = endpoint_at("https://rebinding.example.org/")
        assert wire.flaw(endpoint.url) is None
        assert await wire.tell(endpoint, notice_for(endpoint), NOW) == Attempt(trouble="forbidden_address")


async def test_a_name_is_asked_anew_for_every_message_and_its_answer_judged_each_time() -> None:
    calls = []

    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        calls.append(await reader.read(1))

    names = Changeable("127.0.0.1")
    async with listener(talk) as port, messenger(Rules(ports=(port,)), resolver=names) as wire:
        endpoint = endpoint_at(f"https://rebinding.example.org:{port}/")
        for _ in range(2):
            attempt = await wire.tell(endpoint, notice_for(endpoint), NOW)
            assert attempt == Attempt(trouble="forbidden_address")
    assert (names.asked, calls) == (2, [])


async def test_an_address_that_may_not_be_called_any_more_is_not_called() -> None:
    async with listener(answers(OK)) as port, messenger(Rules()) as wire:
        endpoint = endpoint_at(f"http://127.0.0.1:{port}/")
        assert await wire.tell(endpoint, notice_for(endpoint), NOW) == Attempt(trouble="forbidden_address")


def self_signed(folder: Path) -> ssl.SSLContext:
    """What anybody can make."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=4000))
        .not_valid_after(NOW + timedelta(days=4000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "cert.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    calls = []

    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        calls.append(await reader.read())

    async with listener(talk, self_signed(tmp_path)) as port, messenger() as wire:
        endpoint = endpoint_at(f"https://localhost:{port}/")
        assert await wire.tell(endpoint, notice_for(endpoint), NOW) == Attempt(trouble="no_trust")
    assert calls == []


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    assert await told(answers(OK)) == Attempt(200)
