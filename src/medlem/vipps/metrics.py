"""What the operator can see of the platform: how often, how long, how it ended.

Labels are words from short, closed lists; nothing that the platform or a customer chose ever becomes one.
"""

from functools import cache
from typing import Final

from prometheus_client import Counter, Histogram

CALLS: Final = Counter(
    "medlem_platform_calls", "Calls to the platform, by what was asked and how it ended.", ["operation", "outcome"]
)
SECONDS: Final = Histogram(
    "medlem_platform_call_seconds",
    "How long the platform took, in seconds.",
    ["operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
KEYS_REFUSED: Final = Counter(
    "medlem_platform_keys_refused", "Calls in which the platform refused the sales unit's keys.", ["operation"]
)


@cache
def calls(operation: str, outcome: str) -> Counter:
    """One of `CALLS`. Finding a figure by its labels costs more than raising it; there are few, and they stay."""
    return CALLS.labels(operation, outcome)


@cache
def seconds(operation: str) -> Histogram:
    """One of `SECONDS`."""
    return SECONDS.labels(operation)
