"""Counts attempts that are long past, and removes them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from medlem.club.ids import ClubId, StoreId
from medlem.flows.attempts_table import Counted, Standing
from medlem.storage.session import Row, Session, millis, moment

COUNTED_AT_ONCE: Final = 100
"""A few statements for each, so that no till waits."""

_A_DAY: Final = 86_400_000
_FIRST: Final = date(1970, 1, 1)


class Attempts:
    """`flows.attempts_table.Attempts`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def count_ended(self, before: datetime) -> int:
        gone = []
        for row in await self._session.all("attempts.ended", before=millis(before), most=COUNTED_AT_ONCE):
            where = {"club": row["club"], "enrolment": row["id"]}
            await self._session.run("attempts.remove_followers", **where)
            if await self._session.run("attempts.remove", **where):
                await self._remove_identification(row)
                gone.append(row)
        return await self._count(gone)

    async def count_unasked(self, before: datetime) -> int:
        found = await self._session.all("attempts.unasked", before=millis(before), most=COUNTED_AT_ONCE)
        return await self._count([row for row in found if await self._remove_identification(row)])

    async def counted(self, club: ClubId, since: date, until: date) -> Sequence[Counted]:
        span = {"since": (since - _FIRST).days, "until": (until - _FIRST).days}
        return [
            Counted(_FIRST + timedelta(days=row["day"]), StoreId(row["store"]), row["outcome"], row["many"])
            for row in await self._session.all("attempts.counted", club=club, **span)
        ]

    async def ended(self, club: ClubId, before: datetime) -> Standing:
        return _standing(await self._session.one("attempts.ended_kept", club=club, before=millis(before)))

    async def unasked(self, club: ClubId, before: datetime) -> Standing:
        return _standing(await self._session.one("attempts.unasked_kept", club=club, before=millis(before)))

    async def _remove_identification(self, row: Row) -> bool:
        where = {"club": row["club"], "identification": row["identification"]}
        return await self._session.run("attempts.remove_identification", **where) > 0

    async def _count(self, rows: Sequence[Row]) -> int:
        """In one order, so that two nodes that count at once do not wait for each other for ever."""
        stores = {at: await self._store_of(*at) for at in {(row["club"], row["station"]) for row in rows}}
        many = Counter(
            (row["club"], int(row["created_at"]) // _A_DAY, stores[row["club"], row["station"]], row["outcome"])
            for row in rows
        )
        for (club, day, store, outcome), times in sorted(many.items()):
            await self._session.run("attempts.count", club=club, day=day, store=store, outcome=outcome, many=times)
        return len(rows)

    async def _store_of(self, club: str, station: str) -> str:
        row = await self._session.one("attempts.store_of", club=club, station=station)
        if row is None:
            raise LookupError(f"there is no station {station}")
        return str(row["store"])


def _standing(row: Row | None) -> Standing:
    if row is None:
        return Standing(0, 0, None)
    oldest = moment(row["oldest"])
    return Standing(int(row["kept"]), int(row["due"]), oldest and oldest.astimezone(UTC))
