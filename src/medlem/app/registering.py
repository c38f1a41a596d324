"""Keeps the platform's deliveries coming, beside everything else: a platform that will not have it stops nothing."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from medlem.club.ids import ClubId
from medlem.club.place import Club
from medlem.config import Settings
from medlem.flows.ports import Clock, Ports, Registrar
from medlem.flows.registering import Order, Outcome, Wanted, settle
from medlem.flows.tables import StorageUnavailable, Tables
from medlem.vipps.webhooks import ALONE, CHECK_IN, DELIVERED, hook_url


class Registering(Protocol):
    """The clubs, as far as they are to be registered."""

    async def all(self) -> Sequence[Club]:
        """Every club."""

    async def settings(self, club: ClubId) -> Settings | None:
        """The settings of one."""


log = logging.getLogger(__name__)

FIRST_RETRY: Final = 5.0
LONGEST_RETRY: Final = 300.0
"""Seconds between attempts while not all is right."""
LOOK: Final = 15.0
"""Seconds between two looks into our own tables, which a first sticker waits for; the platform is asked once a day."""
NEW_CLUBS_EVERY: Final = 5.0
"""Seconds between two looks for clubs that were added."""


async def order_of(
    tables: Tables, settings: Settings, club: Club, since: datetime, anew: Iterable[str] = ()
) -> Order | None:
    """How a club's registrations should be; None when we are not to be delivered to.

    Scans of stickers are told to one address of a sales unit, which may be another system's: nobody takes it who has
    no sticker.

    Raises:
        StorageUnavailable: nobody knows whether there are any.
    """
    if settings.public_url is None or settings.webhooks == "off":
        return None
    public = settings.public_url
    hung = any(qr.counts for qr in await tables.station_qrs.all(club.id))
    wanted = tuple(
        Wanted(event, hook_url(public, club.sales_unit, event), event in ALONE)
        for event in DELIVERED
        if hung or event != CHECK_IN
    )
    oldest = settings.webhook_secret_age
    return Order(club=club.id, wanted=wanted, since=since, oldest=oldest, anew=frozenset(anew))


async def keep_all_registered(clubs: Registering, ports: Ports, registrar: Registrar, closing: asyncio.Event) -> None:
    """Look after every club, and whichever is added while we run; each by itself, so that none waits for another."""
    begun: set[ClubId] = set()
    async with asyncio.TaskGroup() as tasks:
        while not closing.is_set():
            try:
                for club in await clubs.all():
                    if club.id not in begun and await clubs.settings(club.id) is not None:
                        begun.add(club.id)
                        one = _keep_registered(clubs, club, ports, registrar, closing)
                        tasks.create_task(one, name=f"registrations {club.id}")
            except StorageUnavailable as error:
                log.warning("clubs could not be looked for: %s", error)
            await _pause(ports.clock, NEW_CLUBS_EVERY, closing)


async def _keep_registered(
    clubs: Registering, club: Club, ports: Ports, registrar: Registrar, closing: asyncio.Event
) -> None:
    """Settle one club's registrations at the start, then once a day and whenever something is left to do."""
    began, failures = ports.clock.now(), 0
    while not closing.is_set():
        try:
            settings = await clubs.settings(club.id)
            order = await order_of(ports.storage.reading, settings, club, began) if settings is not None else None
            outcome = await settle(ports, registrar, order) if order is not None else Outcome.RIGHT
        except StorageUnavailable as error:
            log.warning("registrations are left alone for now, polling goes on: %s", error)
            outcome = Outcome.NOT_YET
        failures = failures + 1 if outcome is Outcome.NOT_YET else 0
        await _pause(ports.clock, _until_next(outcome, failures), closing)


def _until_next(outcome: Outcome, failures: int) -> float:
    """Seconds until the next look."""
    if outcome is Outcome.NOT_YET:
        return float(min(FIRST_RETRY * 2 ** (failures - 1), LONGEST_RETRY))
    return FIRST_RETRY if outcome is Outcome.BUSY else LOOK


async def _pause(clock: Clock, seconds: float, closing: asyncio.Event) -> None:
    waits = [asyncio.create_task(clock.sleep(seconds)), asyncio.create_task(closing.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
