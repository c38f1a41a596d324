"""Kinds of settings: how the text of each is read, and what is said when it cannot be.

Every reader raises `ValueError` with what is allowed, and never repeats what it was given.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from medlem.club.masked import Masked
from medlem.club.phone import COUNTRIES
from medlem.flows.limits import Limit

POSTGRESQL: Final = ("postgresql://", "postgres://")
SQLITE: Final = "sqlite:///"

FIELDS: Final = ("phone", "member", "id", "member_number", "name", "given_name", "family_name", "since")
"""What a merchant's own register says of a member."""

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def is_loopback(host: str | None) -> bool:
    """Whether only this machine can be meant."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def text(value: str) -> str:
    """Anything."""
    return value


def secret(value: str) -> Masked[str]:
    """Anything, to be shown to nobody."""
    return Masked(value)


def database(value: str) -> Masked[str]:
    """Where the database is; masked, since the address of a PostgreSQL server may hold a password."""
    if value.startswith(POSTGRESQL):
        try:
            named = bool(urlsplit(value).path.strip("/"))
        except ValueError:
            named = False
        if not named:
            raise ValueError("postgresql://name:password@host/database, with the name of a database")
        return Masked(value)
    if not value.startswith(SQLITE) or value in {SQLITE, f"{SQLITE}:memory:"}:  # a shop wants its members tomorrow
        raise ValueError(
            "sqlite:///medlem.db for a file here, sqlite:////var/lib/medlem/medlem.db for one anywhere, or "
            "postgresql://name:password@host/database"
        )
    return Masked(value)


def url(value: str) -> str:
    """An address on the web, without the last slash; credentials do not belong into it."""
    try:
        parts = urlsplit(value)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        right = False
    if not right:
        raise ValueError("an address such as https://club.example.org")
    return value.rstrip("/")


def safe_url(value: str) -> str:
    """An address to which secrets are sent: https, unless it is this machine."""
    address = url(value)
    parts = urlsplit(address)
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise ValueError("an https address; http is for this machine alone")
    return address


def hint(value: str) -> str:
    """How a login hint is made of a number."""
    if "{msisdn}" not in value:
        raise ValueError("a text with {msisdn} in it, such as urn:msisdn:{msisdn}")
    return value


def msn(value: str) -> str:
    """A merchant serial number."""
    if not re.fullmatch(r"[0-9]{4,6}", value):
        raise ValueError("the sales unit's number, four to six digits")
    return value


def path(value: str) -> Path:
    """A file."""
    return Path(value)


def choice(*allowed: str) -> Callable[[str], Any]:
    """One of a few words."""

    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return read


def switch(value: str) -> bool:
    """On or off."""
    return bool(choice("on", "off")(value) == "on")


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number between two others."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(value)

    return read


def seconds(most: int) -> Callable[[str], float]:
    """Seconds, with a fraction if need be."""

    def read(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", value) or float(value) > most:
            raise ValueError(f"seconds, from 0 to {most}")
        return float(value)

    return read


def duration(value: str) -> timedelta | None:
    """How long; None for *off*."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", value)
    if value != "off" and found is None:
        raise ValueError("a time such as 90s, 10m, 24h or 1d, or off")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None


def limits(value: str) -> tuple[Limit, ...]:
    """How many in how long, several of which may hold at once; empty for *off*."""
    if value == "off":
        return ()
    found = [re.fullmatch(r"\s*([1-9][0-9]{0,5})/([1-9][0-9]{0,5}[smhd])\s*", part) for part in value.split(",")]
    read = [Limit(int(one[1]), within) for one in found if one and (within := duration(one[2]))]
    if len(read) < len(found):
        raise ValueError("how many in how long, such as 3/10m or 3/10m, 5/1d, or off")
    return tuple(read)


def networks(value: str) -> tuple[str, ...]:
    """Addresses and networks."""
    try:
        return tuple(str(ipaddress.ip_network(part.strip())) for part in value.split(","))
    except ValueError:
        raise ValueError("addresses or networks, such as 10.0.0.7, 192.168.0.0/24") from None


def ports(value: str) -> tuple[int, ...]:
    """Numbers of ports."""
    parts = [part.strip() for part in value.split(",")]
    if not all(re.fullmatch(r"[1-9][0-9]{0,4}", part) and int(part) <= 65535 for part in parts):  # noqa: PLR2004 - TCP's
        raise ValueError("numbers of ports, such as 443, 8443")
    return tuple(int(part) for part in parts)


def app_names(value: str) -> tuple[tuple[str, str], ...]:
    """What the app is called in which country."""
    found = [re.fullmatch(r"\s*([A-Z]{2})\s*=\s*(\S[^,=]{0,29})", part.rstrip()) for part in value.split(",")]
    read = tuple((one[1], one[2]) for one in found if one and one[1] in COUNTRIES)
    if len(read) < len(found):
        raise ValueError(f"names by country ({', '.join(COUNTRIES)}), such as DK=MobilePay, FI=MobilePay")
    return read


def hosts(value: str) -> tuple[str, ...]:
    """Names of hosts."""
    read = tuple(part.strip().lower() for part in value.split(","))
    if not all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in read):
        raise ValueError("names of hosts, such as qr.example.org, codes.example.org")
    return read


def fields(value: str) -> tuple[tuple[str, str], ...]:
    """What a merchant's own register calls things: our name and theirs, a path of names with dots between them."""
    found = [re.fullmatch(r"\s*(\w+)\s*=\s*([^\s,.=]+(?:\.[^\s,.=]+)*)\s*", part) for part in value.split(",")]
    pairs = tuple((one[1], one[2]) for one in found if one and one[1] in FIELDS)
    if len(pairs) < len(found) or len(dict(pairs)) < len(pairs):
        raise ValueError(f"name=theirs, separated by commas, each once; the names are {', '.join(FIELDS)}")
    return pairs


def signing_secret(value: str) -> Masked[bytes]:
    """What bodies are signed with: a text, or one of Standard Webhooks' secrets."""
    if not value.startswith("whsec_"):
        return Masked(value.encode())
    try:
        return Masked(base64.b64decode(value.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("a text, or whsec_ and base64 after it") from None


def query(value: str) -> str:
    """One question to a merchant's table."""
    if not re.match(r"\s*(select|with)\s", value, re.IGNORECASE):
        raise ValueError("a query that begins with select or with")
    if not re.search(r"(?<![:\w]):(phone|msisdn|national)\b", value):
        raise ValueError("a query that asks for :phone (+4740000011), :msisdn (4740000011) or :national (40000011)")
    return value.strip().rstrip(";")
