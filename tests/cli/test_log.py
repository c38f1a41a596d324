"""The log says what somebody has to know, and not a thousand times."""

import logging
from collections.abc import Iterator

import pytest

from medlem.cli.common import OnceAMinute
from medlem.flows.failures import report
from medlem.flows.tables import StorageUnavailable

log = logging.getLogger("medlem.test")

FULL = StorageUnavailable("The disk is full. Free some space; nothing needs to be started again.")


class Lines(logging.Handler):
    """Keeps what gets through, each line said at a moment that the test chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.now = 0.0
        self.addFilter(self._date)
        self.addFilter(OnceAMinute())

    def _date(self, record: logging.LogRecord) -> bool:
        record.created = self.now
        return True

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def lines() -> Iterator[Lines]:
    found = Lines()
    log.addHandler(found)
    yield found
    log.removeHandler(found)


def test_a_database_that_is_away_is_told_once_and_then_once_a_minute_with_how_often_it_was_met(lines: Lines) -> None:
    for second in range(61):
        lines.now = float(second)
        for call in range(10):
            report(log, f"trace={call} failed", FULL)
    assert lines.said == [
        f"trace=0 failed: {FULL}",
        f"trace=0 failed: {FULL} (and 599 times more since it was last said)",
    ]


def test_another_trouble_and_a_defect_are_told_at_once_each_time(lines: Lines) -> None:
    report(log, "a call failed", FULL)
    report(log, "a call failed", StorageUnavailable("The disk fails to read or write."))
    for _ in range(2):
        report(log, "a call failed", LookupError("with a number in it"))
    assert len(lines.said) == 4
    assert lines.said[2:] == ["a call failed\nLookupError\n"] * 2
