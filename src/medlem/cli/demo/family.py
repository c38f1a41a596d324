"""The demo's processes: a parent that starts a service and a simulator, and starts them again when they die.

Children are forked, not started anew: the parent has everything imported already, so a dead service is back in
tenths of a second instead of the second and a half that a fresh Python needs. That is safe because the parent never
has a thread. Nothing is polled: a death, a signal and a report are each something that can be waited for.

A child lives as long as its parent: it holds the reading end of a pipe, the leash, whose writing end only the parent
has; whatever ends the parent, kill -9 included, ends the leash.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from time import monotonic
from typing import Any, Final

from medlem.cli.failures import told_in_sentences

log = logging.getLogger(__name__)

START_WITHIN: Final = 30.0
"""Seconds in which a child must answer; a machine under load takes its time."""

SHORT_LIFE: Final = 5.0
"""Seconds; who dies sooner is not started again at once."""

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0

PATIENCE: Final = 2.0
"""Seconds between asking a child to stop and making it."""

STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Ready = Callable[[str], None]
Work = Callable[[Ready], None]
"""What a child does: calls back with its address once it answers, and returns when SIGTERM has told it to stop."""

_fork = multiprocessing.get_context("fork")


class DidNotStart(Exception):
    """A child ended, or said nothing, before it was ready."""


class Told(Exception):
    """Somebody wants the demo to stop."""


@dataclass(slots=True)
class Child:
    """One of them, through all its lives."""

    name: str
    work: Work
    process: ForkProcess
    reports: Connection
    born: float
    pause: float = 0.0
    """Before its next life, if that would follow a short one."""
    due: float | None = None
    """When it is to be started again; None while it lives."""
    silent: bool = False
    """Started again, and not ready yet."""

    @property
    def pid(self) -> int:
        """Of its present life."""
        return self.process.pid or 0


class Family:
    """Starts children, tends them, and sees them all off."""

    def __init__(self, signals: socket.socket) -> None:
        self._signals = signals
        self._leash, self._hand = os.pipe()
        self._children: list[Child] = []

    def start(self, name: str, work: Work) -> str:
        """Start a child, and wait until it answers; its address.

        Raises:
            DidNotStart: with what it said.
            Told: to stop meanwhile.
        """
        process, reports = self._fork(name, work)
        child = Child(name, work, process, reports, monotonic())
        self._children.append(child)
        end = child.born + START_WITHIN
        while (left := end - monotonic()) > 0:
            ready = wait([self._signals, reports], left)
            self._heed(ready)
            if reports in ready:
                said = _read(reports)
                if said is None:
                    process.join()
                    raise DidNotStart(f"The {name} ended before it was ready; what it said stands above.")
                return said
        raise DidNotStart(f"The {name} was not ready within {START_WITHIN:.0f} seconds.")

    def pid(self, name: str) -> int:
        """The process that is this child now."""
        return next(child.pid for child in self._children if child.name == name)

    def tend(self) -> None:
        """Start again whoever dies, until told to stop."""
        while True:
            living = {child.process.sentinel: child for child in self._children if child.due is None}
            silent = {child.reports: child for child in living.values() if child.silent}
            dues = [child.due for child in self._children if child.due is not None]
            ready = wait([self._signals, *living, *silent], max(0.0, min(dues) - monotonic()) if dues else None)
            try:
                self._heed(ready)
            except Told:
                return
            for reports, child in silent.items():
                if reports in ready:
                    child.silent = False
                    if _read(reports) is not None:
                        log.warning("the %s answers again", child.name)
            for sentinel, child in living.items():
                if sentinel in ready:
                    _mourn(child)
            for child in self._children:
                if child.due is not None and child.due <= monotonic():
                    self._again(child)

    def stop(self) -> None:
        """End them all, in the end by force; the last one started goes first, for it needs the others."""
        for child in reversed(self._children):
            child.process.terminate()
            child.process.join(PATIENCE)
            if child.process.is_alive():
                log.warning("the %s does not stop; it is ended by force", child.name)
                child.process.kill()
                child.process.join()
        os.close(self._hand)
        os.close(self._leash)

    def _again(self, child: Child) -> None:
        child.reports.close()
        child.process, child.reports = self._fork(child.name, child.work)
        child.born, child.due, child.silent = monotonic(), None, True
        log.warning("the %s is started again as process %s", child.name, child.pid)

    def _fork(self, name: str, work: Work) -> tuple[ForkProcess, Connection]:
        reports, mouth = _fork.Pipe(duplex=False)
        process = _fork.Process(target=self._live, args=(work, mouth), name=name)
        process.start()
        mouth.close()
        return process, reports

    def _live(self, work: Work, mouth: Connection) -> None:
        """The child's whole life."""
        os.setsid()  # Ctrl-C reaches the parent alone, which then stops everybody in order
        signal.set_wakeup_fd(-1)
        for number in STOPPING:
            signal.signal(number, signal.SIG_DFL)
        os.close(self._hand)
        os.dup2(2, 1)  # standard output is the parent's
        threading.Thread(target=_hang_on, args=(self._leash,), daemon=True).start()
        with told_in_sentences():
            work(mouth.send)

    def _heed(self, ready: list[Any]) -> None:
        if self._signals in ready:
            numbers = self._signals.recv(64)
            if any(number in numbers for number in STOPPING):
                raise Told


@contextlib.contextmanager
def heard_signals() -> Iterator[socket.socket]:
    """Let the signals that stop the demo be read from a socket, so that one can wait for them beside other things."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)  # noqa: FBT003 - the name of it is in the method
        before = {number: signal.signal(number, _heard) for number in STOPPING}
        wakeup = signal.set_wakeup_fd(theirs.fileno())
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)


def _heard(_number: int, _frame: object) -> None:
    """Python writes the number to the socket; nothing is left to do here."""


def _read(reports: Connection) -> str | None:
    try:
        said: str = reports.recv()
    except EOFError:
        return None
    return said


def _mourn(child: Child) -> None:
    """Reap a child, and say when it is to live again: at once, unless it keeps dying."""
    child.process.join()
    lived = monotonic() - child.born
    if lived >= SHORT_LIFE:
        child.pause = 0.0
    child.due = monotonic() + child.pause
    child.pause = min(max(FIRST_PAUSE, child.pause * 2), LONGEST_PAUSE)
    code = child.process.exitcode or 0
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    log.warning("the %s (process %s) has ended: %s", child.name, child.pid, how)


def _hang_on(leash: int) -> None:
    """End this process when its parent is gone: politely, and if that does not help, for good."""
    os.read(leash, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(PATIENCE)
    os._exit(1)
