"""ID tokens: what the provider swears about a login, and what it swears falsely when a fault tells it to."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from medlem.simulator.keys import Algorithm
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.wire import Call
    from medlem.simulator.world import World

LIFETIME = 3600
ELSEWHERE = "https://elsewhere.example/"
"""The issuer of the fault `wrong_issuer`."""


def login_claims(call: Call, request: LoginRequest, issuer: str, subject: str) -> dict[str, Any]:
    """Make the claims that every ID token has (OpenID Connect Core section 2)."""
    now = int(call.at)
    return {
        "iss": ELSEWHERE if call.twist == "wrong_issuer" else issuer,
        "sub": subject,
        "iat": now,
        "exp": now + LIFETIME,
        "auth_time": int(request.decided_at),
        "jti": str(uuid4()),
        "at_hash": at_hash(request.access_token),
    }


def signed(world: World, call: Call, claims: dict[str, Any], alg: Algorithm | None = None) -> str:
    """Sign the claims, with the right key unless a fault wants another."""
    alg = alg or world.switches.id_token_alg
    if call.twist == "rotated_key":
        world.keys.rotate()
    return world.keys.forge(alg, claims) if call.twist == "forged" else world.keys.sign(alg, claims)


def at_hash(access_token: str) -> str:
    """Hash an access token: the left half of SHA-256 (OpenID Connect Core section 3.1.3.6)."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
