"""One file of members on its way into the register: what has become of every line, and the file of those not taken."""

from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from medlem.cli.progress import Progress
from medlem.club.line import Flawed, Line
from medlem.files import Reading, Rejects
from medlem.flows.importing import Outcome, Result

_MOST_HELD: Final = 32 * 1024 * 1024
"""Letters that are held of lines whose fate is not known yet: of longer ones the rejects tell only where they are."""
_TOLD_EVERY: Final = 256


@dataclass(slots=True)
class Tally:
    """What has become of the lines so far."""

    lines: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    """By the word for why."""
    consents: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Consents, by the word for why."""

    @property
    def whole(self) -> bool:
        """Whether everything was taken."""
        return not self.rejected and not self.left_out


class _Stopped(Exception):
    """Somebody wants it to end, while the file has nothing more to give yet."""


class Intake:
    """Hands the lines of a file on, and hears what becomes of them."""

    def __init__(self, reading: Reading, rejects: Rejects, progress: Progress) -> None:
        """Begin at the first line after the header."""
        self.tally = Tally()
        self.stopped = False
        self._reading = reading
        self._rejects = rejects
        self._progress = progress
        self._waiting: deque[tuple[str, Line]] = deque()
        self._held = 0
        self._drawing = False

    def stop(self) -> None:
        """End: no further line is handed on, and what was handed on is finished. For a handler of signals."""
        self.stopped = True
        if self._drawing:  # perhaps from somebody's keyboard, which may be silent for ever
            raise _Stopped

    def end(self) -> None:
        """Leave the terminal to the summary."""
        self._progress.end()

    def lines(self) -> Iterator[Line]:
        """Every line that can be taken as far as it is known by itself."""
        tally, reading = self.tally, iter(self._reading)
        while not self.stopped:
            try:
                self._drawing = True
                raw, found = next(reading)
            except (StopIteration, _Stopped):
                return
            finally:
                self._drawing = False
            tally.lines += 1
            if tally.lines % _TOLD_EVERY == 0:
                beside = f", {tally.rejected.total():,} not taken" if tally.rejected else ""
                self._progress.tell(tally.lines, self._reading.position(), beside)
            if isinstance(found, Flawed):
                self._reject(raw, found)
            else:
                held = raw if self._held + len(raw) <= _MOST_HELD else ""
                self._held += len(held)
                self._waiting.append((held, found))
                yield found

    async def hear(self, taken: AsyncIterator[list[Result]]) -> None:
        """Listen to what becomes of them, to the end."""
        async for results in taken:
            for result in results:
                self._heard(result)

    def _heard(self, result: Result) -> None:
        raw, line = self._waiting.popleft()
        self._held -= len(raw)
        if isinstance(result, Flawed):
            self._reject(raw, result)
            return
        self.tally.outcomes[result.outcome] += 1
        self.tally.consents += result.consents
        for flawed in dict.fromkeys((*line.left_out, *result.left_out)):
            self.tally.left_out[flawed.why] += 1
            self._rejects.add(raw, self._named(flawed))

    def _reject(self, raw: str, flawed: Flawed) -> None:
        self.tally.rejected[flawed.why] += 1
        self._rejects.add(raw, self._named(flawed))

    def _named(self, flawed: Flawed) -> Flawed:
        """The column as their file calls it."""
        if flawed.column is None:
            return flawed
        column = self._reading.layout.header(flawed.column)
        return Flawed(number=flawed.number, column=column, why=flawed.why, detail=flawed.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an import came to."""

    file: str
    tally: Tally
    rejects: Path | None
    """Where what was not taken stands; None: all was taken."""
    dry_run: bool
    interrupted: bool

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        tally = self.tally
        return {
            "file": self.file,
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
            "lines": tally.lines,
            **{outcome.value: tally.outcomes[outcome] for outcome in Outcome},
            "rejected": tally.rejected.total(),
            "rejected_why": dict(sorted(tally.rejected.items())),
            "consents": tally.consents,
            "left_out": tally.left_out.total(),
            "left_out_why": dict(sorted(tally.left_out.items())),
            "rejects": None if self.rejects is None else str(self.rejects.absolute()),
        }

    def as_text(self) -> str:
        """For people."""
        tally = self.tally
        lines = [f"{self.file}: {tally.lines} lines read"]
        lines += [f"  {tally.outcomes[outcome]:>9}  {outcome}" for outcome in Outcome]
        lines += [f"  {tally.rejected.total():>9}  not taken", *_by_why(tally.rejected)]
        if tally.consents or tally.left_out:
            lines += [f"  {tally.consents:>9}  consents taken"]
            lines += [f"  {tally.left_out.total():>9}  consents left out, of members who were taken"]
            lines += _by_why(tally.left_out)
        if self.rejects is not None:
            lines.append(f"{self.rejects} has every line of which something was not taken, and why.")
        if self.dry_run:
            lines.append("This was a dry run: nothing was written into the register.")
        if self.interrupted:
            lines.append("Ended before the end of the file. To go on, give the same command again.")
        return "\n".join(lines)


def _by_why(counted: Counter[str]) -> list[str]:
    return [f"             {many:>9}  {why}" for why, many in counted.most_common()]


def is_of_rejects(file: Path) -> bool:
    """Whether a file is one of rejects, which may be written over, or empty."""
    with file.open("rb") as opened:
        begin = opened.read(200).replace(b"\x00", b"")
    return not begin or b"rejected_line" in begin
