"""The end of a run: what happened, how long it took, and what must never be, as tables for a page."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from trials.rules import RULES
from trials.soak.crew import Crew
from trials.soak.recovery import Recovery
from trials.soak.rows import Rows
from trials.soak.till import Seen
from trials.soak.trouble import Span, Trouble

SLOW: Final = 3.0
"""Seconds of a recovery that somebody should look into."""

MOST_OF_A_RULE: Final = 10
"""How many times a broken rule is told, so that a common one does not hide a rare one."""

ONLY_SIMULATED: Final = frozenset({"not kept", "forged ping"})
"""Rules that are decided inside a node."""


@dataclass(frozen=True)
class Run:
    """What came of it."""

    seed: int
    minutes: float
    seen: Seen
    rows: Rows
    crew: Crew
    trouble: Trouble
    recovery: Recovery

    @property
    def kills(self) -> int:
        """How often a node was ended by SIGKILL."""
        return sum(not death.how.startswith(("told", "exit")) for death in self.crew.deaths)

    @property
    def broken(self) -> bool:
        """Whether a rule was."""
        return bool(self.seen.failures)


def show(run: Run) -> None:
    """Print all of it."""
    print(f"\nmake soak SEED={run.seed}: {run.minutes:.1f} minutes")
    _table("What happened", ["", "times"], _happened(run))
    _table("How long it took, in seconds", ["", "n", "p50", "p95", "max"], _took(run))
    for one in run.recovery.found:
        if one.late > SLOW and not one.alone:
            how = f"free after {one.freed:.1f} s and taken up after {one.moved:.1f} s"
            print(f"slow: {one.held} held by {one.death.node} ({one.death.how}), {how}")
    broken = Counter(rule for rule, _ in run.seen.failures)
    _table(
        "What must never be", ["rule", "broken"], [(rule, broken[rule]) for rule in RULES if rule not in ONLY_SIMULATED]
    )
    told: Counter[str] = Counter()
    for rule, what in run.seen.failures:
        told[rule] += 1
        if told[rule] <= MOST_OF_A_RULE:
            print(f"{rule}: {what}")


def _happened(run: Run) -> Iterable[tuple[str, object]]:
    deaths = Counter(death.how for death in run.crew.deaths)
    yield "enrolments", len(run.rows.enrolments)
    for (state, reason), times in sorted(
        Counter((row["state"], row["reason"] or "") for row in run.rows.enrolments.values()).items()
    ):
        yield f"… {state} {reason}".rstrip(), times
    yield "events told to tills", sum(len(log) for log in run.rows.events.values())
    yield "kill -9 of a node", run.kills
    for how, times in sorted(deaths.items()):
        yield f"… {how}", times
    yield from sorted(run.trouble.counts.items())
    yield "faults of the platform", run.trouble.struck.total()
    for what, times in sorted(run.trouble.struck.items()):
        yield f"… {what}", times
    yield from sorted(run.seen.counts.items())
    yield "most memory of a node, MB", round(run.recovery.megabytes)
    yield "most open files of a node", run.recovery.files


def _took(run: Run) -> Iterable[tuple[str, object, object, object, object]]:
    away = [span for span in run.trouble.spans if span.what == "database"]
    held = [one for one in run.recovery.found if one.held and not _during(away, one.death.at, one.death.at + one.moved)]
    found = [one for one in held if not one.alone]
    yield _row("from a kill until what the node held is free", [one.freed for one in found])
    yield _row("… until another node has taken it up", [one.moved for one in found])
    yield _row("… of that, more than the platform's interval", [one.late for one in found])
    yield _row("… when the other node was dead or frozen too", [one.moved for one in held if one.alone])
    yield _row("from a death until the node answers again", run.crew.absences)
    kills = [Span(death.node, death.at, death.at + 3) for death in run.crew.deaths if death.how != "told to stop"]
    gaps = [gap for gap in run.seen.gaps if not _during([*away, *kills], gap.began - 1, gap.ended)]
    yield _row("without a stream when a node was told to stop", [gap.ended - gap.began for gap in gaps if gap.clean])
    yield _row("without a stream for any reason", [gap.ended - gap.began for gap in run.seen.gaps])
    yield _row("database away", [span.ended - span.began for span in away])


def _during(spans: Sequence[Span], since: float, until: float) -> bool:
    return any(span.touches(since, until) for span in spans)


def _row(what: str, values: list[float]) -> tuple[str, object, object, object, object]:
    if not values:
        return what, 0, "", "", ""
    cuts = statistics.quantiles(values, n=20) if len(values) > 1 else values * 19
    return what, len(values), f"{cuts[9]:.2f}", f"{cuts[18]:.2f}", f"{max(values):.2f}"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join("---" for _ in columns) + " |")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
