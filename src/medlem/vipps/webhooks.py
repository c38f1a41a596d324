"""Deliveries from the platform: having them sent, and knowing that they are the platform's (Webhooks API).

The secret of a registration is shown once, when it is made; one that we have lost is replaced. A delivery is signed
over its path, date, host and the hash of its body, by the address that was *registered*: behind a proxy the
request's own path and host may be others.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from medlem.club.masked import Masked
from medlem.flows.answers import Standing, Subscribed
from medlem.flows.ports import Clock
from medlem.vipps.access_token import AccessToken
from medlem.vipps.errors import OK, required_object, trouble
from medlem.vipps.http import Request, TimeOuts
from medlem.vipps.reply import Reply
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.troubles import Surprise

OPERATION: Final = "webhooks"
PATH: Final = "/webhooks/v1/webhooks"
PING: Final = "login.merchant-initiated.ping.v1"
"""A customer has answered: come and look."""
CHECK_IN: Final = "user.checked-in.v1"
"""A customer has scanned the sticker of a station."""
DELIVERED: Final = (PING, CHECK_IN)
"""What we register for; `web.hooks` knows what to do with each."""
ALONE: Final = frozenset({CHECK_IN})
"""Events of which a sales unit has one registration; of others it has up to 25 (Webhooks API: limits)."""
GONE: Final = 404
REFUSED: Final = 400
_SCHEME: Final = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="


def hook_url(public_url: str, sales_unit: str, event: str) -> str:
    """Where one event of one sales unit is delivered: events do not say what they are, so each has an address."""
    return f"{public_url.rstrip('/')}/hooks/vipps/{quote(sales_unit, safe='')}/{quote(event, safe='')}"


def verify(secret: Masked[str], url: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a delivery is the platform's, unchanged (Webhooks API: request authentication).

    Args:
        secret: the registration's; its characters are the key, though they look like base64.
        url: the address that was registered.
        headers: of the delivery, in any case.
        body: its raw bytes.
    """
    given = {name.lower(): value for name, value in headers.items()}
    hashed = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
    if not _same(given.get("x-ms-content-sha256", ""), hashed):
        return False
    address = URL(url, encoded=True)
    host = address.raw_authority.rpartition("@")[2].lower()
    if address.is_default_port():
        host = host.removesuffix(f":{address.port}")
    text = f"POST\n{address.raw_path_qs}\n{given.get('x-ms-date', '')};{host};{hashed}"
    # Here the secret leaves its wrapper: into the computation of a signature that is compared and thrown away.
    signature = hmac.digest(secret.reveal().encode(), text.encode("utf-8", "surrogateescape"), "sha256")
    # The header is compared as a whole, letter by letter: decoding it first would let some letters vary.
    return _same(given.get("authorization", ""), _SCHEME + base64.b64encode(signature).decode("ascii"))


def _standing(one: Any) -> Standing | None:
    """A registration as it is listed; None when it has no id, so that nothing could be done about it."""
    if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not one["id"]:
        return None
    events = one.get("events")
    named = frozenset(event for event in events if isinstance(event, str)) if isinstance(events, list) else frozenset()
    return Standing(one["id"], str(one.get("url")), named)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())


class Registrations:
    """One sales unit's registrations."""

    def __init__(self, unit: SalesUnit, token: AccessToken, time_outs: TimeOuts, clock: Clock) -> None:
        self._unit = unit
        self._token = token
        self._time_outs = time_outs
        self._clock = clock

    async def register(self, event: str, url: str) -> Subscribed:
        """Make a registration.

        Raises:
            Unavailable, KeysRefused, Surprise: the platform did not take it.
        """
        reply = await self._call("POST", "", {"url": url, "events": [event]})
        body = required_object(reply, OPERATION)
        name, secret = body.get("id"), body.get("secret")
        if not isinstance(name, str) or not name or not isinstance(secret, str) or not secret:
            raise Surprise("no id or no secret in the answer", reply.digest)
        return Subscribed(id=name, url=url, secret=Masked(secret), created_at=self._clock.now())

    async def listed(self) -> list[Standing]:
        """Every registration of the sales unit, without its secret.

        Raises:
            Unavailable, KeysRefused, Surprise: there is no list to be had.
        """
        reply = await self._call("GET", "")
        listed = required_object(reply, OPERATION).get("webhooks")
        if not isinstance(listed, list):
            raise Surprise("no list in the answer", reply.digest)
        return [standing for one in listed if (standing := _standing(one)) is not None]

    async def remove(self, name: str) -> None:
        """End a registration; one that is gone already is no trouble.

        Raises:
            Unavailable, KeysRefused, Surprise: it may still stand.
        """
        reply = await self._call("DELETE", f"/{quote(name, safe='')}")
        if reply.status in OK or reply.status == GONE:
            return
        # What is said of an id that nobody has is written nowhere; for this call 400 is the only refusal that is.
        if reply.status != REFUSED or name in {one.id for one in await self.listed()}:
            raise trouble(reply, OPERATION)

    async def _call(self, method: str, path: str, body: Any = None) -> Reply:
        return await self._token.authorized(
            Request(
                operation=OPERATION,
                method=method,
                url=self._unit.url(PATH + path),
                json=body,
                within=self._time_outs.call,
            )
        )
