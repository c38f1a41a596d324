"""Proof: whether every chain holds, and what there is to show of one member or of a time."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from medlem.club.consent import Verdict, follow
from medlem.club.errors import NotFound
from medlem.club.ids import MemberId
from medlem.club.member import Member
from medlem.club.place import Club
from medlem.flows.consent_table import Chain
from medlem.flows.ports import Ports

AT_ONCE: Final = 1000
"""Members in one look."""

PLACED_AT_ONCE: Final = 200
"""Members whose older records are brought into their chains before a till gets its turn again."""


async def verify(ports: Ports, club: Club) -> Verdict:
    """Walk every chain of a club. It reads page by page, however many there are, and writes nothing."""
    verdict, after = Verdict(), None
    while chains := await ports.storage.reading.consents.chains(club.id, after, AT_ONCE):
        for chain in chains:
            follow(chain.member, chain.end, chain.rows, verdict, erased_at=chain.erased_at)
        after = chains[-1].member
    return verdict


async def of_member(ports: Ports, club: Club, member: str) -> tuple[Member | None, Chain]:
    """A member with the whole chain; of one who was erased the chain alone.

    Raises:
        NotFound: the club has, and had, none of that id.
    """
    found = await ports.storage.reading.members.get(club.id, member)
    chain = await ports.storage.reading.consents.chain(club.id, MemberId(member))
    if found is None and not chain.rows:
        raise NotFound("The club has no such member.")
    return found, chain


async def of_time(
    ports: Ports, club: Club, since: datetime, until: datetime
) -> AsyncIterator[tuple[Member | None, Chain]]:
    """Every member with a record that was heard of from `since` until before `until`, with the whole chain."""
    after = None
    while members := await ports.storage.reading.consents.members_between(club.id, since, until, after, AT_ONCE):
        for member in members:
            yield await of_member(ports, club, member)
        after = members[-1]


async def place_older(ports: Ports) -> int:
    """Bring records of earlier versions into their chains, a few members to a transaction; how many members."""
    total = 0
    while found := await ports.storage.reading.consents.without_place(PLACED_AT_ONCE):
        async with ports.storage.transaction() as tx:
            for club, member in sorted(found):
                await tx.consents.place(club, member)
        total += len(found)
    return total
