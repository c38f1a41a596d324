"""One call to a merchant's own register: sent, answered in time and whole, or not at all.

The other end may be anything: slow, endless, a proxy's HTML page, somebody else's server. No more is read than an
answer can be long, nothing is followed elsewhere, and no call lasts longer than it may.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import ClientTimeout
from yarl import URL

from medlem import __version__, standard_webhooks
from medlem.club.masked import Masked
from medlem.flows.failures import ONCE
from medlem.registers.metrics import CALLS, SECONDS

log = logging.getLogger(__name__)

VERSION: Final = "1"
"""Of the contract in docs/register.md."""

LONGEST_ANSWER: Final = 64 * 1024
_TRIES: Final = 2
_GOOD: Final = frozenset({"ok", "heard"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a register is, and how we show it who we are."""

    url: str
    token: Masked[str]
    signing_secret: Masked[bytes] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str | None


class NoAnswer(Exception):
    """There is none; the text is one word of a closed list."""


class Wire:
    """The way out to one register. Makes its connections when first used; `close` ends them."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post(self, path: str, message: Any, key: str, now: datetime, within: float) -> Answer:
        """Send, and wait for the whole answer; once more when a kept connection turned out to be dead.

        Args:
            path: below the register's address.
            message: becomes the JSON body.
            key: the `Idempotency-Key`.
            now: when; it is signed.
            within: seconds in which the answer must be here.

        Raises:
            NoAnswer: it is not.
        """
        body = msgspec.json.encode(message)
        headers = _headers(self._address, key, body, now)
        url = URL(self._address.url + path, encoded=True)
        try:
            async with asyncio.timeout(within):
                for left in reversed(range(_TRIES)):
                    try:
                        return await self._send(url, body, headers, within)
                    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                        if left == 0:
                            raise
        except TimeoutError:
            raise NoAnswer("too_slow") from None
        # The causes are dropped on purpose: their texts carry addresses.
        except (aiohttp.ClientError, OSError, ValueError):
            raise NoAnswer("no_line") from None
        raise AssertionError("unreachable: the last try returns or raises")

    async def _send(self, url: URL, body: bytes, headers: Mapping[str, str], within: float) -> Answer:
        async with self._open().post(
            url, data=body, headers=headers, allow_redirects=False, timeout=ClientTimeout(total=within)
        ) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                response.close()
                raise NoAnswer("compressed")  # a small answer could become a very large one
            text = await _read(response)
            return Answer(response.status, text, response.headers.get("Retry-After"))

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": f"medlem/{__version__}"},
            )
        return self._session


def _headers(address: Address, key: str, body: bytes, now: datetime) -> dict[str, str]:
    """Who we are: the token, and a signature."""
    secrets = [] if address.signing_secret is None else [address.signing_secret]
    return {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {address.token.reveal()}",  # to the merchant's own register, over TLS
        "Idempotency-Key": key,
        "Medlem-Register-Version": VERSION,
        **standard_webhooks.headers(key, body, secrets, now),
    }


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body; one that goes on and on is cut off, and its connection with it."""
    content = response.content
    body = b""
    while not content.at_eof():
        body += await content.readany()
        if len(body) > LONGEST_ANSWER:
            response.close()
            raise NoAnswer("overlong")
    return body


def write_down(operation: str, outcome: str, status: int, took: float) -> None:
    """Count a call, and tell of it; of the same trouble once in a while."""
    CALLS.labels(operation, outcome).inc()
    SECONDS.labels(operation).observe(took)
    good = outcome in _GOOD
    log.log(
        logging.DEBUG if good else logging.WARNING,
        "register call: operation=%s outcome=%s status=%d seconds=%.3f",
        operation,
        outcome,
        status,
        took,
        extra={} if good else {ONCE: f"{operation} {outcome} {status}"},
    )
