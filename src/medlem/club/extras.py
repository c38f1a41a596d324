"""Extras: what a club asks its new members that the app cannot ask; all of it may be left out.

No permission is asked for here: a consent needs its evidence, and gets it in the app.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_EXTRAS: Final = 5
LONGEST_ANSWER: Final = 200
YES: Final = "yes"
NO: Final = "no"


class ExtraKind(StrEnum):
    """How an extra is answered."""

    TEXT = "text"
    """One line, in the member's own words."""
    CHOICE = "choice"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers."""

    name: str
    label: Mapping[str, str]
    """What the member reads, by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """One thing that is asked."""

    name: str
    """What the answer is called in the API."""
    kind: ExtraKind
    label: Mapping[str, str]
    choices: tuple[Choice, ...] = ()

    def understood(self, said: str) -> str | None:
        """The answer as it is kept; None for none.

        Raises:
            ValueError: it is no answer to this.
        """
        answer = " ".join(said.split())
        if not answer:
            return None
        if self.kind is ExtraKind.TEXT:
            right = len(answer) <= LONGEST_ANSWER and answer.isprintable()
        elif self.kind is ExtraKind.CHOICE:
            right = answer in {choice.name for choice in self.choices}
        else:
            right = answer in {YES, NO}
        if not right:
            raise ValueError("no answer to this")
        return answer


def in_language(label: Mapping[str, str], language: str) -> str:
    """A label in that language, or else in the first one that it was given in."""
    return label.get(language) or next(iter(label.values()))
