"""What a node writes down about itself while it does it: one line a moment, each in one write, so that none is lost.

Nobody else knows of these moments. The platform sees a call arrive, the database sees a row change; only the node knows
that it was about to ask, that it had heard the answer, and that it died then.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


class Diary:
    """One node's, from its start to its death."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str, **about: object) -> None:
        """Write a line; `time.monotonic` is the same for all processes of a machine."""
        os.write(self._file, json.dumps({"at": time.monotonic(), "what": what, **about}).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One moment of one node."""

    at: float
    node: str
    what: str
    about: dict[str, Any]

    @classmethod
    def of(cls, node: str, text: str) -> Self:
        """Read a line."""
        said = json.loads(text)
        return cls(said.pop("at"), node, said.pop("what"), said)


def read(folder: Path) -> list[Line]:
    """Every line of every node, in the order of time."""
    return sorted(_lines(folder), key=lambda line: line.at)


def _lines(folder: Path) -> Iterator[Line]:
    for file in folder.glob("*.diary"):
        for text in file.read_text().splitlines():
            yield Line.of(file.stem, text)
