"""Where HTTP meets the platform: every call comes in here, is counted, goes wrong if a fault says so, and goes out.

Faults differ in whether the call takes *effect*. `delay`, `late`, `lost`, `double` and `clock_skew` let it happen;
`timeout`, `reset`, `429`, `500` and `bad_json` are a gateway in the platform's place, and nothing happens behind it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from medlem.simulator.apis.refusals import gateway, problem
from medlem.simulator.signature import http_date
from medlem.simulator.wire import Answer, Call, Refused, with_novelties

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from medlem.simulator.faults import Fault
    from medlem.simulator.wire import Route
    from medlem.simulator.world import World

HELD = 60.0
"""Real seconds for which a call is left without an answer, unless the fault says how many."""

REPEATABLE = frozenset({"backchannel", "webhooks"})
"""Operations where a second run leaves something behind; a repeated look or poll leaves no trace."""


class Gate:
    """Stands in front of every endpoint of the platform."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let go of every call that is held up."""
        self._closing.set()

    def to(self, route: Route[World]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Make the way to one endpoint."""

        async def pass_through(http: web.Request) -> web.StreamResponse:
            body = await http.read()
            arrived = self._world.clock.now()
            fault = self._world.faults.pick(route.operation)
            answer = await self._answered(route, http, body, fault)
            self._world.ledger.record(route.operation, arrived, answer.status if answer else None)
            if answer is None:
                hang_up(http)
                return web.Response(status=500)
            response = web.Response(status=answer.status, body=answer.body or None, headers=answer.headers)
            if fault and fault.kind == "clock_skew":
                response.headers["Date"] = http_date(self._world.clock.now() + fault.seconds)
            return response

        return pass_through

    async def _answered(
        self, route: Route[World], http: web.Request, body: bytes, fault: Fault | None
    ) -> Answer | None:
        """Answer, with everything that goes wrong on the way; None when the connection is to break."""
        if fault is None:
            return self._run(route, self._call(http, body))
        if fault.kind == "late":
            await self._pause(fault.seconds)
        call = self._call(http, body, fault)
        if fault.kind in {"timeout", "reset", "429", "500", "bad_json"}:
            if route.unheard is not None:
                route.unheard(self._world, call)
            if fault.kind == "timeout":
                await self._pause(fault.seconds or HELD)
            return None if fault.kind in {"timeout", "reset"} else _in_its_place(fault)
        answer = self._run(route, call)
        if fault.kind == "double" and route.operation in REPEATABLE:
            self._run(route, call)
        if fault.kind == "delay":
            await self._pause(fault.seconds)
        return None if fault.kind == "lost" else answer

    def _run(self, route: Route[World], call: Call) -> Answer:
        try:
            answer = route.endpoint(self._world, call)
        except Refused as refused:
            answer = refused.answer
        return with_novelties(answer) if self._world.switches.novelties else answer

    def _call(self, http: web.Request, body: bytes, fault: Fault | None = None) -> Call:
        skew = fault.seconds if fault and fault.kind == "clock_skew" else 0
        return Call(
            headers=http.headers,
            body=body,
            base=f"{http.scheme}://{http.host}",
            variables=http.match_info,
            at=self._world.clock.now() + skew,
            elapsed=self._world.clock.elapsed(),
            twist=fault.kind if fault else None,
            lost=fault is not None and fault.kind == "lost",
            query=http.rel_url.raw_query_string,
        )

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()


def hang_up(http: web.Request) -> None:
    """Break the connection, so that the caller sees a reset."""
    if http.transport is not None:
        line = http.transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        http.transport.abort()


def _in_its_place(fault: Fault) -> Answer:
    """Answer as a gateway does."""
    if fault.kind == "429":
        return gateway(429, "Rate limit is exceeded. Try again later.", retry_after=fault.seconds or None).answer
    if fault.kind == "500":
        return problem(
            500,
            "Internal Server Error",
            "Something went wrong.",
            instance="/",
            name="platform",
            reason="A fault of the simulator.",
        ).answer
    return Answer(200, b"<html><body>Service temporarily unavailable</body></html>", {"Content-Type": "text/html"})
