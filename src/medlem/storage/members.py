"""Keeps our own register: members, how they are reached, and what they allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final

import msgspec

from medlem.club.ids import ClubId, EnrolmentId, LinkingId, MemberId, MergeId
from medlem.club.linking import LinkEnd
from medlem.club.member import Address, Consent, Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.flows.member_tables import SharedSoFar
from medlem.flows.tables import Clash
from medlem.storage.consents import consent_of
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

_LONGEST_STEP: Final = 2**16
_ONE_BY_ONE: Final = 8
"""After so many that are taken it is a block of numbers that came with a file, which is passed in strides."""

UNREACHED: Final[Row] = {"phone": None, "verified_at": None, "verified_by": None}
"""In the place of a link."""


class Members:
    """`flows.tables.Members`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def get(self, club: ClubId, member: str) -> Member | None:
        row = await self._session.one("members.get", club=club, member=member)
        return member_of(row) if row else None

    async def today(self, club: ClubId, member: str) -> Member | None:
        found = await self.get(club, member)
        while found is not None and found.merged_into is not None:
            found = await self.get(club, found.merged_into)
        return found

    async def by_sub(self, club: ClubId, sub: str) -> Member | None:
        row = await self._session.one("members.by_sub", club=club, sub=sub)
        return await self.get(club, row["id"]) if row else None

    async def by_phone(self, club: ClubId, phone: PhoneNumber) -> Member | None:
        return next(iter(await self.reached(club, phone)), None)

    async def reached(self, club: ClubId, phone: PhoneNumber) -> Sequence[Member]:
        rows = await self._session.all("members.reached", club=club, phone=phone.msisdn)
        found = [member_of(row) for row in rows]
        return found if len(found) <= 1 else sorted(found, key=_closeness)

    async def page(self, club: ClubId, after: str | None, most: int) -> Sequence[Member]:
        rows = await self._session.all("members.page", club=club, after=after or "", most=most)
        return [member_of(row) for row in rows]

    async def next_number(self, club: ClubId) -> str:
        tried = 0
        while True:
            step = 1 if tried < _ONE_BY_ONE else min(2 ** (tried - _ONE_BY_ONE), _LONGEST_STEP)
            row = await self._session.one("members.next_number", club=club, step=step)
            if row is None:
                raise LookupError(f"there is no club {club}")
            number = str(row["last_number"])
            if await self._session.one("members.by_number", club=club, member_number=number) is None:
                return number
            tried += 1

    async def add(self, member: Member) -> None:
        await self._session.run("members.add", **columns_of(member))

    async def save(self, member: Member) -> None:
        if not await self._session.run("members.save", **columns_of(member)):
            raise Clash("this member has been erased or merged meanwhile")

    async def link(
        self,
        member: Member,
        phone: PhoneNumber,
        verified_by: VerifiedBy,
        now: datetime,
        linking: LinkingId | None = None,
    ) -> None:
        where = {"club": member.club, "member": member.id, "phone": phone.msisdn}
        ending = {**where, "now": millis(now), "linking": linking}
        if verified_by is not VerifiedBy.MERCHANT:
            await self._session.run("members.end_moved", **ending)
        if await self._session.run("members.verify_link", **where, verified_by=verified_by.value, now=millis(now)):
            return
        await self._session.run("members.end_older", **ending)
        await self._session.run("members.add_link", **ending, verified_by=verified_by.value)

    async def unlink(
        self, member: Member, now: datetime, because: LinkEnd, by: LinkingId | MergeId | None = None
    ) -> None:
        where = {"club": member.club, "member": member.id, "now": millis(now)}
        await self._session.run("members.unlink", **where, because=because.value, linking=by)

    async def touch(self, member: Member, now: datetime) -> int:
        row = await self._session.one("members.touch", club=member.club, member=member.id, now=millis(now))
        if row is None:
            raise LookupError(f"there is no member {member.id}")
        return int(row["version"])

    async def consents(self, club: ClubId, member: MemberId) -> Sequence[Consent]:
        rows = await self._session.all("members.consents", club=club, member=member)
        return [consent_of(row) for row in rows]

    async def shared(self, club: ClubId, most: int) -> SharedSoFar:
        row = await self._session.one("members.shared", club=club, most=most)
        return SharedSoFar(**{part.name: int(row[part.name]) if row else 0 for part in fields(SharedSoFar)})

    async def keep_evidence(self, member: Member, enrolment: EnrolmentId, raw: bytes, now: datetime) -> None:
        await self._session.run(
            "members.keep_evidence",
            club=member.club,
            member=member.id,
            enrolment=enrolment,
            raw=self._vault.seal(raw),
            now=millis(now),
        )

    async def save_extras(self, member: Member, answers: Mapping[str, str], now: datetime) -> None:
        where = {"club": member.club, "member": member.id, "now": millis(now)}
        await self._session.each(
            "members.save_extra", [{**where, "name": name, "answer": answer} for name, answer in answers.items()]
        )

    async def extras(self, member: Member) -> Mapping[str, str]:
        rows = await self._session.all("members.extras", club=member.club, member=member.id)
        return {row["name"]: row["answer"] for row in rows}


def _closeness(member: Member) -> tuple[bool, str]:
    """The platform's word comes first, then the order in which they came."""
    return member.phone_verified_by is VerifiedBy.MERCHANT, member.id


def address_kept(address: Address | None) -> str | None:
    """An address as its column keeps it."""
    return msgspec.json.encode(address).decode() if address else None


def addresses_kept(addresses: tuple[Address, ...]) -> str | None:
    """Several."""
    return msgspec.json.encode(addresses).decode() if addresses else None


def columns_of(member: Member) -> dict[str, object]:
    """A member as their row keeps them, but for what has statements of its own."""
    profile = member.profile
    return {
        "club": member.club,
        "member": member.id,
        "member_number": member.member_number,
        "sub": member.sub,
        "name": profile.name,
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "email": profile.email,
        "email_verified": None if profile.email_verified is None else int(profile.email_verified),
        "birthdate": profile.birthdate,
        "gender": profile.gender,
        "address": address_kept(profile.address),
        "other_addresses": addresses_kept(profile.other_addresses),
        "joined_at": millis(member.joined_at),
        "station": member.station,
        "left_at": maybe_millis(member.left_at),
    }


def member_of(row: Row, link: Row | None = None) -> Member:
    """A member as their row and their link keep them; both in one row, where no link is given."""
    link = link or row
    verified = row["email_verified"]
    address, others = row["address"], row["other_addresses"]
    return Member(
        id=MemberId(row["id"]),
        club=ClubId(row["club"]),
        member_number=row["member_number"],
        sub=row["sub"],
        phone=PhoneNumber(link["phone"]) if link["phone"] else None,
        phone_verified_at=moment(link["verified_at"]),
        phone_verified_by=VerifiedBy(link["verified_by"]) if link["verified_by"] else None,
        profile=Profile(
            name=row["name"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            email=row["email"],
            email_verified=None if verified is None else bool(verified),
            birthdate=row["birthdate"],
            gender=row["gender"],
            address=msgspec.json.decode(address, type=Address) if address else None,
            other_addresses=msgspec.json.decode(others, type=tuple[Address, ...]) if others else (),
        ),
        joined_at=moment(row["joined_at"]),
        station=row["station"],
        left_at=moment(row["left_at"]),
        sharing_withdrawn_at=moment(row["sharing_withdrawn_at"]),
        restricted_at=moment(row["restricted_at"]),
        last_seen_at=moment(row["last_seen_at"]),
        merged_into=row["merged_into"],
    )
