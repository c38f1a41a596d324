"""Erasures that outlive the database: kept in a file apart from the backups, and applied to what was brought back.

A backup that is older than an erasure holds the person still. `medlem restore` takes the tombstones from the database
that it replaces; where that one is gone, or PostgreSQL's own tools have brought a dump back, they come from the file.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

from medlem.club.place import Club
from medlem.flows import announcing
from medlem.flows.ports import Ports
from medlem.flows.rights_table import Tombstone

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it."""

    known: int
    """Tombstones in the file, for clubs that are here."""
    erased: int
    """Members who were there, and are erased again."""


async def all_of(ports: Ports, club: Club) -> AsyncIterator[Tombstone]:
    """Every tombstone of a club."""
    after = ""
    while found := await ports.storage.reading.rights.tombstones(club.id, after, AT_ONCE):
        for one in found:
            yield one
        after = found[-1].erasure.member


async def apply(ports: Ports, tombstones: Iterable[Tombstone]) -> Applied:
    """Erase again whoever is there, each in a transaction of their own; as often as you like."""
    known = erased = 0
    clubs = {club.id for club in await ports.storage.reading.places.clubs()}
    for one in tombstones:
        if one.erasure.club not in clubs:
            continue
        known += 1
        async with ports.storage.transaction() as tx:
            found = await tx.members.get(one.erasure.club, one.erasure.member)
            if found is not None and await tx.rights.erase(one.erasure, found):
                await announcing.erased(ports, tx, found, ports.clock.now())
                erased += 1
            await tx.rights.bury(one)
    return Applied(known, erased)
