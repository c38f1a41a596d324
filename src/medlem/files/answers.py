"""Consents as other systems list them: a yes or a no in one column, and what proves it beside it.

A yes without its words, its moment and how it was given is no consent that anybody could prove later, so it is left
out, and told.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from medlem.club import spelling
from medlem.club.consent import Actor, Method, purpose_of
from medlem.club.ids import ClubId, ConsentId, MemberId
from medlem.club.line import Carried
from medlem.club.member import Consent
from medlem.files import moments
from medlem.files.columns import CONSENT, question_of
from medlem.files.how import How
from medlem.files.layout import Layout
from medlem.files.reasons import Why, Wrong
from medlem.files.values import choice, text, unguarded, yes_or_no

METHODS: Final = (Method.PAPER, Method.WEB_FORM, Method.STAFF)
"""How others collect consents. What the app collected comes with the platform's own objects, in an export of ours."""

_WORDS: Final = re.compile(spelling.WORDS)
_LANGUAGE: Final = re.compile(spelling.LANGUAGE)
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class _Question:
    element: str
    answer: int
    parts: dict[str, int]
    """Which part of the answer stands where."""

    def part(self, cells: Sequence[str], name: str, judge: Callable[[str], _Read | None]) -> _Read | None:
        """What one part says; None if nothing."""
        if name not in self.parts:
            return None
        try:
            return judge(cells[self.parts[name]])
        except Wrong as wrong:
            raise Wrong(wrong.why, wrong.detail, f"{CONSENT}{self.element}.{name}") from None


class Answers:
    """How the answers of a line are read."""

    def __init__(self, layout: Layout, how: How) -> None:
        """Find the questions."""
        self._how = how
        self._moment = moments.moment_of(how.dates, how.now)
        parts: dict[str, dict[str, int]] = {}
        for column, place in layout.at.items():
            if column.startswith(CONSENT):
                element, part = question_of(column)
                parts.setdefault(element, {})[part] = place
        self._questions = [_Question(element, found.pop(""), found) for element, found in sorted(parts.items())]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._questions)

    def of(self, cells: Sequence[str]) -> Iterator[Carried | Wrong]:
        """Every answer of a line, or why it is left out."""
        for question in self._questions:
            try:
                found = self._answer(question, cells)
            except Wrong as wrong:
                yield Wrong(wrong.why, wrong.detail, wrong.column or CONSENT + question.element)
            else:
                if found is not None:
                    yield Carried(record=found)

    def _answer(self, question: _Question, cells: Sequence[str]) -> Consent | None:
        granted = _granted(cells[question.answer])
        if granted is None:
            return None
        element = question.element
        words = question.part(cells, "text", _words) or self._how.words.get(element)
        at: datetime | None = question.part(cells, "at", self._moment)
        method = question.part(cells, "method", _method) or self._how.methods.get(element)
        if granted:
            _refuse_unproved(element, words, at, method)
        purpose, channel = purpose_of(element)
        return Consent(
            id=ConsentId(""),
            club=ClubId(""),
            member=MemberId(""),
            element=element,
            purpose=purpose,
            channel=channel,
            text=words or "",
            granted=granted,
            given_at=at,
            seen_at=self._how.now,
            language=question.part(cells, "language", _language),
            method=method or Method.IMPORT,
            actor=Actor.CUSTOMER if method in {Method.PAPER, Method.WEB_FORM} else Actor.STAFF,
            reference=question.part(cells, "reference", text),
        )


def _refuse_unproved(element: str, words: str | None, at: datetime | None, method: Method | None) -> None:
    column = CONSENT + element
    if not words:
        raise Wrong(
            Why.CONSENT_WORDS,
            f"A yes needs the words to which it was said: in a column {column}.text, or for all with --consent-text "
            f"{element}=FILE.",
        )
    if at is None:
        raise Wrong(Why.CONSENT_MOMENT, f"A yes needs the day or time at which it was said, in a column {column}.at.")
    if method is None:
        raise Wrong(
            Why.CONSENT_METHOD,
            f"A yes needs to say how it was given, {', '.join(METHODS)}: in a column {column}.method, or for all with "
            f"--consent-method {element}=paper.",
        )


def _granted(cell: str) -> bool | None:
    try:
        return yes_or_no(cell)
    except Wrong:
        raise Wrong(Why.CONSENT_ANSWER, "This is neither yes nor no; leave it empty for no answer.") from None


def _words(cell: str) -> str | None:
    found = unguarded(cell.strip())
    if not _WORDS.match(found) or len(found) > spelling.LONGEST_WORDS:
        raise Wrong(Why.CONSENT_TEXT, f"The words are text of at most {spelling.LONGEST_WORDS:,} letters.")
    return found or None


def _language(cell: str) -> str | None:
    found = cell.strip()
    if found and not (_LANGUAGE.match(found) and len(found) <= spelling.LONGEST_LANGUAGE):
        raise Wrong(Why.CONSENT_TEXT, "A language is written as nb, da, sv, fi or en.")
    return found or None


_method: Final = choice(lambda word: {method.value: method for method in METHODS}[word], ", ".join(METHODS))
