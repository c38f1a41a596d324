"""Where something may be sent: to public addresses by https, and nowhere else.

Whoever has an admin key says where we call, so this must not become a way into the network that we stand in. A name is
judged when it is entered, and what it stands for is judged again at every connection, by the very address that is
connected to (`wire`): a name may mean something else by then.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 2000
NO_ADDRESS: Final = "This is no address on the web."
NOT_PUBLIC: Final = "An endpoint has a public address."

_SPECIAL: Final = tuple(
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's own services to its machines, though the address looks public
        "192.0.0.0/24",  # protocol assignments, metadata of some clouds among them
        "192.88.99.0/24",  # relays of 6to4
    )
)
_EMBEDDING: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""NAT64 and what came before mapped addresses: the last four bytes are an IPv4 address."""

_UNREADABLE = re.compile(r"[^!-~]|\\")
"""What two readers of an address may read in two ways."""
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_LOOKS_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator allows."""

    ports: tuple[int, ...] = (443, 8443)
    loopback: bool = False
    """Whether this machine may be called too, without TLS and at any port: for a demo and for tests."""


def flaw(url: str, rules: Rules) -> str | None:
    """Why nothing may ever be sent to this address, as a sentence that does not repeat it."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return NO_ADDRESS
    if _UNREADABLE.search(url) or len(url) > LONGEST:
        return NO_ADDRESS
    if parts.username is not None or parts.password is not None or "#" in url:
        return "An endpoint's address carries no credentials and no fragment."
    if rules.loopback and parts.scheme in {"http", "https"} and _is_this_machine(host):
        return None
    return _flaw_of_way(parts.scheme, port, rules) or _flaw_of_host(host)


def allowed(address: str, rules: Rules) -> bool:
    """Whether a connection may be made to this address (of the socket, not of the URL)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = _inner(found)
    if found.is_loopback:
        return rules.loopback
    return _is_public(found)


def _flaw_of_way(scheme: str, port: int | None, rules: Rules) -> str | None:
    if scheme != "https":
        return "An endpoint is called by https."
    if (443 if port is None else port) not in rules.ports:
        return f"An endpoint listens at port {' or '.join(str(known) for known in rules.ports)}."
    return None


def _flaw_of_host(host: str) -> str | None:
    try:
        literal = ip_address(host)
    except ValueError:
        pass
    else:
        return None if _is_public(_inner(literal)) else NOT_PUBLIC
    if not _HOST.fullmatch(host) or _LOOKS_NUMERIC.search(host.rpartition(".")[2]):
        return NO_ADDRESS
    if "." not in host or host.endswith((".localhost", ".local", ".internal")):
        return NOT_PUBLIC
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _inner(found: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(found, IPv4Address):
        return found
    inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
    if inner is None and any(found in network for network in _EMBEDDING) and int(found) > 1:
        inner = IPv4Address(int(found) & 0xFFFFFFFF)
    return inner or found


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    special = found.is_multicast or found.is_reserved or found.is_unspecified or found.is_loopback
    site = isinstance(found, IPv6Address) and found.is_site_local
    return found.is_global and not special and not site and not any(found in network for network in _SPECIAL)
