"""What the commands have in common: their options, their answer, their log."""

import json
import logging
import math
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from medlem.flows.failures import ONCE

MINUTE: Final = 60.0

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The TOML file with the settings; else the one that MEDLEM_CONFIG names.",
)
club_option = click.option(
    "--club", help="Whose: the sales unit or the id of a club; without, the first one, for which the settings speak."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output; logs go to standard error."
)


def answer(content: Mapping[str, object], text: str, *, as_json: bool) -> None:
    """Print a command's answer, at once: as one line of JSON, or for people to read."""
    click.echo(json.dumps(content, ensure_ascii=False) if as_json else text)
    sys.stdout.flush()


class OnceAMinute(logging.Filter):
    """Says only after a minute what is the same again, and how often it was met: a full disk fails every call."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}
        self._withheld: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to let a line through; only those that bear `ONCE` are ever held back."""
        same = getattr(record, ONCE, None)
        if same is None:
            return True
        if record.created - self._said.get(same, -math.inf) < MINUTE:
            self._withheld[same] += 1
            return False
        self._said[same] = record.created
        if withheld := self._withheld.pop(same, 0):
            record.msg = f"{record.msg} (and {withheld} times more since it was last said)"
        return True


def log_to_stderr(*, quiet: bool = False) -> None:
    """One line an occurrence, in UTC; quiet: only what somebody should know of."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_InUtc("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"))
    lines.addFilter(OnceAMinute())
    # Our lines say neither which line of code wrote them nor which thread: not finding out spares every request some
    # fifteen microseconds (Logging HOWTO, Optimization).
    logging._srcfile = None  # noqa: SLF001 - that is the documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(handlers=[lines], level=logging.WARNING if quiet else logging.INFO, force=True)


class _InUtc(logging.Formatter):
    """Spells a moment out once a second: a busy shop writes hundreds of lines in each."""

    _second = 0
    _spelt = ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging calls it so
        """The moment of a line, in UTC and to the second."""
        del datefmt
        second = int(record.created)
        if second != self._second:
            self._second, self._spelt = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return self._spelt
