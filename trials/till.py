"""A till: what its screen was told, and a cashier who presses buttons at it.

The stream of events is the service's own (`web.events`); a till reads it as a browser does, by `Last-Event-ID`.
"""

import asyncio
import functools
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

import msgspec

from medlem.club.errors import NotFound, Refusal
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.place import Key, Station
from medlem.flows import enrolment, scan
from medlem.flows.ports import Ports
from medlem.flows.tables import Clash, Repeat, StorageUnavailable
from medlem.flows.views import EnrolmentView, IdentificationView
from medlem.web.events import Stream
from trials.crew import Crew
from trials.faults import Fault
from trials.node import Hangup
from trials.platform import Person, PretendPlatform

CALL_TIME_OUT: Final = 10.0
TRIES: Final = 12
FINAL: Final = frozenset({"accepted", "declined", "expired", "failed"})

_NO_SCOPE: Final[Any] = {}
"""A stream asks nothing of its request that it was not told when it was made."""

View = TypeVar("View", IdentificationView, EnrolmentView)
First = Callable[[Ports, Repeat | None], Awaitable[View]]
Again = Callable[[Ports, str], Awaitable[View]]


async def once(ports: Ports, club: ClubId, repeat: Repeat, first: First[View], again: Again[View]) -> View:
    """What `web.repeats` does with an `Idempotency-Key`, on nodes that share nothing but the database."""
    found = await ports.storage.reading.repeats.find(club, repeat)
    if found is None:
        try:
            return await first(ports, repeat)
        except Clash:
            async with ports.storage.transaction() as tx:
                found = await tx.repeats.find(club, repeat)
            if found is None:
                raise
    return await again(ports, found.resource or "")


