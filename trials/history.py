"""What happened, as an observer beside the counter would have written it down.

Kept in two ways: lines, from which two runs of one seed can be told apart, and a book of enrolments and troubles, by
which `rules` judges.
"""

import hashlib
import math
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final

from medlem.club.enrolment import Enrolment, Reason, State
from medlem.club.identification import Identification
from trials.faults import Fault
from trials.loop import Process, VirtualLoop

DEATHS: Final = frozenset(
    {
        Fault.KILLED_OUTSIDE,
        Fault.KILLED_INSIDE,
        Fault.KILLED_AT_COMMIT,
        Fault.KILLED_CALLING,
        Fault.STOPPED,
    }
)

FOUND_AGAIN_WITHIN: Final = 35.0
"""Seconds: a lease, and a little, until somebody else takes up what a process has dropped."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that must never be."""

    rule: str
    what: str


@dataclass(slots=True)
class Written:
    """One state of an enrolment, as it was committed."""

    at: float
    by: Process | None
    state: State
    reason: Reason | None
    kept: bool
    """Whether the raw answer stands beside it."""


@dataclass(slots=True)
class Story:
    """One enrolment, from its intent on."""

    id: str
    msisdn: str
    code: str
    began: float
    by: Process | None
    written: list[Written]
    expires: float | None = None
    causes: set[Reason] = field(default_factory=set)
    """What the wire and the platform have given reason for."""

    @property
    def last(self) -> Written:
        """How it stands."""
        return self.written[-1]

    @property
    def ended(self) -> Written | None:
        """Its end, if it has one."""
        return None if self.last.state in {State.ASKING, State.WAITING} else self.last


@dataclass(slots=True)
class Incident:
    """Something that befell one process."""

    at: float
    until: float
    what: str


@dataclass
class History:
    """One world's."""

    loop: VirtualLoop
    tracing: bool = False
    failures: list[Failure] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)
    by_code: dict[tuple[str, str], Story] = field(default_factory=dict)
    identified: dict[str, str] = field(default_factory=dict)
    """The station of each identification."""
    open_by_number: dict[str, Story] = field(default_factory=dict)
    incidents: dict[Process, list[Incident]] = field(default_factory=dict)
    _digest: hashlib.blake2b = field(default_factory=hashlib.blake2b)

    @property
    def digest(self) -> str:
        """The same for the same history, to the last line."""
        return self._digest.hexdigest()[:32]

    def note(self, *what: object) -> None:
        """One line."""
        line = f"{self.loop.time():.6f} {' '.join(map(str, what))}"
        self._digest.update(line.encode())
        if self.tracing:
            print(line)

    def fail(self, rule: str, what: str) -> None:
        """A rule was broken."""
        self.note("BROKEN", rule, what)
        self.failures.append(Failure(rule, what))

    def commit(self, written: list[Enrolment | Identification], by: Process) -> None:
        """These were written down, in the order in which transactions follow one another."""
        for one in written:
            if isinstance(one, Identification):
                self.identified[one.id] = one.station
            else:
                self._write(one, by)

    def _write(self, enrolment: Enrolment, by: Process) -> None:
        written = Written(self.loop.time(), by, enrolment.state, enrolment.reason, enrolment.answer is not None)
        self.note(by, "wrote", enrolment.id, enrolment.state, enrolment.reason or "", "kept" if written.kept else "")
        story = self.stories.get(enrolment.id)
        if story is None:
            msisdn = enrolment.phone.msisdn if enrolment.phone else ""
            story = Story(enrolment.id, msisdn, enrolment.code, self.loop.time(), by, [written])
            self._begin(story)
            return
        if story.ended is not None:
            self.fail("reopened", f"{enrolment.id} was {story.last.state} and became {enrolment.state}")
        story.written.append(written)

    def _begin(self, story: Story) -> None:
        other = self.open_by_number.get(story.msisdn)
        if other is not None and other.ended is None:
            self.fail("double push", f"{story.id} is begun while {other.id} asks the same phone")
        self.stories[story.id] = self.by_code[story.msisdn, story.code] = self.open_by_number[story.msisdn] = story

    def befell(self, process: Process, what: str, lasting: float = 0.0) -> None:
        """Something happened to a process."""
        now = self.loop.time()
        self.note(process, what)
        self.incidents.setdefault(process, []).append(Incident(now, now + lasting, what))

    def troubled(self, process: Process | None, since: float, until: float, what: Container[str] | None = None) -> bool:
        """Whether anything befell it in that time, or something of that kind."""
        found = self.incidents.get(process, ()) if process is not None else ()
        return any(one.until >= since and one.at <= until and (what is None or one.what in what) for one in found)

    def written_by(self, process: Process, heard: float, within: float) -> float:
        """When what a process heard is written down for certain: soon, later for its troubles, or never."""
        written = heard + within
        for one in self.incidents.get(process, ()):
            if one.until >= heard and one.at <= written:
                if one.what in DEATHS:
                    return math.inf
                written = max(written, one.until + within)
        return written
