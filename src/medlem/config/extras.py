"""What a club asks its new members on its page: read from a TOML file, strictly, since customers see it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from medlem.club.extras import MOST_EXTRAS, Choice, Extra, ExtraKind

LONGEST_LABEL: Final = 200
MOST_CHOICES: Final = 12

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")


def read_extras(value: str) -> tuple[Extra, ...]:
    """The extras in a file."""
    try:
        content = tomllib.loads(Path(value).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ValueError("the name of a TOML file that can be read; docs/settings.md shows one") from None
    found = content.get("extra", [])
    if content.keys() - {"extra"} or not isinstance(found, list):
        raise ValueError("a TOML file with nothing but [[extra]] in it")
    if len(found) > MOST_EXTRAS:
        raise ValueError(f"a file with at most {MOST_EXTRAS} of [[extra]]: nobody fills in more at a counter")
    read = tuple(_extra(entry, number) for number, entry in enumerate(found, start=1))
    if len({extra.name for extra in read}) < len(read):
        raise ValueError("a file in which every [[extra]] has a name of its own")
    return read


def _extra(entry: Any, number: int) -> Extra:
    where = f"a file whose [[extra]] number {number}"
    known = {"name", "kind", "label", "choices"}
    if not isinstance(entry, dict) or entry.keys() - known:
        raise ValueError(f"{where} has {', '.join(sorted(known))} and nothing else")
    name, kind = entry.get("name"), entry.get("kind")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{where} has a name of small letters, digits and _, such as shoe_size")
    if kind not in set(ExtraKind):
        raise ValueError(f"{where} is of the kind {', '.join(ExtraKind)}")
    choices = tuple(_choices(entry.get("choices", []), where))
    if (kind == ExtraKind.CHOICE) != (len(choices) > 1) or len(choices) > MOST_CHOICES:
        raise ValueError(f"{where} has two to {MOST_CHOICES} choices if it is a choice, and none otherwise")
    return Extra(name=name, kind=ExtraKind(kind), label=_label(entry.get("label"), where), choices=choices)


def _choices(entries: Any, where: str) -> Iterator[Choice]:
    seen = set()
    for entry in entries if isinstance(entries, list) else [None]:
        said: dict[str, Any] = entry if isinstance(entry, dict) and not entry.keys() - {"name", "label"} else {}
        name = said.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in seen:
            raise ValueError(f"{where} has choices with a name and a label each, no name twice")
        seen.add(name)
        yield Choice(name, _label(said.get("label"), where))


def _label(label: Any, where: str) -> Mapping[str, str]:
    right = isinstance(label, dict) and bool(label)
    if not right or not all(_LANGUAGE.fullmatch(language) and _line(text) for language, text in label.items()):
        raise ValueError(f'{where} has a label by language, such as {{ en = "Shoe size", nb = "Skostørrelse" }}')
    return dict(label)


def _line(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip()) and text.isprintable() and len(text) <= LONGEST_LABEL
