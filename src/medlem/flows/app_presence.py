"""Whether the platform knows an app behind a number: asked in the background, and worth a hint on a button.

Nobody waits for it: the till has its customer before this begins, and the ask never looks at it. What *false* covers is
written nowhere (Login API: user exists), so it stops nothing and names no reason. An answer serves ten minutes.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from medlem.club.identification import Identification
from medlem.flows.ports import Ports
from medlem.flows.views import IdentificationView

LIFE: Final = timedelta(minutes=10)


async def look(ports: Ports, customer: Identification) -> None:
    """Find out for a customer who is no member, and tell the till that asked.

    A number found neither in the register nor in the app is remembered; many of them at one station mean a search.
    """
    club, phone = customer.club, customer.phone
    if phone is None:
        return
    since = ports.clock.now() - LIFE
    kept = await ports.storage.reading.identifications.app_presence(club, phone, since)
    found = await ports.platform.exists(club, phone) if kept is None else kept
    if found is None:
        return
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        if kept is None:
            await tx.identifications.keep_app_presence(club, phone, now, found=found)
        await tx.identifications.set_app_found(customer, found=found)
        view = IdentificationView.of(replace(customer, app_found=found), None)
        await tx.events.add(club, customer.station, view, now)
        if not found and ports.limits.lookup_misses_per_station:
            await tx.identifications.note_miss(club, customer.station, phone, now)
