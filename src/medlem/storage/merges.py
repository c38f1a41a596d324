"""Keeps merges, and finds who may be one person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from medlem.club.duplicate import Distinct
from medlem.club.ids import ClubId, LinkingId, MemberId, MergeId
from medlem.club.linking import Link, Linking
from medlem.club.member import Member
from medlem.club.merging import BeforeMerge, Merge, Plan
from medlem.flows.merge_table import Pair
from medlem.flows.tables import Clash
from medlem.storage.linkings import link_of
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

LAST: Final = "~"
"""After every id."""

HOUSEHOLD: Final = 20
"""The most members of one number who are compared with each other."""


class Merges:
    """`flows.tables.Merges`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def add(self, merge: Merge) -> None:
        await self._session.run(
            "merges.add",
            club=merge.club,
            merge=merge.id,
            stays=merge.stays,
            goes=merge.goes,
            plan=msgspec.json.encode(merge.plan).decode(),
            stays_version=merge.versions[0],
            goes_version=merge.versions[1],
            proposed_at=millis(merge.proposed_at),
            proposed_by=merge.proposed_by,
            expires_at=millis(merge.expires_at),
        )

    async def get(self, club: ClubId, merge: str) -> Merge | None:
        row = await self._session.one("merges.get", club=club, merge=merge)
        return self._merge(row) if row else None

    async def hold(self, club: ClubId, merge: str) -> Merge | None:
        row = await self._session.one("merges.hold", club=club, merge=merge)
        return self._merge(row) if row else None

    async def page(self, club: ClubId, before: str | None, most: int) -> Sequence[Merge]:
        rows = await self._session.all("merges.page", club=club, before=before or LAST, most=most)
        return [self._merge(row) for row in rows]

    async def of_member(self, club: ClubId, member: MemberId) -> Sequence[Merge]:
        rows = await self._session.all("merges.stayed", club=club, member=member)
        rows += await self._session.all("merges.gone", club=club, member=member)
        return sorted((self._merge(row) for row in rows), key=lambda merge: merge.id)

    async def save_confirmed(self, merge: Merge) -> None:
        await self._session.run(
            "merges.confirm",
            club=merge.club,
            merge=merge.id,
            now=maybe_millis(merge.confirmed_at),
            by=merge.confirmed_by,
            was=self._vault.seal(msgspec.json.encode(merge.before)) if merge.before else None,
        )

    async def save_undone(self, merge: Merge) -> None:
        await self._session.run(
            "merges.undo",
            club=merge.club,
            merge=merge.id,
            now=maybe_millis(merge.undone_at),
            by=merge.undone_by,
            why=self._vault.seal(merge.why.encode()) if merge.why else None,
            not_restored=msgspec.json.encode(merge.not_restored).decode(),
        )

    async def version(self, club: ClubId, member: str) -> int | None:
        row = await self._session.one("merges.version", club=club, member=member)
        return int(row["version"]) if row else None

    async def dissolve(self, member: Member) -> None:
        where = {"club": member.club, "member": member.id, "into": member.merged_into}
        if not await self._session.run("merges.dissolve", **where, left_at=maybe_millis(member.left_at)):
            raise Clash("this member has been erased or merged meanwhile")

    async def part(self, member: Member) -> None:
        await self._session.run("merges.part", club=member.club, member=member.id)

    async def merged_into(self, club: ClubId, member: MemberId) -> Sequence[MemberId]:
        rows = await self._session.all("merges.merged_into", club=club, member=member)
        return sorted(MemberId(row["id"]) for row in rows)

    async def move_sharing(self, giver: Member, taker: Member) -> None:
        await self._session.run("merges.take_sharing", club=taker.club, member=taker.id, other=giver.id)
        await self._session.run("merges.end_sharing", club=giver.club, member=giver.id)

    async def set_seen(self, member: Member) -> None:
        seen_at = maybe_millis(member.last_seen_at)
        await self._session.run("merges.set_seen", club=member.club, member=member.id, seen_at=seen_at)

    async def begin_link(self, member: Member, by: LinkingId | MergeId, now: datetime) -> None:
        if member.phone is None or member.phone_verified_by is None:
            return
        await self._session.run(
            "merges.begin_link",
            club=member.club,
            member=member.id,
            phone=member.phone.msisdn,
            verified_by=member.phone_verified_by.value,
            verified_at=millis(member.phone_verified_at or now),
            by=by,
            now=millis(now),
        )

    async def begun(self, merge: Merge, member: Member) -> Link | None:
        rows = await self._session.all("linkings.begun", club=merge.club, linking=merge.id)
        links = (link_of(row) for row in rows if row["member"] == member.id)
        return next((link for link in links if link.ended_at is None), None)

    async def ended(self, merge: Merge, member: Member) -> Link | None:
        rows = await self._session.all("linkings.ended", club=merge.club, linking=merge.id)
        return next((link_of(row) for row in rows if row["member"] == member.id), None)

    async def move_links(self, giver: Member, taker: Member, by: LinkingId | MergeId) -> None:
        await self._session.run("merges.move_links", club=giver.club, member=giver.id, by=by, other=taker.id)

    async def move_login(self, taker: Member, linking: Linking) -> None:
        await self._session.run("merges.move_linking", club=taker.club, linking=linking.id, other=taker.id)
        where = {"club": taker.club, "enrolment": linking.enrolment, "other": taker.id}
        await self._session.run("merges.move_enrolment", **where)
        await self._session.run("merges.move_evidence", **where)

    async def take_extra(self, member: Member, name: str, answer: str) -> bool:
        where = {"club": member.club, "member": member.id}
        return await self._session.run("merges.take_extra", **where, name=name, answer=answer) > 0

    def _merge(self, row: Row) -> Merge:
        kept = row["not_restored"]
        return Merge(
            id=MergeId(row["id"]),
            club=ClubId(row["club"]),
            stays=MemberId(row["stays"]),
            goes=MemberId(row["goes"]),
            plan=_plan.decode(row["plan"]),
            versions=(row["stays_version"], row["goes_version"]),
            proposed_at=moment(int(row["proposed_at"])),
            proposed_by=row["proposed_by"],
            expires_at=moment(int(row["expires_at"])),
            confirmed_at=moment(row["confirmed_at"]),
            confirmed_by=row["confirmed_by"],
            undone_at=moment(row["undone_at"]),
            undone_by=row["undone_by"],
            why=self._vault.open(row["why"]).decode() if row["why"] else None,
            not_restored=_words.decode(kept) if kept else (),
            before=_before.decode(self._vault.open(row["was"])) if row["was"] else None,
        )


