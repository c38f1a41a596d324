"""What the nodes' diaries say of how they asked and looked: too early, too late, and what nobody could help."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trials.soak.diary import Line
from trials.soak.trouble import Span

SLOWER: Final = 5.0
"""Seconds that `slow_down` adds (CIBA Core 1.0 section 11)."""

WRITTEN_WITHIN: Final = 3.0
"""Seconds within which a node has written down what it was told."""

GIVEN_UP: Final = 5.0
"""Seconds after which a call to the platform may have been given up."""

ASKED_WITHIN: Final = 25.0
"""Seconds after which an ask without an answer has been given up."""

Fail = Callable[[str, str], None]


@dataclass
class Told:
    """One request of the platform, as the nodes told of it."""

    interval: float = 0.0
    lines: list[Line] = field(default_factory=list)


class Diaries:
    """All nodes' lines, by question and by request."""

    def __init__(self, lines: Sequence[Line], deaths: Mapping[str, float], spans: Sequence[Span]) -> None:
        """Deaths: when which life of a node ended. Spans: when nodes were frozen, and the database away."""
        self._deaths = deaths
        self._spans = spans
        self.requests: dict[str, Told] = defaultdict(Told)
        self.questions: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in lines:
            if line.what in {"asks", "asked"}:
                self.questions[line.about["msisdn"], line.about["code"]].append(line)
            if line.what == "asked" and "request" in line.about:
                self.requests[line.about["request"]].interval = line.about["interval"]
            if "request" in line.about:
                self.requests[line.about["request"]].lines.append(line)

    def troubled(self, line: Line, until: float) -> bool:
        """Whether the node that wrote a line died or froze between it and then, or the database was away."""
        return line.at <= self._deaths.get(line.node, until + 1) <= until or any(
            span.what in {line.node, "database"} and span.touches(line.at, until) for span in self._spans
        )

    def judge(self, fail: Fail) -> int:
        """Look for looks that should not have been; how many the platform may object to for no fault of ours."""
        return sum(self._judge(name, told, fail) for name, told in self.requests.items())

    def _judge(self, name: str, told: Told, fail: Fail) -> int:
        pinged, excused = False, 0
        slowed: list[Line] = []
        before: Line | None = None
        final: Line | None = None
        for line in told.lines:
            if line.what == "pinged":
                pinged = True
            elif line.what == "looked":
                slowed += [line] if line.about["slower"] else []
                final = line if line.about["final"] else final
            elif line.what == "looks":
                if final is not None and not self.troubled(final, line.at) and not self._froze(line):
                    fail("late look", f"{name} was looked for by {line.node} after {final.node} had heard the end")
                elif before is not None and not pinged and not self._froze(before):
                    gap = line.at - before.at
                    if gap < told.interval + SLOWER * self._known(slowed, line.at):
                        fail("early look", f"{name}: {before.node} looked, and {gap:.3f} s later {line.node}")
                excused += final is not None or _unheard(told.lines, line)
                before = line
            elif line.what == "asked":
                before = line
        return excused

    def _known(self, slowed: Sequence[Line], at: float) -> int:
        """How often a node was told to slow down and has written that down by then, whoever held the claim."""
        by = [(line, line.at + WRITTEN_WITHIN) for line in slowed]
        return sum(written <= at and not self.troubled(line, written) for line, written in by)

    def _froze(self, line: Line) -> bool:
        return any(span.what == line.node for span in self._spans)

    def unknown_for_a_reason(self, question: tuple[str, str], began: float, *, waited: bool) -> bool:
        """Whether somebody died or was out of reach at the moment at which an outcome got lost."""
        lines = self.questions[question]
        asked = next((line for line in lines if line.what == "asked"), None)
        if asked is None:
            first = lines[0] if lines else None
            until = began + ASKED_WITHIN
            return self.troubled(first, until) if first else self._anything_between(began - 1, until)
        if asked.about.get("reason") == "outcome_unknown":
            return True
        if not waited:
            return self.troubled(asked, asked.at + ASKED_WITHIN)
        return self._lost_in_a_look(self.requests[asked.about.get("request", "")].lines)

    def _lost_in_a_look(self, lines: Sequence[Line]) -> bool:
        if any(line.what == "understands" for line in lines):
            return False  # the tokens are written down before anybody reads them
        looks = sum(line.what == "looks" for line in lines)
        heard = [line for line in lines if line.what == "looked"]
        if looks > len(heard):
            return True  # whoever looked last is gone
        lost = [line for line in heard if line.about["answer"] == "Unreachable"]
        # An end is given once. Who heard it first is gone, and who looked then was told that it had been given.
        ends = [line for line in heard if line.about["final"]][:-1]
        return bool(lost) or any(self.troubled(line, line.at + ASKED_WITHIN) for line in ends)

    def tell(self, question: tuple[str, str], began: float) -> str:
        """What the nodes wrote of it, for whoever looks into a failure."""
        lines = list(self.questions[question])
        asked = [line.about["request"] for line in lines if "request" in line.about]
        lines += [line for name in asked for line in self.requests[name].lines if line.what != "asked"]
        return "; ".join(f"{line.at - began:.2f} {line.node} {line.what} {_outcome(line)}" for line in lines)

    def _anything_between(self, since: float, until: float) -> bool:
        died = any(since <= at <= until for at in self._deaths.values())
        return died or any(span.touches(since, until) for span in self._spans)


def _outcome(line: Line) -> str:
    return str(line.about.get("answer") or line.about.get("reason") or "")


def _unheard(lines: Sequence[Line], until: Line) -> bool:
    """Whether an earlier look brought no answer, though the platform may have given one; perhaps the last."""
    began: dict[str, float] = {}
    for line in lines:
        if line is until:
            break
        if line.what == "looks":
            began[line.node] = line.at
        elif line.what == "looked" and line.at - began.pop(line.node, line.at) > GIVEN_UP and not line.about["final"]:
            return True
    return bool(began)