@dataclass
class Till:
    """One station's screen, and the buttons beside it."""

    crew: Crew
    platform: PretendPlatform
    station: Station
    key: Key
    secret: Masked[str]
    chance: Random
    position: int | None = None
    """What it would send as `Last-Event-ID`."""
    seen: list[tuple[int, bytes]] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    """The state of each enrolment on its screen."""
    reasons: dict[str, str | None] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    """Those that were asked for here."""
    presses: Counter[str] = field(default_factory=Counter)
    """Times that a cashier pressed the button, by number."""
    _cut: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _calls: int = 0

    # -- the stream

    async def listen(self) -> None:
        """Read the events for ever; begin again where it broke off."""
        while True:
            node = self.crew.any_node(self.chance)
            if node is not None:
                cut = self._cut = asyncio.Event()
                stream = Stream(node.desk, self.station, self.key, self.secret, self.position)
                served = node.serve(functools.partial(stream, _NO_SCOPE, _client(cut), self._reader(cut)))
                served.add_done_callback(functools.partial(_ended, cut))
                await cut.wait()
            await self.crew.pause(0.5 + self.chance.random())

    def drop(self) -> None:
        """Cut the connection: neither side is told."""
        self.crew.trouble.note(Fault.STREAM_DROPPED)
        self._cut.set()

    def _reader(self, cut: asyncio.Event) -> Callable[[Any], Awaitable[None]]:
        async def send(message: Any) -> None:
            if not cut.is_set() and (said := message.get("body")):
                self._read(said)

        return send

    def _read(self, said: bytes) -> None:
        lines = dict(line.split(b": ", 1) for line in said.split(b"\n") if b": " in line)
        if b"event" not in lines:
            return
        position, body = int(lines[b"id"]), lines[b"data"]
        told = msgspec.json.decode(body)
        self.crew.history.note(self.station.name, lines[b"event"].decode(), position)
        if lines[b"event"] == b"snapshot":
            if self.position is not None:
                self.crew.history.fail("stream", f"{self.station.name} lost its place at {self.position}")
            for one in told["enrolments"]:
                self._show(one)
        else:
            if position != (self.position or 0) + 1:
                what = f"{self.station.name} was told event {position} after {self.position}"
                self.crew.history.fail("stream", what)
            self.seen.append((position, body))
            if lines[b"event"] == b"enrolment":
                self._show(told)
        self.position = position

    def _show(self, told: Any) -> None:
        if self.shown.get(told["id"]) in FINAL and told["state"] != self.shown[told["id"]]:
            was = self.shown[told["id"]]
            self.crew.history.fail("stream", f"{self.station.name} was told {told['state']} after {was}")
        self.shown[told["id"]] = told["state"]
        self.reasons[told["id"]] = told["reason"]
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def ends(self, wanted: str, seconds: float) -> str | None:
        """How an enrolment ended on this screen; None when it has not."""
        try:
            async with self.crew.patience(seconds):
                while self.shown.get(wanted) not in FINAL:
                    await self._changed.wait()
        except TimeoutError:
            return None
        return self.shown[wanted]

    # -- the buttons

    async def identify(self, person: Person, *, by_code: bool) -> IdentificationView | None:
        """Scan or type; None when nothing helped."""

        async def again(ports: Ports, found: str) -> IdentificationView:
            return await scan.show(ports, self.station, found)

        if by_code:
            text = self.platform.show_qr(person)
            return await self._post(lambda ports, repeat: scan.by_scan(ports, self.station, text, repeat), again)
        number = f"+{person.msisdn}"
        return await self._post(lambda ports, repeat: scan.by_number(ports, self.station, number, "NO", repeat), again)

    async def press(self, found: IdentificationView, *, twice: bool = False) -> EnrolmentView | None:
        """Press the button that sends the question; None when it was refused or nothing helped."""
        stood_here = await self.crew.around.storage.reading.identifications.get(self.station.club, found.id)
        if stood_here is not None and stood_here.phone is not None:
            self.numbers.add(stood_here.phone.msisdn)
            self.presses[stood_here.phone.msisdn] += 1

        async def first(ports: Ports, repeat: Repeat | None) -> EnrolmentView:
            return await enrolment.start(ports, self.station, found.id, repeat)

        async def again(ports: Ports, wanted: str) -> EnrolmentView:
            return await enrolment.show(ports, self.station, wanted)

        if not twice:
            return await self._post(first, again)
        self.crew.trouble.note(Fault.DOUBLE_PRESS)
        repeat = self._repeat()
        both = await asyncio.gather(*(self._post(first, again, repeat) for _ in range(2)))
        ids = {view.id for view in both if view is not None}
        if len(ids) > 1:
            self.crew.history.fail("double push", f"one press pressed twice became {' and '.join(sorted(ids))}")
        return next((view for view in both if view is not None), None)

    async def peep(self, wanted: str) -> None:
        """Ask for an enrolment that is none of this station's business."""
        node = self.crew.any_node(self.chance)
        if node is None:
            return
        try:
            await node.serve(lambda: enrolment.show(node.ports, self.station, wanted), CALL_TIME_OUT)
        except (NotFound, Hangup, StorageUnavailable):
            return
        story = self.crew.history.stories[wanted]
        if story.msisdn not in self.numbers:
            self.crew.history.fail("wrong till", f"{self.station.name} could look at {wanted}")

    def _repeat(self) -> Repeat:
        self._calls += 1
        scope = hashlib.sha256(f"{self.station.id} {self._calls}".encode()).hexdigest()
        return Repeat(scope, "the body")

    async def _post(self, first: First[View], again: Again[View], repeat: Repeat | None = None) -> View | None:
        """Call until there is an answer, with the same key: None when it is a refusal, or when there is none."""
        repeat = repeat or self._repeat()
        for _ in range(TRIES):
            node = self.crew.any_node(self.chance)
            if node is not None:
                call = functools.partial(once, node.ports, self.station.club, repeat, first, again)
                try:
                    view: View = await node.serve(call, CALL_TIME_OUT)
                except Refusal:
                    return None
                except (Hangup, StorageUnavailable):
                    pass
                else:
                    return view
            await self.crew.pause(0.3 + self.chance.random())
        return None


def _ended(cut: asyncio.Event, served: "asyncio.Future[Any]") -> None:
    served.exception()  # a node that died under its streams is no news to them
    cut.set()


def _client(cut: asyncio.Event) -> Callable[[], Awaitable[Any]]:
    """A client that hangs up when the line is cut, and says nothing before."""

    async def receive() -> Any:
        await cut.wait()
        return {"type": "http.disconnect"}

    return receive
