"""A till and its cashier, by HTTP alone: what an integrator has, and no more.

The till chooses its node as a simple load balancer would: it stays with one, and turns to the other when that one
fails it. Every POST carries an `Idempotency-Key`, and is repeated with it until there is an answer.
"""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import aiohttp

from trials.soak.crew import Crew, Node
from trials.soak.phones import Customer, Phones
from trials.soak.premises import Place

FINAL: Final = frozenset({"accepted", "declined", "expired", "failed"})
SILENCE: Final = 10.0
"""Seconds without a word after which a stream is dead, as on the till's page."""

CALL: Final = aiohttp.ClientTimeout(total=12)
STREAM: Final = aiohttp.ClientTimeout(total=None, sock_connect=3, sock_read=SILENCE)
PATIENCE: Final = 120.0
"""Seconds after which a cashier gives up on an answer; nothing should ever take so long."""
AGAIN: Final = 0.3
"""Seconds until the next attempt, after one that failed; after a stream that was ended properly it comes at once."""
AT_ONCE: Final = 0.05

TROUBLES: Final = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a stream."""

    began: float
    ended: float
    clean: bool
    """Whether the service ended the stream as it should."""


@dataclass
class Seen:
    """What all tills saw, and what they did."""

    failures: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    gaps: list[Gap] = field(default_factory=list)

    def fail(self, rule: str, what: str) -> None:
        """Something that must never be."""
        self.failures.append((rule, what))


@dataclass
class Till:
    """One station."""

    place: Place
    crew: Crew
    phones: Phones
    session: aiohttp.ClientSession
    chance: Random
    seen: Seen
    position: int | None = None
    """What it sends as `Last-Event-ID`."""
    began_at: int | None = None
    """The position of its first snapshot."""
    events: list[tuple[int, str, bytes]] = field(default_factory=list)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Each enrolment as it stands on the screen."""
    asked: dict[str, Customer] = field(default_factory=dict)
    """Enrolments that were asked for here, and of whom."""
    presses: Counter[str] = field(default_factory=Counter)
    """How often a cashier pressed the button, by number."""
    identified: set[str] = field(default_factory=set)
    calls: int = 0
    """Customers identified: with each of them one identification, whatever was repeated."""
    _favourite: int = 0
    _away_since: float | None = None
    _clean: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _line: aiohttp.ClientResponse | None = None

    def __post_init__(self) -> None:
        """Spread the tills over the nodes."""
        self._favourite = self.chance.randrange(len(self.crew.nodes))
        self._headers = {"Authorization": f"Bearer {self.place.key}"}

    async def node(self) -> Node:
        """The favourite if it is there, else another; wait for one if there is none."""
        while True:
            up = self.crew.up()
            for node in up:
                if node is self.crew.nodes[self._favourite]:
                    return node
            if up:
                self._favourite = self.crew.nodes.index(up[0])
                return up[0]
            await asyncio.sleep(0.05)

    def _turn_away(self, node: Node) -> None:
        if node is self.crew.nodes[self._favourite]:
            self._favourite = (self._favourite + 1) % len(self.crew.nodes)

    # -- the stream

    async def listen(self) -> None:
        """Read events for ever."""
        while True:
            node = await self.node()
            clean = False
            with suppress(*TROUBLES):
                await self._stream(node)
                clean = True
            if self._away_since is None:
                self._away_since, self._clean = time.monotonic(), clean
            self._turn_away(node)
            await asyncio.sleep(AT_ONCE if clean else AGAIN)

    async def _stream(self, node: Node) -> None:
        headers = self._headers | ({"Last-Event-ID": str(self.position)} if self.position is not None else {})
        async with self.session.get(f"{node.url}/v1/events", headers=headers, timeout=STREAM) as line:
            if line.status != 200:
                raise aiohttp.ClientError
            self._line = line
            rest = b""
            async for chunk in line.content.iter_any():
                self._back()
                *parts, rest = (rest + chunk).split(b"\n\n")
                for part in parts:
                    self._read(part)

    def _back(self) -> None:
        if self._away_since is not None:
            self.seen.gaps.append(Gap(self._away_since, time.monotonic(), self._clean))
            self._away_since = None

    def cut(self) -> None:
        """Break the connection off."""
        if self._line is not None:
            self._line.close()

    def _read(self, part: bytes) -> None:
        lines = dict(line.split(b": ", 1) for line in part.split(b"\n") if b": " in line)
        if b"event" not in lines:
            return
        position, kind, body = int(lines[b"id"]), lines[b"event"].decode(), lines[b"data"]
        told = json.loads(body)
        if kind == "snapshot":
            if self.position is not None:
                self.seen.fail("stream", f"{self.place.id} lost its place at {self.position}")
            else:
                self.began_at = position
            for one in told["enrolments"]:
                self._show(one)
        else:
            if position != (self.position or 0) + 1:
                self.seen.fail("stream", f"{self.place.id} was told event {position} after {self.position}")
            self.events.append((position, kind, body))
            if kind == "enrolment":
                self._show(told)
        self.position = position

    def _show(self, told: dict[str, Any]) -> None:
        before = self.shown.get(told["id"])
        if before is not None and before["state"] in FINAL and before["state"] != told["state"]:
            self.seen.fail("reopened", f"{self.place.id} was told {told['id']} is {told['state']} after {before}")
        self.shown[told["id"]] = told
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _end(self, enrolment: str) -> dict[str, Any] | None:
        """How an enrolment ends on this screen; None when it does not within a long time."""
        try:
            async with asyncio.timeout(PATIENCE):
                while enrolment not in self.shown or self.shown[enrolment]["state"] not in FINAL:
                    await self._changed.wait()
        except TimeoutError:
            return None
        return self.shown[enrolment]

    # -- the buttons

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        """Call, and call again with the same key until there is an answer."""
        headers = self._headers | {"Idempotency-Key": str(uuid.UUID(int=self.chance.getrandbits(128)))}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            node = await self.node()
            try:
                async with self.session.post(f"{node.url}{path}", json=body, headers=headers, timeout=CALL) as answer:
                    said = await answer.json()
                    if answer.status < 500:
                        return answer.status, said
                    self.seen.counts[f"answers {answer.status}"] += 1
            except TROUBLES:
                self.seen.counts["calls without an answer"] += 1
                self._turn_away(node)
            await asyncio.sleep(AGAIN * (1 + self.chance.random()))
        self.seen.fail("stuck", f"{self.place.id}: no answer to a POST of {path} in {PATIENCE:g} s")
        return 0, None

    async def identify(self, customer: Customer) -> Any:
        """Scan or type; None when it was refused."""
        self.calls += 1
        by_code = self.chance.random() < 0.3
        how = {"scan": await self.phones.code(customer)} if by_code else {"phone": f"+{customer.msisdn}"}
        status, said = await self.post("/v1/identifications", how)
        if status != 201:
            self.seen.counts[f"identifications refused with {status}"] += 1
            return None
        self.identified.add(said["id"])
        return said

    async def ask(self, customer: Customer, identification: str) -> dict[str, Any] | None:
        """Press the button, and see how it ends; None when it was refused."""
        self.presses[customer.msisdn] += 1
        status, said = await self.post("/v1/enrolments", {"identification": identification})
        if status not in {200, 202}:
            self.seen.counts[f"asks refused with {status}"] += 1
            if status not in {0, 409}:
                self.seen.fail("defect", f"{self.place.id}: an ask was refused with {status} {said.get('type')}")
            return None
        self.asked[said["id"]] = customer
        return await self._end(said["id"])

    async def serve(self, customer: Customer) -> None:
        """One customer, from the greeting to the end; asked once more if that is what the till says."""
        self.phones.come(customer)
        try:
            found = await self.identify(customer)
            if found is None or found["membership"] != "not_member":
                return
            end = await self.ask(customer, found["id"])
            while end is not None and end["reason"] == "outcome_unknown":
                self.seen.counts["asked once more"] += 1
                end = await self.ask(customer, found["id"])
            if end is not None and end["state"] == "accepted" and self.chance.random() < 0.2:
                await self._greet(customer, end)
        finally:
            self.phones.go(customer)

    async def _greet(self, customer: Customer, end: dict[str, Any]) -> None:
        """A new member is known at once, wherever they stand."""
        found = await self.identify(customer)
        if found is not None and found["membership"] == "not_member":
            self.seen.fail("lost", f"{end['id']} is accepted, and its customer is not a member")

    async def work(self, next_customer: Callable[[], Any], pause: float) -> None:
        """Serve customers until told to stop."""
        await asyncio.sleep(self.chance.random() * pause)
        while (customer := await next_customer()) is not None:
            await self.serve(customer)
            await asyncio.sleep(self.chance.random() * pause * 2)
