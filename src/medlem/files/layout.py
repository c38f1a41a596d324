"""Which column of a file is which of ours. What cannot be told is refused before anything is read."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from medlem.club import spelling
from medlem.club.consent import MEMBERSHIP
from medlem.files.columns import (
    CONSENT,
    CONSENT_PARTS,
    EXPORTED,
    IDENTITY,
    PLAIN,
    REJECTED,
    column_of,
    question_of,
    spoken_of,
    squashed,
)
from medlem.files.how import How

_ELEMENT: Final = re.compile(spelling.ELEMENT)
_SHOWN: Final = 60
_VALUE: Final = re.compile(r"@|[0-9]{5}")
"""What looks so is no header but somebody's, in a file without one, and is not repeated."""
_MOST_SHOWN: Final = 12


class WrongFile(Exception):
    """Nothing of the file can be taken as it is; says what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has what."""

    width: int
    at: dict[str, int]
    """Our column → its place."""
    headers: Sequence[str]
    """As the file has them."""
    unnamed: tuple[int, ...]
    """Places without a header, in which nothing may stand."""

    @property
    def own(self) -> bool:
        """Whether it is an export of ours, of which every cell is taken as it stands."""
        return set(EXPORTED) == self.at.keys()

    @property
    def columns(self) -> frozenset[str]:
        """What the file speaks of."""
        return frozenset(word for column in self.at if (word := spoken_of(column)) is not None)

    def header(self, column: str) -> str:
        """What the file calls a column of ours."""
        return self.headers[self.at[column]] if column in self.at else column


def lay_out(headers: Sequence[str], how: How) -> Layout:
    """Find every column.

    Raises:
        WrongFile: one is unknown, or there twice, or nothing says whom a line means.
    """
    named = [header.strip() for header in headers]
    mapping = _resolved(how.mapping, named, "--map")
    ignored = _resolved(dict.fromkeys(how.ignored, ""), named, "--ignore").keys()
    places = defaultdict(list)
    unknown, unnamed = [], []
    for place, header in enumerate(named):
        if header in ignored:
            continue
        column = _ours(mapping[header]) if header in mapping else column_of(header)
        if not header:
            unnamed.append(place)
        elif column is None:
            unknown.append(header)
        elif column not in REJECTED:
            places[column].append(place)
    _refuse_unknown(unknown)
    _refuse_twice(places, named)
    found = {column: at for column, [at] in places.items()}
    _refuse_nobody(found, named)
    _refuse_questions(found)
    for option, said in (("--consent-text", how.words), ("--consent-method", how.methods)):
        for element in said:
            if CONSENT + element not in found:
                raise WrongFile(f"{option} {element}: the file has no column {CONSENT}{element} that says yes or no.")
    return Layout(len(named), found, named, tuple(unnamed))


def _resolved(said: Mapping[str, str], named: Sequence[str], option: str) -> dict[str, str]:
    """What an option says, by the header as the file spells it."""
    found = {}
    for word, meant in said.items():
        matching = [header for header in named if header == word.strip()]
        matching = matching or [header for header in named if header and squashed(header) == squashed(word)]
        if not matching:
            raise WrongFile(f"{option}: the file has no column {_shown([word])}. It has {_shown(named)}.")
        found[matching[0]] = meant
    return found


def _ours(column: str) -> str:
    found = column_of(column)
    if found is None or found in REJECTED:
        known = ", ".join((*PLAIN, "extra.NAME", "consent.QUESTION"))
        raise WrongFile(f"--map: there is no column {_shown([column])}. There are {known}.")
    return found


def _refuse_unknown(unknown: Sequence[str]) -> None:
    if unknown:
        raise WrongFile(
            f"It is not known what these columns are: {_shown(unknown)}. Say for each what it is, with "
            f'--map "{_cut(unknown[0])}=COLUMN", or leave it out, with --ignore "{_cut(unknown[0])}". '
            "If these are no headers at all: the first line has to name the columns."
        )


def _refuse_twice(places: dict[str, list[int]], named: Sequence[str]) -> None:
    for column, found in places.items():
        if len(found) > 1:
            twice = [named[place] for place in found]
            if len(set(twice)) == 1:
                raise WrongFile(f"Two columns are called {_shown(twice[:1])}. Rename or remove one of them.")
            raise WrongFile(
                f"{_shown(twice)} all mean {column}. Leave out all but one, with "
                f'--ignore "{_cut(twice[0])}", or say what it is, with --map "{_cut(twice[0])}=COLUMN".'
            )


def _refuse_nobody(found: dict[str, int], named: Sequence[str]) -> None:
    if not found.keys() & set(IDENTITY):
        raise WrongFile(
            f"No column says whom a line means: one has to be {', '.join(IDENTITY[:-1])} or {IDENTITY[-1]}. The file "
            f'has {_shown(named)}. If one of them is the phone number, say so with --map "THEIR NAME=phone".'
        )


def _refuse_questions(found: dict[str, int]) -> None:
    for column in found:
        if column.startswith(CONSENT):
            element, part = question_of(column)
            if element == MEMBERSHIP:
                raise WrongFile("membership is no consent: it is the columns joined_at and left_at that say it.")
            if not _ELEMENT.match(element):
                raise WrongFile(f"{_shown([column])} names no question: letters, digits and _ . : - only.")
            if part and CONSENT + element not in found:
                raise WrongFile(
                    f"{_shown([column])} goes with a column {CONSENT}{element} that says yes or no; the parts of an "
                    f"answer are {', '.join(CONSENT_PARTS)}."
                )


def _shown(names: Sequence[str]) -> str:
    few = [_cut(name) or "(without a name)" for name in names[:_MOST_SHOWN]]
    return ", ".join(few) + (f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else "")


def _cut(name: str) -> str:
    if _VALUE.search(name):
        return "•••"
    printable = "".join(letter if letter.isprintable() else " " for letter in name).strip()
    return printable if len(printable) <= _SHOWN else printable[: _SHOWN - 1] + "…"
