"""Whether an ID token is the platform's own word about our request (OpenID Connect Core 1.0 section 3.1.3.7).

Every check is one line in `_CHECKS`; a token passes all of them or is refused. Time is judged at the moment of
receipt. What was never asked for (a nonce) must not be there, what is there (`at_hash`, `azp`, a request id)
must be right.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError

from medlem.club.masked import Masked
from medlem.vipps.keyset import KeySet
from medlem.vipps.reply import read_object
from medlem.vipps.sales_unit import AuthMethod, SalesUnit

ALGORITHMS: Final = ("RS256", "ES256")
LEEWAY: Final = timedelta(seconds=60)
OLDEST: Final = timedelta(hours=1)
"""An ID token is written when the customer answers; an older one is a copy from another day."""
LATEST_MOMENT: Final = 1e12
"""Some thirty thousand years: whoever says more says it in milliseconds, or means harm."""
LONGEST_SUB: Final = 255
REQUEST_CLAIMS: Final = ("urn:openid:params:jwt:claim:auth_req_id", "auth_req_id", "authReqId")
"""The standard's name, and two that the platform's own samples show."""

# Headers that this library does not know are ignored, as RFC 7515 section 4 wants; `crit` ones are refused.
_REGISTRY: Final = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


class Refused(Exception):
    """This token is not to be trusted; the text says which check it failed, and no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a good token must agree with."""

    issuer: str
    unit: SalesUnit
    request: Masked[str]
    access_token: Masked[str]
    at: datetime
    """The moment of receipt, by the platform's clock as well as we know it."""
    redeemed: bool = False
    """Whether a code was given for the token, which then must name its request (Login API: redirect to a page)."""


def request_named(token: str) -> str | None:
    """The request that a token says it answers, believing everything: good for finding it and for nothing else."""
    try:
        claims = read_object(jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).payload) or {}
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    named = (claims.get(name) for name in REQUEST_CLAIMS)
    return next((one for one in named if isinstance(one, str) and one), None)


async def verify(token: str, expected: Expected, keys: KeySet, since: datetime) -> dict[str, Any]:
    """The claims of a good token.

    Args:
        token: as it came.
        expected: what it must agree with.
        keys: the platform's keys.
        since: when the token came, on our clock.

    Raises:
        Refused: it is not good.
        Unavailable: the keys cannot be read now.
    """
    try:
        signed = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Refused("not a signed token") from None
    header = signed.headers()
    alg, kid = header.get("alg"), header.get("kid")
    if alg not in ALGORITHMS:
        raise Refused("alg")
    if kid is not None and not isinstance(kid, str):
        raise Refused("kid")
    key = await keys.find(kid, alg, since)
    if key is None:
        raise Refused("kid")
    try:
        genuine = jws.validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        genuine = False
    if not genuine:
        raise Refused("signature")
    claims = read_object(signed.payload)
    if claims is None:
        raise Refused("claims")
    for name, check in _CHECKS.items():
        if not check(claims, expected):
            raise Refused(name)
    return claims


def _issuer(claims: dict[str, Any], expected: Expected) -> bool:
    return bool(claims.get("iss") == expected.issuer)


def _audience(claims: dict[str, Any], expected: Expected) -> bool:
    if expected.unit.auth_method is AuthMethod.PARTNER:
        # A partner does not know the merchant's client id: the serial number stands in its place.
        msn = claims.get("msn")
        return expected.unit.msn is not None and not isinstance(msn, bool) and str(msn) == expected.unit.msn
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    return bool(listed) and all(one == expected.unit.client_id for one in listed)


def _authorized_party(claims: dict[str, Any], expected: Expected) -> bool:
    party = claims.get("azp")
    return party is None or expected.unit.auth_method is AuthMethod.PARTNER or bool(party == expected.unit.client_id)


def _expiry(claims: dict[str, Any], expected: Expected) -> bool:
    moment = _moment(claims.get("exp"))
    return moment is not None and moment > (expected.at - LEEWAY).timestamp()


def _issued(claims: dict[str, Any], expected: Expected) -> bool:
    moment = _moment(claims.get("iat"))
    earliest, latest = (expected.at - OLDEST - LEEWAY).timestamp(), (expected.at + LEEWAY).timestamp()
    return moment is not None and earliest <= moment <= latest


def _not_before(claims: dict[str, Any], expected: Expected) -> bool:
    if claims.get("nbf") is None:
        return True
    moment = _moment(claims["nbf"])
    return moment is not None and moment <= (expected.at + LEEWAY).timestamp()


def _subject(claims: dict[str, Any], expected: Expected) -> bool:
    del expected
    sub = claims.get("sub")
    return isinstance(sub, str) and bool(sub.strip()) and len(sub) <= LONGEST_SUB and sub.isprintable()


def _nonce(claims: dict[str, Any], expected: Expected) -> bool:
    del expected
    return claims.get("nonce") in (None, "")


def _access_token_hash(claims: dict[str, Any], expected: Expected) -> bool:
    said = claims.get("at_hash")
    if said is None:
        return True
    # Both algorithms hash with SHA-256; the left half counts (OpenID Connect Core 1.0 section 3.1.3.6).
    half = hashlib.sha256(expected.access_token.reveal().encode("ascii")).digest()[:16]
    right = base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
    return isinstance(said, str) and _same(said, right)


def _request(claims: dict[str, Any], expected: Expected) -> bool:
    named = [claims[name] for name in REQUEST_CLAIMS if claims.get(name) is not None]
    if expected.redeemed and not named:
        return False
    return all(isinstance(one, str) and _same(one, expected.request.reveal()) for one in named)


def _moment(value: Any) -> float | None:
    """Seconds since 1970 (RFC 7519: NumericDate); None for anything that is no number."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and abs(value) < LATEST_MOMENT else None


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


_CHECKS: Final[dict[str, Callable[[dict[str, Any], Expected], bool]]] = {
    "iss": _issuer,
    "aud": _audience,
    "azp": _authorized_party,
    "exp": _expiry,
    "iat": _issued,
    "nbf": _not_before,
    "sub": _subject,
    "nonce": _nonce,
    "at_hash": _access_token_hash,
    "auth_req_id": _request,
}
