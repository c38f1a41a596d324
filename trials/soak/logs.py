"""The nodes' logs: what stands there that is nobody's weather."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_BEGINS: Final = re.compile(r"^\d{4}-\d\d-\d\dT[0-9:.]+Z (\w+) +([\w.]+): ")
_ENDS: Final = re.compile(r"^(\w[\w.]*)(?:: .*)?$")
_WEATHER: Final = frozenset({"StorageUnavailable", "medlem.flows.tables.StorageUnavailable"})
_CUT_OFF: Final = "asyncio.exceptions.CancelledError"
"""Told by uvicorn of a call that a node which was told to stop could not answer within its second."""
_DRIVER: Final = "asyncpg.pool"
"""Says by itself that it could not connect."""


def defects(folder: Path) -> list[str]:
    """Failures that were logged and are not the weather's, each kind once, with how often."""
    found: Counter[str] = Counter()
    for file in sorted(folder.glob("node-*.log")):
        found.update(_defects(file.read_text(errors="replace").splitlines()))
    return [f"{times} times in the log: {what}" for what, times in found.items()]


def _defects(lines: list[str]) -> Iterator[str]:
    for record in _records(lines):
        begins = _BEGINS.match(record[0])
        frames = [line.strip() for line in record if line.startswith("  File ")]
        if not frames or (begins is not None and begins[2] == _DRIVER):
            continue
        ends = [found[1] for line in record[1:] if (found := _ENDS.match(line)) is not None]
        if not ends or (ends[-1] not in _WEATHER and ends[-1] != _CUT_OFF):
            yield f"{ends[-1] if ends else record[-1]}, {frames[-1]}: {record[0][25:]}"


def _records(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: one with a time, and those behind it without."""
    record: list[str] = []
    for line in lines:
        if _BEGINS.match(line) and record:
            yield record
            record = []
        record.append(line)
    if record:
        yield record
