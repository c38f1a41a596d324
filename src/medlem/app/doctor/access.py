"""Whether the platform knows us: the keys of the APIs, and the way in which we show them at the login.

Nothing here asks or names a customer. The login is tried with an `auth_req_id` that nobody has ever been given
(decision 29): whoever we are is judged before what we ask for, so the refusal tells whether our keys were accepted.
"""

import json
import secrets
from dataclasses import dataclass, replace
from typing import Final

from medlem.app.doctor.findings import Finding, Found, well, wrong
from medlem.app.doctor.platform import Way
from medlem.club.masked import Masked
from medlem.vipps import access_token
from medlem.vipps.client_auth import ClientAuth
from medlem.vipps.discovery import Endpoints
from medlem.vipps.errors import FORBIDDEN, LATER, OK, SERVER_ERROR, UNAUTHORIZED, required_object, trace_of
from medlem.vipps.http import Request
from medlem.vipps.login import GRANT
from medlem.vipps.reply import Reply
from medlem.vipps.sales_unit import AuthMethod, SalesUnit
from medlem.vipps.troubles import Surprise, Unavailable

BAD_REQUEST: Final = 400

KEYS_ADVICE: Final = (
    "Copy client id, client secret and subscription key anew from the portal, all of the same sales unit, and of the "
    "same environment as MEDLEM_VIPPS_BASE_URL: keys of the test environment work at apitest.vipps.no alone."
)


async def keys(way: Way) -> Found:
    """Whether an access token is given for our keys, and if not, which of them is wrong as far as the answers tell."""
    unit = way.unit
    if not way.known_to_vipps:
        return [well("access-token", "None needed: another provider, by its settings.")]
    reply = await _token_reply(way, unit)
    if reply.status in OK:
        body = required_object(reply, "access_token")
        token = body.get("access_token")
        if not isinstance(token, str) or not access_token.TOKEN.match(token):
            raise Surprise("no token in the answer", reply.digest)
        return [well("access-token", f"Given for the keys of sales unit {unit.msn}.")]
    if reply.status in LATER or reply.status in SERVER_ERROR:
        raise Unavailable(f"access_token: {reply.status}")
    said = f"{_words(reply)} {reply.status}".strip()
    if "subscription key" in _words(reply).lower():
        which = "missing" if "missing" in _words(reply).lower() else "wrong"
        advice = (
            "Copy MEDLEM_VIPPS_SUBSCRIPTION_KEY anew from the portal, primary or secondary, from the same environment "
            "as MEDLEM_VIPPS_BASE_URL."
        )
        return [wrong("access-token", f"Refused: the subscription key is {which}.", advice)]
    if reply.status in {UNAUTHORIZED, FORBIDDEN, BAD_REQUEST}:
        return [await _which_key(way, reply)]
    raise Surprise(f"access_token: {said}", reply.digest)


async def _which_key(way: Way, refused: Reply) -> Finding:
    """The serial number may be left out there: if the keys work without it, they are another sales unit's."""
    unit, trace = way.unit, trace_of(refused)
    suffix = "" if trace == "-" else f" The platform's trace: {trace}."
    if unit.msn is not None and unit.auth_method is not AuthMethod.PARTNER:
        without = await _token_reply(way, replace(unit, msn=None))
        if without.status in OK:
            return wrong(
                "access-token",
                f"Refused: the keys are good, but not for sales unit {unit.msn}.{suffix}",
                "Set MEDLEM_VIPPS_MSN to the sales unit that the keys belong to, or take the keys of this one.",
            )
    who = (
        "the partner's keys, or the sales unit"
        if unit.auth_method is AuthMethod.PARTNER
        else "client id or client secret"
    )
    return wrong("access-token", f"Refused: {who} is wrong, or of the other environment.{suffix}", KEYS_ADVICE)


async def _token_reply(way: Way, unit: SalesUnit) -> Reply:
    return await way.wire.call(access_token.asking(unit, way.wire.time_outs.fetch))


def _words(reply: Reply) -> str:
    """What a refusal says for people; only to be searched, never repeated."""
    return json.dumps(reply.json_object or {})


async def login(way: Way) -> Found:
    """Whether the login knows us by the method that is set; if not, by which it does."""
    method = way.unit.auth_method
    endpoints = await way.endpoints()
    verdict = await _tried(way, endpoints, method)
    if verdict.accepted is None:
        raise Surprise(f"token: {verdict.status} {verdict.error}")
    if verdict.error in {"unauthorized_client", "unsupported_grant_type"}:
        advice = "Have merchant-initiated login (CIBA) switched on for this sales unit, in the portal."
        return [wrong("login", f"The keys are known, but may not ask customers ({verdict.error}).", advice)]
    if verdict.accepted:
        return [well("login", f"The login knows us (VIPPS_AUTH_METHOD {method}).")]
    other = {AuthMethod.BASIC: AuthMethod.POST, AuthMethod.POST: AuthMethod.BASIC}.get(method)
    if other is not None and (await _tried(way, endpoints, other)).accepted:
        return [
            wrong(
                "login",
                f"The login refuses us by {method}, and knows us by {other}.",
                f"Set MEDLEM_VIPPS_AUTH_METHOD={other}, or switch the sales unit to client_secret_{method}.",
            )
        ]
    advice = (
        "See what is said of the access token. If that is given: is Login activated for this sales unit in the portal? "
        "A partner's keys need MEDLEM_VIPPS_AUTH_METHOD=partner."
    )
    return [wrong("login", f"The login refuses us (VIPPS_AUTH_METHOD {method}).", advice)]


@dataclass(frozen=True, slots=True)
class _Verdict:
    accepted: bool | None
    """None: it said neither."""
    status: int
    error: str | None


async def _tried(way: Way, endpoints: Endpoints, method: AuthMethod) -> _Verdict:
    unit = replace(way.unit, auth_method=method)
    presented = await ClientAuth(unit, way.token).present()
    nobodys = Masked(f"medlem-doctor-{secrets.token_urlsafe(16)}")
    reply = await way.wire.call(
        Request(
            operation="token",
            method="POST",
            url=endpoints.token,
            headers=presented.headers,
            form=presented.form | {"grant_type": GRANT, "auth_req_id": nobodys.reveal()},
            within=way.wire.time_outs.call,
        )
    )
    error = reply.complaint.error
    if reply.status in LATER or reply.status in SERVER_ERROR:
        raise Unavailable(f"token: {reply.status}")
    if reply.status in {UNAUTHORIZED, FORBIDDEN} or error == "invalid_client":
        return _Verdict(accepted=False, status=reply.status, error=error)
    return _Verdict(accepted=True if error in _KNOWN_US else None, status=reply.status, error=error)


_KNOWN_US: Final = frozenset(
    {"invalid_grant", "expired_token", "access_denied", "authorization_pending", "slow_down"}
    | {"unauthorized_client", "unsupported_grant_type", "invalid_scope"}
)
"""What is only said to a client that has been recognised (RFC 6749 section 5.2, CIBA Core 1.0 section 11)."""
