"""What callers did: how often, how it went, and where they broke the platform's rules.

A violation is a token call sooner than `interval` after the one before (the ask counts as the first), or one after the
final answer was given. Pushes are counted by the number that was asked.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from medlem.simulator.clock import rfc3339
from medlem.simulator.wire import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

REMEMBERED = 20
"""Calls of each operation that `last` shows."""


@dataclass(slots=True)
class _Line:
    count: int = 0
    violations: int = 0
    last: deque[tuple[float, int | None]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


class Ledger:
    """Counts since the simulator started."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {name: _Line() for name in get_args(Operation)}
        self._pushes: Counter[str] = Counter()
        self.on_change: Callable[[], None] = lambda: None

    def record(self, operation: Operation, at: float, status: int | None) -> None:
        """Count one call, or one delivery; None when no answer came of it."""
        line = self._lines[operation]
        line.count += 1
        line.last.append((at, status))
        self.on_change()

    def violation(self, operation: Operation) -> None:
        """Count a broken rule."""
        self._lines[operation].violations += 1

    def push(self, msisdn: str) -> None:
        """Count a push to a phone."""
        self._pushes[msisdn] += 1

    def show(self) -> dict[str, Any]:
        """Write it as the control API answers it."""
        return {
            "violations": sum(line.violations for line in self._lines.values()),
            "pushes": dict(self._pushes),
            "operations": {
                name: {
                    "count": line.count,
                    "violations": line.violations,
                    "last": [{"at": rfc3339(at), "status": status} for at, status in line.last],
                }
                for name, line in self._lines.items()
            },
        }
