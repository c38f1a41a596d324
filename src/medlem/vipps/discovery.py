"""Where the login's endpoints are, as the platform itself says (OpenID Connect Discovery 1.0).

The document is data, not a promise: the platform's own lists neither the CIBA grant nor all scopes, so nothing is
decided by its lists. A document that has grown old still serves while a new one cannot be had.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yarl import URL

from medlem.flows.ports import Clock
from medlem.vipps.errors import required_object
from medlem.vipps.http import Request, Wire
from medlem.vipps.reply import Reply
from medlem.vipps.shared import Shared
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

_log = logging.getLogger(__name__)

OPERATION: Final = "discovery"
DEFAULT_LIFE: Final = timedelta(hours=1)
SHORTEST_LIFE: Final = timedelta(minutes=1)
LONGEST_LIFE: Final = timedelta(days=1)
PAUSE: Final = timedelta(seconds=30)
"""After a failure, before the next attempt to replace an old document."""
_MODES: Final = "backchannel_token_delivery_modes_supported"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What we use of the document."""

    issuer: str
    """What ID tokens must carry, letter by letter."""
    ask: str
    token: str
    keys: str
    userinfo: str | None
    pings: bool = False
    """Whether it calls back, for clients that have registered so (CIBA Core 1.0 section 4)."""


def life_of(reply: Reply) -> timedelta:
    """How long an answer may be kept: as it says, between a minute and a day; an hour if it says nothing."""
    said = DEFAULT_LIFE if reply.max_age is None else reply.max_age
    return min(max(said, SHORTEST_LIFE), LONGEST_LIFE)


class Discovery:
    """One provider's document, kept as long as it says."""

    def __init__(self, url: str, wire: Wire, clock: Clock) -> None:
        self._url = url
        self._wire = wire
        self._clock = clock
        self._kept: Endpoints | None = None
        self._fresh_until: datetime | None = None
        self._fetch = Shared(self._read)

    async def endpoints(self) -> Endpoints:
        """The endpoints; old ones rather than none.

        Raises:
            Unavailable, KeysRefused, Surprise: there was never a document that could be used.
        """
        kept, until = self._kept, self._fresh_until
        if kept is not None and until is not None and self._clock.now() < until:
            return kept
        try:
            return await self._fetch.get()
        except (Unavailable, KeysRefused, Surprise) as trouble:
            if kept is None:
                raise
            _log.warning("an old discovery document goes on serving: why=%s", trouble)
            self._fresh_until = self._clock.now() + PAUSE
            return kept

    async def close(self) -> None:
        """End a fetch that runs."""
        await self._fetch.close()

    async def _read(self) -> Endpoints:
        reply = await self._wire.call(
            Request(operation=OPERATION, method="GET", url=self._url, within=self._wire.time_outs.fetch)
        )
        found = read_endpoints(reply, self._url)
        self._kept, self._fresh_until = found, reply.at + life_of(reply)
        return found


def read_endpoints(reply: Reply, url: str) -> Endpoints:
    """What a discovery document says that was read at `url`.

    Raises:
        Unavailable, KeysRefused, Surprise: it is none, or none that could be used.
    """
    document = required_object(reply, OPERATION)
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or not issuer:
        raise Surprise("no issuer in the discovery document", reply.digest)
    try:
        userinfo, modes = document.get("userinfo_endpoint"), document.get(_MODES)
        return Endpoints(
            issuer=issuer,
            ask=address(document["backchannel_authentication_endpoint"], url),
            token=address(document["token_endpoint"], url),
            keys=address(document["jwks_uri"], url),
            userinfo=address(userinfo, url) if userinfo else None,
            pings=isinstance(modes, list) and "ping" in modes,
        )
    except (KeyError, TypeError, ValueError):
        raise Surprise("an endpoint in the discovery document is missing or unusable", reply.digest) from None


def address(value: Any, document: str) -> str:
    """An address that we would call.

    Raises:
        TypeError, ValueError: it is none, or it would send our keys in the clear though `document` came by https.
    """
    if not isinstance(value, str):
        raise TypeError("an address is a text")
    url = URL(value)
    if not url.host or url.scheme not in {"https", URL(document).scheme}:
        raise ValueError("not an address that we would call")
    return str(url)
