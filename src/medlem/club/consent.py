"""Consent records as evidence: what happened, for what, how, and each bound to the one before it.

A record is appended and never edited. The records of one member are a chain: a record's hash is made of what it says
and of the hash before it, so a byte that was changed, a record that is missing and one in the wrong place are found
(docs/decisions/0044-one-chain-a-member.md). Anybody can follow it with SHA-256 alone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from medlem.club.ids import ClubId, MemberId

FORMAT: Final = 1
"""How a record is written out for its digest. Another way gets another number, and the old ones stay readable."""

BEGINNING: Final = "0" * 64
"""The hash before a member's first record."""

MEMBERSHIP: Final = "membership"
"""The question of joining itself, which is a contract and no consent: it is kept apart."""


class Act(StrEnum):
    """What happened to a permission."""

    GIVEN = "given"
    REFUSED = "refused"
    """A no where no yes stood."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CARRIED_OVER = "carried_over"
    """The merchant has it from elsewhere, and says so."""
    RECONFIRMED = "reconfirmed"
    """A yes to the same words while one stood."""

    @property
    def granted(self) -> bool:
        """Whether there is a permission after it."""
        return self in {Act.GIVEN, Act.CARRIED_OVER, Act.RECONFIRMED}


class Purpose(StrEnum):
    """What a permission is for. One never stands for another."""

    MEMBERSHIP = "membership"
    MARKETING = "marketing"
    ANALYSIS = "analysis"
    OTHER = "other"
    """A question of the merchant's own, of which we do not know what it is for."""


class Method(StrEnum):
    """How it reached us."""

    VIPPS_CIBA = "vipps_ciba"
    VIPPS_BROWSER = "vipps_browser"
    PAPER = "paper"
    WEB_FORM = "web_form"
    STAFF = "staff"
    IMPORT = "import"


class Actor(StrEnum):
    """Who did it."""

    CUSTOMER = "customer"
    STAFF = "staff"
    """Somebody of the merchant's, for the customer."""


KNOWN: Final[Mapping[str, tuple[Purpose, str | None]]] = {
    "email": (Purpose.MARKETING, "email"),
    "sms": (Purpose.MARKETING, "sms"),
    "digital": (Purpose.MARKETING, "digital"),
    "personal": (Purpose.ANALYSIS, None),
    MEMBERSHIP: (Purpose.MEMBERSHIP, None),
}
"""The questions whose meaning is published (Login API: `delegatedConsents`), and ours."""


