"""Consents that reach us by the merchant's own ways: a form on paper, a page of theirs, a call to the shop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from medlem.club.announcement import News
from medlem.club.consent import MEMBERSHIP, Actor, Method, Purpose, purpose_of
from medlem.club.errors import Flaw, InvalidRequest, NotFound
from medlem.club.ids import KeyId, StationId, consent_id
from medlem.club.member import Consent, Member
from medlem.club.place import Club
from medlem.flows import announcing, membership, noticing
from medlem.flows.consents import MERCHANT, act_of
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables

CREATED: Final = 201
LEEWAY: Final = timedelta(minutes=5)
"""How far the clock of the merchant's system may be ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the merchant's system says that a customer answered, and how it knows."""

    element: str
    granted: bool
    text: str
    """The words that were shown; empty only where a permission is taken back."""
    method: Method
    actor: Actor
    language: str | None = None
    at: datetime | None = None
    purpose: Purpose | None = None
    channel: str | None = None
    station: str | None = None
    reason: str | None = field(default=None, repr=False)
    reference: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class History:
    """All that is known of what a member allows."""

    member: Member
    records: Sequence[Consent]
    sharing_withdrawn: Sequence[datetime]
    """When they ended sharing in the app: no consent is taken back by that."""


async def history(ports: Ports, club: Club, member: str) -> History:
    """A member's records, in their order.

    Raises:
        NotFound: the club has none of that id.
    """
    reading = ports.storage.reading
    found = await _member(reading, club, member)
    return History(
        found, await reading.consents.of(club.id, found.id), await reading.consents.withdrawals(club.id, found.id)
    )


async def get(ports: Ports, club: Club, consent: str) -> Consent:
    """One record.

    Raises:
        NotFound: the club has none of that id.
    """
    found = await ports.storage.reading.consents.get(club.id, consent)
    if found is None:
        raise NotFound("The club has no such record.")
    return found


async def record(
    ports: Ports, club: Club, member: str, said: Said, key: KeyId, repeat: Repeat | None = None
) -> Consent:
    """Append what a customer answered by one of the merchant's own ways.

    Raises:
        NotFound: the club has no such member.
        MemberMerged: they are somebody else by now.
        InvalidRequest: it is no evidence as it stands.
    """
    now = ports.clock.now()
    _check(said, now)
    async with ports.storage.transaction() as tx:
        found = await membership.held(tx, club, member)
        await _check_station(tx, club, said.station)
        kept = await tx.members.consents(club.id, found.id)
        [consent] = await tx.consents.append(found.id, [_consent(found, said, kept, now, key)], MERCHANT)
        await announcing.write_down(ports, tx, found, News.CHANGED, now)
        await noticing.consents_changed(tx, found, [consent], now)
        if repeat is not None:
            await tx.repeats.keep(club.id, repeat, CREATED, consent.id, now)
    return consent


def _consent(member: Member, said: Said, kept: Sequence[Consent], now: datetime, key: KeyId) -> Consent:
    purpose, channel = purpose_of(said.element)
    return Consent(
        id=consent_id(now),
        club=member.club,
        member=member.id,
        element=said.element,
        text=said.text,
        granted=said.granted,
        given_at=said.at,
        seen_at=now,
        language=said.language,
        act=act_of(kept, said.element, said.text, granted=said.granted, at=said.at or now),
        purpose=said.purpose or purpose,
        channel=said.channel or channel,
        station=StationId(said.station) if said.station else None,
        method=said.method,
        actor=said.actor,
        recorded_by=key,
        reason=said.reason,
        reference=said.reference,
    )


def _check(said: Said, now: datetime) -> None:
    flaws = []
    known, _ = purpose_of(said.element)
    if said.element == MEMBERSHIP or said.purpose is Purpose.MEMBERSHIP:
        flaws.append(Flaw("/element", "membership is entered and left by the calls for members, not as a consent."))
    elif known is not Purpose.OTHER and said.purpose not in {None, known}:
        flaws.append(Flaw("/purpose", f"{said.element} is for {known.value}."))
    if said.granted and not said.text:
        flaws.append(Flaw("/text", "A yes needs the words to which it was said."))
    if said.at is not None and said.at > now + LEEWAY:
        flaws.append(Flaw("/at", "This is in the future."))
    if flaws:
        raise InvalidRequest(flaws[0].detail, *flaws)


async def _check_station(tx: Tables, club: Club, station: str | None) -> None:
    if station is not None and station not in {one.id for one in await tx.places.stations(club.id)}:
        detail = "The club has no such station."
        raise InvalidRequest(detail, Flaw("/station", detail))


async def _member(tables: Tables, club: Club, member: str) -> Member:
    found = await tables.members.get(club.id, member)
    if found is None:
        raise NotFound("The club has no such member.")
    return found
