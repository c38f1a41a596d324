"""Every named statement names its club: a lint of ours over the SQL files of `medlem.storage`.

    python tools/clubs_in_sql.py        prints what is wrong, and ends with 1 if anything is

A table with a `club` column may be touched only where that column is bound to `:club`: by itself
(`club = :club`), by a join on the club of a table that is bound, or as the value of an insert. It must be so in every
sub-select as well, in the part of a condition that always holds: not under an `or`, and for a left join not only in its
`on`.

A statement that is meant for all clubs says so with its reason, `-- All clubs: …`; one that no longer needs it must not
say it. What this reader cannot read is wrong too, since nobody could tell what it does.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

from sql_reading import (
    Equal,
    Group,
    Tokens,
    Unreadable,
    before,
    clauses,
    conjuncts,
    equalities,
    joined,
    parsed,
    split,
    word,
)
from sql_scope import CLUB, STORAGE, Query, Schema, Scope, Source, column_of, tables

FOLDERS: Final = (STORAGE / "sql", STORAGE / "postgresql")


LISTS: Final = frozenset({"json_each"})
"""Functions that make rows of a parameter: nobody's."""

_STATEMENT: Final = re.compile(r"^-- name: (\w+)\(.*\)[!^$]?\s*$", re.MULTILINE)
_MARKER: Final = re.compile(r"^-- All clubs\b(?::[ ]*(.*))?", re.MULTILINE)
_FEWEST_WORDS: Final = 3
_SET_OPERATIONS: Final = frozenset({"union", "intersect", "except"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    statement: str
    said: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.said}"


def statements(file: Traversable) -> Iterator[tuple[str, str]]:
    """The statements of a file by their names, comments and all."""
    parts = _STATEMENT.split(file.read_text(encoding="utf-8"))
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        yield f"{file.name.removesuffix('.sql')}.{name}", text


class Lint:
    """Judges statements over one set of tables."""

    def __init__(self, known: Mapping[str, frozenset[str]]) -> None:
        self._schema = Schema(known)
        self._seen: set[str] = set()

    def schema(self) -> Iterator[Fault]:
        """Tables of which nobody could say whose their rows are."""
        for table in sorted(self._schema.known):
            if not self._schema.has_club(table):
                yield Fault(table, "the table has no column club")

    def judge(self, name: str, text: str) -> Iterator[Fault]:
        """What is wrong with one statement."""
        marker = _MARKER.search(text)
        try:
            faults = self._statement(parsed(text), {})
        except Unreadable as error:
            yield Fault(name, f"cannot be read: {error}")
            return
        if marker is None:
            yield from (Fault(name, fault) for fault in faults)
        elif not faults:
            yield Fault(name, "says that it is for all clubs, but names its club: take the marker away")
        elif len((marker[1] or "").split()) < _FEWEST_WORDS:
            yield Fault(name, "is for all clubs and gives no reason: say `-- All clubs: why`")

    def touched(self, text: str) -> set[str]:
        """The tables that a statement was seen to touch, so that somebody else can say whether one was missed."""
        self._seen = set()
        self._statement(parsed(text), {})
        return self._seen

    # -- statements

    def _statement(self, tokens: Tokens, outer: Scope) -> list[str]:
        scope, faults = dict(outer), list[str]()
        if tokens and tokens[0] == "with":
            tokens, faults = self._common(tokens, scope)
        match tokens[:2]:
            case ["select", *_]:
                return faults + [fault for query in self._selects(tokens, scope) for fault in query.faults]
            case ["insert", "into"]:
                return faults + self._insert(tokens[2:], scope)
            case ["update", _]:
                return faults + self._update(tokens[1:], scope)
            case ["delete", "from"]:
                return faults + self._where(clauses(tokens[1:]), tokens, scope)
        raise Unreadable("it is no select, insert, update or delete")

    def _common(self, tokens: Tokens, scope: Scope) -> tuple[Tokens, list[str]]:
        """Common table expressions: each becomes a source by its name."""
        faults: list[str] = []
        at = 0
        while at == 0 or tokens[at : at + 1] == [","]:
            name, at = word(tokens, at + 1), at + 2
            at += 1 + (tokens[at + 1 : at + 2] == ["materialized"])
            body = tokens[at] if at < len(tokens) else ""
            if not isinstance(body, Group):
                raise Unreadable("a with without its query")
            found = self._statement(body, scope)
            faults += found
            scope[name] = Source(None, bound=not found)
            at += 1
        return tokens[at:], faults

    def _selects(self, tokens: Tokens, outer: Scope) -> list[Query]:
        parts: list[list[str | Group]] = [[]]
        for piece in tokens:
            if piece in _SET_OPERATIONS:
                parts.append([])
            elif piece != "all" or parts[-1]:
                parts[-1].append(piece)
        return [self._select(part, outer) for part in parts]

    def _select(self, tokens: Tokens, outer: Scope) -> Query:
        if not tokens or tokens[0] != "select":
            raise Unreadable("a part of a query that is no select")
        parts = clauses(tokens)
        query = Query(split(parts["select"], ","), {})
        query.faults += self._where(parts, tokens, outer, query.sources)
        return query

    def _update(self, tokens: Tokens, scope: Scope) -> list[str]:
        parts = clauses(["target", *tokens])
        wanted = self._schema.club_column(word(tokens, 0))
        if any(list(part[:2]) == [wanted, "="] for part in split(parts.get("set", []), ",")):
            return ["moves rows from one club to another"]
        parts["from"] = [*parts["target"], *([",", *parts["from"]] if "from" in parts else [])]
        return self._where(parts, tokens, scope)

    def _where(
        self, parts: Mapping[str, Tokens], tokens: Tokens, outer: Scope, sources: Scope | None = None
    ) -> list[str]:
        """Judge where rows come from and what is asked of them, in whichever statement."""
        sources = {} if sources is None else sources
        faults: list[str] = []
        derived: list[Group] = []
        condition = parts.get("where", [])
        equals = self._from(parts.get("from", []), sources, outer, faults, derived) + equalities(condition)
        for alias in self._among(condition, sources, outer):
            sources[alias].bound = True
        self._bind(sources, outer, equals)
        for alias, source in sources.items():
            if source.ours and not source.bound:
                called = "" if alias == source.table else f" ({alias})"
                faults.append(f"{source.table}{called} is read or written without its club bound to {CLUB}")
        self._inside(tokens, {**outer, **sources}, faults, derived)
        return faults

    def _insert(self, tokens: Tokens, scope: Scope) -> list[str]:
        table, columns = word(tokens, 0), tokens[1] if len(tokens) > 1 else ""
        if not isinstance(columns, Group):
            raise Unreadable("an insert without a list of columns")
        self._seen.add(table)
        body, after = before(tokens[2:], ("on", "conflict"))
        body, _ = before(body, ("returning",))
        faults: list[str] = []
        rows = list(self._rows(body, scope, faults))
        if self._schema.has_club(table):
            wanted = [self._schema.club_column(table)]
            names = split(columns, ",")
            if wanted not in names:
                return [*faults, f"inserts into {table} without its club"]
            place = names.index(wanted)
            if any(len(row) != len(names) or not self._schema.is_club(row[place], query) for row, query in rows):
                faults.append(f"inserts into {table} with a club that is not {CLUB}")
            target = after[2] if "update" in after else None
            if target is not None and not (isinstance(target, Group) and wanted in split(target, ",")):
                faults.append(f"an insert into {table} may overwrite a row of another club")
        self._inside(after, {**scope, table: Source(table, bound=True)}, faults, [])
        return faults

    def _rows(self, body: Tokens, scope: Scope, faults: list[str]) -> Iterator[tuple[list[Tokens], Query | None]]:
        """The rows of an insert, as lists of values."""
        if body and body[0] != "values":
            for query in self._selects(body, scope):
                faults += query.faults
                yield query.shown, query
            return
        for row in split(body[1:], ","):
            if len(row) != 1 or not isinstance(row[0], Group):
                raise Unreadable("values that are no rows")
            self._inside(row[0], scope, faults, [])
            yield split(row[0], ","), None

    # -- sources and what binds them

    def _from(
        self, tokens: Tokens, sources: Scope, outer: Scope, faults: list[str], derived: list[Group]
    ) -> list[Equal]:
        """Add what rows come from; which of their columns the joins hold together."""
        equals: list[Equal] = []
        for kind, item, condition in joined(tokens):
            if kind not in {"", "left"}:
                raise Unreadable(f"a {kind} join")
            first, *called = [piece for piece in item if piece != "as"] or [""]
            if first in LISTS and len(called) == 1 and isinstance(called[0], Group):
                continue
            alias = str(called[0]) if called else str(first)
            if len(called) > 1 or any(isinstance(each, Group) for each in called) or alias in sources:
                raise Unreadable("a source that is no name with an alias of its own")
            if isinstance(first, Group):
                found = self._statement(first, outer)
                faults += found
                derived.append(first)
                sources[alias] = Source(None, bound=not found, ours=False)
            elif first in outer and outer[first].table is None:
                sources[alias] = Source(None, bound=outer[first].bound, ours=False)
            else:
                self._seen.add(first)
                sources[alias] = Source(first, ours=self._schema.has_club(first))
            for equal in equalities(condition):
                equal.only = alias if kind == "left" else None
                equals.append(equal)
        return equals

    def _bind(self, sources: Scope, outer: Scope, equals: list[Equal]) -> None:
        """Find out which sources are of our club: a chain of joins binds one after the other."""
        for _ in sources:
            for equal in equals:
                for one, other in ((equal.one, equal.other), (equal.other, equal.one)):
                    alias = self._schema.of_club(one, sources)
                    if alias is None or equal.only not in {None, alias}:
                        continue
                    if other == (CLUB,) or self._schema.is_bound(other, {**outer, **sources}):
                        sources[alias].bound = True

    def _among(self, where: Tokens, sources: Scope, outer: Scope) -> Iterator[str]:
        """`(club, id) in (select club, id …)`: bound if the inner query is, and shows its club there."""
        for part in conjuncts(where):
            left, after = before(part, ("in",))
            inner = after[-1] if len(after) == len(("in", "(select …)")) else ""
            if not isinstance(inner, Group) or inner[:1] != ["select"]:
                continue
            row = left[0] if len(left) == 1 else ""
            columns = split(row, ",") if isinstance(row, Group) else [left]
            queries = self._selects(inner, {**outer, **sources})
            for at, column in enumerate(columns):
                alias = self._schema.of_club(column_of(column), sources)
                if alias is not None and all(
                    not query.faults and at < len(query.shown) and self._schema.is_club(query.shown[at], query)
                    for query in queries
                ):
                    yield alias

    def _inside(self, tokens: Tokens, scope: Scope, faults: list[str], derived: list[Group]) -> None:
        """Judge the queries inside expressions; those among the sources have been judged."""
        for piece in tokens:
            if not isinstance(piece, Group) or any(piece is other for other in derived):
                continue
            if piece[:1] in (["select"], ["with"]):
                faults += self._statement(piece, scope)
            else:
                self._inside(piece, scope, faults, derived)


def faults() -> Iterator[Fault]:
    """Everything that is wrong with our own SQL."""
    lint = Lint(tables())
    yield from lint.schema()
    for folder in FOLDERS:
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".sql"):
                for name, text in statements(file):
                    yield from lint.judge(name, text)


def main() -> int:
    """Print what is wrong."""
    wrong = [str(fault) for fault in faults()]
    print("\n".join(wrong) or "Every named statement names its club, or says why not.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
