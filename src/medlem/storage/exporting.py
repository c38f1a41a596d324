"""Reads members as the lines of a file, some at a time, each with all that another register needs of them."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from medlem.club.ids import ClubId
from medlem.club.line import Carried, Line
from medlem.storage.consents import consent_of
from medlem.storage.members import UNREACHED, member_of
from medlem.storage.session import Row, Session, moment
from medlem.vault import Vault

COLUMNS: Final = frozenset(
    {
        "id", "member_number", "sub", "phone", "phone_verified_by", "phone_verified_at", "shared_number", "name",
        "given_name", "family_name", "email", "email_verified", "birthdate", "gender", "address", "other_addresses",
        "joined_at", "left_at", "station", "last_seen_at", "restricted_at", "shared_at", "sharing_withdrawn_at", "past",
        "extras", "consents",
    }
)  # fmt: skip
"""All that a line can speak of."""


async def lines_of(session: Session, vault: Vault, club: ClubId, most: int) -> AsyncIterator[Sequence[Line]]:
    """Every member, in the order of their ids, so many at a time."""
    after, number = "", 1
    while rows := await session.all("files.page", club=club, after=after, most=most):
        until = rows[-1]["id"]
        beside = await _Beside.read(session, vault, {"club": club, "after": after, "until": until})
        links = await session.all("files.links", club=club, many=json.dumps([row["id"] for row in rows]))
        beside.links = {row["member"]: row for row in links}
        phones = json.dumps([row["phone"] for row in links])
        reached = Counter(row["phone"] for row in await session.all("files.reached", club=club, many=phones))
        beside.shared = {phone for phone, members in reached.items() if members > 1}
        yield [_line(row, place, beside) for place, row in enumerate(rows, start=number + 1)]
        after, number = until, number + len(rows)


class _Beside:
    """What is kept of the members of a page beside their rows, by member."""

    def __init__(self) -> None:
        self.extras: dict[str, dict[str, str]] = defaultdict(dict)
        self.past: dict[str, list[Row]] = defaultdict(list)
        self.records: dict[str, list[Row]] = defaultdict(list)
        self.evidence: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.links: dict[str, Row] = {}
        self.shared: set[str] = set()
        """Numbers that reach several."""

    @classmethod
    async def read(cls, session: Session, vault: Vault, span: Mapping[str, str]) -> "_Beside":
        """Read it all."""
        found = cls()
        for row in await session.all("files.extras_between", **span):
            found.extras[row["member"]][row["name"]] = row["answer"]
        for row in await session.all("files.past_between", **span):
            found.past[row["member"]].append(row)
        for row in await session.all("consents.between", **span):
            if row["emptied_at"] is None:
                found.records[row["member"]].append(row)
        for row in await session.all("files.evidence_between", **span):
            raw = vault.open(row["raw"])
            found.evidence[row["member"]][hashlib.sha256(raw).hexdigest()] = raw
        return found


def _line(row: Row, number: int, beside: _Beside) -> Line:
    link = beside.links.get(row["id"], UNREACHED)
    member = member_of(row, link)
    evidence = beside.evidence.get(member.id, {})
    return Line(
        number=number,
        columns=COLUMNS,
        id=member.id,
        member_number=member.member_number,
        sub=member.sub,
        phone=member.phone,
        phone_verified_by=member.phone_verified_by,
        phone_verified_at=member.phone_verified_at,
        shared_number=link["phone"] in beside.shared,
        profile=member.profile,
        joined_at=member.joined_at,
        left_at=member.left_at,
        station=member.station,
        last_seen_at=member.last_seen_at,
        restricted_at=member.restricted_at,
        shared_at=moment(row["shared_at"]),
        sharing_withdrawn_at=member.sharing_withdrawn_at,
        past=tuple(
            (moment(int(one["joined_at"])), moment(int(one["left_at"]))) for one in beside.past.get(member.id, ())
        ),
        extras=beside.extras.get(member.id, {}),
        consents=tuple(_carried(one, evidence) for one in beside.records.get(member.id, ())),
    )


def _carried(row: Any, evidence: Mapping[str, bytes]) -> Carried:
    record = consent_of(row)
    raw = None if record.evidence_digest is None else evidence.get(record.evidence_digest)
    return Carried(record=record, salt=row["salt"], raw=raw)
