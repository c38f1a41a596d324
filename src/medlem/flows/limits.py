"""Limits: how often one station may look, and one phone be asked.

They protect customers from being pushed and the register from being read out number by number. Refusals say when
to come back.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from medlem.club.enrolment import State
from medlem.club.errors import TooManyRequests
from medlem.club.identification import Identification
from medlem.club.phone import PhoneNumber
from medlem.club.place import Station
from medlem.flows.tables import Tables


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within so long."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What one station or one phone may do; an empty tuple or None is *off*."""

    lookups_per_station: tuple[Limit, ...] = ()
    lookup_misses_per_station: tuple[Limit, ...] = ()
    asks_per_phone: tuple[Limit, ...] = ()
    ask_after_decline: timedelta | None = None
    confirm_number_after: timedelta | None = None
    """How long a number is taken to be a member's without their app having said so again."""
    merge_by_two: bool = False
    """Whether a merge of two members is confirmed by somebody else than who proposed it."""


async def look_up(limits: Limits, tables: Tables, station: Station, now: datetime) -> None:
    """Refuse a station that looks up too much, or too many numbers that nobody has.

    Raises:
        TooManyRequests: with the seconds to wait.
    """
    if not limits.lookups_per_station and not limits.lookup_misses_per_station:
        return
    looked_up, missed = await tables.identifications.counted(
        station.club,
        station.id,
        [now - limit.within for limit in limits.lookups_per_station],
        [now - limit.within for limit in limits.lookup_misses_per_station],
    )
    for limit, count in zip(limits.lookups_per_station, looked_up, strict=True):
        if count >= limit.most:
            first = await tables.identifications.oldest(station.club, station.id, now - limit.within)
            detail = "This station looks up too many customers. Wait a little, and carry on with the sale."
            raise TooManyRequests(detail, _seconds((first or now) + limit.within - now))
    for limit, count in zip(limits.lookup_misses_per_station, missed, strict=True):
        if count >= limit.most:
            detail = "This station has tried too many numbers that nobody has. Let the customer show the QR code later."
            raise TooManyRequests(detail, _seconds(limit.within))


async def ask(limits: Limits, tables: Tables, customer: Identification, phone: PhoneNumber, now: datetime) -> None:
    """Refuse to ask a phone that has been asked enough, or whose owner has just said no.

    The enrolment at hand stands in the tables already; a refusal takes it back with its transaction.
    A decline counts for a day, unless the customer has since shown a QR code that the app made at that moment.

    Raises:
        TooManyRequests: with the seconds to wait.
    """
    if limits.asks_per_phone:
        longest = max(limit.within for limit in limits.asks_per_phone)
        moments = await tables.enrolments.times_asked(customer.club, phone, now - longest)
        for limit in limits.asks_per_phone:
            _refuse_if_full(moments, limit, now)
    if limits.ask_after_decline is None:
        return
    declined = await tables.enrolments.last_ended(customer.club, phone, State.DECLINED)
    if declined is None or declined.changed_at + limits.ask_after_decline <= now:
        return
    if customer.evidence.proves_presence and customer.created_at > declined.changed_at:
        return
    detail = "The customer has said no. Ask again when they show the QR code in their app, or another day."
    raise TooManyRequests(detail, _seconds(declined.changed_at + limits.ask_after_decline - now))


def _refuse_if_full(moments: Sequence[datetime], limit: Limit, now: datetime) -> None:
    recent = [moment for moment in moments if moment > now - limit.within]  # the one at hand is the last of them
    if len(recent) > limit.most:
        detail = "This phone has been asked several times already. Try again later, or sign up another way."
        raise TooManyRequests(detail, _seconds(recent[-limit.most - 1] + limit.within - now))


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))
