"""Takes SQL apart as far as a lint needs it: words in their parentheses, clauses, joins, and what always holds.

It reads the words that our statements are written in and no others, and refuses what it does not know.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_INDEX: Final = re.compile(r"\bindexed by \w+")

_TOKEN: Final = re.compile(
    r"--[^\n]*|'(?:[^']|'')*'|::|:[a-z_]+|[a-z_][a-z_0-9]*|[0-9]+|<=|>=|<>|!=|\|\||->>?|[-+*/<>=(),.;%]"
)
_CLAUSES: Final = frozenset(
    {
        "select",
        "from",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "for",
        "returning",
        "set",
        "values",
        "window",
    }
)
_JOINS: Final = frozenset({"join", "left", "right", "full", "inner", "cross", "natural"})


class Unreadable(Exception):
    """A statement that is put in a way that this reader does not know."""


class Group(list["str | Group"]):
    """What stands in parentheses; itself and no other, though another may hold the same."""

    def __hash__(self) -> int:  # type: ignore[override] # a list has none, and this one is never changed once read
        return id(self)


Tokens = Sequence[str | Group]


@dataclass(slots=True)
class Equal:
    """Two columns, or a column and `:club`, that are the same; for a left join only the right one is held to it."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    only: str | None = None


def parsed(text: str) -> Tokens:
    """Tokens in their parentheses, in small letters; comments and names of indices left out."""
    plain, at = _INDEX.sub("", text.lower()).strip(), 0
    stack: list[Group] = [Group()]
    while at < len(plain):
        if plain[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(plain, at)
        if found is None:
            raise Unreadable(f"{plain[at : at + 10]!r}")
        piece, at = found[0], found.end()
        if piece == "(":
            stack.append(Group())
        elif piece == ")":
            if len(stack) == 1:
                raise Unreadable("a parenthesis too many")
            closed = stack.pop()
            stack[-1].append(closed)
        elif not piece.startswith("--") and piece != ";":
            stack[-1].append(piece)
    if len(stack) != 1:
        raise Unreadable("a parenthesis too few")
    return stack[0]


def word(tokens: Tokens, at: int) -> str:
    """The name that must stand there."""
    piece = tokens[at] if at < len(tokens) else ""
    if not isinstance(piece, str) or not re.fullmatch(r"[a-z_][a-z_0-9]*", piece):
        raise Unreadable("a name was expected")
    return piece


def clauses(tokens: Tokens) -> dict[str, list[str | Group]]:
    """The clauses of one select, update or delete by their first words."""
    found: dict[str, list[str | Group]] = {}
    current: list[str | Group] = []
    for at, piece in enumerate(tokens):
        begins = isinstance(piece, str) and (piece in _CLAUSES or at == 0)
        if begins and not (piece == "from" and at and tokens[at - 1] == "distinct"):
            if piece in found and piece != "from":
                raise Unreadable(f"two clauses of {piece}")
            current = []
            found.setdefault(str(piece), current)
        else:
            current.append(piece)
    return found


def before(tokens: Tokens, words: Sequence[str]) -> tuple[Tokens, Tokens]:
    """What stands before some words, and what from them on."""
    for at in range(len(tokens)):
        if list(tokens[at : at + len(words)]) == list(words):
            return tokens[:at], tokens[at:]
    return tokens, []


def split(tokens: Tokens, by: str) -> list[Tokens]:
    """What stands between the commas, or whatever else."""
    parts: list[list[str | Group]] = [[]]
    for piece in tokens:
        if piece == by:
            parts.append([])
        else:
            parts[-1].append(piece)
    return list(parts)


def joined(tokens: Tokens) -> Iterator[tuple[str, Tokens, Tokens]]:
    """Each source of a from clause: how it is joined, what it is, and on what condition."""
    if not tokens:
        return
    for part in split(tokens, ","):
        kind, item, condition, after_on = "", list[str | Group](), list[str | Group](), False
        for piece in part:
            if piece in _JOINS or piece == "outer":
                if item:
                    yield kind, item, condition
                    kind, item, condition, after_on = "", [], [], False
                kind = str(piece) if piece in _JOINS - {"join", "inner", "cross"} else kind
            elif piece == "using":
                raise Unreadable("using")
            elif piece == "on":
                after_on = True
            else:
                (condition if after_on else item).append(piece)
        yield kind, item, condition


def conjuncts(tokens: Tokens) -> list[list[str | Group]]:
    """The parts of a condition that all have to hold; none if any of them need not."""
    if "or" in tokens:
        return []
    parts: list[list[str | Group]] = [[]]
    between = False
    for piece in tokens:
        if piece == "and" and not between:
            parts.append([])
            continue
        between = piece == "between" or (between and piece != "and")
        parts[-1].append(piece)
    found = []
    for part in parts:
        inner = part[0] if len(part) == 1 else None
        plain = isinstance(inner, Group) and inner[:1] != ["select"]
        found += conjuncts(inner) if plain and inner is not None and not isinstance(inner, str) else [part]
    return found


def equalities(condition: Tokens) -> list[Equal]:
    """Columns that a condition holds to be the same as others, or as `:club`."""
    found = []
    for part in conjuncts(condition):
        sides = split(part, "=")
        if len(sides) == len(("one", "other")) and all(
            side and all(isinstance(piece, str) for piece in side) for side in sides
        ):
            one, other = (tuple(str(piece) for piece in side if piece != ".") for side in sides)
            found.append(Equal(one, other))
    return found
