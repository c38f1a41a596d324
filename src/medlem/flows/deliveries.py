"""That the platform delivers: written down now and then, for whoever wonders whether it still does."""

import logging
from datetime import timedelta
from typing import Final

from medlem.club.ids import ClubId
from medlem.flows.ports import Ports
from medlem.flows.tables import StorageUnavailable

log = logging.getLogger(__name__)

OFTEN_ENOUGH: Final = timedelta(minutes=1)


async def note(ports: Ports, club: ClubId, event: str) -> None:
    """Write down that an event was delivered, at most once a minute; what is delivered does not depend on it."""
    now = ports.clock.now()
    try:
        last = await ports.storage.reading.webhooks.delivered_at(club, event)
        if last is None or now - last >= OFTEN_ENOUGH:
            async with ports.storage.transaction() as tx:
                await tx.webhooks.note_delivery(club, event, now)
    except StorageUnavailable as error:
        log.debug("a delivery was taken, and that it came could not be noted: %s", error)
