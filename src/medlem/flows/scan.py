"""A customer is at the counter: by personal QR code or by number, are they a member?

Three doors, one hallway: however the number came, what follows is the same. (The third is the sticker at the station,
which the customer's own app scans: `check_in`.) The platform is asked before anything
is written, and the register before the transaction: neither may hold the database up.
"""

from dataclasses import replace

from medlem.club import scanned
from medlem.club.errors import IdentificationExpired, NotFound
from medlem.club.identification import Doubt, Evidence, Identification, Membership
from medlem.club.ids import identification_id
from medlem.club.phone import PhoneNumber
from medlem.club.place import Station
from medlem.flows import app_presence, limits, presence
from medlem.flows.checking import check
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat
from medlem.flows.views import IdentificationView

CREATED = 201
CHOSEN = 200


async def by_scan(ports: Ports, station: Station, text: str, repeat: Repeat | None = None) -> IdentificationView:
    """Identify by what the scanner typed.

    Raises:
        UnreadableCode: it is no personal QR code, or the platform does not know it.
        TooManyRequests: the station looks up too much.
        PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: the code could not be exchanged.
    """
    code = scanned.read(text, ports.clock.now())
    await limits.look_up(ports.limits, ports.storage.reading, station, ports.clock.now())
    revealed = await ports.platform.reveal(station.club, code)
    return await _identify(ports, station, revealed.phone, revealed.evidence, repeat)


async def by_number(
    ports: Ports, station: Station, typed: str, country: str, repeat: Repeat | None = None
) -> IdentificationView:
    """Identify by what the cashier or the customer typed, read in that country.

    Raises:
        InvalidPhoneNumber: it cannot be a mobile number there.
        TooManyRequests: the station looks up too much.
    """
    return await _identify(ports, station, PhoneNumber.typed(typed, country), Evidence.TYPED, repeat)


async def show(ports: Ports, station: Station, identification: str) -> IdentificationView:
    """An identification of this station, as it was found.

    Raises:
        NotFound: there is none, or it is another station's.
    """
    tables = ports.storage.reading
    found = await tables.identifications.get(station.club, identification)
    if found is None or found.station != station.id:
        raise NotFound("This station has no such identification.")
    member = await tables.members.today(station.club, found.member) if found.member else None
    return IdentificationView.of(found, member)


async def choose(
    ports: Ports, station: Station, identification: str, member: str, repeat: Repeat | None = None
) -> IdentificationView:
    """The cashier says who it is: of several whom a number reaches, or that the name which the customer says agrees.

    Raises:
        NotFound: there is no such identification at this station, or it did not show that member.
        IdentificationExpired: it is older than fifteen minutes.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = await tx.identifications.get(station.club, identification)
        if found is None or found.station != station.id:
            raise NotFound("This station has no such identification.")
        if found.expires_at <= now:
            raise IdentificationExpired("Identify the customer again: scan the QR code or type the number.")
        shown = {one.id for one in found.choices} | ({found.member} if found.doubt is Doubt.COMPARE_NAME else set())
        whose = await tx.members.today(station.club, member)
        if (
            whose is None
            or not whose.present
            or (member not in shown and not (found.chosen and found.member in {member, whose.id}))
        ):
            raise NotFound("The identification shows no such member.")
        chosen = replace(found, member=whose.id, doubt=None, chosen=True)
        view = IdentificationView.of(chosen, whose)
        if chosen != found:
            await tx.identifications.choose(chosen)
            await presence.note_member(tx, station.club, whose.id, now)
            await tx.events.add(station.club, station.id, view, now)
        if repeat is not None:
            await tx.repeats.keep(station.club, repeat, CHOSEN, chosen.id, now)
    return view


async def _identify(
    ports: Ports, station: Station, phone: PhoneNumber, evidence: Evidence, repeat: Repeat | None
) -> IdentificationView:
    if station.club in ports.register.told():  # a station that looks up too much troubles nobody elsewhere
        await limits.look_up(ports.limits, ports.storage.reading, station, ports.clock.now())
    checked = await check(ports, station.club, phone)
    now = ports.clock.now()
    found = checked.doubted(evidence, now, ports.limits)
    identification = Identification(
        id=identification_id(now),
        club=station.club,
        station=station.id,
        phone=phone,
        evidence=evidence,
        membership=found.membership,
        member=found.member,
        entry=found.elsewhere,
        doubt=found.doubt,
        choices=found.choices,
        created_at=now,
    )
    view = IdentificationView.of(identification, found.shown)
    async with ports.storage.transaction() as tx:
        await limits.look_up(ports.limits, tx, station, now)
        await tx.identifications.add(identification)
        await presence.note(tx, found, station.club, now)
        await tx.events.add(station.club, station.id, view, now)
        if repeat is not None:
            await tx.repeats.keep(station.club, repeat, CREATED, identification.id, now)
    if found.membership is Membership.NOT_MEMBER:
        ports.errands.send(app_presence.look(ports, identification), f"app_presence {identification.id}")
    return view
