"""Discovery and keys of the login provider.

The document is told as the platform tells it, gaps included: it lists neither the CIBA grant nor every scope, so a
client must not read too much into it. All addresses are below the host that the caller used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medlem.simulator.apis.id_token import ELSEWHERE
from medlem.simulator.wire import Answer, Call, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.world import World

ACCESS = "/access-management-1.0/access"
USERINFO = "/vipps-userinfo-api/userinfo"
CACHED = {"Cache-Control": "max-age=3600"}

EDITIONS: Final[dict[str, dict[str, list[str]]]] = {
    "2026": {
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": [
            "openid", "name", "phoneNumber", "nin", "address", "birthDate", "delegatedConsents", "email", "gender",
        ],
    },
    "2023": {
        "grant_types_supported": ["authorization_code", "implicit", "client_credentials", "refresh_token"],
        "response_types_supported": ["code", "code id_token", "id_token", "token id_token", "token"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        "scopes_supported": [
            "openid", "offline", "api_version_2", "name", "phoneNumber", "nin", "address", "birthDate", "email",
        ],
    },
}  # fmt: skip
"""The lists of the document, which nobody should rely on, in two of its editions."""


def issuer(call: Call) -> str:
    """Name the issuer; the slash at the end is part of it."""
    return f"{call.base}{ACCESS}/"


def discovery(world: World, call: Call) -> Answer:
    """Say where everything is."""
    access = f"{call.base}{ACCESS}"
    lists = EDITIONS[world.switches.discovery_edition]
    return json_answer(
        {
            "issuer": ELSEWHERE if call.twist == "wrong_issuer" else issuer(call),
            "authorization_endpoint": f"{access}/oauth2/auth",
            "token_endpoint": f"{access}/oauth2/token",
            "userinfo_endpoint": f"{call.base}{USERINFO}",
            "jwks_uri": f"{access}/.well-known/jwks.json",
            "revocation_endpoint": f"{access}/oauth2/revoke",
            "end_session_endpoint": f"{access}/oauth2/sessions/logout",
            "backchannel_authentication_endpoint": f"{call.base}/vipps-login-ciba/api/backchannel/authentication",
            "backchannel_token_delivery_modes_supported": ["poll"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public", "pairwise"],
            **lists,
        },
        headers=CACHED,
    )


def jwks(world: World, call: Call) -> Answer:
    """Publish the keys that ID tokens are signed with."""
    if call.twist == "rotated_key":
        world.keys.rotate()
    return json_answer(world.keys.published(), headers=CACHED)


ROUTES = (
    Route("GET", f"{ACCESS}/.well-known/openid-configuration", "discovery", discovery),
    Route("GET", f"{ACCESS}/.well-known/jwks.json", "jwks", jwks),
)
