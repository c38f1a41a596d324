"""ID tokens for tests: right in every part until a test changes one, and signed with real keys."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Self

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SUB = "c06c4afe-d9e1-4c5d-939a-177d752a0944"
ACCESS = "user.access-token_1"


@lru_cache
def rsa_key(kid: str = "rsa-1") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@lru_cache
def ec_key(kid: str = "ec-1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


def key_set(*keys: RSAKey | ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys or (rsa_key(), ec_key())]}


def sign(payload: bytes, header: Mapping[str, Any], key: RSAKey | ECKey | OctKey, alg: str) -> str:
    """A compact JWS, whatever its header says, and whatever key fits whatever algorithm."""
    text = f"{_b64(json.dumps(header).encode())}.{_b64(payload)}"
    return f"{text}.{_b64(jws.JWSRegistry.algorithms[alg].sign(text.encode(), key))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def at_hash(access_token: str) -> str:
    return _b64(hashlib.sha256(access_token.encode()).digest()[:16])


@dataclass(frozen=True)
class Tokens:
    """A token answer, right in every part until a test changes one."""

    claims: dict[str, Any]
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"})
    key: RSAKey | ECKey | OctKey = field(default_factory=rsa_key)
    around: dict[str, Any] = field(default_factory=dict)
    """Changes to the answer around the ID token; None leaves a key out."""
    payload: bytes | None = None
    """In the place of the claims."""
    twist: Callable[[str], str] = str
    """A last change to the signed token."""

    @classmethod
    def good(cls, issuer: str) -> Self:
        now = int(NOW.timestamp())
        return cls(
            {
                "iss": issuer,
                "aud": ["client-1"],
                "sub": SUB,
                "iat": now,
                "exp": now + 3600,
                "at_hash": at_hash(ACCESS),
                "auth_time": now,
                "jti": "1",
            }
        )

    def claiming(self, **changes: Any) -> Self:
        """Other claims; None leaves one out."""
        whole = self.claims | changes
        return replace(self, claims={name: value for name, value in whole.items() if value is not None})

    @cached_property
    def answer(self) -> bytes:
        """The token endpoint's answer."""
        whole = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "id_token": self.id_token()}
        return json.dumps({name: value for name, value in (whole | self.around).items() if value is not None}).encode()

    def id_token(self) -> str:
        payload = json.dumps(self.claims).encode() if self.payload is None else self.payload
        # `none` signs with nothing at all; a missing or foreign `alg` is signed like any good token.
        alg = self.header.get("alg")
        return self.twist(sign(payload, self.header, self.key, alg if alg in jws.JWSRegistry.algorithms else "RS256"))
