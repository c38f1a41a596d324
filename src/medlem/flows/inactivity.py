"""Members whom no till has found for long: put on a list, and erased when their notice has run out.

Nobody is erased by this before an operator has seen whom it would be, and confirmed it. What was confirmed is a length
of time: settings that erase sooner want to be confirmed anew. Restricted members are left alone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from medlem.club.place import Club
from medlem.club.rights import ErasedBecause
from medlem.flows import rights
from medlem.flows.inactivity_table import Confirmed, Listed
from medlem.flows.keeping import Keeping
from medlem.flows.ports import Ports

log = logging.getLogger(__name__)

BY: Final = "retention"

FLAGGED_AT_ONCE: Final = 200
ERASED_AT_ONCE: Final = 10
"""Few to a transaction, and one of each a round: no till waits for it."""


class NothingToConfirm(Exception):
    """Retention of members is switched off."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom retention would erase, and whether it may."""

    inactive_after: timedelta | None
    notice: timedelta
    confirmed: Confirmed | None
    enforced: bool
    ages: Mapping[int, int]
    """Those who are not on the list yet, by whole years since they were last seen."""
    listed: Listed


@dataclass(frozen=True, slots=True)
class Done:
    """What one round did."""

    flagged: int
    erased: int


async def preview(ports: Ports, club: Club) -> Preview:
    """Look whom it would be, and change nothing."""
    now, keeping = ports.clock.now(), ports.keeping
    inactivity = ports.storage.reading.inactivity
    confirmed = await inactivity.confirmed(club.id)
    ages: Mapping[int, int] = {}
    if keeping.inactive_after is not None:
        ages = await inactivity.ages(club.id, now - keeping.inactive_after, now)
    return Preview(
        inactive_after=keeping.inactive_after,
        notice=keeping.notice,
        confirmed=confirmed,
        enforced=_enforced(confirmed, keeping),
        ages=ages,
        listed=await inactivity.listed(club.id, now - keeping.notice),
    )


async def confirm(ports: Ports, club: Club) -> Confirmed:
    """Let it be done, under the settings as they are.

    Raises:
        NothingToConfirm: the settings say that no member is ever too old.
    """
    keeping = ports.keeping
    if keeping.inactive_after is None:
        raise NothingToConfirm
    confirmed = Confirmed(keeping.inactive_after, keeping.notice, ports.clock.now())
    async with ports.storage.transaction() as tx:
        await tx.inactivity.confirm(club.id, confirmed)
    return confirmed


async def enforce(ports: Ports) -> Done:
    """Do some of what is due, in every club where it was confirmed."""
    flagged = erased = 0
    for club in await ports.storage.reading.places.clubs():
        confirmed = await ports.storage.reading.inactivity.confirmed(club.id)
        if _enforced(confirmed, ports.keeping):
            done = await _enforce(ports, club)
            flagged, erased = flagged + done.flagged, erased + done.erased
    if erased:
        log.info("retention: %d members whom no till has found for long are erased", erased)
    return Done(flagged, erased)


async def _enforce(ports: Ports, club: Club) -> Done:
    now, keeping = ports.clock.now(), ports.keeping
    if keeping.inactive_after is None:
        return Done(0, 0)
    before = now - keeping.inactive_after
    async with ports.storage.transaction() as tx:
        await tx.inactivity.unflag(club.id, before)
        flagged = await tx.inactivity.flag(club.id, before, now, FLAGGED_AT_ONCE)
    async with ports.storage.transaction() as tx:
        due = await tx.inactivity.to_erase(club.id, now - keeping.notice, ERASED_AT_ONCE)
        for member in due:
            await rights.erase_within(ports, tx, club, member, reason=ErasedBecause.INACTIVE, requested_at=None, by=BY)
    return Done(flagged, len(due))


def _enforced(confirmed: Confirmed | None, keeping: Keeping) -> bool:
    """Whether an operator has agreed to times that are no longer than these."""
    return (
        confirmed is not None
        and keeping.inactive_after is not None
        and confirmed.inactive_after <= keeping.inactive_after
        and confirmed.notice <= keeping.notice
    )
