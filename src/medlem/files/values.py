"""What cells mean. What is not plausible is refused in words that never repeat the cell, which is somebody's."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec

from medlem.club import spelling
from medlem.club.extras import LONGEST_ANSWER
from medlem.club.member import Address
from medlem.files.columns import EXTRA_NAME
from medlem.files.reasons import Judge, Why, Wrong

_LINE: Final = re.compile(spelling.LINE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_GUARDED: Final = re.compile(r"\A'(?=[=+\-@\t\r'])")
_TO_GUARD: Final = re.compile(r"\A'?[=+\-@\t\r]|\A''")

YES: Final = frozenset(
    "yes y true t 1 x on ja j sann sant sand kyllä k tosi oui".split()  # noqa: SIM905 - reads better than a list
)
NO: Final = frozenset(
    "no n false f 0 off nei nej ei usann usant falsk falskt epätosi non".split()  # noqa: SIM905 - as above
)

Read = TypeVar("Read")


def guarded(text: str) -> str:
    """A text as it is written, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _TO_GUARD.match(text) else text


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


def text(cell: str) -> str | None:
    """One line of text, as the API takes it; spaces around it are nobody's name."""
    found = cell.strip()
    if not found:
        return None
    found = unguarded(found)
    if not _LINE.match(found):
        if _CONTROL.search(found):
            raise Wrong(Why.CONTROL, "There are line ends or other control characters in this cell. Take them out.")
        return None
    if len(found) > spelling.LONGEST_LINE:
        raise Wrong(Why.TEXT, f"This is longer than {spelling.LONGEST_LINE} letters.")
    return found


def as_it_stands(cell: str) -> str | None:
    """A text of an export of ours, to the letter."""
    return unguarded(cell) or None


def yes_or_no(cell: str) -> bool | None:
    """Whether a cell says yes; None if it says nothing."""
    word = unicodedata.normalize("NFC", cell).strip().casefold()
    if not word:
        return None
    if word in YES:
        return True
    if word in NO:
        return False
    raise Wrong(Why.YES_NO, "Write yes or no.")


def choice(kind: Callable[[str], Read], among: str) -> Callable[[str], Read | None]:
    """One of some words."""

    def read(cell: str) -> Read | None:
        word = cell.strip().casefold()
        try:
            return kind(word) if word else None
        except (KeyError, ValueError):
            raise Wrong(Why.CHOICE, f"This is one of {among}.") from None

    return read


def extra(cell: str) -> str | None:
    """What a member has added, as their own page takes it."""
    answer = " ".join(unguarded(cell).split())
    if len(answer) > LONGEST_ANSWER or not answer.isprintable():
        raise Wrong(Why.TEXT, f"An answer is one line of at most {LONGEST_ANSWER} letters.")
    return answer or None


def json(kind: Any, form: str) -> Callable[[str], Any]:
    """Something that an export of ours writes as JSON."""
    decoder = msgspec.json.Decoder(kind)

    def read(cell: str) -> Any:
        try:
            return decoder.decode(cell) if cell.strip() else None
        except (msgspec.MsgspecError, ValueError):
            raise Wrong(Why.JSON, f"This is not as an export writes it: {form}.") from None

    return read


_addresses: Final = json(tuple[Address, ...], 'a list of addresses, [{"street_address": …}]')
extras: Final = json(dict[str, str], 'answers by their names, {"shoe_size": "43"}')
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
past: Final = json(tuple[tuple[_Moment, _Moment], ...], 'a list of times, [["2019-01-01T00:00:00Z", "2020-…"]]')


def judged_extras(cell: str) -> dict[str, str] | None:
    """Answers in a file that is no export of ours."""
    read = {name: extra(said) for name, said in (extras(cell) or {}).items()}
    if not all(map(EXTRA_NAME.fullmatch, read)):
        raise Wrong(Why.TEXT, "An answer has a name of small letters, digits and _, such as shoe_size.")
    return {name: said for name, said in read.items() if said is not None}


def addresses(judge: Judge) -> Judge:
    """Further addresses, whose parts are read as those of the first one."""

    def read(cell: str) -> tuple[Address, ...] | None:
        found: tuple[Address, ...] | None = _addresses(cell)
        for one in found or ():
            for part in fields(one):
                judge(getattr(one, part.name) or "")
        return found

    return read


def postal_code(country: str | None) -> Callable[[str], str | None]:
    """A postal code; a leading 0 that a spreadsheet has taken away is put back where codes are of one length."""
    digits = {"NO": 4, "DK": 4, "FI": 5}.get(country or "")
    lost = re.compile(rf"\A[0-9]{{{digits - 2},{digits - 1}}}\Z") if digits else None

    def read(cell: str) -> str | None:
        found = text(cell)
        if found is not None and digits and lost and lost.match(found):
            return found.zfill(digits)
        return found

    return read
