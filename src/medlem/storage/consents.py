"""Keeps consent records, each bound to the one before it, and the words that customers were shown."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from medlem.club.consent import (
    BEGINNING,
    CONTENT,
    Act,
    Actor,
    Head,
    Method,
    Purpose,
    Text,
    purpose_of,
    remark_digest,
    sha256,
)
from medlem.club.ids import ClubId, ConsentId, EnrolmentId, KeyId, MemberId, StationId
from medlem.club.member import Consent
from medlem.flows.consent_table import Chain, Kept, Login
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

SEEN_EVERY: Final = timedelta(days=1)
"""How exact it is kept when a text was last seen: a row that every enrolment wrote would hold them all up."""

SALT_BYTES: Final = 16

_RECORD: Final = (*CONTENT, "reason", "reference", "salt", "previous_hash", "digest", "hash", "emptied_at")
_PLACE: Final = ("format", "sequence", "previous_hash", "digest", "hash")


class Consents:
    """`flows.consent_table.Consents`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def append(
        self,
        member: MemberId,
        consents: Sequence[Consent],
        source: str,
        salts: Mapping[ConsentId, str] | None = None,
    ) -> Sequence[Consent]:
        if not consents:
            return []
        club = consents[0].club
        head = await self._hold(club, member)
        kept = [await self.with_text(consent, source) for consent in consents]
        rows = []
        for consent in kept:
            head, row = head.next(_columns(consent, (salts or {}).get(consent.id)))
            rows.append(row)
        await self._session.each("consents.add", rows)
        await self._session.run("consents.advance", club=club, member=member, sequence=head.sequence, hash=head.hash)
        return kept

    async def of(self, club: ClubId, member: MemberId) -> Sequence[Consent]:
        rows = await self._session.all("consents.of", club=club, member=member)
        return [consent_of(row) for row in rows if row["emptied_at"] is None]

    async def get(self, club: ClubId, consent: str) -> Consent | None:
        row = await self._session.one("consents.get", club=club, consent=consent)
        return consent_of(row) if row else None

    async def chain(self, club: ClubId, member: MemberId) -> Chain:
        async with self._session.steady() as session:
            end = await session.one("consents.end", club=club, member=member)
            rows = await session.all("consents.of", club=club, member=member)
        return Chain(member, _end(end), [_plain(row) for row in rows], end["erased_at"] if end else None)

    async def chains(self, club: ClubId, after: str | None, most: int) -> Sequence[Chain]:
        async with self._session.steady() as session:
            ends = await session.all("consents.ends", club=club, after=after or "", most=most)
            until = ends[-1]["id"] if ends else ""
            rows = await session.all("consents.between", club=club, after=after or "", until=until)
        found = {member: list(of) for member, of in groupby(map(_plain, rows), key=lambda row: row["member"])}
        return [Chain(MemberId(row["id"]), _end(row), found.get(row["id"], []), row["erased_at"]) for row in ends]

    async def members_between(
        self, club: ClubId, since: datetime, until: datetime, after: str | None, most: int
    ) -> Sequence[MemberId]:
        span = {"since": millis(since), "until": millis(until)}
        rows = await self._session.all("consents.members_between", club=club, after=after or "", most=most, **span)
        return [MemberId(row["member"]) for row in rows]

    async def without_place(self, most: int) -> Sequence[tuple[ClubId, MemberId]]:
        rows = await self._session.all("consents.without_place", most=most)
        return [(ClubId(row["club"]), MemberId(row["member"])) for row in rows]

    async def place(self, club: ClubId, member: MemberId) -> None:
        head = await self._hold(club, member)
        await self._session.run("consents.advance", club=club, member=member, sequence=head.sequence, hash=head.hash)

    async def texts(self, club: ClubId) -> Sequence[Text]:
        rows = await self._session.all("consents.texts", club=club)
        return [
            Text(
                club=ClubId(row["club"]),
                element=row["element"],
                language=row["language"],
                version=row["version"],
                sha256=row["sha256"],
                words=row["words"],
                source=row["source"],
                first_seen_at=moment(int(row["first_seen_at"])),
                last_seen_at=moment(int(row["last_seen_at"])),
            )
            for row in rows
        ]

    async def evidence(self, club: ClubId, member: MemberId) -> Sequence[Kept]:
        rows = await self._session.all("consents.evidence", club=club, member=member)
        found = [Kept(row["enrolment"], self._vault.open(row["raw"]), moment(int(row["kept_at"]))) for row in rows]
        return sorted(found, key=lambda kept: (kept.kept_at, kept.enrolment))

    async def logins(self, club: ClubId, member: MemberId) -> Sequence[Login]:
        rows = await self._session.all("consents.logins", club=club, member=member)
        found = [Login(row["id"], json.loads(row["login"]), moment(int(row["changed_at"]))) for row in rows]
        return sorted(found, key=lambda login: (login.at, login.enrolment))

    async def withdrawals(self, club: ClubId, member: MemberId) -> Sequence[datetime]:
        rows = await self._session.all("consents.withdrawals", club=club, member=member)
        return [moment(int(row["heard_at"])) for row in rows]

    async def take_remarks(self, club: ClubId, member: MemberId) -> int:
        return await self._session.run("consents.take_remarks", club=club, member=member)

    async def empty(self, club: ClubId, member: MemberId, now: datetime) -> int:
        await self.place(club, member)
        return await self._session.run("consents.empty", club=club, member=member, now=millis(now))

    async def _hold(self, club: ClubId, member: MemberId) -> Head:
        """Keep others away from the member's chain, and bring in what has no place yet; the end of it."""
        row = await self._session.one("consents.hold", club=club, member=member)
        if row is None:
            raise LookupError(f"there is no member {member}")
        head, placed = _end(row), []
        for unplaced in await self._session.all("consents.unplaced", club=club, member=member):
            head, found = head.next({name: unplaced[name] for name in ("position", *CONTENT)})
            placed.append({name: found[name] for name in ("club", "position", *_PLACE)})
        await self._session.each("consents.place", placed)
        return head

    async def with_text(self, consent: Consent, source: str) -> Consent:
        """Find the version of the text that was shown, or make one: the one that it had elsewhere, if it is free."""
        where = {"club": consent.club, "element": consent.element, "language": consent.language or ""}
        purpose, channel = purpose_of(consent.element)
        named = replace(
            consent, act=consent.what, purpose=consent.purpose or purpose, channel=consent.channel or channel
        )
        if not consent.text:
            return named
        digest, now = sha256(consent.text), consent.seen_at
        row = await self._session.one("consents.text", **where, hash=digest)
        if row is None:
            version = await self._version(where, consent.text_version)
            text = {"version": version, "hash": digest, "words": consent.text, "source": source}
            await self._session.run("consents.add_text", **where, **text, now=millis(now))
        else:
            version = row["version"]
            if moment(int(row["last_seen_at"])) <= now - SEEN_EVERY:
                await self._session.run("consents.see_text", **where, version=version, now=millis(now))
        return replace(named, text_version=version, text_hash=digest)

    async def _version(self, where: Mapping[str, str], wanted: int | None) -> int:
        """Which version new words are."""
        if wanted is not None and not await self._session.one("consents.version", **where, version=wanted):
            return wanted
        last = await self._session.one("consents.last_version", **where)
        return (last["version"] if last else 0) + 1


