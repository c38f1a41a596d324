"""What the operator can see of the platform: how often, how long, how it ended.

Labels are words from short, closed lists; nothing that the platform or a customer chose ever becomes one.
"""

from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

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
IN_FLIGHT: Final = Gauge(
    "medlem_platform_calls_in_flight", "Calls to the platform under way, or waiting for a free connection.", ["group"]
)
CIRCUITS_OPEN: Final = Gauge(
    "medlem_platform_circuits_open", "Circuits that are open: the platform does not answer such calls.", ["group"]
)
CIRCUITS_REFUSED: Final = Counter(
    "medlem_platform_circuit_refusals", "Calls that an open circuit kept from being sent.", ["group"]
)


@cache
def in_flight(group: str) -> Gauge:
    """One of `IN_FLIGHT`."""
    return IN_FLIGHT.labels(group)


@cache
def calls(operation: str, outcome: str) -> Counter:
    """One of `CALLS`. Finding a figure by its labels costs more than raising it; there are few, and they stay."""
    return CALLS.labels(operation, outcome)


@cache
def seconds(operation: str) -> Histogram:
    """One of `SECONDS`."""
    return SECONDS.labels(operation)
