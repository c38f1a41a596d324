"""Several writes as one statement: each message to PostgreSQL costs more than what it asks for.

They stand side by side in one `with`, so each sees the tables as they were before all of them. No two may write the
same table, and none may read another one. They are done, and take their rows, in the order in which they are given.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from medlem.storage.postgresql.dialect import spoken

_NUMBERED = re.compile(r"\$(\d+)")
_WRITTEN = re.compile(r"\b(?:insert into|(?<!do )update|delete from) (\w+)")


@dataclass(frozen=True, slots=True)
class Write:
    """A named statement that writes, and another that counts for it, if one does."""

    statement: str
    counter: str | None = None

    @property
    def tables(self) -> frozenset[str]:
        """The tables that are written."""
        return _tables(self.statement) | (_tables(self.counter) if self.counter else frozenset())


@dataclass(frozen=True, slots=True)
class Together:
    """One statement, and which parameter of which write each of its own is."""

    sql: str
    parameters: Sequence[tuple[int, str]]

    def in_order(self, values: Sequence[Mapping[str, object]]) -> list[object]:
        """The values of all the writes, as the statement takes them."""
        return [values[which][name] for which, name in self.parameters]


@cache
def together(writes: tuple[Write, ...]) -> Together:
    """One statement that does all of it."""
    parts: list[str] = []
    parameters: list[tuple[int, str]] = []
    for number, write in enumerate(writes):

        def put(statement: str, given: Mapping[str, str], number: int = number) -> str:
            numbered, places = spoken()[statement], []
            for name in numbered.parameters:
                if name not in given and (number, name) not in parameters:
                    parameters.append((number, name))
                places.append(given.get(name) or f"${parameters.index((number, name)) + 1}")
            return _NUMBERED.sub(lambda match: places[int(match[1]) - 1], numbered.sql).rstrip("; ")

        given = {}
        if write.counter is not None:
            parts.append(f"counted_{number} as ({put(write.counter, {})})")
            given["position"] = f"(select * from counted_{number})"  # noqa: S608 - a number of ours
        parts.append(f"written_{number} as ({put(write.statement, given)} returning 1)")
    # Whatever is read is done first. Unread, PostgreSQL would do the last one first, and two transactions that take the
    # same rows in one order here and in another there would wait for each other.
    done = ", ".join(f"(select count(*) from written_{number})" for number in range(len(writes)))  # noqa: S608 - numbers of ours
    return Together("with " + ", ".join(parts) + f" select {done}", parameters)


@cache
def _tables(statement: str) -> frozenset[str]:
    sql = spoken()[statement].sql
    found = _WRITTEN.findall(sql)
    if len(found) != 1:
        raise ValueError(f"{statement} is no single write")
    return frozenset(found)
