"""Keeps who stood where."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Final

import msgspec

from medlem.club.identification import Choice, Doubt, Evidence, Identification, Membership
from medlem.club.ids import ClubId, IdentificationId, StationId
from medlem.club.member import Entry
from medlem.club.phone import PhoneNumber
from medlem.storage.session import Row, Session, millis, moment
from medlem.vault import Vault

PHONE = "phone"

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Nothing has been since."""

AT_ONCE: Final = 500
"""How many rows are forgotten in one call, so that no till waits behind it."""


class Identifications:
    """`flows.tables.Identifications`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def add(self, identification: Identification) -> None:
        phone = identification.phone
        await self._session.write(
            "identifications.add",
            club=identification.club,
            identification=identification.id,
            station=identification.station,
            phone=phone.msisdn if phone else None,
            evidence=identification.evidence.value,
            membership=identification.membership.value,
            member=identification.member,
            entry=msgspec.json.encode(identification.entry).decode() if identification.entry else None,
            doubt=identification.doubt.value if identification.doubt else None,
            choices=msgspec.json.encode(identification.choices).decode() if identification.choices else None,
            created_at=millis(identification.created_at),
        )

    async def choose(self, identification: Identification) -> None:
        where = {"club": identification.club, "identification": identification.id}
        await self._session.run("identifications.choose", **where, member=identification.member)

    async def get(self, club: ClubId, identification: str) -> Identification | None:
        row = await self._session.one("identifications.get", club=club, identification=identification)
        return identification_of(row) if row else None

    async def counted(
        self, club: ClubId, station: StationId, looked_up: Sequence[datetime], missed: Sequence[datetime]
    ) -> tuple[Sequence[int], Sequence[int]]:
        where, moments = {"club": club, "station": station}, list(zip_longest(looked_up, missed, fillvalue=NEVER))
        rows = await self._session.each(
            "identifications.counted",
            [{**where, "since": millis(looked), "missed_since": millis(missed)} for looked, missed in moments],
        )
        return (
            [int(row["looked_up"]) for row in rows[: len(looked_up)]],
            [int(row["missed"]) for row in rows[: len(missed)]],
        )

    async def oldest(self, club: ClubId, station: StationId, since: datetime) -> datetime | None:
        row = await self._session.one("identifications.oldest", club=club, station=station, since=millis(since))
        return moment(row["created_at"]) if row else None

    async def set_app_found(self, identification: Identification, *, found: bool) -> None:
        where = {"club": identification.club, "identification": identification.id}
        await self._session.write("identifications.set_app_found", **where, found=int(found))

    async def app_presence(self, club: ClubId, phone: PhoneNumber, since: datetime) -> bool | None:
        for digest in self._vault.digests(PHONE, phone.msisdn):
            row = await self._session.one("identifications.app_presence", club=club, digest=digest, since=millis(since))
            if row is not None:
                return bool(row["found"])
        return None

    async def keep_app_presence(self, club: ClubId, phone: PhoneNumber, now: datetime, *, found: bool) -> None:
        digest = self._vault.digest(PHONE, phone.msisdn)
        await self._session.write(
            "identifications.keep_app_presence", club=club, digest=digest, found=int(found), now=millis(now)
        )

    async def forget_app_presence(self, before: datetime) -> int:
        return await self._session.run("identifications.forget_app_presence", before=millis(before), most=AT_ONCE)

    async def note_miss(self, club: ClubId, station: StationId, phone: PhoneNumber, now: datetime) -> None:
        digest = self._vault.digest(PHONE, phone.msisdn)
        await self._session.write(
            "identifications.note_miss", club=club, station=station, digest=digest, now=millis(now)
        )

    async def forget(self, before: datetime) -> int:
        await self._session.run("identifications.forget_misses", before=millis(before), most=AT_ONCE)
        return await self._session.run("identifications.forget", before=millis(before), most=AT_ONCE)


def identification_of(row: Row) -> Identification:
    """An identification from its row."""
    return Identification(
        id=IdentificationId(row["id"]),
        club=ClubId(row["club"]),
        station=StationId(row["station"]),
        phone=PhoneNumber(row["phone"]) if row["phone"] else None,
        evidence=Evidence(row["evidence"]),
        membership=Membership(row["membership"]),
        member=row["member"],
        entry=_entry.decode(row["entry"]) if row["entry"] else None,
        doubt=Doubt(row["doubt"]) if row["doubt"] else None,
        choices=_choices.decode(row["choices"]) if row["choices"] else (),
        chosen=bool(row["chosen"]),
        created_at=moment(row["created_at"]),
        app_found=None if row["app_found"] is None else bool(row["app_found"]),
    )


_entry = msgspec.json.Decoder(Entry)
_choices = msgspec.json.Decoder(tuple[Choice, ...])
