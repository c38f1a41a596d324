"""Station QRs: the stickers that customers scan with their app.

Intent, call, outcome: a code is written down before the platform hears of it, under a name that is used once, so there
is never one over there that nobody here knows. Whoever dies in between, or finds no platform, leaves a row that is due:
it is made, or taken down, by whoever looks next (`go_on`), as often as it takes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from medlem.club.errors import NotFound, PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable
from medlem.club.ids import ClubId, station_qr_id
from medlem.club.place import Station
from medlem.club.station_qr import IN_FLIGHT, QrState, StationQr, label_of
from medlem.flows.answers import HungQr
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables

log = logging.getLogger(__name__)

AT_ONCE: Final = 20
OURS: Final = "sqr_"
"""How the names of our codes begin; the sales unit may have others."""
CHECK_IN: Final = "user.checked-in.v1"
"""The platform's event that a scan comes as; without a registration for it, the app says that it cannot reach us."""

Troubles = (PlatformUnavailable, PlatformRefusedKeys, PlatformSurprisedUs)


@dataclass(frozen=True, slots=True)
class Sticker:
    """A station QR as it stands, and what only the platform knows of it."""

    qr: StationQr
    image: str | None
    """Where the platform shows a picture of it today; None when it does not say."""
    listening: bool
    """Whether the platform tells us of scans."""


async def make(ports: Ports, station: Station) -> Sticker:
    """Have a sticker for this station: the one that it has, under its present name, or a new one.

    Raises:
        PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: not yet; it is made as soon as it can be.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        await tx.station_qrs.add(StationQr.begin(station_qr_id(now), station.club, station.id, station.name, now))
        qr = await tx.station_qrs.present(station.club, station.id)
        if qr is None:
            raise LookupError(f"{station.id} has no station QR, though one was added")
        if qr.label != label_of(station.name):
            qr = replace(qr, label=label_of(station.name))
            await tx.station_qrs.save(qr)
    shown = await ports.platform.hang_qr(qr.club, qr.id, qr.label)
    return await _sticker(ports, await _up(ports, qr, shown), shown.image)


async def show(ports: Ports, station: Station) -> Sticker:
    """The sticker of a station, with a fresh address of its picture where the platform answers.

    Raises:
        NotFound: it has none, or the platform knows it no more.
    """
    qr = await _present(ports.storage.reading, station)
    if qr.state is QrState.MAKING:
        return await _sticker(ports, qr, None)
    try:
        found = await ports.platform.find_qr(qr.club, qr.id)
    except Troubles:
        return await _sticker(ports, qr, None)
    if found is None:
        raise NotFound("The platform knows this station's QR code no more. Make it anew.")
    return await _sticker(ports, qr, found.image)


async def printable(ports: Ports, station: Station) -> str:
    """What the code says that is to be printed; the platform need not be there.

    Raises:
        NotFound: there is nothing to print.
    """
    qr = await _present(ports.storage.reading, station)
    if qr.content is None:
        raise NotFound("This station's QR code is still being made. Try again in a minute.")
    return qr.content


async def remove(ports: Ports, station: Station) -> None:
    """Take a station's sticker down for good: scans of it count no more, and soon the app says that it is unknown.

    Raises:
        NotFound: it has none.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        unwanted = await let_go(tx, station, now)
    if unwanted is None:
        raise NotFound("This station has no QR code.")
    take_down(ports, unwanted)


async def let_go(tx: Tables, station: Station, now: datetime) -> StationQr | None:
    """Write down that a station's sticker is not wanted any more."""
    present = await tx.station_qrs.present(station.club, station.id)
    held = await tx.station_qrs.hold(station.club, present.id) if present else None
    if held is None or not held.counts:
        return None
    unwanted = held.unwanted(now)
    await tx.station_qrs.save(unwanted)
    return unwanted


def take_down(ports: Ports, unwanted: StationQr | None) -> None:
    """Tell the platform now, if it may be told now; `go_on` tells it otherwise."""
    if unwanted is not None and unwanted.due_at is not None and unwanted.due_at <= ports.clock.now():
        ports.errands.send(_see_to(ports, unwanted), f"remove {unwanted.id}")


async def go_on(ports: Ports) -> None:
    """Take up what nobody sees to any more."""
    now = ports.clock.now()
    if not await ports.storage.reading.station_qrs.any_due(now):
        return
    async with ports.storage.transaction() as tx:
        due = await tx.station_qrs.claim_due(now, now + IN_FLIGHT, AT_ONCE)
    for qr in due:
        ports.errands.send(_see_to(ports, qr), f"see to {qr.id}")


async def orphans(ports: Ports, club: ClubId) -> list[HungQr]:
    """Codes of our making that the platform has and this database does not want: after a restored backup, say.

    Raises:
        PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
    """
    wanted = {qr.id for qr in await ports.storage.reading.station_qrs.all(club) if qr.counts}
    return [one for one in await ports.platform.hung_qrs(club) if one.id.startswith(OURS) and one.id not in wanted]


async def _see_to(ports: Ports, qr: StationQr) -> None:
    try:
        if qr.counts:
            await _up(ports, qr, await ports.platform.hang_qr(qr.club, qr.id, qr.label))
            return
        await ports.platform.remove_qr(qr.club, qr.id)
    except Troubles as trouble:
        log.warning("%s could not be brought up to date with the platform: %s", qr.id, trouble.slug)
        await _write(ports, qr, lambda held: held.put_off(ports.clock.now()))
    else:
        await _write(ports, qr, StationQr.removed)


async def _up(ports: Ports, qr: StationQr, shown: HungQr) -> StationQr:
    async with ports.storage.transaction() as tx:
        held = await tx.station_qrs.hold(qr.club, qr.id)
        after = (held or qr).up(shown.content, ports.clock.now())
        await tx.station_qrs.save(after)
    take_down(ports, None if after.counts else after)
    return after


async def _write(ports: Ports, qr: StationQr, change: Callable[[StationQr], StationQr]) -> None:
    """Write down what came of a call, unless something else is wanted by now."""
    async with ports.storage.transaction() as tx:
        held = await tx.station_qrs.hold(qr.club, qr.id)
        if held is not None and held.state is qr.state:
            await tx.station_qrs.save(change(held))


async def _present(tables: Tables, station: Station) -> StationQr:
    found = await tables.station_qrs.present(station.club, station.id)
    if found is None:
        raise NotFound("This station has no QR code. Make one first.")
    return found


async def _sticker(ports: Ports, qr: StationQr, image: str | None) -> Sticker:
    registered = await ports.storage.reading.webhooks.registration(qr.club, CHECK_IN)
    return Sticker(qr, image, listening=registered is not None)
