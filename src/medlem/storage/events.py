"""Keeps what each station's screen shows next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from medlem.club.identification import LIFE
from medlem.club.ids import ClubId, StationId
from medlem.club.place import Station
from medlem.flows.tables import Event
from medlem.flows.views import EnrolmentView, EventView, IdentificationView, SnapshotView, StationView
from medlem.storage.enrolments import Enrolments
from medlem.storage.identifications import AT_ONCE, identification_of
from medlem.storage.linkings import Linkings
from medlem.storage.members import Members
from medlem.storage.session import Session, millis, moment
from medlem.vault import Vault

STILL_SHOWN: Final = timedelta(seconds=60)
"""How long an ended enrolment stays on a screen that begins anew."""

BEGUN_WITHIN: Final = timedelta(days=1)
"""An enrolment ends within minutes; what was begun before this is not looked at."""


class Events:
    """`flows.tables.Events`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def add(self, club: ClubId, station: StationId, view: EventView, now: datetime) -> None:
        await self._session.write_next(
            "events.next_position",
            "events.add",
            club=club,
            station=station,
            kind="enrolment" if isinstance(view, EnrolmentView) else "identification",
            body=msgspec.json.encode(view).decode(),
            now=millis(now),
        )
        self._session.announce(station)

    async def after(self, club: ClubId, station: StationId, position: int, most: int) -> Sequence[Event]:
        rows = await self._session.all("events.after", club=club, station=station, position=position, most=most)
        return [Event(row["position"], row["kind"], row["body"].encode()) for row in rows]

    async def resumable(self, club: ClubId, station: StationId, position: int, since: datetime) -> bool:
        # Who has read nothing yet counts as having read the first.
        row = await self._session.one("events.standing", club=club, station=station, position=max(position, 1))
        if row is None or not 0 <= position <= row["last_position"]:
            return False
        if row["last_position"] == 0:
            return True
        return row["added_at"] is not None and row["added_at"] >= millis(since)

    async def snapshot(self, station: Station, now: datetime) -> tuple[int, SnapshotView]:
        async with self._session.steady() as session:
            where = {"club": station.club, "station": station.id}
            row = await session.one("events.position", **where)
            position = int(row["last_position"]) if row else 0
            view = SnapshotView(
                station=StationView(station.id, station.name),
                server_time=now,
                identification=await self._identification(session, station, now),
                enrolments=await self._enrolments(session, station, now),
            )
            return position, view

    async def latest(self) -> datetime | None:
        """When anything was shown last, anywhere."""
        row = await self._session.one("events.latest")
        return moment(row["added_at"]) if row else None

    async def forget(self, before: datetime) -> int:
        return await self._session.run("events.forget", before=millis(before), most=AT_ONCE)

    async def _identification(self, session: Session, station: Station, now: datetime) -> IdentificationView | None:
        row = await session.one(
            "events.latest_identification", club=station.club, station=station.id, since=millis(now - LIFE)
        )
        if row is None:
            return None
        found = identification_of(row)
        members = Members(session, self._vault)
        return IdentificationView.of(found, await members.today(station.club, found.member) if found.member else None)

    async def _enrolments(self, session: Session, station: Station, now: datetime) -> list[EnrolmentView]:
        rows = await session.all(
            "events.followed_enrolments",
            club=station.club,
            station=station.id,
            begun_since=millis(now - BEGUN_WITHIN),
            ended_since=millis(now - STILL_SHOWN),
        )
        enrolments, members = Enrolments(session, self._vault), Members(session, self._vault)
        linkings = Linkings(session, self._vault)
        found = [enrolment for row in rows if (enrolment := await enrolments.get(station.club, row["enrolment"]))]
        return [
            EnrolmentView.of(
                one,
                await members.today(one.club, one.member) if one.member else None,
                await linkings.of_enrolment(one.club, one.id) if one.member else None,
            )
            for one in found
        ]
