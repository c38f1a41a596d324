"""What the platform is to deliver, against what stands there: present, ours, once, and room for more."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from medlem.app.doctor.findings import Found, look, well, wrong
from medlem.club.ids import ClubId
from medlem.flows.answers import Standing
from medlem.flows.registering import Wanted
from medlem.flows.webhook_table import Webhooks
from medlem.vipps.webhooks import ALONE

MOST: Final = 25
MANY: Final = 20
"""Registrations of one event that a sales unit may have, and when that should be told (Webhooks API: limits)."""

ANEW: Final = "Restart the service: it registers at the start. Meanwhile answers are only seen a few seconds later."


async def registrations(
    known: Webhooks, club: ClubId, wanted: Sequence[Wanted], standing: Sequence[Standing], now: datetime
) -> Found:
    """Every event that we want, against what stands at the platform and what we hold the secret of."""
    found: Found = []
    for one in wanted:
        found += await _of_event(known, club, one, standing)
        delivered = await known.delivered_at(club, one.event)
        if delivered is not None:
            found.append(well("deliveries", f"{one.event}: the last one came {_ago(now - delivered)}."))
    events = {event for each in standing for event in each.events}
    for event in sorted(events - {one.event for one in wanted}):
        hosts = _hosts(each for each in standing if event in each.events)
        advice = "If no other system of yours wants it, delete the registration."
        found.append(look("registrations", f"{event} is delivered to {hosts}, and we do not take it.", advice))
    return found


async def _of_event(known: Webhooks, club: ClubId, wanted: Wanted, standing: Sequence[Standing]) -> Found:
    of_event = [one for one in standing if wanted.event in one.events]
    ours = [one for one in of_event if one.url == wanted.url]
    strangers = [one for one in of_event if one.url != wanted.url]
    current = await known.registration(club, wanted.event)
    found: Found = []
    if not ours:
        elsewhere = f" It goes to {_hosts(strangers)} instead." if strangers else ""
        text = f"{wanted.event} is not registered for {urlsplit(wanted.url).hostname}.{elsewhere}"
        found.append(wrong("registrations", text, ANEW))
    elif current is None or current.id not in {one.id for one in ours}:
        text = f"{wanted.event} is registered, but we do not have its secret: deliveries are refused."
        found.append(wrong("registrations", text, ANEW))
    else:
        found.append(well("registrations", f"{wanted.event} is delivered to {urlsplit(wanted.url).hostname}."))
    leftovers = [one for one in ours if current is not None and one.id != current.id]
    replaced = {one.subscribed.id for one in await known.replaced(club, wanted.event)}
    if lost := [one for one in leftovers if one.id not in replaced]:
        text = f"{wanted.event} is registered {len(lost)} times more than it should be."
        found.append(look("registrations", text, "Nothing to do: the service removes what is left over, once a day."))
    if strangers and ours and wanted.event not in ALONE:
        advice = "If that is no system of yours, delete the registration: it hears when your customers answer."
        found.append(look("registrations", f"{wanted.event} is also delivered to {_hosts(strangers)}.", advice))
    if len(of_event) >= MANY and wanted.event not in ALONE:
        advice = f"Delete those that nobody needs: at {MOST} no other can be made."
        found.append(look("registrations", f"{wanted.event} has {len(of_event)} of {MOST} registrations.", advice))
    return found


def _hosts(standing: Iterable[Standing]) -> str:
    """Where they lead; hosts only, since a path may be a secret."""
    hosts = {urlsplit(one.url).hostname or "?" for one in standing}
    return ", ".join(sorted(hosts))


def _ago(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
