"""The column `consents` of an export of ours: every record as it is kept, with what proves it.

A record that does not agree with itself, or whose evidence is not there, is left out, and told.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from medlem.club.consent import FORMAT, Act, Actor, Method, Purpose, remark_digest, sha256
from medlem.club.ids import ClubId, ConsentId, EnrolmentId, KeyId, MemberId, StationId
from medlem.club.line import Carried
from medlem.club.member import Consent
from medlem.files.reasons import Why, Wrong


class Written(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A record, by the names of `club.consent.CONTENT` but for those that the register fills in. Nulls are left out."""

    format: int
    id: str
    act: Act | None = None
    element: str
    purpose: Purpose | None = None
    channel: str | None = None
    granted: bool
    given_at: datetime | None = None
    seen_at: datetime
    method: Method | None = None
    actor: Actor | None = None
    recorded_by: str | None = None
    station: str | None = None
    enrolment: str | None = None
    code: str | None = None
    wording: str
    language: str | None = None
    text_version: int | None = None
    text_hash: str | None = None
    evidence_digest: str | None = None
    remark_digest: str | None = None
    reason: str | None = None
    reference: str | None = None
    salt: str | None = None
    evidence: bytes | None = None
    """The platform's own object, which is written once for all the records that it proves."""


_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_RECORD: Final = msgspec.json.Decoder(Written)
_FORM: Final = "a list of records, as an export of ours writes them"


def written(carried: Sequence[Carried]) -> str:
    """The cell of a member with these records; empty without any."""
    if not carried:
        return ""
    told: set[str] = set()
    rows = []
    for one in carried:
        digest = one.record.evidence_digest
        new = one.raw is not None and digest not in told
        rows.append(_row(one, one.raw if new else None))
        if new and digest is not None:
            told.add(digest)
    return msgspec.json.encode(rows).decode()


def read(cell: str, column: str) -> Iterator[Carried | Wrong]:
    """Every record of a cell, or why it is left out.

    Raises:
        Wrong: it is no list.
    """
    if not cell.strip():
        return
    try:
        pieces = _LIST.decode(cell)
    except (msgspec.MsgspecError, ValueError):
        raise Wrong(Why.JSON, f"This is not as an export writes it: {_FORM}.", column) from None
    proofs: dict[str, bytes] = {}
    for place, piece in enumerate(pieces, start=1):
        try:
            yield _carried(_RECORD.decode(piece), proofs)
        except Wrong as wrong:
            yield Wrong(wrong.why, f"Record {place}: {wrong.detail}", column)
        except (msgspec.MsgspecError, ValueError):
            yield Wrong(Why.CONSENT_RECORD, f"Record {place} is not as an export writes it.", column)


def _carried(row: Written, proofs: dict[str, bytes]) -> Carried:
    if row.format != FORMAT or not row.id or row.seen_at.tzinfo is None:
        raise Wrong(Why.CONSENT_RECORD, "it is of a version that is not known here.")
    if row.given_at is not None and row.given_at.tzinfo is None:
        raise Wrong(Why.CONSENT_RECORD, "its time is without a zone.")
    if row.text_hash is not None and row.text_hash != sha256(row.wording):
        raise Wrong(Why.CONSENT_RECORD, "its words are not those of its hash.")
    remarked = row.reason is not None or row.reference is not None
    if row.remark_digest != (remark_digest(row.salt or "", row.reason, row.reference) if remarked else None):
        raise Wrong(Why.CONSENT_RECORD, "what was written beside it is not what its hash says.")
    if row.evidence is not None:
        proofs[hashlib.sha256(row.evidence).hexdigest()] = row.evidence
    if row.evidence_digest is not None and row.evidence_digest not in proofs:
        raise Wrong(Why.CONSENT_EVIDENCE, "the evidence that it names is not there, or is another.")
    return Carried(record=_record(row), salt=row.salt, raw=proofs[row.evidence_digest] if row.evidence_digest else None)


def _record(row: Written) -> Consent:
    return Consent(
        id=ConsentId(row.id),
        club=ClubId(""),
        member=MemberId(""),
        element=row.element,
        text=row.wording,
        granted=row.granted,
        given_at=row.given_at,
        seen_at=row.seen_at,
        language=row.language,
        enrolment=EnrolmentId(row.enrolment) if row.enrolment else None,
        station=StationId(row.station) if row.station else None,
        act=row.act,
        purpose=row.purpose,
        channel=row.channel,
        method=row.method,
        actor=row.actor,
        recorded_by=KeyId(row.recorded_by) if row.recorded_by else None,
        code=row.code,
        text_version=row.text_version,
        text_hash=row.text_hash,
        evidence_digest=row.evidence_digest,
        reason=row.reason,
        reference=row.reference,
    )


def _row(one: Carried, evidence: bytes | None) -> Written:
    record = one.record
    remarked = record.reason is not None or record.reference is not None
    return Written(
        format=FORMAT,
        id=record.id,
        act=record.act,
        element=record.element,
        purpose=record.purpose,
        channel=record.channel,
        granted=record.granted,
        given_at=record.given_at,
        seen_at=record.seen_at,
        method=record.method,
        actor=record.actor,
        recorded_by=record.recorded_by,
        station=record.station,
        enrolment=record.enrolment,
        code=record.code,
        wording=record.text,
        language=record.language,
        text_version=record.text_version,
        text_hash=record.text_hash,
        evidence_digest=record.evidence_digest,
        remark_digest=remark_digest(one.salt or "", record.reason, record.reference) if remarked else None,
        reason=record.reason,
        reference=record.reference,
        salt=one.salt,
        evidence=evidence,
    )
