"""What the doctor's tests have in common."""

from collections.abc import Iterable
from dataclasses import dataclass

from fakes import HandClock
from medlem.app.doctor.findings import Finding
from medlem.app.doctor.platform import Way
from medlem.vipps.http import Wire
from medlem.vipps.sales_unit import SalesUnit


@dataclass
class Ward:
    """A way out, and a clock that a test turns."""

    wire: Wire
    clock: HandClock

    def way(self, unit: SalesUnit) -> Way:
        return Way(unit, self.wire, self.clock)


def marks(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """What was looked at, and how it stands; whatever is not well must say what to do."""
    listed = list(findings)
    for one in listed:
        assert (one.mark == "well") == (one.advice is None), one
        assert one.text[-1:] in {".", "…"}, one.text
    return [(one.check, one.mark.value) for one in listed]


def only(findings: Iterable[Finding]) -> Finding:
    """The one finding."""
    (one,) = list(findings)
    marks([one])
    return one
