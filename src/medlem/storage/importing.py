"""Looks members up many at a time, and puts them in many at a time, for files of them."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from medlem.club.consent import Method
from medlem.club.ids import ClubId, MemberId
from medlem.club.line import Line
from medlem.club.member import Consent
from medlem.flows.import_table import Changed, Details, Evidence, Found, Known, Newcomer, Record, Sought
from medlem.storage.consents import Consents, consent_of
from medlem.storage.exporting import lines_of
from medlem.storage.import_rows import Rows
from medlem.storage.members import UNREACHED, Members, columns_of, member_of
from medlem.storage.rights import MEMBER_NUMBER, NUMBER, SUB
from medlem.storage.session import Row, Session, millis, moment
from medlem.vault import Vault

_MOST_LOOKED_AT: Final = 10_000
_SHOWN_IN_THE_APP: Final = frozenset({Method.VIPPS_CIBA, Method.VIPPS_BROWSER})

Values = tuple[Any, ...]


class Files:
    """`flows.import_table.Files`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault
        self._consents = Consents(session, vault)
        self._members = Members(session, vault)

    @property
    def turn(self) -> float:
        return self._session.turn

    async def hold(self, club: ClubId) -> int:
        row = await self._session.one("files.hold", club=club)
        if row is None:
            raise LookupError(f"there is no club {club}")
        return int(row["last_number"])

    async def known(self, club: ClubId, sought: Sought) -> Known:
        ids, numbers, subs, reached, former = await self._looked_up(club, sought)
        known = Known()
        wanted = {row["id"] for row in (*ids, *numbers, *subs)} | {row["member"] for row in (*reached, *former)}
        if wanted:
            known.by_id = await self._found(club, wanted)
            known.by_number = _by(numbers, "member_number", known)
            known.by_sub = _by(subs, "sub", known)
            _reaching(known, reached, former)
        if await self._session.one("files.erased_any", club=club):
            known.erased = await self._erased(club, sought)
        return known

    async def _found(self, club: ClubId, wanted: Collection[str]) -> dict[str, Found]:
        """Members by their ids; those who were merged are whoever they are now."""
        found: dict[str, Found] = {}
        leading: dict[str, str] = {}
        while left := [one for one in wanted if one not in found]:
            many = listed(sorted(left))
            rows = await self._session.all("files.members", club=club, many=many)
            links = {row["member"]: row for row in await self._session.all("files.links", club=club, many=many)}
            leading |= {row["id"]: row["merged_into"] for row in rows if row["merged_into"] is not None}
            there = [row for row in rows if row["merged_into"] is None]
            found |= {row["id"]: Found(member_of(row, links.get(row["id"], UNREACHED))) for row in there}
            wanted = {row["merged_into"] for row in rows if row["merged_into"] is not None}
        for one in leading:
            end = one
            while end in leading:
                end = leading[end]
            if end in found:
                found[one] = found[end]
        return found

    async def _looked_up(self, club: ClubId, sought: Sought) -> tuple[list[Row], ...]:
        """Whose the keys are: those of ids, member numbers, subs and phone numbers, and of the latter formerly."""
        none: list[Row] = []
        session, numbers, subs = self._session, listed(sought.member_numbers), listed(sought.subs)
        phones = listed(sought.phones)
        return (
            await session.all("files.by_id", club=club, many=listed(sought.ids)) if sought.ids else none,
            await session.all("files.by_number", club=club, many=numbers) if sought.member_numbers else none,
            await session.all("files.by_sub", club=club, many=subs) if sought.subs else none,
            await session.all("files.reached", club=club, many=phones) if sought.phones else none,
            await session.all("files.former", club=club, many=phones) if sought.phones else none,
        )

    async def details(self, club: ClubId, members: Collection[MemberId]) -> Mapping[MemberId, Details]:
        found, many = {member: Details() for member in members}, listed(members)
        for row in await self._session.all("files.extras", club=club, many=many):
            extras = found[row["member"]].extras
            found[row["member"]].extras = {**extras, row["name"]: row["answer"]}
        for row in await self._session.all("files.past", club=club, many=many):
            found[row["member"]].past.add(moment(int(row["joined_at"])))
        answers = await self._session.all("files.answers", club=club, many=many)
        for row in sorted(answers, key=lambda row: int(row["position"])):
            found[row["member"]].consents.append(consent_of(row))
        return found

    async def count(self) -> None:
        await self._session.count("member", "phone_link", "consent")

    async def stations(self, club: ClubId) -> frozenset[str]:
        return frozenset(row["id"] for row in await self._session.all("files.stations", club=club))

    async def records(self, club: ClubId, consents: Collection[str]) -> Mapping[str, MemberId]:
        return {
            row["id"]: row["member"]
            for row in await self._session.all("files.records", club=club, many=listed(consents))
        }

    async def free_numbers(self, club: ClubId, after: int, many: int) -> Sequence[int]:
        found: list[int] = []
        step = many
        while len(found) < many:
            drawn = range(after + 1, after + step + 1)
            rows = await self._session.all("files.numbers_had", club=club, many=listed([str(one) for one in drawn]))
            had = {row["member_number"] for row in rows}
            found += [one for one in drawn if str(one) not in had]
            after, step = after + step, min(step * 2, _MOST_LOOKED_AT)
        return found[:many]

    async def pass_number(self, club: ClubId, number: int) -> None:
        await self._session.run("files.pass_number", club=club, number=number)

    async def add(self, new: Sequence[Newcomer], now: datetime) -> None:
        rows = Rows()
        texts = await self._with_texts(new)
        at = millis(now)
        for newcomer in sorted(new, key=lambda one: one.member.id):
            rows.add(newcomer, texts, at)
        if rows.members:
            await self._session.put("files.add_member", rows.members)
        if rows.links:
            await self._session.put("files.add_link", rows.links)
        if rows.records:
            await self._session.put("consents.add", rows.records)
        if rows.extras:
            await self._session.put("files.add_extra", rows.extras)
        if rows.past:
            await self._session.put("files.add_past", rows.past)
        await self._keep_evidence((one.member.club, one.member.id, one.evidence) for one in new if one.evidence)

    async def change(self, changed: Sequence[Changed], now: datetime) -> Sequence[int]:
        if not changed:
            return []
        saved = [one.member for one in changed if one.saved]
        await self._session.each("members.save", [columns_of(member) for member in saved])
        await self._session.each(
            "files.see",
            [
                {"club": member.club, "member": member.id, "last_seen_at": millis(member.last_seen_at)}
                for member in saved
                if member.last_seen_at is not None
            ],
        )
        for one in changed:
            if one.phone is not None and one.member.phone_verified_by is not None:
                await self._members.link(one.member, one.phone, one.member.phone_verified_by, now)
            if one.extras:
                await self._members.save_extras(one.member, one.extras, now)
            for since, until in one.past:
                where = {"club": one.member.club, "member": one.member.id}
                await self._session.run(
                    "rights.keep_membership", **where, joined_at=millis(since), left_at=millis(until)
                )
            if one.records:
                salts = {record.consent.id: record.salt for record in one.records if record.salt is not None}
                consents = [record.consent for record in one.records]
                await self._consents.append(one.member.id, consents, _source(consents[0]), salts)
        await self._keep_evidence((one.member.club, one.member.id, one.evidence) for one in changed if one.evidence)
        touched = [{"club": one.member.club, "member": one.member.id, "now": millis(now)} for one in changed]
        return [int(row["version"]) for row in await self._session.each("members.touch", touched)]

    async def all(self, club: ClubId, most: int) -> AsyncIterator[Sequence[Line]]:
        async with self._session.steady() as session:
            async for lines in lines_of(session, self._vault, club, most):
                yield lines

    async def _erased(self, club: ClubId, sought: Sought) -> Sought:
        numbers = self._digested(MEMBER_NUMBER, sought.member_numbers)
        subs, phones = self._digested(SUB, sought.subs), self._digested(NUMBER, sought.phones)
        ids = await self._session.all("files.erased_ids", club=club, many=listed(sought.ids))
        gone = await self._session.all("files.erased_member_numbers", club=club, many=listed(numbers))
        known = await self._session.all("files.erased_subs", club=club, many=listed(subs))
        reached = await self._session.all("files.erased_phones", club=club, many=listed(phones))
        return Sought(
            ids={row["found"] for row in ids},
            member_numbers={numbers[row["found"]] for row in gone},
            subs={subs[row["found"]] for row in known},
            phones={phones[row["found"]] for row in reached},
        )

    def _digested(self, purpose: str, words: Iterable[str]) -> dict[str, str]:
        """Words by their keyed hashes, where only those are kept."""
        return {digest: word for word in words for digest in self._vault.digests(purpose, word)}

    async def _with_texts(self, new: Sequence[Newcomer]) -> Mapping[str, Record]:
        """The records with words, by their ids, each with the version of its words."""
        texts: dict[tuple[str, str, str], Consent] = {}
        found: dict[str, Record] = {}
        for record in (one for newcomer in new for one in newcomer.records):
            if not record.consent.text or _older(record.consent):
                continue
            key = (record.consent.element, record.consent.language or "", record.consent.text)
            if key not in texts:
                texts[key] = await self._consents.with_text(record.consent, _source(record.consent))
            shown = texts[key]
            versioned = replace(record.consent, text_version=shown.text_version, text_hash=shown.text_hash)
            found[record.consent.id] = Record(versioned, record.salt)
        return found

    async def _keep_evidence(self, brought: Iterable[tuple[ClubId, MemberId, Sequence[Evidence]]]) -> None:
        rows = [
            {
                "club": club,
                "member": member,
                "digest": one.digest,
                "enrolment": one.enrolment,
                "raw": self._vault.seal(one.raw),
                "kept_at": millis(one.kept_at),
            }
            for club, member, evidence in brought
            for one in evidence
        ]
        if rows:
            await self._session.each("files.keep_evidence", rows)


def listed(many: Collection[str]) -> str:
    """A list as both databases take it."""
    return json.dumps(list(many))


def _by(rows: Iterable[Any], column: str, known: Known) -> dict[str, Found]:
    return {row[column]: known.by_id[row["id"]] for row in rows if row["id"] in known.by_id}


def _reaching(known: Known, reached: Iterable[Any], former: Iterable[Any]) -> None:
    """Whom numbers reach and reached, each one's in the order of their ids."""
    for row in sorted(reached, key=lambda row: row["member"]):
        if (found := known.by_id.get(row["member"])) is not None:
            known.reached.setdefault(row["phone"], []).append(found)
    for row in sorted(former, key=lambda row: row["member"]):
        found, former_ones = known.by_id.get(row["member"]), known.former.setdefault(row["phone"], [])
        if found is not None and found not in [*known.reached.get(row["phone"], ()), *former_ones]:
            former_ones.append(found)


def _older(consent: Consent) -> bool:
    """Whether it was a record before words had versions."""
    return consent.text_hash is None and consent.act is None


def _source(consent: Consent) -> str:
    return "platform" if consent.method in _SHOWN_IN_THE_APP else "merchant"
