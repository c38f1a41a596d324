"""From a kept token answer to what it says of the customer: verify, fetch userinfo, read.

May be run again and again: whatever is missing for now, keys or userinfo, is waited for. A customer who said yes is
not lost because userinfo is down: when the access token has certainly died, what the ID token says must do.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from medlem.club.enrolment import Reason
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.flows.answers import Failed, Told, Unreachable
from medlem.flows.ports import Clock
from medlem.vipps import claims, consents, id_token
from medlem.vipps.access_token import TOKEN
from medlem.vipps.discovery import Discovery, Endpoints
from medlem.vipps.errors import FORBIDDEN, OK, UNAUTHORIZED
from medlem.vipps.http import Request, Wire
from medlem.vipps.id_token import Expected, Refused
from medlem.vipps.keyset import KeySets
from medlem.vipps.receipt import Receipt
from medlem.vipps.reply import digest, read_object, whole_number
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

_log = logging.getLogger(__name__)

USERINFO: Final = "userinfo"
DEFAULT_LIFE: Final = 300
LONGEST_LIFE: Final = 600
"""Userinfo serves about ten minutes after the login, whatever the token's own life says (Login API: userinfo)."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    id_token: str = field(repr=False)
    access_token: Masked[str]
    life: timedelta


class Discloser:
    """Reads kept token answers of one sales unit."""

    def __init__(self, unit: SalesUnit, wire: Wire, clock: Clock, discovery: Discovery, keys: KeySets) -> None:
        self._unit = unit
        self._wire = wire
        self._clock = clock
        self._discovery = discovery
        self._keys = keys

    async def disclose(self, request: Masked[str], kept: Masked[bytes]) -> Told:
        """What a kept answer says, once it has been verified."""
        try:
            receipt = Receipt.open(kept)
        except ValueError:
            _log.exception("a kept answer cannot be opened")  # its text is ours and holds nothing of the answer
            return Failed(Reason.PLATFORM_SURPRISED_US)
        try:
            tokens = _tokens(receipt.body)
            endpoints = await self._discovery.endpoints()
            verified = await self._verified(tokens, request, receipt, endpoints)
            shared = await self._userinfo(tokens, receipt, endpoints, verified["sub"])
        except Refused as refused:
            seen = digest(receipt.body)
            _log.error("a token answer was refused: check=%s digest=%s", refused, seen)
            return Failed(Reason.PLATFORM_SURPRISED_US, seen)
        except Unavailable as trouble:
            return Unreachable(trouble.retry_after)
        except (KeysRefused, Surprise):
            return Unreachable()
        said = claims.merged(verified, shared)
        return Disclosure(
            sub=verified["sub"],
            phone=claims.phone_number(said),
            profile=claims.profile(said),
            consents=consents.answers(said),
            shared_at=receipt.received_at,
            raw_consents=consents.raw(said),
            login=claims.login(verified),
        )

    async def _verified(
        self, tokens: _Tokens, request: Masked[str], receipt: Receipt, endpoints: Endpoints
    ) -> dict[str, Any]:
        expected = Expected(
            issuer=endpoints.issuer,
            unit=self._unit,
            request=request,
            access_token=tokens.access_token,
            at=receipt.judged_at,
            redeemed=receipt.redeemed,
        )
        return await id_token.verify(tokens.id_token, expected, self._keys.at(endpoints.keys), receipt.received_at)

    async def _userinfo(self, tokens: _Tokens, receipt: Receipt, endpoints: Endpoints, sub: str) -> dict[str, Any]:
        """What userinfo says; nothing, when the provider has none or the token has died.

        Raises:
            Refused: it speaks of somebody else.
            Unavailable: it does not answer, and the token may still live.
        """
        if endpoints.userinfo is None:
            return {}
        over = self._clock.now() >= receipt.received_at + tokens.life
        try:
            reply = await self._wire.call(
                Request(
                    operation=USERINFO,
                    method="GET",
                    url=endpoints.userinfo,
                    # The customer's token and nothing else: a subscription key here is answered with 401.
                    headers={"Authorization": f"Bearer {tokens.access_token.reveal()}"},
                    within=self._wire.time_outs.call,
                )
            )
        except Unavailable:
            if over:
                return {}
            raise
        if reply.status in OK and reply.json_object is not None:
            if reply.json_object.get("sub") != sub:
                raise Refused("userinfo sub")
            return reply.json_object
        if over or reply.status in {UNAUTHORIZED, FORBIDDEN}:
            _log.warning("userinfo gives nothing more: what the ID token says must do")
            return {}
        raise Unavailable(f"{USERINFO}: {reply.status}", reply.retry_after)


def request_named(kept: Masked[bytes]) -> Masked[str] | None:
    """The request that a kept answer says it belongs to, believing everything: to find it, and for nothing else."""
    try:
        token = (read_object(Receipt.open(kept).body) or {}).get("id_token")
    except ValueError:
        return None
    named = id_token.request_named(token) if isinstance(token, str) else None
    return None if named is None else Masked(named)


def _tokens(body: bytes) -> _Tokens:
    """Take the answer apart (CIBA Core 1.0 section 10.1.1)."""
    answer = read_object(body) or {}
    token, access = answer.get("id_token"), answer.get("access_token")
    kind, life = answer.get("token_type"), whole_number(answer.get("expires_in"))
    if not isinstance(token, str) or not token:
        raise Refused("no id_token")
    if not isinstance(access, str) or not TOKEN.match(access):
        raise Refused("no access_token")
    if not isinstance(kind, str) or kind.strip().lower() != "bearer":
        raise Refused("token_type")
    seconds = DEFAULT_LIFE if life is None or life <= 0 else min(life, LONGEST_LIFE)
    return _Tokens(token, Masked(access), timedelta(seconds=seconds))
