"""A query in the merchant's PostgreSQL database, in sessions that cannot write."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import asyncpg

from medlem.club.masked import Masked
from medlem.registers.sql import TableAway, WrongQuery, numbered

T = TypeVar("T")

CONNECTIONS: Final = 4
_WALKS: Final = "Seq Scan"


class PostgresqlTable:
    """`registers.sql.Table`."""

    def __init__(self, url: Masked[str], query: str, within: float) -> None:
        """Take the database's address, the query, and how many seconds it may take."""
        self._url, self._within = url, within
        self._sql, self._order = numbered(query)
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def rows(self, values: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        async def fetch(connection: Any) -> list[dict[str, Any]]:
            async with connection.transaction(readonly=True):
                found = await connection.cursor(self._sql, *self._given(values))
                return [dict(row) for row in await found.fetch(2)]

        return await self._with(fetch)

    async def columns(self, values: Mapping[str, str]) -> Sequence[str]:
        del values

        async def describe(connection: Any) -> list[str]:
            return [column.name for column in (await connection.prepare(self._sql)).get_attributes()]

        return await self._with(describe)

    async def reads_everything(self, values: Mapping[str, str]) -> bool:
        async def explain(connection: Any) -> bool:
            async with connection.transaction(readonly=True):
                # A small table is always walked through; whether it could be otherwise is the question.
                await connection.execute("set local enable_seqscan = off")
                plan = await connection.fetchval(f"explain (format json) {self._sql}", *self._given(values))
                return _WALKS in _kinds(json.loads(plan))

        return await self._with(explain)

    def _given(self, values: Mapping[str, str]) -> list[str]:
        return [values[name] for name in self._order]

    async def _with(self, work: Callable[[Any], Awaitable[T]]) -> T:
        # The causes are dropped: their texts may hold what stands in the table, or the address.
        try:
            async with asyncio.timeout(self._within), (await self._open()).acquire() as connection:
                return await work(connection)
        except TimeoutError:
            raise TableAway("too_slow") from None
        except asyncpg.QueryCanceledError:
            raise TableAway("too_slow") from None
        except (asyncpg.SyntaxOrAccessError, asyncpg.DataError) as error:
            raise WrongQuery(type(error).__name__) from None
        except asyncpg.ReadOnlySQLTransactionError:
            raise WrongQuery("it would write") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            raise TableAway("no_table") from None

    async def _open(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url.reveal(),  # to the merchant's own database
                    min_size=0,
                    max_size=CONNECTIONS,
                    timeout=self._within,
                    command_timeout=self._within,
                    server_settings={
                        "application_name": "medlem register",
                        "default_transaction_read_only": "on",
                        "statement_timeout": str(max(1, round(self._within * 1000))),
                    },
                )
            return self._pool


def _kinds(plan: Any) -> set[str]:
    """Every kind of step in a plan."""
    if isinstance(plan, list):
        return set().union(*(_kinds(step) for step in plan))
    if isinstance(plan, dict):
        return {str(plan.get("Node Type", ""))}.union(*(_kinds(step) for step in plan.values()))
    return set()
