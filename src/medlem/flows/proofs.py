"""Proofs that have served: what is kept of an erased member's consents goes when nobody can complain any more.

The records are emptied and keep their places, so that what is left of the chain still holds. Walked page by page, one
each time: there may be as many erasures as a club has had members.
"""

from dataclasses import dataclass, field
from typing import Final

from medlem.club.ids import ClubId, MemberId
from medlem.flows.ports import Ports

A_PAGE: Final = 100


@dataclass(slots=True)
class Walk:
    """How far each club's erasures have been looked through; begins anew with each process."""

    after: dict[ClubId, str] = field(default_factory=dict)


async def forget(ports: Ports, walk: Walk) -> int:
    """Empty some whose time is over, in every club; how many members' there were."""
    if ports.keeping.proof is None:
        return 0
    now, gone = ports.clock.now(), 0
    for club in await ports.storage.reading.places.clubs():
        page = await ports.storage.reading.rights.tombstones(club.id, walk.after.get(club.id, ""), A_PAGE)
        walk.after[club.id] = page[-1].erasure.member if page else ""
        for one in page:
            if one.erasure.erased_at + ports.keeping.proof <= now:
                gone += await _empty(ports, club.id, one.erasure.member)
    return gone


async def _empty(ports: Ports, club: ClubId, member: MemberId) -> bool:
    if not await ports.storage.reading.rights.proves(club, member):
        return False
    async with ports.storage.transaction() as tx:
        await tx.consents.empty(club, member, ports.clock.now())
        await tx.rights.forget_history(club, member)
    return True
