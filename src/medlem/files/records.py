"""From a file's letters to its records: cells, where they stand, and how they were written.

One bad record never takes others with it: memory is bounded whatever stands in a cell, and a quote that is opened
and never closed costs the line on which it is opened.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from medlem.files.reasons import Why

LONGEST_CELL: Final = 64 * 1024
LONGEST_RECORD: Final = 1024 * 1024
LONGEST_OF_OURS: Final = 8 * 1024 * 1024
"""A record with all that a member ever consented to, and its evidence."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that has no cells."""

    why: Why
    detail: str


Record = tuple[int, str, list[str] | Broken]
"""The line on which it begins, as it was written (empty where it is too long to be held), and its cells."""


class _TooLong(Exception):
    """A record is longer than what can be held."""


class Records:
    """The records of a file."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str, width: int, longest: int, line: int) -> None:
        """Read on.

        Args:
            text: the file.
            delimiter: between cells.
            width: how many cells a record has.
            longest: how many letters are held of one record.
            line: how many lines have been read.
        """
        self._text = text
        self._delimiter = delimiter
        self._width = width
        self._longest = longest
        self._line = line
        self._back: deque[str] = deque()
        self._held: list[str] = []
        self._length = 0
        self._at_end = False
        csv.field_size_limit(max(csv.field_size_limit(), longest))

    def __iter__(self) -> Iterator[Record]:
        """Each in its turn."""
        held, reader = self._held, self._reader()
        while True:
            held.clear()
            self._length = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield self._misquoted()
                reader = self._reader()  # the old one has come to the end, if that is what was wrong
            except _TooLong:
                yield self._overlong()
                reader = self._reader()
            else:
                yield self._line - len(held) + 1, held[0] if len(held) == 1 else "".join(held), cells

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        """Lines as they come; `held` are those of the record that is being read."""
        readline, longest, back, held = self._text.readline, self._longest, self._back, self._held
        while line := back.popleft() if back else readline(longest):
            self._line += 1
            held.append(line)
            self._length += len(line)
            if self._length >= longest:
                raise _TooLong
            yield line

    def _misquoted(self) -> Record:
        """A quote where none may be, or one that is never closed: the lines after the first are read by themselves."""
        held = self._held
        self._back.extendleft(reversed(held[1:]))
        self._line -= len(held) - 1
        return self._line, held[0], Broken(Why.QUOTES, _QUOTES)

    def _overlong(self) -> Record:
        """What is too long to be held: the end of it is looked for, unless its lines look like records themselves."""
        held = self._held
        first = self._line - len(held) + 1
        quoted = self._in_quotes()
        if quoted and len(held) > 1 and self._look_like_records(held[1:]):
            return self._misquoted()
        self._skip(quotes=int(quoted))
        if quoted and self._at_end:
            said = f"A quote is opened on line {first} and never closed: nothing after that line was read. {_QUOTES}"
            return first, "", Broken(Why.QUOTES, said)
        where = f"line {first}" if first == self._line else f"lines {first} to {self._line}"
        return (
            first,
            "",
            Broken(
                Why.TOO_LONG, f"This record, {where}, is longer than {self._longest:,} letters. Shorten what is in it."
            ),
        )

    def _in_quotes(self) -> bool:
        """Whether what is held ends within a quoted cell."""
        try:
            for _ in csv.reader(self._held, delimiter=self._delimiter, strict=True):
                pass
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False

    def _look_like_records(self, lines: list[str]) -> bool:
        alike = sum(line.count(self._delimiter) == self._width - 1 for line in lines)
        return lines[-1].endswith(("\n", "\r")) and alike * 2 >= len(lines)

    def _skip(self, quotes: int) -> None:
        """Go on to the end of the record, a piece at a time."""
        piece = self._held[-1]
        self._held.clear()
        while not (piece.endswith(("\n", "\r")) and quotes % 2 == 0):
            ended = piece.endswith(("\n", "\r"))
            piece = self._back.popleft() if self._back else self._text.readline(LONGEST_CELL)
            if not piece:
                self._at_end = True
                return
            self._line += ended
            quotes += piece.count('"') if quotes else 0


_QUOTES: Final = (
    "A cell that begins with a double quote ends with one, and a double quote within it is written twice. Mend the "
    "line, or let a spreadsheet write the file anew."
)
