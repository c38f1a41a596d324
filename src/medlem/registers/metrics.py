"""What the operator can see of a merchant's own register: how often, how long, how it ended.

Labels are words from short, closed lists; nothing that the register or a customer chose ever becomes one.
"""

from typing import Final

from prometheus_client import Counter, Histogram

CALLS: Final = Counter(
    "medlem_register_calls",
    "Calls to the merchant's own register, by what was asked and how it ended.",
    ["operation", "outcome"],
)
SECONDS: Final = Histogram(
    "medlem_register_call_seconds",
    "How long the merchant's own register took, in seconds.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10),
)
REMEMBERED: Final = Counter(
    "medlem_register_remembered", "Answers given from memory because the merchant's own register was silent."
)