class Duplicates:
    """`flows.tables.Duplicates`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def pairs(self, club: ClubId, after: str, until: str) -> Sequence[Pair]:
        where = {"club": club, "after": after, "until": until}
        rows = await self._session.all("duplicates.by_email", **where)
        rows += await self._session.all("duplicates.by_birthdate", **where)
        found = {(row["other"], row["one"]) for row in rows if row["one"] is not None}
        for row in await self._session.all("duplicates.by_number", **where):
            found |= {(row["other"], one) for one in await self._earlier(club, row)}
        return [Pair(MemberId(one), MemberId(other)) for other, one in sorted(found)]

    async def say(self, distinct: Distinct) -> None:
        await self._session.run(
            "duplicates.say",
            club=distinct.club,
            one=distinct.one,
            other=distinct.other,
            by=distinct.said_by,
            now=millis(distinct.said_at),
        )

    async def take_back(self, club: ClubId, one: MemberId, other: MemberId) -> None:
        await self._session.run("duplicates.take_back", club=club, **_ordered(one, other))

    async def said(self, club: ClubId, one: MemberId, other: MemberId) -> Distinct | None:
        row = await self._session.one("duplicates.said", club=club, **_ordered(one, other))
        if row is None:
            return None
        said_at = moment(int(row["said_at"]))
        return Distinct(ClubId(row["club"]), MemberId(row["one"]), MemberId(row["other"]), row["said_by"], said_at)

    async def _earlier(self, club: ClubId, row: Row) -> Sequence[str]:
        """Whom the same number reaches, and who was there before; those of one household only."""
        reached = await self._session.all("members.reached", club=club, phone=row["phone"])
        earlier = [str(one["id"]) for one in reached if one["id"] < row["other"]][:HOUSEHOLD]
        said = {one: await self.said(club, MemberId(one), MemberId(row["other"])) for one in earlier}
        return [one for one in earlier if said[one] is None]


def _ordered(one: MemberId, other: MemberId) -> Mapping[str, MemberId]:
    first, second = sorted((one, other))
    return {"one": first, "other": second}


_plan = msgspec.json.Decoder(Plan)
_words = msgspec.json.Decoder(tuple[str, ...])
_before = msgspec.json.Decoder(BeforeMerge)
