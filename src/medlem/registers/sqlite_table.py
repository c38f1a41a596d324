"""A query in the merchant's SQLite file. It runs beside the loop, for a foreign file may be slow or locked."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final, TypeVar

from medlem.registers.sql import PARAMETERS, TableAway, WrongQuery, named

T = TypeVar("T")

STEPS: Final = 2000
"""Of SQLite's machine between two looks at the clock."""


class SqliteTable:
    """`registers.sql.Table`."""

    def __init__(self, file: Path, query: str, within: float) -> None:
        """Take the file, the query, and how many seconds it may take."""
        self._file, self._query, self._within = file, query, within
        self._used = named(query)
        self._thread = ThreadPoolExecutor(1, "register")
        self._connection: sqlite3.Connection | None = None
        self._deadline = 0.0

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._shut)
        self._thread.shutdown(wait=False)

    async def rows(self, values: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        return await self._run(partial(self._rows, self._query, values))

    async def columns(self, values: Mapping[str, str]) -> Sequence[str]:
        return await self._run(partial(self._names, values))

    async def reads_everything(self, values: Mapping[str, str]) -> bool:
        plan = await self._run(partial(self._rows, f"explain query plan {self._query}", values))
        return any(str(step["detail"]).startswith("SCAN") for step in plan)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._within):
                return await asyncio.get_running_loop().run_in_executor(self._thread, partial(self._try, work))
        except TimeoutError:
            raise TableAway("too_slow") from None

    def _try(self, work: Callable[[], T]) -> T:
        self._deadline = monotonic() + self._within
        try:
            return work()
        except sqlite3.Error as error:
            self._shut()  # a file that was replaced, or a disk that was away, is opened anew
            # The cause is dropped: its text may hold what stands in the table.
            raise self._told(error) from None

    def _told(self, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", None)
        if code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH}:
            return WrongQuery(str(error))
        if isinstance(error, sqlite3.ProgrammingError | sqlite3.Warning) or code is None:
            return WrongQuery("it is not one statement with the parameters that it has")
        return TableAway("too_slow" if code == sqlite3.SQLITE_INTERRUPT else "no_table")

    def _rows(self, sql: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
        cursor = self._open().execute(sql, self._given(values))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(2)]

    def _names(self, values: Mapping[str, str]) -> list[str]:
        cursor = self._open().execute(self._query, self._given(values))
        return [column[0] for column in cursor.description or ()]

    def _given(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: values[name] for name in PARAMETERS if name in self._used}

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                f"{self._file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=self._within
            )
            self._connection.execute("pragma query_only = on")
            self._connection.set_progress_handler(self._too_late, STEPS)
        return self._connection

    def _too_late(self) -> int:
        return int(monotonic() > self._deadline)

    def _shut(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
