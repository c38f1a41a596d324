"""Does PUBLIC_URL lead to our own service?"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doctor.test_local import certificate
from doctor.ward import Ward, only
from medlem.app.doctor import reach
from medlem.vipps.certificate import end_of
from medlem.vipps.troubles import Unavailable
from service import Service, open_service
from shop import Shop, open_shop
from signed_tokens import NOW
from stub_platform import HangUp, Said, Scripted, Stub


def digest(nonce: str) -> str:
    return f"ours-{nonce}"


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with open_shop() as opened:
        yield opened


@pytest.fixture
async def service(shop: Shop) -> AsyncIterator[Service]:
    async with open_service(shop, echo=digest) as running:
        yield running


async def test_our_own_service_is_known_by_its_echo(service: Service, ward: Ward) -> None:
    url = f"http://127.0.0.1:{service.port}"
    assert only(await reach.public_url(ward.wire, url, digest, NOW)).mark == "well"
    stranger = only(await reach.public_url(ward.wire, url + "/", lambda _: "others", NOW))
    assert (stranger.mark, "somebody else" in stranger.text) == ("wrong", True)


@pytest.mark.parametrize("nonce", ["", "short", "A" * 32, "g" * 32, "0" * 33, "%20" * 32])
async def test_an_echo_is_of_what_the_doctor_sends_and_nothing_else(service: Service, nonce: str) -> None:
    assert (await service.get(f"/health/echo/{nonce}", None)).problem == "not-found"
    assert (await service.get("/health/echo/" + "0" * 32, None)).body == {"echo": digest("0" * 32)}


async def test_a_service_without_an_echo_says_so(shop: Shop) -> None:
    async with open_service(shop) as running:
        assert (await running.get("/health/echo/" + "0" * 32, None)).problem == "not-found"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Said("", 301, {"Location": "https://www.example.org/"}), "redirects (301)"),
        (Said("", 502), "answers 502"),
        (Said("", 404), "answers 404"),
        (Said("<html>welcome</html>"), "answered by somebody else"),
        (HangUp(), "cannot be reached"),
    ],
)
async def test_what_stands_in_the_way_is_told(stub: Stub, ward: Ward, said: Scripted, text: str) -> None:
    stub.says_anywhere(said)
    found = only(await reach.public_url(ward.wire, stub.url, digest, NOW))
    assert found.mark == "wrong"
    assert text in found.text


async def test_an_address_where_nobody_is_is_told(ward: Ward) -> None:
    assert "cannot be reached" in only(await reach.public_url(ward.wire, "http://127.0.0.1:9", digest, NOW)).text


@asynccontextmanager
async def tls_server(cert: Path, key: Path) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_the_end_of_a_certificate_is_read_where_the_platform_would_meet_it(
    tmp_path: Path, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path, 4000)
    async with tls_server(cert, key) as url:
        with pytest.raises(Unavailable, match="could not be seen"):
            await end_of(url, 4)
        found = only(await reach.public_url(ward.wire, url, digest, NOW))
        assert (found.mark, "a certificate that is not valid" in found.text) == ("wrong", True)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        assert abs(await end_of(url, 4) - (NOW + timedelta(days=4000))) < timedelta(days=1)
    assert datetime.now(UTC) < NOW + timedelta(days=3000), "then the certificate of this test must last longer"  # noqa: TID251 - TLS looks at the machine's clock
