"""What a line of a file makes of somebody: a new member, or another profile of one who is there.

What the platform vouches for is never changed by a file: a `sub`, and a number that a login verified.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from medlem.club.consent import MEMBERSHIP, Act, Actor, Method, Purpose, purpose_of
from medlem.club.ids import ConsentId, KeyId, MemberId, StationId, consent_id
from medlem.club.line import Carried, Flawed, Line, Why
from medlem.club.member import Consent, Member, Profile, VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club
from medlem.flows.consents import act_of, as_given
from medlem.flows.import_table import NAMELESS, Changed, Details, Evidence, Known, Newcomer, Record
from medlem.flows.import_whom import vouched_for

BY_IMPORT: Final = KeyId("import")
"""What a record that came with a file says in the place of a key."""

_PARTS: Final = tuple(one.name for one in fields(Profile) if one.name != "email_verified")


class Existing(StrEnum):
    """What is done to members who are in the register already."""

    KEEP = "keep"
    """Nothing."""
    FILL = "fill"
    """What is empty is filled in."""
    OVERWRITE = "overwrite"
    """What the file says is written over what is there; an empty cell says nothing."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is the same for all lines of a batch."""

    club: Club
    now: datetime
    stations: Collection[str]
    """All that the club has or had."""
    joined: Consent
    """That somebody has the membership from elsewhere, as the file says."""

    @classmethod
    def of(cls, club: Club, now: datetime, stations: Collection[str]) -> Self:
        """Of lines that are taken now."""
        joined = Consent(
            id=NAMELESS,
            club=club.id,
            member=MemberId(""),
            element=MEMBERSHIP,
            purpose=Purpose.MEMBERSHIP,
            text="",
            granted=True,
            given_at=None,
            seen_at=now,
            act=Act.CARRIED_OVER,
            method=Method.IMPORT,
            actor=Actor.STAFF,
            recorded_by=BY_IMPORT,
        )
        return cls(club, now, stations, joined)


def newcomer(line: Line, new_id: MemberId, member_number: str, around: Around, left_out: list[Flawed]) -> Newcomer:
    """Somebody new, as their line says.

    Args:
        line: of the file.
        new_id: what we call them, where the line does not know it.
        member_number: theirs, or the next one.
        around: where and when.
        left_out: what is added to where a part of the line is not taken.
    """
    phone, now = line.phone, around.now
    member = Member(
        id=MemberId(line.id) if line.id is not None else new_id,
        club=around.club.id,
        member_number=member_number,
        sub=line.sub,
        phone=phone,
        phone_verified_at=(line.phone_verified_at or line.joined_at or now) if phone is not None else None,
        phone_verified_by=vouched_for(line) if phone is not None else None,
        profile=line.profile,
        joined_at=line.joined_at or now,
        station=_station(line, around.stations, left_out) if line.station is not None else None,
        left_at=line.left_at,
        sharing_withdrawn_at=line.sharing_withdrawn_at,
        restricted_at=line.restricted_at,
        last_seen_at=line.last_seen_at,
    )
    new = Newcomer(member, line.shared_at, line.extras, line.past)
    if line.id is None:
        new.joined = around.joined
    if line.consents:
        new.records, new.evidence = _answers(line, member, [], now, left_out)
    return new


