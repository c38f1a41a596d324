"""Keeps what merchants' own registers are to hear of members."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from medlem.club.announcement import Announcement, Hearing, News
from medlem.club.ids import AnnouncementId, ClubId, MemberId
from medlem.club.member import Consent, Member
from medlem.club.phone import PhoneNumber
from medlem.storage.identifications import AT_ONCE
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

DUE: Final = "due"


class _Body(msgspec.Struct):
    """The member as they were when it happened."""

    member: Member
    former_phone: PhoneNumber | None
    consents: tuple[Consent, ...]
    extras: dict[str, str] = {}


class Announcements:
    """`flows.tables.Announcements`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def next_sequence(self, member: Member) -> int:
        row = await self._session.one("announcements.next_sequence", club=member.club, member=member.id)
        if row is None:
            raise LookupError(f"there is no member {member.id}")
        return int(row["last_announcement"])

    async def add(self, announcement: Announcement) -> None:
        member, former = announcement.member, announcement.former_phone
        body = _Body(
            member=member,
            former_phone=former,
            consents=announcement.consents,
            extras=dict(announcement.extras),
        )
        await self._session.run(
            "announcements.add",
            club=announcement.club,
            member=member.id,
            sequence=announcement.sequence,
            id=announcement.id,
            news=announcement.news.value,
            phone=member.phone.msisdn if member.phone else None,
            former_phone=former.msisdn if former else None,
            body=self._vault.seal(msgspec.json.encode(body)),
            happened_at=millis(announcement.happened_at),
            due_at=millis(announcement.due_at),
        )
        self._session.announce(DUE)

    async def latest(self, club: ClubId, phone: PhoneNumber) -> Announcement | None:
        gained = await self._session.one("announcements.latest_to", club=club, phone=phone.msisdn)
        lost = await self._session.one("announcements.latest_from", club=club, phone=phone.msisdn)
        row = lost if gained is None or (lost is not None and _later(lost, gained)) else gained
        return self._announcement(row) if row else None

    async def next_due(self, club: ClubId) -> datetime | None:
        row = await self._session.one("announcements.next_due", club=club)
        return moment(row["due"]) if row else None

    async def claim(self, club: ClubId, now: datetime, lease: timedelta, most: int) -> Sequence[Announcement]:
        rows = await self._session.all(
            "announcements.claim", club=club, now=millis(now), lease_until=millis(now + lease), most=most
        )
        return [self._announcement(row) for row in rows]

    async def save(self, announcement: Announcement) -> None:
        where = {"club": announcement.club, "member": announcement.member.id, "sequence": announcement.sequence}
        if announcement.hearing is Hearing.WAITING:
            await self._session.run(
                "announcements.put_off", **where, claim=announcement.claim, due_at=millis(announcement.due_at)
            )
            return
        await self._session.run(
            "announcements.end",
            **where,
            hearing=announcement.hearing.value,
            ended_at=maybe_millis(announcement.ended_at),
        )

    async def hurry(self, club: ClubId, now: datetime) -> None:
        await self._session.run("announcements.hurry", club=club, now=millis(now))

    async def count_waiting(self, club: ClubId) -> int:
        row = await self._session.one("announcements.count_waiting", club=club)
        return int(row["waiting"]) if row else 0

    async def last(self, club: ClubId, member: MemberId) -> int | None:
        row = await self._session.one("announcements.last", club=club, member=member)
        return row["sequence"] if row else None

    async def waiting(self, club: ClubId, most: int) -> Sequence[Announcement]:
        rows = await self._session.all("announcements.waiting", club=club, most=most)
        return [self._announcement(row) for row in rows]

    async def turned_down(self, club: ClubId, most: int) -> Sequence[Announcement]:
        rows = await self._session.all("announcements.turned_down", club=club, most=most)
        return [self._announcement(row) for row in rows]

    async def forget(self, heard_before: datetime, turned_down_before: datetime) -> int:
        return await self._session.run(
            "announcements.forget",
            heard_before=millis(heard_before),
            turned_down_before=millis(turned_down_before),
            most=AT_ONCE,
        )

    def _announcement(self, row: Row) -> Announcement:
        body = _body.decode(self._vault.open(row["body"]))
        return Announcement(
            id=AnnouncementId(row["id"]),
            club=ClubId(row["club"]),
            sequence=row["sequence"],
            news=News(row["news"]),
            member=body.member,
            former_phone=body.former_phone,
            consents=body.consents,
            extras=body.extras,
            happened_at=moment(int(row["happened_at"])),
            hearing=Hearing(row["hearing"]),
            attempts=row["attempts"],
            claim=row["claim"],
            due_at=moment(int(row["due_at"])),
            ended_at=moment(row["ended_at"]),
        )


def _later(lost: Row, gained: Row) -> bool:
    """Whether a number was lost after it was gained; in one moment it moves from one member to another."""
    if lost["member"] == gained["member"]:
        return bool(lost["sequence"] > gained["sequence"])
    return bool(lost["happened_at"] > gained["happened_at"])


_body = msgspec.json.Decoder(_Body)
