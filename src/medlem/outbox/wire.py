"""One message to one endpoint: sent once, to an address that may be called, within a bounded time.

The other end may be anything: slow, silent, endless, a door into somebody's network. Nothing is followed elsewhere, no
proxy is asked, each message has a connection of its own, and of the answer no more is read than its head.
"""

import asyncio
import logging
import re
import socket
from datetime import datetime, timedelta
from typing import Final

import aiohttp
from aiohttp import ClientTimeout
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType
from yarl import URL

from medlem import __version__
from medlem.club.endpoint import Attempt, Endpoint, Notice
from medlem.flows.failures import ONCE
from medlem.outbox.addresses import Rules, allowed, flaw
from medlem.standard_webhooks import headers

log = logging.getLogger(__name__)

WITHIN: Final = 15.0
"""Seconds in which an endpoint must have answered; a claim lasts longer than a round and this."""
CONNECT: Final = 5.0

_GOOD: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)
_SECONDS = re.compile(r"[0-9]{1,6}\Z")


class ForbiddenAddress(OSError):
    """The name stands for an address that nobody may be sent to."""


class HttpMessenger:
    """`flows.ports.Messenger`. Makes what it needs when first used; `close` ends it."""

    def __init__(self, rules: Rules, within: float = WITHIN, resolver: AbstractResolver | None = None) -> None:
        self._rules = rules
        self._within = within
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def flaw(self, url: str) -> str | None:
        """Why nothing may ever be sent to this address."""
        return flaw(url, self._rules)

    async def tell(self, endpoint: Endpoint, notice: Notice, now: datetime) -> Attempt:
        """Send a notice once; never raises."""
        attempt = await self._tell(endpoint, notice, now)
        if not attempt.heard:
            log.warning(
                "endpoint %s did not hear notice %s: %s",
                endpoint.id,
                notice.id,
                attempt.trouble,
                extra={ONCE: f"{endpoint.id} {attempt.trouble}"},
            )
        return attempt

    async def _tell(self, endpoint: Endpoint, notice: Notice, now: datetime) -> Attempt:
        if self.flaw(endpoint.url) is not None:  # the rules may be others than when it was entered
            return Attempt(trouble="forbidden_address")
        body = notice.body.encode()
        said = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            **headers(notice.id, body, endpoint.secrets(now), now),
        }
        try:
            async with (
                asyncio.timeout(self._within),
                self._open().post(
                    URL(endpoint.url, encoded=True), data=body, headers=said, allow_redirects=False
                ) as response,
            ):
                response.close()  # whatever else it has to say
                return _attempt(response.status, response.headers.get("Retry-After"))
        except TimeoutError:
            return Attempt(trouble="too_slow")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Attempt(trouble=_trouble(error))

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,
                force_close=True,
                use_dns_cache=False,
                resolver=self._resolver,
                socket_factory=self._socket,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=ClientTimeout(total=self._within, connect=CONNECT),
                headers={"User-Agent": f"medlem/{__version__}"},
            )
        return self._session

    def _socket(self, address: AddrInfoType) -> socket.socket:
        """A socket for the very address that is connected to, whatever the name stood for a moment ago."""
        family, kind, protocol, _, where = address
        if not allowed(str(where[0]), self._rules):
            raise ForbiddenAddress("This address may not be called.")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003 - the socket's own signature
        return made


def _attempt(status: int, retry_after: str | None) -> Attempt:
    if status in _GOOD:
        return Attempt(status)
    said = timedelta(seconds=int(retry_after)) if retry_after and _SECONDS.match(retry_after.strip()) else None
    return Attempt(status, "redirect" if status in _REDIRECTS else "refused", said)


def _trouble(error: BaseException) -> str:
    """One word for what went wrong on the way; the error's own text carries addresses."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ForbiddenAddress):
            return "forbidden_address"
        if isinstance(seen, aiohttp.ClientSSLError):
            return "no_trust"
        if isinstance(seen, BaseExceptionGroup) and any(isinstance(one, ForbiddenAddress) for one in seen.exceptions):
            return "forbidden_address"
        seen = seen.__cause__ or seen.__context__
    return "no_line"
