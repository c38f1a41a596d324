"""The twenty-three tampered token answers by which clients of this kind have been judged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from joserfc.jwk import OctKey

from signed_tokens import Tokens

Tamper = Callable[[Tokens], Tokens]
WEEK = timedelta(days=7).total_seconds()


def seconds(tokens: Tokens, name: str, change: float) -> int:
    return int(tokens.claims[name] + change)


def other_signature(token: str) -> str:
    """The signature of another token, by the right key."""
    return ".".join([*token.split(".")[:2], Tokens.good("https://other/").id_token().split(".")[2]])


def anew(good: Tokens, header: dict[str, Any], **changes: Any) -> Tokens:
    return replace(good, header=header, **changes)


TAMPERED: dict[str, tuple[str, Tamper]] = {
    "alg none": ("alg", lambda good: anew(good, {"alg": "none", "typ": "JWT"})),
    "HS256 with the client secret": (
        "alg",
        lambda good: anew(good, {"alg": "HS256", "kid": "rsa-1"}, key=OctKey.import_key("s3cret:+/% of the shop")),
    ),
    "wrong signature": ("signature", lambda good: replace(good, twist=other_signature)),
    "unknown kid": ("kid", lambda good: anew(good, {"alg": "RS256", "kid": "stranger"})),
    "wrong aud": ("aud", lambda good: good.claiming(aud="client-2")),
    "extra aud": ("aud", lambda good: good.claiming(aud=["client-1", "client-2"])),
    "missing aud": ("aud", lambda good: good.claiming(aud=None)),
    "azp of another client": ("azp", lambda good: good.claiming(azp="client-2")),
    "wrong iss": ("iss", lambda good: good.claiming(iss=good.claims["iss"].rstrip("/"))),
    "missing iss": ("iss", lambda good: good.claiming(iss=None)),
    "expired": ("exp", lambda good: good.claiming(exp=seconds(good, "iat", -61))),
    "missing exp": ("exp", lambda good: good.claiming(exp=None)),
    "iat a week old": ("iat", lambda good: good.claiming(iat=seconds(good, "iat", -WEEK))),
    "iat an hour ahead": ("iat", lambda good: good.claiming(iat=seconds(good, "iat", 3600))),
    "missing sub": ("sub", lambda good: good.claiming(sub=None)),
    "other sub than userinfo": ("userinfo sub", lambda good: good.claiming(sub="somebody-else")),
    "unsolicited nonce": ("nonce", lambda good: good.claiming(nonce="never sent")),
    "wrong at_hash": ("at_hash", lambda good: good.claiming(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    "wrong auth_req_id": (
        "auth_req_id",
        lambda good: good.claiming(**{"urn:openid:params:jwt:claim:auth_req_id": "request-2"}),
    ),
    "missing id_token": ("no id_token", lambda good: replace(good, around={"id_token": None})),
    "garbage id_token": ("not a signed token", lambda good: replace(good, twist=lambda _: "not.a.token")),
    "missing access token": ("no access_token", lambda good: replace(good, around={"access_token": None})),
    "other token type": ("token_type", lambda good: replace(good, around={"token_type": "DPoP"})),
}
"""The twenty-three answers by which clients of this kind have been judged, and the check that each must fail."""
