"""One batch of lines: who each means, what becomes of them, and all of it written in one transaction."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from medlem.club.consent import Purpose
from medlem.club.ids import MemberId, consent_ids, member_ids
from medlem.club.line import Flawed, Line, Why
from medlem.club.member import Consent
from medlem.club.place import Club
from medlem.flows import noticing
from medlem.flows.import_changes import Around, Comparing, Existing, newcomer
from medlem.flows.import_table import Changed, Details, Found, Known, Newcomer, Record
from medlem.flows.import_twice import Seen
from medlem.flows.import_whom import sought, whom
from medlem.flows.tables import Tables

LONGEST_COUNTED: Final = 9
"""Digits. Longer numbers are other systems' cards: those that are given out do not come so far."""


class Outcome(StrEnum):
    """What became of a member."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be taken."""

    existing: Existing = Existing.FILL
    dry_run: bool = False
    """Do all but the commit."""
    notices: bool = True
    """Let the endpoints hear of each member."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A line that was taken."""

    number: int
    """Of the line."""
    outcome: Outcome
    member: MemberId
    consents: int = 0
    """How many answers were added."""
    left_out: tuple[Flawed, ...] = ()
    """Parts that were not taken, though the rest was."""


Result = Taken | Flawed


@dataclass(frozen=True, slots=True)
class _Against:
    """What lines of a batch are held against."""

    known: Known
    details: Mapping[MemberId, Details]
    records: Mapping[str, MemberId]
    """Consent records that are here, and whose they are."""


class Batch:
    """Lines of one transaction."""

    def __init__(self, club: Club, order: Order, stations: frozenset[str], before: Seen, now: datetime) -> None:
        """Begin.

        Args:
            club: whose members.
            order: how the file is to be taken.
            stations: all that the club has or had.
            before: what the batches before have seen.
            now: the moment at which it happens.
        """
        self._club = club
        self._order = order
        self._before = before
        self._now = now
        self._around = Around.of(club, now, stations)
        self._ids: Iterator[MemberId] = iter(())
        self._last = 0
        self._free: deque[int] = deque()
        """Member numbers that nobody has had, from after the last one that was drawn or brought."""
        self._added: list[Newcomer] = []
        self._changed: list[Changed] = []
        self.results: list[Result] = []
        self.seen: list[tuple[Line, MemberId, bool]] = []
        """Whom each line has been about, and whether they are new."""

    async def run(self, tx: Tables, lines: Sequence[Line]) -> None:
        """Do it, in this transaction."""
        self._ids = iter(member_ids(self._now, len(lines)))
        drawn = self._last = await tx.files.hold(self._club.id)
        known = await tx.files.known(self._club.id, sought(lines))
        against = _Against(known, await self._details(tx, lines, known), await self._records(tx, lines))
        for place, line in enumerate(lines):
            if line.member_number is None and not self._free:
                self._free.extend(await tx.files.free_numbers(self._club.id, self._last, len(lines) - place))
            self.results.append(self._line(line, against))
        if self._last != drawn:
            await tx.files.pass_number(self._club.id, self._last)
        # Changes first: somebody new may have the member number that another one has given up.
        versions = await tx.files.change(self._changed, self._now)
        for new, record in zip(self._added, consent_ids(self._now, len(self._added)), strict=True):
            new.joined_id = record
        await tx.files.add(self._added, self._now)
        if self._order.notices:
            news = [
                *((new.member, 1, True, _consents(new.records)) for new in self._added),
                *(
                    (changed.member, version, changed.themselves, _consents(changed.records))
                    for changed, version in zip(self._changed, versions, strict=True)
                ),
            ]
            await noticing.imported(tx, self._club.id, news, self._now)

    def _line(self, line: Line, against: _Against) -> Result:
        meant = whom(line, against.known)
        if isinstance(meant, Flawed):
            return meant
        found = meant.found
        if found is None:
            return self._before.refusing(line) or self._add(line, against)
        earlier = found.line if found.line is not None else self._before.line_about(found.member.id)
        if earlier is not None:
            return repeated(line, earlier)
        found.line = line.number
        self.seen.append((line, found.member.id, False))
        if self._order.existing is Existing.KEEP:
            return Taken(line.number, Outcome.UNCHANGED, found.member.id)
        if not found.member.present:
            return _left(line, found)
        return self._change(line, found, against)

    def _add(self, line: Line, against: _Against) -> Taken:
        left_out: list[Flawed] = []
        new = newcomer(line, next(self._ids), self._number(line, against.known), self._around, left_out)
        if line.consents:
            new.records = _not_elsewhere(line, new.member.id, new.records, against.records, left_out)
        against.known.add(Found(new.member, line.number))
        self.seen.append((line, new.member.id, True))
        self._added.append(new)
        return Taken(line.number, Outcome.ADDED, new.member.id, len(new.records), tuple(left_out))

    def _change(self, line: Line, found: Found, against: _Against) -> Result:
        member = found.member
        comparing = Comparing(line, member, against.details.get(member.id) or Details(), self._order.existing)
        changed = comparing.changed(against.known, self._around)
        if changed.records:
            changed.records = _not_elsewhere(line, member.id, changed.records, against.records, comparing.left_out)
        if changed.nothing:
            return Taken(line.number, Outcome.UNCHANGED, member.id, 0, tuple(comparing.left_out))
        if member.restricted_at is not None:
            return Flawed(
                number=line.number,
                column=None,
                why=Why.RESTRICTED,
                detail="What is kept of this member is restricted: nothing of it is changed until that is lifted.",
            )
        against.known.change(found, changed.member)
        self._changed.append(changed)
        consents = len(_consents(changed.records))
        return Taken(line.number, Outcome.CHANGED, member.id, consents, tuple(comparing.left_out))

    async def _details(self, tx: Tables, lines: Sequence[Line], known: Known) -> Mapping[MemberId, Details]:
        if self._order.existing is Existing.KEEP or not known.by_id:
            return {}
        if not any(line.extras or line.past or line.consents or line.joined_at for line in lines):
            return {}
        return await tx.files.details(self._club.id, [found.member.id for found in known.by_id.values()])

    async def _records(self, tx: Tables, lines: Sequence[Line]) -> Mapping[str, MemberId]:
        ids = {one.record.id for line in lines for one in line.consents if one.record.id}
        return await tx.files.records(self._club.id, ids) if ids else {}

    def _number(self, line: Line, known: Known) -> str:
        """The member number of somebody new: what they bring, and nobody gets later; else the next one."""
        brought = line.member_number
        if brought is None:
            while (number := str(self._free.popleft())) in known.by_number:
                pass
            self._last = int(number)
            return number
        if _counted(brought) and int(brought) > self._last:
            self._last = int(brought)
            self._free.clear()
        return brought


