"""Endpoints of the merchant's other systems: may they be called, do they hear, and what waits for them?

Nothing is sent: a message that means nothing is sent by `POST …/test`. Hosts alone are named: a path may be a secret.
"""

import asyncio
import socket
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from medlem.app.doctor.findings import Found, look, well, wrong
from medlem.club.endpoint import Endpoint, Paused
from medlem.club.ids import ClubId
from medlem.flows.outbox import Backlog, backlog
from medlem.flows.tables import Tables
from medlem.outbox.addresses import Rules, allowed, flaw

CHECK: Final = "endpoints"
SLOW: Final = timedelta(minutes=5)
"""What has waited longer is told: a busy endpoint takes seconds."""


async def endpoints(tables: Tables, club: ClubId, rules: Rules, now: datetime) -> Found:
    """Every endpoint of a club."""
    found: Found = []
    for one in await tables.outbox.endpoints(club):
        name = f"{one.id} ({urlsplit(one.url).hostname or '?'})"
        found += await _address(one, name, rules)
        found += _hearing(one, name, await backlog(tables, one), now)
    return found


async def _address(endpoint: Endpoint, name: str, rules: Rules) -> Found:
    """Nothing when it may be called."""
    why = flaw(endpoint.url, rules)
    if why is not None:
        advice = "MEDLEM_ENDPOINT_PORTS and MEDLEM_ENDPOINT_LOOPBACK say what may be; or make another endpoint."
        return [wrong(CHECK, f"{name} may not be called as it is set now: {why}", advice)]
    host = urlsplit(endpoint.url).hostname or ""
    try:
        listed = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return [wrong(CHECK, f"{name} has no address: its name is not found.", "Is the name right, and does DNS work?")]
    inside = [one for one in {str(entry[4][0]) for entry in listed} if not allowed(one, rules)]
    if inside:
        advice = "An endpoint has a public address: docs/webhooks.md says why. Its name leads into a network."
        return [wrong(CHECK, f"{name} stands for an address that may not be called.", advice)]
    return []


def _hearing(endpoint: Endpoint, name: str, left: Backlog, now: datetime) -> Found:
    waits = f"{left.waiting} notices wait" + (f", the oldest for {_long(now - left.oldest)}" if left.oldest else "")
    heard = f"the last one was heard {_long(now - left.heard_at)} ago" if left.heard_at else "none was heard yet"
    if endpoint.paused is not None:
        why = "says that it is gone (410)" if endpoint.paused is Paused.GONE else "has heard nothing for three days"
        advice = f"Mend it, then `medlem endpoints resume {endpoint.id}`; or remove it."
        return [wrong(CHECK, f"{name} {why} and is paused; {waits}.", advice)]
    found: Found = []
    if endpoint.failing_since is not None:
        since = _long(now - endpoint.failing_since)
        advice = "Its own log says why. It is told again by itself, for three days."
        found.append(look(CHECK, f"{name} has heard nothing for {since}; {waits}, {heard}.", advice))
    elif left.oldest is not None and now - left.oldest > SLOW:
        advice = "Does a `medlem serve` or `medlem worker` run? If so, the endpoint is slow: it should answer at once."
        found.append(look(CHECK, f"{name} hears, and is behind; {waits}.", advice))
    if left.parked:
        advice = f"`medlem endpoints replay {endpoint.id} --since MOMENT` tells it all from then on once more."
        found.append(look(CHECK, f"{name} never heard {left.parked} notices, which are parked.", advice))
    return found or [well(CHECK, f"{name} hears; {heard}.")]


def _long(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
