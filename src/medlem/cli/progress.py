"""How far a long command is: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Callable
from time import monotonic
from typing import Final, TextIO

_ON_A_TERMINAL: Final = 0.2
_IN_A_LOG: Final = 10.0
"""Seconds between two of them."""
_WIDTH: Final = 30
_WHOLE: Final = 100


class Progress:
    """Tells on standard error what has been done of how much."""

    def __init__(
        self, whole: int | None, stream: TextIO | None = None, seconds: Callable[[], float] = monotonic
    ) -> None:
        """Begin.

        Args:
            whole: how much there is to do; None where nobody knows.
            stream: where it is told, if not there.
            seconds: a stopwatch.
        """
        self._whole = whole
        self._stream = stream or sys.stderr
        self._seconds = seconds
        self._drawn = self._stream.isatty()
        self._began = self._told = seconds()
        self._long = 0

    def tell(self, lines: int, done: int | None, beside: str = "") -> None:
        """Say how far it is, if it was not said just now.

        Args:
            lines: how many have been read or written.
            done: how much of the whole.
            beside: what else there is to say.
        """
        now = self._seconds()
        if now - self._told < (_ON_A_TERMINAL if self._drawn else _IN_A_LOG):
            return
        self._told = now
        self._say(self._in_words(lines, done, now - self._began) + beside)

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self._long:
            self._stream.write("\r" + " " * self._long + "\r")
            self._stream.flush()
            self._long = 0

    def _in_words(self, lines: int, done: int | None, took: float) -> str:
        rate = f"{lines:,} lines, {lines / took if took else 0:,.0f} a second"
        if not self._whole or done is None:
            return rate
        part = min(1.0, done / self._whole)
        bar = f"[{'#' * int(part * _WIDTH):{_WIDTH}}] " if self._drawn else ""
        return f"{bar}{part * _WHOLE:3.0f} %  {rate}"

    def _say(self, words: str) -> None:
        if self._drawn:
            self._stream.write(f"\r{words:{self._long}}")
            self._long = len(words)
        else:
            self._stream.write(f"{words}\n")
        self._stream.flush()
