"""Why a line, or a consent that it brings, was not taken: words for programs, each in docs/importing.md."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any


class Why(StrEnum):
    """A word, as it stands in the column `rejected_why`."""

    ENCODING = "encoding"
    QUOTES = "quotes"
    TOO_LONG = "too_long"
    CELLS = "cells"
    CONTROL = "control"
    NOBODY = "nobody"
    PHONE = "phone"
    PHONE_ROUNDED = "phone_rounded"
    PHONE_TWO_COUNTRIES = "phone_two_countries"
    COUNTRY = "country"
    TEXT = "text"
    DATE = "date"
    DATE_AMBIGUOUS = "date_ambiguous"
    DATE_SERIAL = "date_serial"
    TIME = "time"
    YES_NO = "yes_no"
    CHOICE = "choice"
    JSON = "json"
    CONSENT_ANSWER = "consent_answer"
    CONSENT_WORDS = "consent_words"
    CONSENT_MOMENT = "consent_moment"
    CONSENT_METHOD = "consent_method"
    CONSENT_TEXT = "consent_text"
    CONSENT_RECORD = "consent_record"
    CONSENT_EVIDENCE = "consent_evidence"


class Wrong(Exception):
    """A cell cannot be taken."""

    def __init__(self, why: Why, detail: str, column: str | None = None) -> None:
        """Take the word, the sentence that says what to do, which never repeats the cell, and whose fault it is."""
        super().__init__(detail)
        self.why = why
        self.detail = detail
        self.column = column


Judge = Callable[[str], Any]
"""Makes of a cell what it means; raises `Wrong`. None: it says nothing."""
