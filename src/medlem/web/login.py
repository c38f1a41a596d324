"""The till's login: a cookie that stands for the station's key, on this service's own pages alone.

The browser gives the cookie to no other site's page (SameSite), and we ask it once more where a request comes from
(`Sec-Fetch-Site`, `Origin`), so that no foreign page can scan, ask or listen in the till's name. Plain HTTP is for
this machine only: there the cookie goes without `Secure` and the `__Host-` prefix, which some browsers refuse.
"""

import ipaddress
from typing import Final

from litestar.types import HTTPScope

from medlem.club.errors import Forbidden
from medlem.club.masked import Masked
from medlem.web.visit import Visit

PLAIN: Final = "medlem"
SECURE: Final = "__Host-medlem"
LIFE: Final = 400 * 24 * 3600
"""Seconds; browsers keep no cookie longer (RFC 6265bis). The key behind it can be revoked at any time."""


def secret_of(scope: HTTPScope, visit: Visit, *, opened: bool = False) -> Masked[str] | None:
    """The key that the till's cookie stands for; None when there is no cookie, or it does not count here.

    Args:
        scope: of the request.
        visit: the request.
        opened: whether it counts as well when somebody opens an address themselves, which no foreign page can do.
    """
    header = visit.headers.get(b"cookie")
    by_hand = opened and visit.headers.get(b"sec-fetch-site") in {None, b"none"} and b"origin" not in visit.headers
    if header is None or not (by_hand or _same_origin(scope, visit)):
        return None
    wanted = _cookie_name(scope, visit)
    for part in header.decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return Masked(value)
    return None


def require_safe_way(scope: HTTPScope, visit: Visit) -> None:
    """Refuse to hand out a login where anybody on the network could read it.

    Raises:
        Forbidden: it is plain HTTP from another machine.
    """
    if _cookie_name(scope, visit) is None:
        raise Forbidden("Pair over HTTPS, or on the machine that runs the service.")


def cookie_for(scope: HTTPScope, visit: Visit, secret: Masked[str]) -> bytes:
    """The `Set-Cookie` that makes this browser the station."""
    name = _cookie_name(scope, visit)
    secure = "; Secure" if name == SECURE else ""
    value = secret.reveal()  # into the browser's cookie jar
    return f"{name}={value}; Path=/; Max-Age={LIFE}; HttpOnly; SameSite=Strict{secure}".encode()


def refuse_foreign_page(scope: HTTPScope, visit: Visit) -> None:
    """Turn away a page of another site; a program that is no browser says nothing of where it comes from.

    Raises:
        Forbidden: it is one.
    """
    browser = b"origin" in visit.headers or b"sec-fetch-site" in visit.headers
    if browser and not _same_origin(scope, visit):
        raise Forbidden("This may only be done from the service's own pages.")


def is_this_machine(scope: HTTPScope, visit: Visit) -> bool:
    """Whether the client runs here; what a proxy passes on comes from elsewhere, whatever its address says."""
    client = scope["client"]
    if client is None or b"x-forwarded-for" in visit.headers or b"forwarded" in visit.headers:
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _cookie_name(scope: HTTPScope, visit: Visit) -> str | None:
    if scope["scheme"] == "https":
        return SECURE
    return PLAIN if is_this_machine(scope, visit) else None


def _same_origin(scope: HTTPScope, visit: Visit) -> bool:
    site = visit.headers.get(b"sec-fetch-site")
    origin = visit.headers.get(b"origin")
    if site is None and origin is None:
        return False
    host = visit.headers.get(b"host", b"").lower()
    return site in {None, b"same-origin"} and origin in {None, scope["scheme"].encode() + b"://" + host}
