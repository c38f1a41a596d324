"""The envelope around every call: its trace, its line in the access log, its place in the figures.

It is the one layer between the server and the routes. What it writes down is the route's template, never the path:
whoever mistypes a path may have typed a phone number into it.
"""

import logging
from functools import cache
from time import perf_counter
from typing import Final, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from medlem.web.problems import tell_of_failure
from medlem.web.visit import Visit

access = logging.getLogger("medlem.access")

UNKNOWN: Final = "-"

REQUESTS: Final = Counter("medlem_http_requests", "Answers by route and status.", ["route", "status"])
SECONDS: Final = Histogram(
    "medlem_http_request_seconds",
    "From a request to the end of its answer, waits included.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
)


class Envelope:
    """Wraps the routes."""

    def __init__(self, routes: ASGIApp) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, and write down what became of it."""
        if scope["type"] != ScopeType.HTTP:
            await self._routes(scope, receive, send)
            return
        visit = Visit(scope, receive, send)
        scope["state"]["visit"] = visit
        began = perf_counter()
        try:
            await self._routes(scope, cast("Receive", visit.receive), visit.send)
        except Exception as error:  # noqa: BLE001 - the answer had begun: all that is left is to tell the operator
            tell_of_failure(visit.trace, error.__cause__ or error)
        finally:
            _write_down(scope, visit, perf_counter() - began)


@cache
def _requests(route: str, status: int) -> Counter:
    """Finding a figure by its labels costs more than raising it; there are as many as routes and statuses."""
    return REQUESTS.labels(route, status)


@cache
def _seconds(route: str) -> Histogram:
    return SECONDS.labels(route)


def _write_down(scope: HTTPScope, visit: Visit, seconds: float) -> None:
    route = scope.get("path_template") or UNKNOWN
    _requests(route, visit.status).inc()
    _seconds(route).observe(seconds)
    access.info(
        "trace=%s method=%s route=%s status=%d ms=%.1f station=%s",
        visit.trace,
        scope["method"],
        route,
        visit.status,
        seconds * 1000,
        visit.station,
    )
