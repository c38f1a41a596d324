"""How a failure is told in the log: where, and what kind of error. Its text stays out: it may hold a number or a name.

The texts of our own errors are sentences without anybody's data, and are told.
"""

import logging
import traceback
from typing import Final

from medlem.club.errors import Refusal
from medlem.flows.tables import StorageUnavailable

ONCE: Final = "once"
"""What a line of the log bears that need not be said again and again: whatever makes it the same line."""


def report(log: logging.Logger, words: str, error: BaseException) -> None:
    """Log a failure. A database that is away fails every call, and is no defect: its sentence is enough, once."""
    if isinstance(error, StorageUnavailable):
        log.error("%s: %s", words, error, extra={ONCE: str(error)})
    else:
        log.error("%s\n%s", words, told(error))


def told(error: BaseException) -> str:
    """The frames and the kinds of an error and of what caused it, as lines for the log."""
    return "".join(_lines(error))


def _lines(error: BaseException | None) -> list[str]:
    if error is None:
        return []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    inner = [line for part in parts for line in _lines(part)]
    text = f": {error}" if isinstance(error, Refusal | StorageUnavailable) else ""
    return [*_lines(cause), *inner, *traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}{text}\n"]
