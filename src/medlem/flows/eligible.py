"""Whom to ask: a customer who was identified here a moment ago, and is no member."""

from medlem.club.errors import IdentificationExpired, NotFound
from medlem.club.identification import Identification
from medlem.club.member import AlreadyMember, Entry, Member
from medlem.club.phone import PhoneNumber
from medlem.club.place import Station
from medlem.flows.checking import check as check_membership
from medlem.flows.ports import Ports


async def customer(ports: Ports, station: Station, identification: str) -> tuple[Identification, PhoneNumber]:
    """Who is to be asked, and on which number.

    Raises:
        NotFound: this station has no such identification.
        IdentificationExpired: it is older than fifteen minutes.
    """
    found = await ports.storage.reading.identifications.get(station.club, identification)
    if found is None or found.station != station.id:
        raise NotFound("This station has no such identification. Identify the customer again.")
    if found.phone is None or found.expires_at <= ports.clock.now():
        raise IdentificationExpired("Identify the customer again: scan the QR code or type the number.")
    return found, found.phone


async def refuse_member(ports: Ports, customer: Identification, phone: PhoneNumber) -> None:
    """Ask nobody who has joined; but for a member of whom the app is to tell whether it is them.

    Raises:
        AlreadyMember: this number reaches a member.
    """
    found = await check_membership(ports, customer.club, phone)  # unknown: `sub` tells them apart in the end
    if found.entry is not None and not (customer.app_may_tell and not found.settled(ports.clock.now(), ports.limits)):
        if not found.entry.others:
            raise already(found.entry)
        # Somebody of this number is known to the platform; only whom the cashier has chosen may be named.
        raise already(await ports.storage.reading.members.today(customer.club, customer.member or ""))


def already(member: Member | Entry | None) -> AlreadyMember:
    """The refusal for one."""
    return AlreadyMember("There is nothing to ask: this customer is a member.", member)
