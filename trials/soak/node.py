"""`medlem serve`, the real one, which keeps a diary of what it does at the platform, and dies where it is told to.

    python -m trials.soak.node DIARY STEP TIMES SECONDS -- serve --port 8001

The product knows nothing of this. Calls that mark a step are wrapped from outside, and at the n-th time that the step
is reached, counted from so many seconds after the start, the process sends itself SIGKILL: nothing is flushed, closed
or told, as when the power fails.
"""

import asyncio
import hashlib
import os
import signal
import sys
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, NoReturn, assert_never

from medlem.cli import main as medlem
from medlem.club.masked import Masked
from medlem.flows import pings
from medlem.flows.answers import Answer, Answered, Ask, Asked, NotAsked, Pending, Question, Told, Unreachable
from medlem.storage.postgresql.sessions import Transaction
from medlem.storage.postgresql.storage import PostgresqlStorage
from medlem.vipps.platform import VippsPlatform
from trials.soak.diary import Diary

STEPS: Final = {
    "the intent to ask is written, nothing is sent": 30,
    "the ask is answered, and that is not written": 30,
    "an enrolment is claimed, nobody has looked": 80,
    "the tokens are here, and not written": 20,
    "the tokens are written, and not understood": 20,
    "the tokens are understood, no member is made": 20,
    "a member's commit is on its way": 20,
    "a member is committed, nobody was told": 20,
    "a transaction is about to be committed": 250,
    "a commit is on its way": 250,
    "a commit is done, nobody was told": 250,
    "a ping is stored, and not answered": 20,
}
"""Where a node can be told to die, and among how many times one is drawn."""

_making_a_member: ContextVar[bool] = ContextVar("making_a_member", default=False)


class Fuse:
    """Burns down at one step, and ends the process."""

    def __init__(self, diary: Diary, step: str, times: int, seconds: float) -> None:
        self._diary = diary
        self._step = step
        self._left = times
        self._lit = time.monotonic() + seconds

    def reached(self, step: str) -> bool:
        """Whether to die here."""
        if step != self._step or time.monotonic() < self._lit:
            return False
        self._left -= 1
        return self._left == 0

    def pass_by(self, step: str) -> None:
        """Die here, if it is time."""
        if self.reached(step):
            self.die()

    def die(self) -> NoReturn:
        """As `kill -9` does it."""
        self._diary.note("dies", step=self._step)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError  # not reached


def name_of(request: Masked[str]) -> str:
    """A request of the platform, as diaries call it."""
    return hashlib.sha256(request.reveal().encode()).hexdigest()[:16]


def watch(diary: Diary, fuse: Fuse) -> None:
    """Wrap the calls that mark a step."""
    _watch_name(diary)
    _watch_asks(diary, fuse)
    _watch_looks(diary, fuse)
    _watch_members(diary, fuse)
    _watch_commits(fuse)
    _watch_pings(diary, fuse)


def _watch_name(diary: Diary) -> None:
    made = PostgresqlStorage.__init__

    def named(self: PostgresqlStorage, connections: Any, vault: Any, number: int) -> None:
        diary.note("is", number=number)
        made(self, connections, vault, number)

    PostgresqlStorage.__init__ = named  # type: ignore[method-assign]


def _watch_asks(diary: Diary, fuse: Fuse) -> None:
    ask = VippsPlatform.ask

    async def watched(self: VippsPlatform, question: Question) -> Ask:
        fuse.pass_by("the intent to ask is written, nothing is sent")
        diary.note("asks", msisdn=question.phone.msisdn, code=question.code)
        answer = await ask(self, question)
        diary.note("asked", msisdn=question.phone.msisdn, code=question.code, **_told(answer))
        fuse.pass_by("the ask is answered, and that is not written")
        return answer

    VippsPlatform.ask = watched  # type: ignore[method-assign]


def _told(answer: Ask) -> dict[str, object]:
    match answer:
        case Asked():
            return {"request": name_of(answer.request), "interval": answer.interval.total_seconds()}
        case NotAsked():
            return {"reason": answer.reason.value}
    assert_never(answer)


def _watch_looks(diary: Diary, fuse: Fuse) -> None:
    collect = VippsPlatform.collect

    async def watched(self: VippsPlatform, club: Any, request: Masked[str]) -> Answer:
        fuse.pass_by("an enrolment is claimed, nobody has looked")
        name = name_of(request)
        diary.note("looks", request=name)
        answer = await collect(self, club, request)
        slower = isinstance(answer, Pending) and answer.slow_down
        final = not isinstance(answer, Pending | Unreachable)
        diary.note("looked", request=name, answer=type(answer).__name__, slower=slower, final=final)
        if isinstance(answer, Answered):
            fuse.pass_by("the tokens are here, and not written")
        return answer

    VippsPlatform.collect = watched  # type: ignore[method-assign]


def _watch_members(diary: Diary, fuse: Fuse) -> None:
    disclose = VippsPlatform.disclose

    async def watched(self: VippsPlatform, club: Any, request: Masked[str], raw: Masked[bytes]) -> Told:
        diary.note("understands", request=name_of(request))
        fuse.pass_by("the tokens are written, and not understood")
        told = await disclose(self, club, request, raw)
        fuse.pass_by("the tokens are understood, no member is made")
        _making_a_member.set(True)  # for the rest of this task, which makes one
        return told

    VippsPlatform.disclose = watched  # type: ignore[method-assign]


def _watch_commits(fuse: Fuse) -> None:
    commit = Transaction._commit  # noqa: SLF001 - watched from outside, on purpose

    async def watched(self: Transaction) -> None:
        fuse.pass_by("a transaction is about to be committed")
        whose = "a member's commit" if _making_a_member.get() else "a commit"
        if fuse.reached(f"{whose} is on its way"):
            asyncio.ensure_future(commit(self))  # noqa: RUF006 - it outlives nothing
            for _ in range(2):  # it is sent when the loop comes round
                await asyncio.sleep(0)
            fuse.die()
        await commit(self)

    begin = Transaction.__init__

    def made(self: Transaction, connections: Any, vault: Any, announce: Any) -> None:
        def tell(topics: Any) -> None:
            fuse.pass_by(
                "a member is committed, nobody was told"
                if _making_a_member.get()
                else "a commit is done, nobody was told"
            )
            announce(topics)

        begin(self, connections, vault, tell)

    Transaction._commit = watched  # type: ignore[method-assign]  # noqa: SLF001 - as above
    Transaction.__init__ = made  # type: ignore[method-assign, assignment]


def _watch_pings(diary: Diary, fuse: Fuse) -> None:
    ping = pings.ping

    async def watched(ports: Any, club: Any, request: Masked[str]) -> None:
        diary.note("pinged", request=name_of(request))
        await ping(ports, club, request)
        fuse.pass_by("a ping is stored, and not answered")

    pings.ping = watched


def main(arguments: list[str]) -> None:
    """Begin; what stands behind `--` is for `medlem`."""
    file, step, times, seconds, _, *words = arguments
    diary = Diary(Path(file))
    watch(diary, Fuse(diary, step, int(times), float(seconds)))
    medlem(words)


if __name__ == "__main__":
    main(sys.argv[1:])
