"""Access tokens of the merchant, as the access token API hands them out.

JWTs, so that they survive a restart without being remembered; long ones, because the platform's are.
"""

import secrets

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

RESOURCE = "00000002-0000-0000-c000-000000000000"
"""What the platform's own tokens name as their resource."""
_FILLING = 600
"""Random bytes that bring a token to the platform's usual length of more than 1,000 characters."""


class MerchantTokens:
    """Issues and judges them."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(secret)
        self._expiries: dict[str, float] = {}

    def issue(self, client_id: str, now: float, lifetime: float) -> str:
        """Make one; those made before stay good."""
        claims = {
            "aud": RESOURCE,
            "appid": client_id,
            "iat": int(now),
            "nbf": int(now),
            "exp": now + lifetime,
            "rh": secrets.token_urlsafe(_FILLING),
        }
        token = jwt.encode({"alg": "HS256"}, claims, self._key, algorithms=["HS256"])
        self._expiries = {known: expiry for known, expiry in self._expiries.items() if expiry > now}
        self._expiries[token] = now + lifetime
        return token

    def good(self, token: str, now: float) -> bool:
        """Tell whether one of ours is still good."""
        expiry = self._expiries.get(token)
        if expiry is None:
            expiry = self._expiry(token)
            if expiry > now:
                self._expiries[token] = expiry
        return now < expiry

    def holder(self, token: str) -> str:
        """Name the client that it was issued to; nobody for one that is not ours."""
        try:
            return str(jwt.decode(token, self._key, algorithms=["HS256"]).claims["appid"])
        except (JoseError, ValueError, TypeError, msgspec.MsgspecError):
            return ""

    def _expiry(self, token: str) -> float:
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError, TypeError, msgspec.MsgspecError):
            return 0
        return float(claims["exp"])
