"""The nodes, and whoever starts them again: as a service manager does, at once.

Every life of a node has a fuse, most often one that burns down at a named step; who outlives it is killed from outside.
"""

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from random import Random
from typing import Final

from trials.soak.node import STEPS
from trials.soak.premises import Premises, said, start

ANY: Final = "at any moment"
NEVER: Final = "never"

AFTER_A_FAILURE: Final = 0.5
"""Seconds that a service manager leaves a service alone that could not begin."""

AWAKE: Final = 6.0
"""Seconds that a node which was frozen has to do harm in."""

LATEST: Final = 25.0
"""Seconds after which a step that is not reached is waited for no more."""


@dataclass(frozen=True, slots=True)
class Death:
    """The end of one life of a node."""

    node: str
    at: float
    how: str


@dataclass
class Node:
    """One place of a node, and the process that holds it now."""

    number: int
    port: int
    premises: Premises
    lives: int = 0
    up: bool = False
    """Whether it answers, as far as anybody can tell: a frozen one still looks so."""
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def frozen(self) -> bool:
        """Whether it has been stopped for a while."""
        return not self.thawed.is_set()

    def freeze(self) -> None:
        """Stop it in whatever it does."""
        self.thawed.clear()
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had been."""
        self.send(signal.SIGCONT)
        self.thawed.set()

    @property
    def name(self) -> str:
        """This life of it, as its diary is called."""
        return f"node-{self.number}-{self.lives}"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    async def begin(self, fuse: "Fuse") -> bool:
        """Start a life; whether it came so far as to answer."""
        self.lives += 1
        self.thawed.set()
        diary = self.premises.folder / f"{self.name}.diary"
        self.process = await start(
            self.premises.log(f"node-{self.number}"),
            *("trials.soak.node", str(diary), fuse.step, str(fuse.times), str(fuse.seconds)),
            *("--", "serve", "--port", str(self.port), "--json"),
            settings=self.premises.settings,
        )
        self.up = bool(await said(self.process))
        if self.up:
            self.ready.set()
        return self.up

    def send(self, number: signal.Signals) -> bool:
        """Send it a signal; whether it was there."""
        if self.process is None or self.process.returncode is not None:
            return False
        self.process.send_signal(number)
        return True

    @property
    def megabytes(self) -> float:
        """Its memory (resident set); 0 when it is gone."""
        return self._status("status", "VmRSS:") / 1024

    @property
    def files(self) -> int:
        """Its open files and sockets; 0 when it is gone."""
        try:
            return len(os.listdir(f"/proc/{self.process.pid if self.process else 0}/fd"))  # noqa: PTH208 - faster
        except OSError:
            return 0

    def _status(self, file: str, name: str) -> int:
        try:
            with open(f"/proc/{self.process.pid if self.process else 0}/{file}") as lines:  # noqa: PTH123 - the kernel's
                return next(int(line.split()[1]) for line in lines if line.startswith(name))
        except (OSError, StopIteration):
            return 0


@dataclass(frozen=True, slots=True)
class Fuse:
    """How one life of a node is to end: at the n-th time of a step, once it is so many seconds old."""

    step: str
    times: int
    seconds: float


class Crew:
    """All nodes. `run` keeps them alive until `close`."""

    def __init__(self, premises: Premises, ports: list[int], chance: Random, lives: tuple[float, float]) -> None:
        """Lives: how many seconds a node lives at least, from and to."""
        self.nodes = [Node(number, port, premises) for number, port in enumerate(ports, start=1)]
        self.deaths: list[Death] = []
        self.absences: list[float] = []
        """Seconds from each death until the next life answered."""
        self.open = asyncio.Event()
        """Set when the shop is: nobody dies before."""
        self.calm = False
        """Whether nobody is to die any more."""
        self._closing = False
        self._chance = chance
        self._lives = lives
        self._steps: list[str] = []

    def up(self) -> list[Node]:
        """Those that seem to answer."""
        return [node for node in self.nodes if node.up]

    async def run(self) -> None:
        """Start them, and start them again."""
        await asyncio.gather(*(self._keep(node) for node in self.nodes))

    async def _keep(self, node: Node) -> None:
        died: float | None = None
        while not self._closing:
            fuse = self._fuse()
            if await node.begin(fuse) and died is not None:
                self.absences.append(time.monotonic() - died)
            if node.process is None:
                raise RuntimeError("nothing was started")
            killing = asyncio.create_task(self._kill_in_time(node, fuse))
            code = await node.process.wait()
            killing.cancel()
            node.up = False
            node.thawed.set()
            node.ready.clear()
            died = time.monotonic()
            self.deaths.append(Death(node.name, died, _how(node, fuse, code)))
            if code == 1:  # it could not begin, and has said why
                await asyncio.sleep(AFTER_A_FAILURE)

    async def _kill_in_time(self, node: Node, fuse: Fuse) -> None:
        await self.open.wait()
        await asyncio.sleep(fuse.seconds + (0 if fuse.step == ANY else LATEST))
        while node.frozen:
            await node.thawed.wait()
            await asyncio.sleep(AWAKE)
        if not self.calm:
            node.send(signal.SIGKILL)

    def _fuse(self) -> Fuse:
        """Every step comes once before any comes again, and now and then a moment of no meaning."""
        if not self.open.is_set():
            return Fuse(ANY, 1, self._chance.uniform(*self._lives))
        if not self._steps:
            self._steps = [*sorted(STEPS), *[ANY] * (len(STEPS) // 3)]
            self._chance.shuffle(self._steps)
        step = NEVER if self.calm else self._steps.pop()
        times = self._chance.randint(1, STEPS.get(step, 1))
        return Fuse(step, times, self._chance.uniform(*self._lives))

    async def close(self) -> None:
        """End all of them, as an operator does."""
        self._closing = self.calm = True
        for node in self.nodes:
            node.thaw()
            node.send(signal.SIGTERM)


def _how(node: Node, fuse: Fuse, code: int) -> str:
    if code == -signal.SIGKILL:
        return fuse.step if _died_by_itself(node) else ANY
    return "told to stop" if code == 0 else f"exit code {code}"


def _died_by_itself(node: Node) -> bool:
    diary = node.premises.folder / f"{node.name}.diary"
    return diary.exists() and '"dies"' in diary.read_text()[-200:]
