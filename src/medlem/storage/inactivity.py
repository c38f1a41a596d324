"""Keeps who has not been seen for long, and that an operator has agreed to what comes of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from medlem.club.ids import ClubId, MemberId
from medlem.flows.inactivity_table import Confirmed, Listed
from medlem.storage.session import Session, millis, moment, span

YEAR: Final = timedelta(days=365)


class Inactivity:
    """`flows.inactivity_table.Inactivity`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def confirmed(self, club: ClubId) -> Confirmed | None:
        row = await self._session.one("inactivity.confirmed", club=club)
        if row is None:
            return None
        after, notice = (timedelta(milliseconds=int(row[name])) for name in ("inactive_after", "notice"))
        return Confirmed(after, notice, moment(int(row["confirmed_at"])))

    async def confirm(self, club: ClubId, confirmed: Confirmed) -> None:
        await self._session.run(
            "inactivity.confirm",
            club=club,
            inactive_after=span(confirmed.inactive_after),
            notice=span(confirmed.notice),
            now=millis(confirmed.at),
        )

    async def ages(self, club: ClubId, before: datetime, now: datetime) -> Mapping[int, int]:
        rows = await self._session.all(
            "inactivity.ages", club=club, before=millis(before), now=millis(now), year=span(YEAR)
        )
        return {int(row["years"]): int(row["many"]) for row in rows}

    async def listed(self, club: ClubId, flagged_before: datetime) -> Listed:
        row = await self._session.one("inactivity.listed", club=club, flagged_before=millis(flagged_before))
        return Listed(int(row["warned"]), int(row["due"])) if row else Listed(0, 0)

    async def flagged(self, club: ClubId, most: int) -> Sequence[tuple[MemberId, datetime]]:
        rows = await self._session.all("inactivity.flagged", club=club, most=most)
        return [(MemberId(row["id"]), moment(int(row["flagged_at"]))) for row in rows]

    async def flag(self, club: ClubId, before: datetime, now: datetime, most: int) -> int:
        return await self._session.run("inactivity.flag", club=club, before=millis(before), now=millis(now), most=most)

    async def unflag(self, club: ClubId, before: datetime) -> int:
        return await self._session.run("inactivity.unflag", club=club, before=millis(before))

    async def to_erase(self, club: ClubId, flagged_before: datetime, most: int) -> Sequence[MemberId]:
        rows = await self._session.all(
            "inactivity.to_erase", club=club, flagged_before=millis(flagged_before), most=most
        )
        return [MemberId(row["id"]) for row in rows]
