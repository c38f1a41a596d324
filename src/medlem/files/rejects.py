"""What was not taken, as it was written, with why: to be mended and read again."""

import csv
import io
from typing import BinaryIO, Final

from medlem.club.line import Flawed
from medlem.files.columns import REJECTED
from medlem.files.reading import Reading

_MARK: Final = "\ufeff"


class Rejects:
    """A file like the one that is read, with the reasons in its first columns.

    They stand first, so that they can be read whatever is the matter with the rest of the line.
    """

    def __init__(self, stream: BinaryIO, reading: Reading) -> None:
        """Write the header.

        Args:
            stream: the file; the caller's to close.
            reading: the file whose lines are rejected.
        """
        self._stream = stream
        self._letters = reading.letters
        self._delimiter = reading.delimiter
        stream.write(self._letters.encode(_MARK if self._letters.marked else ""))
        self._write(REJECTED, reading.header)

    def add(self, raw: str, flawed: Flawed) -> None:
        """Write a line that was not taken, or not all of it."""
        self._write((str(flawed.number), flawed.column or "", flawed.why, flawed.detail), raw.rstrip("\r\n"))

    def _write(self, reasons: tuple[str, ...], raw: str) -> None:
        line = io.StringIO()
        csv.writer(line, delimiter=self._delimiter, lineterminator="").writerow(reasons)
        self._stream.write(self._letters.encode(f"{line.getvalue()}{self._delimiter}{raw}\r\n"))
