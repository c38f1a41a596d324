"""From a file's bytes to its letters, so that every byte comes out again as it went in."""

import codecs
import io
import re
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from medlem.files.layout import WrongFile

_STRAY: Final = re.compile("[\ud800-\udfff]")
"""A byte, or half a letter, that is not of the file's encoding; no letter of any language looks so."""

_KEPT: Final = "medlem.files"
_FIRST_STRAY: Final = 0xDC00

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST_MARK: Final = 4
_CHUNK: Final = 1 << 16


def _keep(error: UnicodeError) -> tuple[str | bytes, int]:
    """Decoding: every byte that is no letter becomes a stray one. Encoding: it becomes the byte that it was."""
    if isinstance(error, UnicodeDecodeError):
        stray = error.object[error.start : error.end]
        return "".join(chr(_FIRST_STRAY + byte) for byte in stray), error.end
    if not isinstance(error, UnicodeEncodeError):
        raise error
    end = error.start
    while end < len(error.object) and _FIRST_STRAY <= ord(error.object[end]) < _FIRST_STRAY + 256:
        end += 1
    if end == error.start:
        raise error
    stray = bytes(ord(letter) - _FIRST_STRAY for letter in error.object[error.start : end])
    odd = len(stray) % len("x".encode(error.encoding))
    return stray + bytes(odd), end  # half a letter of UTF-16 at the very end of a file that was cut off


codecs.register_error(_KEPT, _keep)


@dataclass(frozen=True, slots=True)
class Letters:
    """How a file's bytes are letters."""

    encoding: str
    marked: bool
    """Whether a byte-order mark came before them."""

    @property
    def errors(self) -> str:
        """How bytes that are no letters are kept; the second is Python's own and fast, where bytes stand alone."""
        return _KEPT if self.encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"

    def encode(self, text: str) -> bytes:
        """The bytes again."""
        return text.encode(self.encoding, self.errors)


def stray(text: str) -> bool:
    """Whether something in it is not of the file's encoding."""
    return not text.isascii() and _STRAY.search(text) is not None


def opened(stream: BinaryIO, said: str | None) -> tuple[Letters, io.BufferedReader, io.TextIOWrapper]:
    """How a file's bytes are letters, where it is read from, and its letters with their line ends as they are.

    Args:
        stream: the file, at its beginning.
        said: its encoding, if somebody said so.

    Raises:
        WrongFile: there is no such encoding, or it is another one.
    """
    buffered: io.BufferedReader = (
        stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stream), _CHUNK)
    )
    letters, mark = _letters(buffered.peek(_LONGEST_MARK), said)
    if mark:
        buffered.read(len(mark))
    return letters, buffered, io.TextIOWrapper(buffered, letters.encoding, letters.errors, newline="")


def _letters(begin: bytes, said: str | None) -> tuple[Letters, bytes]:
    named = _known(said) if said is not None else None
    for mark, encoding in _MARKS:
        if begin.startswith(mark):
            if named is not None and not named.startswith(encoding[: len("utf-8")]):
                raise WrongFile(f"--encoding: the file begins with the mark of {encoding.removesuffix('-le')}.")
            return Letters(encoding, marked=True), mark
    return Letters(named or "utf-8", marked=False), b""


def _known(said: str) -> str:
    try:
        found = codecs.lookup(said)
        "".encode(said)
    except (LookupError, ValueError, TypeError):
        raise WrongFile(
            f"--encoding: there is none called {said!r}. Usual ones are utf-8, windows-1252 (Excel), iso-8859-1, "
            "utf-16-le and cp865."
        ) from None
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(found.name, found.name)
