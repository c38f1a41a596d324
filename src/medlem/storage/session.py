"""What the tables ask of a database: run a named statement. The tables know no driver.

Times are whole milliseconds in the database and `datetime` in UTC everywhere else; this is the border.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, overload

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Row(Protocol):
    """One row, read by column."""

    def __getitem__(self, _column: str, /) -> Any: ...


class Session(Protocol):
    """Runs named statements (`sql/*.sql`), all of them in one transaction or each for itself."""

    @property
    def turn(self) -> float:
        """Seconds for which a transaction of a command may last now, so that nobody at a till notices it."""

    async def one(self, statement: str, /, **values: object) -> Row | None:
        """The first row, if there is one."""

    async def all(self, statement: str, /, **values: object) -> list[Row]:
        """Every row."""

    async def run(self, statement: str, /, **values: object) -> int:
        """How many rows were written."""

    async def write(self, statement: str, /, **values: object) -> None:
        """Write, at the latest before something is read or the transaction ends; nobody hears how many rows it were.

        Where each message to the database costs, several of these go in one. They see the tables as they were before.
        """

    async def write_next(self, counter: str, statement: str, /, **values: object) -> None:
        """As `write`, with the number that `counter` returns for the statement's `:position`."""

    async def each(self, statement: str, many: Iterable[Mapping[str, object]], /) -> list[Row]:
        """Run it once for each set of values, in their order; all rows that come back."""

    async def put(self, statement: str, many: Sequence[Sequence[object]], /) -> None:
        """Insert many rows by a plain insert, each with its values in the order of the columns: the quickest way in."""

    async def count(self, *tables: str) -> None:
        """Let the database see how many rows there are, where its plans go by that."""

    def steady(self) -> AbstractAsyncContextManager["Session"]:
        """Let several reads see one moment."""

    def announce(self, topic: str) -> None:
        """Wake whoever watches the topic, once this is committed."""


def millis(moment: datetime) -> int:
    """A moment as the database keeps it."""
    return (moment - EPOCH) // _MILLISECOND


def span(length: timedelta) -> int:
    """A length of time as the database keeps it."""
    return length // _MILLISECOND


def maybe_millis(moment: datetime | None) -> int | None:
    """A moment as the database keeps it, if there is one."""
    return None if moment is None else (moment - EPOCH) // _MILLISECOND


@overload
def moment(kept: int) -> datetime: ...
@overload
def moment(kept: int | None) -> datetime | None: ...
def moment(kept: int | None) -> datetime | None:
    """A moment as we speak of it."""
    return None if kept is None else EPOCH + kept * _MILLISECOND
