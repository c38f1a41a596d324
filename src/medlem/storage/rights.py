"""Keeps what members have asked of the club, and removes whoever is erased."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from medlem.club.ids import ClubId, MemberId, identification_id
from medlem.club.member import Member
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, Erasure, Exercised, Right
from medlem.flows.rights_table import Answered, Asked, Delivered, Kept, Reached, Stood, Tombstone
from medlem.storage.identifications import AT_ONCE, PHONE
from medlem.storage.linkings import Linkings
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

SUB: Final = "erased sub"
NUMBER: Final = "erased number"
MEMBER_NUMBER: Final = "erased member number"

NUMBERS_GO: Final = timedelta(hours=25)
"""An identification older than this has lost its number, or belongs to an enrolment."""


class Rights:
    """`flows.rights_table.Rights`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def kept(self, member: Member, since: datetime) -> Kept:
        club, whose = member.club, member.id
        standing = await self._session.one("rights.standing", club=club, member=whose)
        seen = await self._session.all("rights.seen", club=club, member=whose, since=identification_id(since))
        return Kept(
            restricted_at=moment(standing["restricted_at"]) if standing else None,
            last_seen_at=moment(standing["last_seen_at"]) if standing else None,
            to_be_erased_since=moment(standing["flagged_at"]) if standing else None,
            numbers=sorted(
                (_reached(row) for row in await self._session.all("rights.numbers", club=club, member=whose)),
                key=lambda reached: reached.verified_at,
            ),
            linkings=await Linkings(self._session, self._vault).of_member(club, whose),
            memberships=[
                (moment(int(row["joined_at"])), moment(int(row["left_at"])))
                for row in await self._session.all("rights.memberships", club=club, member=whose)
            ],
            identifications=[_stood(row) for row in seen],
            enrolments=[_asked(row) for row in await self._session.all("rights.enrolments", club=club, member=whose)],
            answers=sorted(
                (
                    Answered(row["enrolment"], self._vault.open(row["raw"]), moment(int(row["kept_at"])))
                    for row in await self._session.all("rights.evidence", club=club, member=whose)
                ),
                key=lambda answer: answer.enrolment,
            ),
            withdrawals=[
                moment(int(row["heard_at"]))
                for row in await self._session.all("rights.withdrawals", club=club, member=whose)
            ],
            deliveries=[
                _delivered(row) for row in await self._session.all("rights.announcements", club=club, member=whose)
            ],
            exercised=await self.exercised(club, whose),
        )

    async def keep_membership(self, member: Member, left_at: datetime) -> None:
        await self._session.run(
            "rights.keep_membership",
            club=member.club,
            member=member.id,
            joined_at=millis(member.joined_at),
            left_at=millis(left_at),
        )

    async def restrict(self, member: Member, now: datetime) -> bool:
        return await self._session.run("rights.restrict", club=member.club, member=member.id, now=millis(now)) > 0

    async def lift(self, member: Member) -> bool:
        return await self._session.run("rights.lift", club=member.club, member=member.id) > 0

    async def note_seen(self, club: ClubId, member: MemberId, now: datetime, before: datetime) -> None:
        await self._session.write("rights.note_seen", club=club, member=member, now=millis(now), before=millis(before))

    async def exercise(self, exercised: Exercised) -> None:
        await self._session.run(
            "rights.exercise",
            club=exercised.club,
            member=exercised.member,
            what=exercised.what.value,
            reason=exercised.reason,
            by=exercised.by,
            now=millis(exercised.at),
        )

    async def exercised(self, club: ClubId, member: str) -> Sequence[Exercised]:
        rows = await self._session.all("rights.exercised", club=club, member=member)
        return [
            Exercised(
                club=ClubId(row["club"]),
                member=MemberId(row["member"]),
                what=Right(row["what"]),
                reason=row["reason"],
                by=row["exercised_by"],
                at=moment(int(row["exercised_at"])),
            )
            for row in rows
        ]

    async def erase(self, erasure: Erasure, member: Member) -> bool:
        club, whose = erasure.club, erasure.member
        at = millis(erasure.erased_at)
        if not await self._session.run("rights.erase_member", club=club, member=whose, now=at):
            return False
        sub_digest = None if member.sub is None else self._vault.digest(SUB, member.sub)
        await self._keep_erasure(erasure, sub_digest, self._vault.digest(MEMBER_NUMBER, member.member_number))
        for row in await self._session.all("rights.numbers", club=club, member=whose):
            digest = self._vault.digest(NUMBER, row["phone"])
            await self._session.run("rights.keep_number", club=club, member=whose, digest=digest)
            await self._erase_number(erasure, row["phone"])
        await self._session.run("rights.erase_announcements", club=club, member=whose)
        await self._erase_rows(erasure)
        return True

    async def sweep(self, erasure: Erasure) -> None:
        await self._session.run("rights.sweep_announcements", club=erasure.club, member=erasure.member)
        await self._erase_rows(erasure)
        await self._session.run("rights.swept", club=erasure.club, member=erasure.member, now=millis(erasure.erased_at))

    async def to_sweep(self, before: datetime) -> Sequence[Erasure]:
        rows = await self._session.all("rights.to_sweep", before=millis(before), most=AT_ONCE)
        return [_erasure(row) for row in rows]

    async def erasure(self, club: ClubId, member: str) -> Erasure | None:
        row = await self._session.one("rights.erasure", club=club, member=member)
        return _erasure(row) if row else None

    async def tombstones(self, club: ClubId, after: str, most: int) -> Sequence[Tombstone]:
        found = []
        for row in await self._session.all("rights.tombstones", club=club, after=after, most=most):
            numbers = await self._session.all("rights.erased_numbers", club=club, member=row["member"])
            digests = tuple(number["digest"] for number in numbers)
            found.append(Tombstone(_erasure(row), row["sub_digest"], digests, row["number_digest"]))
        return found

    async def bury(self, tombstone: Tombstone) -> None:
        await self._keep_erasure(tombstone.erasure, tombstone.sub_digest, tombstone.member_number)
        club, member = tombstone.erasure.club, tombstone.erasure.member
        for digest in tombstone.numbers:
            await self._session.run("rights.keep_number", club=club, member=member, digest=digest)

    async def proves(self, club: ClubId, member: MemberId) -> bool:
        return await self._session.one("rights.proves", club=club, member=member) is not None

    async def forget_history(self, club: ClubId, member: MemberId) -> None:
        await self._session.run("rights.forget_withdrawals", club=club, member=member)
        await self._session.run("rights.forget_memberships", club=club, member=member)
        await self._session.run("rights.forget_logins", club=club, member=member)

    async def erased_since(self, club: ClubId, sub: str, moment: datetime) -> bool:
        for digest in self._vault.digests(SUB, sub):
            if await self._session.one("rights.erased_since", club=club, digest=digest, moment=millis(moment)):
                return True
        return False

    async def number_erased(self, club: ClubId, phone: PhoneNumber) -> bool:
        for digest in self._vault.digests(NUMBER, phone.msisdn):
            if await self._session.one("rights.number_erased", club=club, digest=digest):
                return True
        return False

    async def number_erased_since(self, club: ClubId, phone: PhoneNumber, moment: datetime) -> bool:
        for digest in self._vault.digests(NUMBER, phone.msisdn):
            where = {"club": club, "digest": digest, "moment": millis(moment)}
            if await self._session.one("rights.number_erased_since", **where):
                return True
        return False

    async def _keep_erasure(self, erasure: Erasure, sub_digest: str | None, number_digest: str | None) -> None:
        await self._session.run(
            "rights.keep_erasure",
            club=erasure.club,
            member=erasure.member,
            reason=erasure.reason.value,
            requested_at=maybe_millis(erasure.requested_at),
            erased_at=millis(erasure.erased_at),
            sub_digest=sub_digest,
            number_digest=number_digest,
        )

    async def _erase_number(self, erasure: Erasure, phone: str) -> None:
        """What is kept under a number that was theirs, wherever nobody has become a member by it."""
        club, since = erasure.club, identification_id(erasure.erased_at - NUMBERS_GO)
        await self._session.run("rights.erase_stood_in_vain", club=club, phone=phone)
        await self._session.run("rights.erase_asked_in_vain", club=club, phone=phone)
        await self._session.run("rights.erase_numbers", club=club, phone=phone, since=since)
        for digest in self._vault.digests(PHONE, phone):
            await self._session.run("rights.erase_app_presence", club=club, digest=digest)
            await self._session.run("rights.erase_miss", club=club, digest=digest)

    async def _erase_rows(self, erasure: Erasure) -> None:
        club, whose = erasure.club, erasure.member
        since = identification_id(erasure.erased_at - NUMBERS_GO)
        await self._session.run("rights.erase_links", club=club, member=whose)
        await self._session.run("rights.erase_linkings", club=club, member=whose)
        await self._session.run("rights.erase_merges_stayed", club=club, member=whose)
        await self._session.run("rights.erase_merges_gone", club=club, member=whose)
        await self._session.run("rights.erase_distinct_one", club=club, member=whose)
        await self._session.run("rights.erase_distinct_other", club=club, member=whose)
        await self._session.run("rights.erase_extras", club=club, member=whose)
        await self._session.run("rights.erase_evidence", club=club, member=whose)
        await self._session.run("rights.erase_brought_evidence", club=club, member=whose)
        await self._session.run("rights.erase_asked", club=club, member=whose)
        await self._session.run("rights.erase_stood", club=club, member=whose)
        await self._session.run("rights.erase_seen", club=club, member=whose, since=since)
        await self._session.run("rights.erase_events", club=club, mentions=f"%{whose}%")


