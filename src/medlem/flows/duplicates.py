"""Who may be one person twice in the register, and that somebody has said they are two.

The register is looked through in the order of its ids, some members at a time; each is compared with whoever an index
finds before them, never with everybody.
"""

from dataclasses import dataclass
from typing import Final

from medlem.club.duplicate import Distinct, Duplicate, judged
from medlem.club.errors import Flaw, InvalidRequest, NotFound
from medlem.club.finding import Spot, Wanted
from medlem.club.place import Club
from medlem.flows import membership
from medlem.flows.membership import MemberInFull
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables

AT_ONCE: Final = 200
"""Members who are looked at in one go: a few milliseconds, so that no till waits for it."""

ROUNDS: Final = 25
"""How often for one page, while nobody is found."""

SAID: Final = 200


@dataclass(frozen=True, slots=True)
class DuplicateInFull:
    """Two who may be one, with all that is known of each."""

    duplicate: Duplicate
    one: MemberInFull
    other: MemberInFull


async def page(ports: Ports, club: Club, after: str) -> tuple[list[DuplicateInFull], str | None]:
    """Pairs whose later member comes after that id, and the id to go on from; None at the end.

    Pairs that somebody has said to be two people are left out. There may be none here, and more behind.
    """
    tables, found = ports.storage.reading, list[DuplicateInFull]()
    for _ in range(ROUNDS):
        spots = await tables.finding.page(club.id, Wanted(), Spot(after), AT_ONCE)
        if spots:
            found += await _between(ports, tables, club, after, spots[-1].member)
            after = spots[-1].member
        if len(spots) < AT_ONCE:
            return found, None
        if found:
            break
    return found, after


async def say_distinct(
    ports: Ports, club: Club, one: str, other: str, by: str, repeat: Repeat | None = None
) -> Distinct:
    """Say of two members that they are two people: they are not reported again. Said twice, the first counts.

    Raises:
        NotFound: the club has not both of them.
        InvalidRequest: it is one id twice.
    """
    now = ports.clock.now()
    if one == other:
        detail = "These are not two members: it is one id twice."
        raise InvalidRequest(detail, Flaw("/other", detail))
    async with ports.storage.transaction() as tx:
        both = [await tx.members.get(club.id, member) for member in sorted((one, other))]
        first, second = both
        if first is None or second is None:
            raise NotFound("The club has no such member.")
        await tx.duplicates.say(Distinct(club.id, first.id, second.id, by, now))
        said = await tx.duplicates.said(club.id, first.id, second.id)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, SAID, f"{first.id} {second.id}", now)
    return said or Distinct(club.id, first.id, second.id, by, now)


async def said_distinct(ports: Ports, club: Club, one: str, other: str) -> Distinct:
    """That somebody has said so.

    Raises:
        NotFound: nobody has, or it was taken back by merging them.
    """
    tables = ports.storage.reading
    both = [await tables.members.get(club.id, member) for member in (one, other)]
    first, second = both
    said = await tables.duplicates.said(club.id, first.id, second.id) if first and second else None
    if said is None:
        raise NotFound("Nobody has said so of these two.")
    return said


async def _between(ports: Ports, tables: Tables, club: Club, after: str, until: str) -> list[DuplicateInFull]:
    found = []
    for pair in await tables.duplicates.pairs(club.id, after, until):
        one, other = await tables.members.get(club.id, pair.one), await tables.members.get(club.id, pair.other)
        duplicate = judged(one, other) if one is not None and other is not None else None
        if duplicate is not None:
            full = [await membership.get(ports, club, member) for member in (pair.one, pair.other)]
            found.append(DuplicateInFull(duplicate, *full))
    return found
