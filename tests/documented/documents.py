"""What the platform's pages say, case by case: a request and its answer, read from files that know neither side.

A word in braces stands for what each side has of its own: `{msn}`, `{access_token}`. Who checks a case binds the
words first; `{word}` and `{seconds}` stay and mean *any system name of at most 30 characters* and *any whole number*.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"
LEFT_OPEN = {"{word}": re.compile(r"\S.{0,29}"), "{seconds}": re.compile(r"[0-9]{1,6}")}


@dataclass(frozen=True)
class Case:
    """One call as it is documented."""

    name: str
    says: str
    sources: list[dict[str, str]]
    read: str
    request: Any
    """`method`, `path`, `headers`, `absent`, and `form`, `json` or `text`; None where only the answer is documented."""
    answer: Any
    """`status`, `headers`, `json` or `text`; `optional` and `fixed` are JSON pointers into `json`."""
    open: list[str]
    """What the pages leave open."""

    def bound(self, words: Mapping[str, str]) -> "Case":
        """Put one side's own words in."""
        return replace(self, request=_bound(self.request, words), answer=_bound(self.answer, words))


def load(name: str) -> Case:
    return Case(**json.loads((FOLDER / f"{name}.json").read_text()))


NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def misfit_headers(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Every documented header that is not there as documented; what else is there does not matter."""
    return [f"{name}: {found.get(name)!r}" for name, value in wanted.items() if not _same(name, value, found.get(name))]


def misfits(wanted: Any, found: Any, answer: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Everything in which a JSON value has not the documented shape.

    Names and types must be the same; a value itself only where the case says that it is fixed. Of a list, each entry
    must have the shape of one of those that are documented.
    """
    if at in answer.get("fixed", ()) and wanted != found:
        yield f"{at}: {found!r} is not {wanted!r}"
    elif type(wanted) is not type(found):
        yield f"{at}: {type(found).__name__} is no {type(wanted).__name__}"
    elif isinstance(wanted, dict):
        optional = {pointer.rpartition("/")[2] for pointer in answer.get("optional", ()) if _parent(pointer) == at}
        yield from (f"{at}/{name}: missing" for name in wanted.keys() - found.keys() - optional)
        yield from (f"{at}/{name}: not documented" for name in found.keys() - wanted.keys())
        for name in wanted.keys() & found.keys():
            yield from misfits(wanted[name], found[name], answer, f"{at}/{name}")
    elif isinstance(wanted, list):
        yield from _entries(wanted, found, answer, at)


def _entries(wanted: list[Any], found: list[Any], answer: Mapping[str, Any], at: str) -> Iterator[str]:
    if wanted and not found:
        yield f"{at}: empty"
    for number, entry in enumerate(found if wanted else []):
        tries = [list(misfits(one, entry, answer, f"{at}/{place}")) for place, one in enumerate(wanted)]
        if all(tries):
            yield from (f"{at}/{number}: {flaw}" for flaw in tries[0])


def _parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _same(name: str, wanted: str, found: str | None) -> bool:
    if found is None:
        return False
    if wanted in LEFT_OPEN:
        return LEFT_OPEN[wanted].fullmatch(found) is not None
    if name == "Content-Type":
        return _media_type(wanted) == _media_type(found)
    return wanted == found


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _bound(value: Any, words: Mapping[str, str]) -> Any:
    match value:
        case str():
            return re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), value)
        case dict():
            return {name: _bound(each, words) for name, each in value.items()}
        case list():
            return [_bound(each, words) for each in value]
    return value