class Comparing:
    """Compares a line with a member who is there."""

    def __init__(self, line: Line, member: Member, details: Details, existing: Existing) -> None:
        self._line = line
        self._before = member
        self._details = details
        self._over = existing is Existing.OVERWRITE
        self.left_out: list[Flawed] = []

    def changed(self, known: Known, around: Around) -> Changed:
        """What is to be different of them, if anything is."""
        line, before, now = self._line, self._before, around.now
        after = replace(
            before,
            profile=self._profile(),
            member_number=self._member_number(known),
            sub=before.sub if before.sub is not None else line.sub,
            station=self._part(before.station, _station(line, around.stations, self.left_out)),
            joined_at=self._joined_at(),
            last_seen_at=self._last_seen_at(),
        )
        if before.present and line.left_at is not None and line.left_at > before.joined_at:
            self._leave_out("left_at", Why.STILL_MEMBER, "They are a member in the register: end it there.")
        phone = self._phone(known)
        records, evidence = _answers(line, before, self._details.consents, now, self.left_out)
        return Changed(
            member=after if phone is None else _reached_by(after, phone, now),
            phone=phone,
            saved=after != before,
            extras=self._extras(),
            past=[one for one in line.past if one[0] not in self._details.past and one[1] <= before.joined_at],
            records=records,
            evidence=evidence,
        )

    def _part(self, held: Any, said: Any) -> Any:
        """What a part is from now on."""
        if said in (None, "", ()):
            return held
        return said if self._over or held in (None, "", ()) else held

    def _profile(self) -> Profile:
        held, said = self._before.profile, self._line.profile
        if held == said:
            return held
        parts = {name: self._part(getattr(held, name), getattr(said, name)) for name in _PARTS}
        mailed = held.email == parts["email"] and held.email_verified is not None
        verified = held.email_verified if mailed else said.email_verified
        return Profile(**parts, email_verified=verified if parts["email"] == said.email or mailed else None)

    def _member_number(self, known: Known) -> str:
        held, said = self._before.member_number, self._line.member_number
        return said if said is not None and self._over and said not in known.by_number else held

    def _joined_at(self) -> datetime:
        held, said = self._before.joined_at, self._line.joined_at
        return said if said is not None and self._over and said not in self._details.past else held

    def _last_seen_at(self) -> datetime | None:
        held, said = self._before.last_seen_at, self._line.last_seen_at
        return said if said is not None and (held is None or (self._over and said > held)) else held

    def _extras(self) -> Mapping[str, str]:
        held = self._details.extras
        said = self._line.extras
        return {name: one for name, one in said.items() if (self._over or name not in held) and held.get(name) != one}

    def _phone(self, known: Known) -> PhoneNumber | None:
        """The number that is to reach them, if it is another one."""
        held, said = self._before.phone, self._line.phone
        if said is None or said == held or (held is not None and not self._over):
            return None
        if held is not None and self._before.phone_verified_by is not VerifiedBy.MERCHANT:
            self._leave_out("phone", Why.NUMBER_VERIFIED, "A login has verified the number that they have.")
            return None
        if known.reached.get(said.msisdn) and not self._line.shared_number:
            self._leave_out("phone", Why.NUMBER_TAKEN, "This number reaches somebody else in the register.")
            return None
        return said

    def _leave_out(self, column: str, why: Why, detail: str) -> None:
        self.left_out.append(Flawed(number=self._line.number, column=column, why=why, detail=detail))


def _reached_by(member: Member, phone: PhoneNumber, now: datetime) -> Member:
    return replace(member, phone=phone, phone_verified_at=now, phone_verified_by=VerifiedBy.MERCHANT)


def _station(line: Line, stations: Collection[str], left_out: list[Flawed]) -> StationId | None:
    """Where they joined; an export of ours names what another register had, and is taken as it is."""
    if line.station is None:
        return None
    if line.id is None and line.station not in stations:
        left_out.append(
            Flawed(
                number=line.number,
                column="station",
                why=Why.STATION_UNKNOWN,
                detail="The club has no such station. `GET /v1/stations` lists those that it has.",
            )
        )
        return None
    return StationId(line.station)


def _answers(
    line: Line, member: Member, kept: Sequence[Consent], now: datetime, left_out: list[Flawed]
) -> tuple[Sequence[Record], Sequence[Evidence]]:
    """The records that a line brings and the member has not: those of an export as they are, others anew."""
    if not line.consents:
        return (), ()
    ids = {one.id for one in kept}
    given = {as_given(one) for one in kept}
    before, records, evidence = list(kept), list[Record](), dict[str, Evidence]()
    for carried in line.consents:
        if carried.record.id in ids or (not carried.record.id and as_given(carried.record) in given):
            continue
        if not _proved(carried):
            left_out.append(_unproved(line))
            continue
        if carried.record.id:
            record = replace(carried.record, club=member.club, member=member.id)
        else:
            record = _flat(carried, member, before, now)
        before.append(record)
        given.add(as_given(record))
        records.append(Record(record, carried.salt))
        if carried.raw is not None:
            digest = hashlib.sha256(carried.raw).hexdigest()
            evidence[digest] = Evidence(digest, record.enrolment or "", carried.raw, record.seen_at)
    return records, list(evidence.values())


def _proved(carried: Carried) -> bool:
    """Whether what a record names as its evidence is there: without it, it proves less than it says."""
    digest = carried.record.evidence_digest
    return digest is None or (carried.raw is not None and hashlib.sha256(carried.raw).hexdigest() == digest)


def _unproved(line: Line) -> Flawed:
    return Flawed(
        number=line.number,
        column="consents",
        why=Why.CONSENT_EVIDENCE,
        detail="The evidence that a record names is not there, or is another.",
    )


def _flat(carried: Carried, member: Member, before: Sequence[Consent], now: datetime) -> Consent:
    """An answer as another system lists it."""
    said = carried.record
    at = said.given_at or now
    act = (
        Act.CARRIED_OVER
        if said.granted
        else act_of(
            [one for one in before if one.what_for is not Purpose.MEMBERSHIP],
            said.element,
            said.text,
            granted=False,
            at=at,
        )
    )
    purpose, channel = purpose_of(said.element)
    return replace(
        said,
        id=ConsentId(consent_id(now)),
        club=member.club,
        member=member.id,
        act=act,
        seen_at=now,
        purpose=said.purpose or purpose,
        channel=said.channel or channel,
        recorded_by=BY_IMPORT,
    )
