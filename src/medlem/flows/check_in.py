"""A check-in: a customer has scanned the sticker at a station with their own app.

The platform delivers a token, good for fifteen minutes, in place of a number. It is stored first; then, outside of any
transaction, it is exchanged for the number, and the customer is identified at that station as by any other scan. Every
step may be cut off: what is stored and not yet identified is due, and taken up again until the token is over. The
identification counts from the scan, so that it ends when the token does, and none ever shows a customer who has left.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from medlem.club.errors import (
    PlatformRefusedKeys,
    PlatformSurprisedUs,
    PlatformUnavailable,
    TooManyRequests,
    UnreadableCode,
)
from medlem.club.identification import Evidence, Identification
from medlem.club.ids import check_in_id, identification_id
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Station
from medlem.club.station_qr import TOKEN_LIFE, CheckIn
from medlem.flows import limits, presence
from medlem.flows.checking import check
from medlem.flows.insisting import insist
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables
from medlem.flows.views import IdentificationView

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=15)
"""Longer than an exchange and what follows it may take: before that nobody takes a check-in up that somebody is at."""

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What the platform says of a scan (QR API: user.checked-in.v1)."""

    qr: str
    """The sticker, by the name that we gave it."""
    token: Masked[str]
    named_at: str
    """The moment as the platform spelt it."""
    at: datetime | None
    """That moment; None when it cannot be read."""


async def arrive(ports: Ports, club: Club, told: Told) -> None:
    """Store a scan, and see to it. One that came before, is over, or is of no sticker that counts, is ignored."""
    now = ports.clock.now()
    # A clock that is ahead of ours makes nobody wait longer, and nothing older than it is.
    at = min(told.at or now, now)
    if at + TOKEN_LIFE <= now:
        log.info("a check-in of club=%s came after its token was over", club.id)
        return
    async with ports.storage.transaction() as tx:
        station = await _station(tx, club, told.qr)
        if station is None:
            log.warning("a check-in of club=%s at no station of ours was ignored", club.id)
            return
        check_in = CheckIn(
            id=check_in_id(now),
            club=club.id,
            station=station.id,
            token=told.token,
            named_at=told.named_at,
            at=at,
            due_at=now + LEASE,
        )
        if not await tx.check_ins.add(check_in):
            return
    ports.errands.send(identify(ports, check_in), f"identify {check_in.id}")


async def go_on(ports: Ports) -> None:
    """Take up what nobody sees to any more."""
    now = ports.clock.now()
    if not await ports.storage.reading.check_ins.any_due(now):
        return
    async with ports.storage.transaction() as tx:
        due = await tx.check_ins.claim_due(now, now + LEASE, AT_ONCE)
    for check_in in due:
        ports.errands.send(identify(ports, check_in), f"identify {check_in.id}")


async def identify(ports: Ports, check_in: CheckIn) -> None:
    """Have the token exchanged, and put the customer on the station's screen; safe to call any number of times."""
    station = await ports.storage.reading.places.station(check_in.club, check_in.station)
    if station is None or station.removed_at is not None or check_in.until <= ports.clock.now():
        await _write(ports, check_in.dropped())
        return
    try:
        await limits.look_up(ports.limits, ports.storage.reading, station, ports.clock.now())
        phone = await ports.platform.reveal_customer(check_in.club, check_in.token)
    except (UnreadableCode, TooManyRequests) as refusal:
        log.warning("%s at %s came to nothing: %s", check_in.id, station.id, refusal.slug)
        await _write(ports, check_in.dropped())
    except (PlatformUnavailable, PlatformRefusedKeys, PlatformSurprisedUs) as trouble:
        log.warning("%s at %s is tried again in a moment: %s", check_in.id, station.id, trouble.slug)
        wait = timedelta(seconds=trouble.retry_after if isinstance(trouble, PlatformUnavailable) else 0)
        await _write(ports, check_in.put_off(ports.clock.now(), wait))
    else:
        await _identified(ports, station, check_in, phone)


async def _identified(ports: Ports, station: Station, check_in: CheckIn, phone: PhoneNumber) -> None:
    checked = await check(ports, station.club, phone)
    found = checked.doubted(Evidence.STATION_QR, ports.clock.now(), ports.limits)
    identification = Identification(
        id=identification_id(ports.clock.now()),
        club=station.club,
        station=station.id,
        phone=phone,
        evidence=Evidence.STATION_QR,
        membership=found.membership,
        member=found.member,
        entry=found.elsewhere,
        doubt=found.doubt,
        choices=found.choices,
        created_at=check_in.at,
    )
    view = IdentificationView.of(identification, found.shown)

    async def write() -> None:
        async with ports.storage.transaction() as tx:
            held = await tx.check_ins.hold(check_in.club, check_in.id)
            if held is None or held.identification is not None:
                return  # somebody else was quicker, or this one wrote it and never heard of it
            await tx.identifications.add(identification)
            await presence.note(tx, found, station.club, identification.created_at)
            await tx.check_ins.save(held.identified(identification.id))
            await tx.events.add(station.club, station.id, view, ports.clock.now())

    await insist(ports.clock, write, ports.clock.now() + LEASE)


async def _write(ports: Ports, after: CheckIn) -> None:
    async with ports.storage.transaction() as tx:
        held = await tx.check_ins.hold(after.club, after.id)
        if held is not None and held.identification is None:
            await tx.check_ins.save(after)


async def _station(tx: Tables, club: Club, qr: str) -> Station | None:
    """The station whose sticker this is, if both count."""
    found = await tx.station_qrs.get(club.id, qr)
    if found is None or not found.counts:
        return None
    station = await tx.places.station(club.id, found.station)
    return station if station is not None and station.removed_at is None else None
