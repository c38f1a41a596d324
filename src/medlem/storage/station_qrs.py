"""Keeps the stickers at stations."""

from collections.abc import Sequence
from datetime import datetime

from medlem.club.ids import ClubId, StationId, StationQrId
from medlem.club.station_qr import QrState, StationQr
from medlem.storage.session import Row, Session, maybe_millis, millis, moment


class StationQrs:
    """`flows.tables.StationQrs`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, qr: StationQr) -> None:
        await self._session.run(
            "station_qrs.add",
            club=qr.club,
            qr=qr.id,
            station=qr.station,
            label=qr.label,
            state=qr.state.value,
            content=qr.content,
            made_at=millis(qr.made_at),
            due_at=maybe_millis(qr.due_at),
            failures=qr.failures,
        )

    async def present(self, club: ClubId, station: StationId) -> StationQr | None:
        row = await self._session.one("station_qrs.present", club=club, station=station)
        return _station_qr(row) if row else None

    async def get(self, club: ClubId, qr: str) -> StationQr | None:
        row = await self._session.one("station_qrs.get", club=club, qr=qr)
        return _station_qr(row) if row else None

    async def hold(self, club: ClubId, qr: str) -> StationQr | None:
        row = await self._session.one("station_qrs.hold", club=club, qr=qr)
        return _station_qr(row) if row else None

    async def all(self, club: ClubId) -> Sequence[StationQr]:
        return [_station_qr(row) for row in await self._session.all("station_qrs.all", club=club)]

    async def save(self, qr: StationQr) -> None:
        await self._session.run(
            "station_qrs.save",
            club=qr.club,
            qr=qr.id,
            label=qr.label,
            state=qr.state.value,
            content=qr.content,
            due_at=maybe_millis(qr.due_at),
            failures=qr.failures,
        )

    async def any_due(self, now: datetime) -> bool:
        return await self._session.one("station_qrs.any_due", now=millis(now)) is not None

    async def claim_due(self, now: datetime, until: datetime, most: int) -> Sequence[StationQr]:
        rows = await self._session.all("station_qrs.claim_due", now=millis(now), until=millis(until), most=most)
        return [_station_qr(row) for row in rows]


def _station_qr(row: Row) -> StationQr:
    return StationQr(
        id=StationQrId(row["id"]),
        club=ClubId(row["club"]),
        station=StationId(row["station"]),
        label=row["label"],
        state=QrState(row["state"]),
        content=row["content"],
        made_at=moment(int(row["made_at"])),
        due_at=moment(row["due_at"]),
        failures=row["failures"],
    )
