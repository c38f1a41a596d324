"""One HTTP call to the platform: sent once, answered completely or not at all, measured, and logged without secrets.

Two kinds of connection. Polls and look-ups keep theirs. An ask gets a fresh one: a kept connection that the
other end has just closed fails exactly like one on which the question was lost, and of a lost question nobody may
ever be asked again. With a fresh connection everything that goes wrong before it stands is `NotSent`, for sure.

Every sales unit has a branch of the wire, and every group of calls in it connections and a circuit breaker of its own
(`circuit`): thousands of polls fill their own places and nobody else's.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp
import msgspec
from aiohttp import ClientTimeout
from yarl import URL

from medlem import __version__
from medlem.flows.ports import Clock
from medlem.vipps.circuit import GROUPS, Circuit, Group
from medlem.vipps.errors import OK, SERVER_ERROR, outcome, trace_of
from medlem.vipps.metrics import calls, in_flight, seconds
from medlem.vipps.reply import Reply
from medlem.vipps.troubles import NoReply, NotSent, Unavailable

_log = logging.getLogger(__name__)

LONGEST_BODY: Final = 1024 * 1024
PLACES: Final = {
    Group.FETCH: 16,
    Group.SCAN: 128,
    Group.ASK: 128,
    Group.LOOK: 256,
    Group.READ: 64,
    Group.ASIDE: 16,
}
"""Connections at once, by group, in each branch. Who finds none free waits as long as for a connection, at most."""
_NEVER_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_QUIET: Final = frozenset({"pending", "slow_down", "cancelled"})
"""What happens all the time, and what we did ourselves."""
_PLAIN = re.compile(r"[A-Za-z0-9_.~:-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOuts:
    """How long we wait, in seconds. Together they keep an ask below the 20 s after which it is given up."""

    connect: float = 4.0
    fetch: float = 5.0
    """Discovery, keys, access token, user-exists."""
    call: float = 8.0
    """Exchange, poll, userinfo and the rest, each. A poll ends within the lease of thirty seconds."""
    scan: float = 10.0
    """An exchange with whatever it takes: a token, a second try. Somebody stands at the till."""
    ask: float = 14.0
    """An ask from beginning to end, with whatever must be fetched before it; after twenty seconds it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. `operation` is our word for it, in log and metrics."""

    operation: str
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    form: dict[str, str] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    within: float
    """Seconds in which the whole answer must be here."""
    fresh: bool = False
    """On a connection of its own."""
    repeatable: bool = False
    """Sending it twice does no harm: once more if a kept connection turned out to be dead."""


class Wire:
    """The way out. Makes its connections when first used; `close` ends them."""

    def __init__(self, clock: Clock, time_outs: TimeOuts) -> None:
        self._clock = clock
        self._sessions: dict[tuple[Group, bool], aiohttp.ClientSession] = {}
        self._circuits = {group: Circuit(group, clock) for group in Group}
        self._branches: list[Wire] = []
        self.time_outs = time_outs

    def branch(self) -> "Wire":
        """A wire of its own for one sales unit, or one document: nobody else's trouble is its trouble."""
        branch = Wire(self._clock, self.time_outs)
        self._branches.append(branch)
        return branch

    async def close(self) -> None:
        """End every connection, those of the branches too."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        for branch in self._branches:
            await branch.close()

    async def call(self, request: Request) -> Reply:
        """Send once and wait for the whole answer, whatever its status; redirects are answers, never followed.

        Raises:
            NotSent: nothing went out; `Shut`, a kind of it: nor was anything tried.
            NoReply: it did, and no complete answer came.
        """
        circuit = self._circuits[GROUPS.get(request.operation, Group.ASIDE)]
        circuit.enter()
        try:
            reply = await self._insisted(request)
        except Unavailable:
            circuit.failed()
            raise
        except BaseException:
            circuit.gave_up()
            raise
        if reply.status in SERVER_ERROR:
            circuit.failed()
        else:
            circuit.succeeded()
        return reply

    async def _insisted(self, request: Request) -> Reply:
        try:
            return await self._measured(request)
        except NoReply as lost:
            if request.repeatable and lost.dropped:
                return await self._measured(request)
            raise

    async def _measured(self, request: Request) -> Reply:
        clock = asyncio.get_running_loop().time
        began, under_way = clock(), in_flight(GROUPS.get(request.operation, Group.ASIDE))
        ended, reply = "cancelled", None
        under_way.inc()
        try:
            reply = await self._send(request)
            ended = outcome(reply)
        except NotSent:
            ended = "not_sent"
            raise
        except NoReply:
            ended = "no_reply"
            raise
        else:
            return reply
        finally:
            under_way.dec()
            _write_down(request.operation, ended, reply, clock() - began)

    async def _send(self, request: Request) -> Reply:
        # Nothing packed is taken: a small body that unpacks to a gigabyte cannot be sent to us.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **request.headers}
        body: bytes | None = None
        if request.form is not None:
            body = _encoded(request.form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif request.json is not None:
            body = msgspec.json.encode(request.json)
            headers["Content-Type"] = "application/json"
        started = False
        try:
            async with self._session(request).request(
                request.method,
                URL(request.url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=_time_out(request.within, self.time_outs.connect),
            ) as response:
                started = True
                text, whole = await _read(response)
                return Reply(response.status, text, response.headers, self._clock.now(), whole)
        # The causes are dropped on purpose: their texts carry addresses, and addresses may carry more.
        except _NEVER_SENT as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            dropped = not started and isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError))
            raise NoReply(type(error).__name__, dropped=dropped) from None

    def _session(self, request: Request) -> aiohttp.ClientSession:
        group = GROUPS.get(request.operation, Group.ASIDE)
        session = self._sessions.get((group, request.fresh))
        if session is None:
            session = self._sessions[group, request.fresh] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=request.fresh, limit=PLACES[group]),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": f"medlem/{__version__}"},
            )
        return session


def _write_down(operation: str, ended: str, reply: Reply | None, took: float) -> None:
    calls(operation, ended).inc()
    seconds(operation).observe(took)
    status = 0 if reply is None else reply.status
    level = logging.DEBUG if ended in _QUIET else logging.INFO if status in OK else logging.WARNING
    if _log.isEnabledFor(level):  # thousands of looks a second are not worth a line, nor the search for their trace
        _log.log(
            level,
            "platform call: operation=%s outcome=%s status=%d seconds=%.3f trace=%s",
            operation,
            ended,
            status,
            took,
            "-" if reply is None else trace_of(reply),
        )


@lru_cache(maxsize=64)
def _time_out(within: float, connect: float) -> ClientTimeout:
    return ClientTimeout(total=within, connect=min(connect, within))


def _encoded(form: Mapping[str, str]) -> bytes:
    """The form as a body. Of nearly all that we send only colons need quoting, and that is soon done."""
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in form.items()]).encode("ascii")


def _quoted(text: str) -> str:
    return text.replace(":", "%3A") if _PLAIN.fullmatch(text) else quote_plus(text)


async def _read(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """The body and whether it is all; one that goes on and on is cut off, and its connection with it."""
    content = response.content
    body = await content.readany()
    while len(body) <= LONGEST_BODY and not content.at_eof():
        body += await content.readany()
    if len(body) > LONGEST_BODY:
        response.close()
        return body[:LONGEST_BODY], False
    return body, True
