"""What the platform says of a person, made into ours: every key optional, and none trusted to have its type.

Claims come from userinfo and, since 2025, from the ID token as well; where both speak, userinfo counts. An address
of empty strings is how the platform says that it has none.
"""

import json
import logging
import math
from collections.abc import Mapping
from typing import Any, Final

from medlem.club.member import Address, Profile
from medlem.club.phone import PhoneNumber

_log = logging.getLogger(__name__)

Claims = Mapping[str, Any]

OF_LOGIN: Final = ("iss", "aud", "azp", "msn", "iat", "exp", "auth_time", "acr", "amr")
"""Who says so, to whom, when it was written and until when it holds; when and how the customer was known."""
LONGEST_TEXT: Final = 255
MOST_TEXTS: Final = 10

EMPTY: Final[tuple[Any, ...]] = (None, "", {}, [])


def merged(id_token: Claims, userinfo: Claims) -> dict[str, Any]:
    """One set of claims: userinfo's, and the ID token's for what userinfo leaves out; stray spaces in keys go."""
    both = {name.strip(): value for name, value in id_token.items()}
    return both | {name.strip(): value for name, value in userinfo.items() if value not in EMPTY}


def login(claims: Claims) -> str:
    """What a verified ID token says of the login itself, as JSON: neither who it was nor any hash of a token."""
    said = {name: claims[name] for name in OF_LOGIN if _is_plain(claims.get(name))}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def _is_plain(value: Any) -> bool:
    """Whether it is what such a claim can be: a short text, a number, or a few texts."""
    if isinstance(value, list):
        return 0 < len(value) <= MOST_TEXTS and all(isinstance(one, str) and _is_plain(one) for one in value)
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_TEXT and value.isprintable()
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def text(claims: Claims, name: str) -> str | None:
    """A text that says something; None for anything else. No storage takes a NUL, so it is left out."""
    value = claims.get(name)
    if not isinstance(value, str):
        return None
    return value.replace("\x00", "").strip() or None


def flag(claims: Claims, name: str) -> bool | None:
    """A yes or no, also one that came as a text; None for anything else."""
    value = claims.get(name)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def phone_number(claims: Claims) -> PhoneNumber | None:
    """The number that the platform vouches for; one that it says is unverified does not count."""
    said = text(claims, "phone_number")
    if said is None or flag(claims, "phone_number_verified") is False:
        return None
    try:
        return PhoneNumber.from_platform(said)
    except ValueError:
        _log.warning("the platform gave a phone number that is none; it is left out")
        return None


def profile(claims: Claims) -> Profile:
    """Everything that the member shares."""
    others = claims.get("other_addresses")
    listed = [address(one) for one in others] if isinstance(others, list) else []
    return Profile(
        name=text(claims, "name"),
        given_name=text(claims, "given_name"),
        family_name=text(claims, "family_name"),
        email=text(claims, "email"),
        email_verified=flag(claims, "email_verified"),
        birthdate=text(claims, "birthdate"),
        gender=text(claims, "gender"),
        address=address(claims.get("address")),
        other_addresses=tuple(one for one in listed if one is not None),
    )


def address(value: Any) -> Address | None:
    """An address with at least one part that says where; None otherwise."""
    if not isinstance(value, dict):
        return None
    found = Address(
        street_address=text(value, "street_address"),
        postal_code=text(value, "postal_code"),
        region=text(value, "region"),
        country=text(value, "country"),
        address_type=text(value, "address_type"),
        formatted=text(value, "formatted"),
    )
    says_where = (found.street_address, found.postal_code, found.region, found.country, found.formatted)
    return found if any(says_where) else None