def consent_of(row: Row) -> Consent:
    """A consent as its row keeps it."""
    return Consent(
        id=ConsentId(row["id"]),
        club=ClubId(row["club"]),
        member=MemberId(row["member"]),
        element=row["element"],
        text=row["wording"],
        granted=bool(row["granted"]),
        given_at=moment(row["given_at"]),
        seen_at=moment(int(row["seen_at"])),
        language=row["language"],
        enrolment=EnrolmentId(row["enrolment"]) if row["enrolment"] else None,
        station=StationId(row["station"]) if row["station"] else None,
        act=Act(row["act"]) if row["act"] else None,
        purpose=Purpose(row["purpose"]) if row["purpose"] else None,
        channel=row["channel"],
        method=Method(row["method"]) if row["method"] else None,
        actor=Actor(row["actor"]) if row["actor"] else None,
        recorded_by=KeyId(row["recorded_by"]) if row["recorded_by"] else None,
        code=row["code"],
        text_version=row["text_version"],
        text_hash=row["text_hash"],
        evidence_digest=row["evidence_digest"],
        reason=row["reason"],
        reference=row["reference"],
    )


def new_salt() -> str:
    """For the hash of a remark."""
    return secrets.token_hex(SALT_BYTES)


def _columns(consent: Consent, salt: str | None) -> dict[str, Any]:
    remarked = consent.reason is not None or consent.reference is not None
    salt = (salt or new_salt()) if remarked else None
    return {
        "club": consent.club,
        "member": consent.member,
        "id": consent.id,
        "act": consent.what.value,
        "element": consent.element,
        "purpose": consent.what_for.value,
        "channel": consent.channel,
        "granted": int(consent.granted),
        "given_at": maybe_millis(consent.given_at),
        "seen_at": millis(consent.seen_at),
        "method": consent.method and consent.method.value,
        "actor": consent.actor and consent.actor.value,
        "recorded_by": consent.recorded_by,
        "station": consent.station,
        "enrolment": consent.enrolment,
        "code": consent.code,
        "wording": consent.text,
        "language": consent.language,
        "text_version": consent.text_version,
        "text_hash": consent.text_hash,
        "evidence_digest": consent.evidence_digest,
        "remark_digest": remark_digest(salt, consent.reason, consent.reference) if salt else None,
        "reason": consent.reason,
        "reference": consent.reference,
        "salt": salt,
    }


def _end(row: Row | None) -> Head:
    return Head(row["last_consent"], row["consent_hash"] or BEGINNING) if row else Head(0, BEGINNING)


def _plain(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _RECORD}
