"""`medlem` as whoever types it meets it: processes, their one line of JSON, and calls over HTTP."""

import json
import os
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

PATIENCE: Final = 60.0
"""Seconds after which a test gives up; nothing that works takes nearly as long, even on a machine under load."""

KEYS: Final = {
    "MEDLEM_VIPPS_CLIENT_ID": "client",
    "MEDLEM_VIPPS_CLIENT_SECRET": "not-for-anybody",
    "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "not-for-anybody-either",
    "MEDLEM_VIPPS_MSN": "100001",
    "MEDLEM_VIPPS_BASE_URL": "http://127.0.0.1:9",  # nobody listens there
}

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def surroundings(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of the test run, with these settings and no others."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEDLEM_")}  # noqa: TID251 - a child's
    return ours | dict(settings)


class Lines:
    """What a process prints, line by line, without waiting for ever."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        self._pipe = pipe
        self._heard = b""

    def next(self) -> str | None:
        """The next line; None when there will be none."""
        end = monotonic() + PATIENCE
        while b"\n" not in self._heard:
            readable, _, _ = select.select([self._pipe], [], [], max(0.0, end - monotonic()))
            more = os.read(self._pipe.fileno(), 65536) if readable else b""
            if not more:
                return None
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def rest(self) -> str:
        """Everything until the last process that holds the pipe is gone."""
        said = []
        while (line := self.next()) is not None:
            said.append(line)
        return "\n".join(said)

    def close(self) -> None:
        self._pipe.close()


class Command:
    """A `medlem` that runs until it is told to stop."""

    def __init__(
        self,
        *words: str,
        settings: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        instead: Sequence[str] | None = None,
    ) -> None:
        """`instead` is a command that runs `medlem` in a way of its own."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            instead or [sys.executable, "-m", "medlem", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=surroundings(settings or {}),
            cwd=cwd,
        )
        self.out, self.err = Lines(self.process.stdout), Lines(self.process.stderr)

    def line(self) -> str:
        """The next line of its standard output."""
        line = self.out.next()
        if line is None:
            self.process.kill()
            raise AssertionError(f"no answer; it said {self.err.rest()!r}")
        return line

    def answer(self) -> dict[str, Any]:
        """What it printed when it was ready."""
        found: dict[str, Any] = json.loads(self.line())
        return found

    def said(self, words: str) -> str:
        """Wait until it logs a line with these words."""
        while (line := self.err.next()) is not None:
            if words in line:
                return line
        raise AssertionError(f"it never said {words!r}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal and wait for the end, its children's too: exit code, and what it had yet to say."""
        self.process.send_signal(number)
        out, err = self.out.rest(), self.err.rest()
        return self.process.wait(PATIENCE), out, err

    def close(self) -> None:
        """End it, if that has not been done."""
        if self.process.poll() is None:
            self.stop()
        self.out.close()
        self.err.close()


@contextmanager
def running(*words: str, settings: Mapping[str, str] | None = None, cwd: Path | None = None) -> Iterator[Command]:
    """Run `medlem` for as long as the test needs it."""
    command = Command(*words, settings=settings, cwd=cwd)
    try:
        yield command
    finally:
        command.close()


def medlem(
    *words: str, settings: Mapping[str, str] | None = None, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `medlem` to its end."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "medlem", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=surroundings(settings or {}),
        cwd=cwd,
        text=True,
        timeout=PATIENCE,
    )


def call(
    method: str, url: str, body: object = None, key: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """One HTTP call: its status, and its body as JSON."""
    request = urllib.request.Request(  # noqa: S310 - our own processes
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"}
        | ({"Authorization": f"Bearer {key}"} if key else {})
        | dict(headers or {}),
    )
    try:
        with _direct.open(request, timeout=PATIENCE) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read()
    return status, json.loads(text) if text else None