def repeated(line: Line, earlier: int) -> Flawed:
    """A line that is about somebody whom an earlier one was about."""
    return Flawed(
        number=line.number,
        column=None,
        why=Why.REPEATED_LINE,
        detail=f"Line {earlier} is about the same person.",
    )


def _left(line: Line, found: Found) -> Result:
    """Whoever has left stays so."""
    if line.left_at is not None and line.left_at == found.member.left_at:
        return Taken(line.number, Outcome.UNCHANGED, found.member.id)
    return Flawed(
        number=line.number,
        column=None,
        why=Why.HAS_LEFT,
        detail="They have left the club. No list brings them back: they join again, or are entered by hand.",
    )


def _consents(records: Sequence[Record]) -> list[Consent]:
    """Those that are answers, and no membership."""
    return [one.consent for one in records if one.consent.what_for is not Purpose.MEMBERSHIP]


def _not_elsewhere(
    line: Line,
    member: MemberId,
    records: Sequence[Record],
    here: Mapping[str, MemberId],
    left_out: list[Flawed],
) -> Sequence[Record]:
    """Those whose id no record has yet."""
    found = []
    for one in records:
        if here.get(one.consent.id, member) == member:
            found.append(one)
        else:
            left_out.append(
                Flawed(
                    number=line.number,
                    column="consents",
                    why=Why.CONSENT_KNOWN,
                    detail="A record of this id is another member's.",
                )
            )
    return found


def _counted(member_number: str) -> bool:
    """Whether it is a number as they are given out, one after the other."""
    return member_number.isascii() and member_number.isdigit() and len(member_number) <= LONGEST_COUNTED
