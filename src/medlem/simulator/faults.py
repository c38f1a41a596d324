"""Bad days on demand: which calls go wrong, and how.

The dice are seeded and each rule has its own, so the same plan breaks the same calls again, whatever else is called
in between. The first rule that hits decides; one call has at most one fault.
"""

from random import Random
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from medlem.simulator.clock import LONGEST
from medlem.simulator.wire import Operation

Kind = Literal[
    "delay", "timeout", "429", "500", "reset", "bad_json", "lost", "double",
    "late", "forged", "wrong_issuer", "rotated_key", "clock_skew",
]  # fmt: skip

ONLY_FOR: Final[dict[str, frozenset[str]]] = {
    "forged": frozenset({"ping", "token", "userinfo"}),
    "wrong_issuer": frozenset({"discovery", "token"}),
    "rotated_key": frozenset({"jwks", "token"}),
}
"""Kinds that mean something only for some operations."""


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One rule."""

    operation: Operation
    kind: Kind
    probability: Annotated[float, Meta(ge=0, le=1)] = 1
    seconds: Annotated[float, Meta(ge=-LONGEST, le=LONGEST)] = 0
    """How long, how late, `Retry-After`, or how wrong the clock is: what it means depends on the kind."""
    times: Annotated[int, Meta(ge=0)] | None = None
    """How often it still happens; without limit when null."""

    def __post_init__(self) -> None:
        """Say at once that a rule could never do anything."""
        where = ONLY_FOR.get(self.kind)
        if where is not None and self.operation not in where:
            raise ValueError(f"{self.kind} means something only for {', '.join(sorted(where))}")
        if self.seconds < 0 and self.kind != "clock_skew":
            raise ValueError(f"{self.kind} takes no negative seconds; only clock_skew does")


class Plan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All rules, and the seed of their dice."""

    seed: int = 0
    faults: list[Fault] = []


class Faults:
    """The plan in force."""

    def __init__(self) -> None:
        self.plan = Plan()
        self._rules: dict[str, list[tuple[Fault, Random]]] = {}

    def replace(self, plan: Plan) -> None:
        """Put another plan in the place of this one, with fresh dice."""
        self.plan = plan
        self._rules = {}
        for number, fault in enumerate(plan.faults):
            dice = Random(f"{plan.seed}:{number}")  # noqa: S311  dice that must fall the same way again
            self._rules.setdefault(fault.operation, []).append((fault, dice))

    def pick(self, operation: Operation) -> Fault | None:
        """Throw the dice for one call."""
        for fault, dice in self._rules.get(operation, ()):
            if dice.random() < fault.probability and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