def purpose_of(element: str) -> tuple[Purpose, str | None]:
    """What a question is for, and by which channel, as far as that is known."""
    return KNOWN.get(element, (Purpose.OTHER, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words that customers were shown; each wording is a version of its own."""

    club: ClubId
    element: str
    language: str
    """Empty where nobody said which."""
    version: int
    sha256: str
    words: str
    source: str
    """`platform`: the app showed it, as the portal is set up; `merchant`: a form of the merchant's own."""
    first_seen_at: datetime
    last_seen_at: datetime


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


CONTENT: Final = (
    "format", "club", "member", "sequence", "id", "act", "element", "purpose", "channel", "granted", "given_at",
    "seen_at", "method", "actor", "recorded_by", "station", "enrolment", "code", "wording", "language", "text_version",
    "text_hash", "evidence_digest", "remark_digest",
)  # fmt: skip
"""What a record says, by column: all of it goes into its digest, in this order."""

_EMPTIED: Final = (*CONTENT[5:], "reason", "reference", "salt")
"""What is taken out of a record that is emptied; its place and its id stay."""

_EMPTY: Final = {"element": "", "wording": "", "granted": 0, "seen_at": 0}
"""What stands there then, where it is not null."""

Columns = Mapping[str, Any]
"""A record as its row keeps it: texts and whole numbers, times in milliseconds."""


plainly = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""JSON as digests take it."""


def content_of(row: Columns) -> dict[str, Any]:
    """What a record says."""
    return {name: row[name] for name in CONTENT}


def written(content: Columns) -> str:
    """A record as its digest takes it: JSON with the names in their order, no spaces, and plain letters."""
    return plainly([content[name] for name in CONTENT])


def remark_digest(salt: str, reason: str | None, reference: str | None) -> str:
    """The salted hash of what somebody wrote beside a record."""
    return sha256(json.dumps([salt, reason, reference], separators=(",", ":"), ensure_ascii=False))


def linked(previous: str, digest: str) -> str:
    """A record's hash: of the hash before it and of its own digest."""
    return sha256(previous + digest)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a member's chain."""

    sequence: int
    hash: str

    def next(self, row: dict[str, Any]) -> "tuple[Head, dict[str, Any]]":
        """Give a record the next place; the new end, and the record with its place."""
        sequence = self.sequence + 1
        placed = {**row, "format": FORMAT, "sequence": sequence, "previous_hash": self.hash}
        placed["digest"] = sha256(written(placed))
        placed["hash"] = linked(self.hash, placed["digest"])
        return Head(sequence, placed["hash"]), placed


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the chain does not hold."""

    member: str
    sequence: int
    """Where in the member's chain, counted from one."""
    record: str | None
    said: str


@dataclass(slots=True)
class Verdict:
    """What a walk along chains came to."""

    members: int = 0
    records: int = 0
    emptied: int = 0
    """Records of which only the place is left."""
    waiting: int = 0
    """Records of an earlier version that have yet to be given a place."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything was as it was written."""
        return not self.faults


def follow(
    member: MemberId | str, end: Head, rows: Iterable[Columns], verdict: Verdict, *, erased_at: int | None
) -> None:
    """Walk one member's chain, and add to the verdict.

    Args:
        member: whose.
        end: where the member's row says that it ends.
        rows: all of the member's records in the order in which they were inserted.
        verdict: what is added to.
        erased_at: when the member was erased, in milliseconds: nobody else's records are emptied.
    """
    verdict.members += 1
    at = Head(0, BEGINNING)
    for row in rows:
        if row["sequence"] is None and row["hash"] is None:
            verdict.waiting += 1
            continue
        verdict.records += 1
        verdict.emptied += row["emptied_at"] is not None
        expected = at.sequence + 1
        verdict.faults += [Fault(str(member), expected, row["id"], said) for said in _wrong(row, at, erased_at)]
        at = Head(expected, row["hash"] or "")
    if at != end:
        missing = at.sequence < end.sequence
        said = "records are missing at the end" if missing else "it does not end where it did"
        verdict.faults.append(Fault(str(member), at.sequence + missing, None, said))


def _wrong(row: Columns, before: Head, erased_at: int | None) -> Iterator[str]:
    """What is the matter with a record that comes after this one."""
    if row["sequence"] != before.sequence + 1:
        yield f"record {before.sequence + 1} is not here, but {row['sequence']}: one is missing or out of its order"
    elif row["previous_hash"] != before.hash:
        yield "it does not follow from the record before it"
    if row["hash"] != linked(row["previous_hash"] or "", row["digest"] or ""):
        yield "its hash is not that of what it says"
    if row["emptied_at"] is not None:
        if erased_at is None or row["emptied_at"] < erased_at:
            yield "it is marked as emptied, and the member was not erased before"
        if row["format"] != FORMAT or any(row[name] != _EMPTY.get(name) for name in _EMPTIED):
            yield "it is marked as emptied, and is not empty"
    elif row["format"] != FORMAT or row["digest"] != sha256(written(row)):
        yield "it was changed after it was written"
    elif not _remark_holds(row):
        yield "what was written beside it was changed"


def _remark_holds(row: Columns) -> bool:
    """Whether what somebody wrote beside a record is what they wrote, or was taken away."""
    remark = (row["salt"], row["reason"], row["reference"])
    return remark == (None, None, None) or remark_digest(row["salt"] or "", *remark[1:]) == row["remark_digest"]