def _erasure(row: Row) -> Erasure:
    return Erasure(
        club=ClubId(row["club"]),
        member=MemberId(row["member"]),
        reason=ErasedBecause(row["reason"]),
        requested_at=moment(row["requested_at"]),
        erased_at=moment(int(row["erased_at"])),
    )


def _reached(row: Row) -> Reached:
    return Reached(
        phone=PhoneNumber(row["phone"]),
        verified_by=row["verified_by"],
        verified_at=moment(int(row["verified_at"])),
        ended_at=moment(row["ended_at"]),
    )


def _stood(row: Row) -> Stood:
    return Stood(
        identification=row["id"],
        station=row["station"],
        phone=PhoneNumber(row["phone"]) if row["phone"] else None,
        evidence=row["evidence"],
        membership=row["membership"],
        at=moment(int(row["created_at"])),
    )


def _asked(row: Row) -> Asked:
    return Asked(
        enrolment=row["id"],
        identification=row["identification"],
        station=row["station"],
        phone=PhoneNumber(row["phone"]) if row["phone"] else None,
        evidence=row["evidence"],
        state=row["state"],
        asked_at=moment(int(row["created_at"])),
        ended_at=moment(int(row["changed_at"])),
        login=json.loads(row["login"]) if row["login"] else {},
    )


def _delivered(row: Row) -> Delivered:
    return Delivered(
        id=row["id"],
        news=row["news"],
        happened_at=moment(int(row["happened_at"])),
        hearing=row["hearing"],
        attempts=int(row["attempts"]),
        ended_at=moment(row["ended_at"]),
    )
