"""The access token that opens the APIs (Access token API); the login endpoints do without, but for partners.

It lives in memory alone and is never logged. It is renewed ahead of its end, in the background: nobody at a till
waits for a renewal. Several tokens may be valid at once, so an old one still serves while a new one is fetched.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from medlem.club.masked import Masked
from medlem.flows.ports import Clock
from medlem.vipps.errors import UNAUTHORIZED, required_object
from medlem.vipps.http import Request, Wire
from medlem.vipps.reply import Reply, whole_number
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.shared import Shared
from medlem.vipps.troubles import Surprise

OPERATION: Final = "access_token"
PATH: Final = "/accesstoken/get"
AHEAD: Final = timedelta(seconds=60)
"""Renewed when a tenth of its life or this much is left, whichever is more."""
PAUSE: Final = timedelta(seconds=10)
"""Between two attempts to renew a token that still serves."""
LONGEST_LIFE: Final = 7 * 24 * 3600

# What may stand in an Authorization header; anything else could end the header and begin another.
TOKEN = re.compile(r"\A[\x21-\x7e]{1,16384}\Z")


@dataclass(frozen=True, slots=True)
class _Kept:
    token: Masked[str]
    renew_at: datetime
    ends_at: datetime


class AccessToken:
    """One sales unit's token, shared by everybody who needs it."""

    def __init__(self, unit: SalesUnit, wire: Wire, clock: Clock) -> None:
        self._unit = unit
        self._wire = wire
        self._clock = clock
        self._kept: _Kept | None = None
        self._again_at: datetime | None = None
        self._fetch = Shared(self._renew)

    async def get(self) -> Masked[str]:
        """A token that is good now.

        Raises:
            Unavailable, KeysRefused, Surprise: there is none to be had.
        """
        now, kept = self._clock.now(), self._kept
        if kept is None or now >= kept.ends_at:
            return await self._fetch.get()
        if now >= kept.renew_at and (self._again_at is None or now >= self._again_at):
            self._again_at = now + PAUSE
            self._fetch.begin()
        return kept.token

    def drop(self, token: Masked[str]) -> None:
        """Forget a token that was refused, unless it has been replaced already."""
        if self._kept is not None and self._kept.token == token:
            self._kept = None

    async def authorized(self, request: Request) -> Reply:
        """Call as this sales unit, with a token; if that is refused, once more with a new one, and never again.

        Raises:
            Unavailable, KeysRefused, Surprise: there is no token, or no answer.
        """
        token = await self.get()
        reply = await self._wire.call(self._shown(request, token))
        if reply.status != UNAUTHORIZED:
            return reply
        self.drop(token)
        return await self._wire.call(self._shown(request, await self.get()))

    async def close(self) -> None:
        """End a renewal that runs."""
        await self._fetch.close()

    def _shown(self, request: Request, token: Masked[str]) -> Request:
        # Here the token leaves its wrapper: into the header of a call to the platform.
        own = {**self._unit.key_headers(), **self._unit.system_headers(), "Authorization": f"Bearer {token.reveal()}"}
        return replace(request, headers=request.headers | own)

    async def _renew(self) -> Masked[str]:
        reply = await self._wire.call(asking(self._unit, self._wire.time_outs.fetch))
        body = required_object(reply, OPERATION)
        token, life = body.get("access_token"), whole_number(body.get("expires_in"))
        if not isinstance(token, str) or not TOKEN.match(token) or life is None or life <= 0:
            raise Surprise("no token in the answer", reply.digest)
        whole = timedelta(seconds=min(life, LONGEST_LIFE))
        ahead = min(max(whole / 10, AHEAD), whole / 2)
        self._kept = _Kept(Masked(token), reply.at + whole - ahead, reply.at + whole)
        self._again_at = None
        return self._kept.token


def asking(unit: SalesUnit, within: float) -> Request:
    """The request for a token: an empty body, and our keys as headers."""
    return Request(
        operation=OPERATION,
        method="POST",
        url=unit.url(PATH),
        headers={
            "client_id": unit.client_id,
            "client_secret": unit.client_secret.reveal(),
            **unit.key_headers(),
            **unit.system_headers(),
        },
        within=within,
        repeatable=True,
    )
