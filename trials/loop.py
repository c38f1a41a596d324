"""An event loop in which nothing is left to chance but what the seed draws.

Time stands still while anything can run, and then jumps to the next timer: a day takes as long as its work does. What
is ready in one turn runs in an order drawn from the seed. There are no threads and no sockets.

Everything that runs belongs to a `Process` or to the world around it. A process that was killed never runs another
line; one that is frozen runs everything that it missed once it thaws.
"""

import asyncio
import heapq
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from operator import attrgetter
from random import Random
from typing import Any, Final, NoReturn, TypeVar, cast

T = TypeVar("T")

_LONGEST_QUIET: Final = 500_000
"""Turns without time passing; more is somebody running in circles."""

_LAST_TURNS: Final = 50


class Process:
    """Whatever dies and freezes as one: every task and callback that was begun within it."""

    def __init__(self) -> None:
        self.halted = False
        """Dead or frozen: nothing of it runs."""
        self.held: list[_Ready] = []
        """What became ready since it froze or died."""


WITHIN: Final[ContextVar[Process | None]] = ContextVar("within", default=None)
"""The process that runs; None is the world around."""


class _Ready:
    """A callback that waits for its turn; as `asyncio.Handle`, and it knows whose it is."""

    __slots__ = ("args", "callback", "context", "gone", "number", "process")

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context) -> None:
        self.callback = callback
        self.args = args
        self.context = context
        self.gone = False
        owner = getattr(callback, "__self__", None)
        if type(owner) is Step:
            self.number, self.process = owner.number, owner.process
        else:
            self.number, self.process = 0, context.get(WITHIN)

    def cancel(self) -> None:
        """Never run it."""
        self.gone = True

    def cancelled(self) -> bool:
        """Whether it will never run."""
        return self.gone


class _Timer(_Ready):
    """A callback that waits for its moment."""

    __slots__ = ("moment",)

    moment: float

    def when(self) -> float:
        """Its moment."""
        return self.moment


class Stuck(Exception):
    """Nothing can run, and nothing ever will; or it runs in circles."""


class Step(asyncio.Task[Any]):
    """A task that knows whose it is, and the how-manieth it was: sets have no order, numbers have."""

    def __init__(self, loop: "VirtualLoop", coro: Any, name: str | None, context: Context, number: int) -> None:
        self.number = number
        self.process = context.get(WITHIN)
        super().__init__(coro, loop=loop.as_asyncio, name=name, context=context)


class VirtualLoop:
    """As much of `asyncio.AbstractEventLoop` as code without files, sockets and threads can ask for."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._ready: list[_Ready] = []
        self._timers: list[tuple[float, int, _Timer]] = []
        self._now = 0.0
        self._count = 0
        self._running = False
        self._closed = False
        self._tasks: list[Step] = []
        """All that ever were: else Python would tidy up what a dead process left, and run what is under `finally`."""
        self.uncaught: list[BaseException] = []
        self.turns = 0

    @property
    def as_asyncio(self) -> asyncio.AbstractEventLoop:
        """Itself, as asyncio's own names for things want it."""
        return cast("asyncio.AbstractEventLoop", self)

    # -- what runs

    def run_until_complete(self, future: Coroutine[Any, Any, T]) -> T:
        """Run until this has ended; its result."""
        main = self.create_task(future)
        quiet = 0
        self._running = True
        asyncio._set_running_loop(self.as_asyncio)  # noqa: SLF001 - made for those who write event loops
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=self._close_generator)
        try:
            while not main.done():
                quiet = quiet + 1 if self._ready else 0
                if quiet > _LONGEST_QUIET:
                    raise Stuck(f"running in circles at {self._now:.3f} s")
                self._turn()
        finally:
            sys.set_asyncgen_hooks(*hooks)
            asyncio._set_running_loop(None)  # noqa: SLF001
            self._running = False
        return main.result()  # type: ignore[no-any-return]

    def _close_generator(self, dropped: AsyncGenerator[Any, Any]) -> None:
        self.create_task(dropped.aclose())

    def _turn(self) -> None:
        if not self._ready:
            self._jump()
        self.turns += 1
        ready, self._ready = self._ready, []
        if len(ready) > 1:
            # First in the order of their making: whatever order a set had them in, the draw is the same.
            ready.sort(key=_BY_NUMBER)
            if len(ready) > 2:
                self._chance.shuffle(ready)
            elif self._chance.getrandbits(1):
                ready.reverse()
        for one in ready:
            if one.gone:
                continue
            if one.process is not None and one.process.halted:
                one.process.held.append(one)
                continue
            try:
                one.context.run(one.callback, *one.args)
            except Exception as error:  # noqa: BLE001 - a loop outlives what it runs
                self.uncaught.append(error)

    def _jump(self) -> None:
        while self._timers:
            when, _, timer = heapq.heappop(self._timers)
            if not timer.gone:
                self._now = when
                self._ready.append(timer)
                while self._timers and self._timers[0][0] <= when:
                    also = heapq.heappop(self._timers)[2]
                    if not also.gone:
                        self._ready.append(also)
                return
        raise Stuck(f"nothing will ever happen again, at {self._now:.3f} s")

    def unended(self) -> list[Step]:
        """The tasks that have not ended, oldest first."""
        return [task for task in self._tasks if not task.done()]

    def thaw(self, process: Process) -> None:
        """Let a frozen process go on with what it missed."""
        process.halted = False
        self._ready += process.held
        process.held = []

    async def bury(self, processes: Iterable[Process]) -> None:
        """At the very end: cut off every task but the caller's, and see them end. They can have no effect any more."""
        mine = asyncio.current_task(self.as_asyncio)
        for process in processes:
            self.thaw(process)
        for _ in range(_LAST_TURNS):
            left = [task for task in self.unended() if task is not mine]
            if not left:
                return
            for task in left:
                task.process = None
                task.cancel()
            await asyncio.sleep(0)

    # -- what asyncio asks of a loop

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> _Ready:
        """In the next turn."""
        handle = _Ready(callback, args, copy_context() if context is None else context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Timer:
        """After so many seconds."""
        return self.call_at(self._now + max(delay, 0.0), callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Timer:
        """At that moment."""
        timer = _Timer(callback, args, copy_context() if context is None else context)
        timer.moment = when
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer))
        return timer

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self.as_asyncio)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> Step:
        """Start a task; it belongs to whoever runs, or to whom the context names."""
        self._count += 1
        task = Step(self, coro, name, copy_context() if context is None else context, self._count)
        self._tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:
        """Refuse: a thread cannot be had again."""
        raise RuntimeError(f"{func} with {len(args)} arguments wants a thread of {executor}; there are none here")

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody waited for."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.uncaught.append(error)

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._running

    def is_closed(self) -> bool:
        """Whether it will never run again."""
        return self._closed

    def close(self) -> None:
        """Let go of everything."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()
        self._tasks.clear()


_BY_NUMBER: Final = attrgetter("number")
