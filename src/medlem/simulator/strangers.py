"""Keeps pages from elsewhere away from the control API: no other site presses Approve in somebody's browser.

A browser says where a call comes from, in `Origin` and `Sec-Fetch-Site`, and no page can make it lie. Programs say
neither, and are let through: the control API has no keys. Only calls that change something are looked at; what others
answer no foreign page can read, because nothing here ever allows it to (no CORS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from medlem.simulator.control import NotLikeThat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


@web.middleware
async def own_pages_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what a browser sends for a page that is not ours, or in a form that needs no script of ours."""
    if request.path.startswith("/sim/") and request.method not in HARMLESS and _from_a_browser(request):
        if not _from_our_page(request):
            raise NotLikeThat(403, "That page is not one of the simulator's", "Call from its own pages, or by program.")
        if request.can_read_body and request.content_type != "application/json":
            raise NotLikeThat(415, "The body is not JSON", "Send it as application/json.")
    return await handler(request)


def _from_a_browser(request: web.Request) -> bool:
    return "Origin" in request.headers or "Sec-Fetch-Site" in request.headers


def _from_our_page(request: web.Request) -> bool:
    """Another port of this machine is not us: browsers call that `same-site`."""
    own = f"{request.scheme}://{request.host}"
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and (
        request.headers.get("Origin", own) == own
    )
