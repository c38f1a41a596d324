"""What the composition root decides about the web: how long it waits, whom it asks, what runs beside it.

All times are in seconds of the clock in `Ports`, so a test that turns the clock turns these too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medlem.club.extras import Extra
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Subscribed

Verify = Callable[[Subscribed, Mapping[str, str], bytes], bool]
"""Whether a delivery (headers with lower-case names, raw body) is signed by the platform for this registration."""

Background = Callable[[asyncio.Event], Awaitable[None]]
"""Runs while the service is up, and returns soon after the event is set."""


async def _nothing(_: ClubId) -> Sequence[Extra]:
    return ()


async def _open(_: ClubId) -> Masked[str] | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillOptions:
    """How the till page behaves."""

    country: str = "NO"
    """Where a number typed without a country code is read, until the cashier chooses another."""
    signup_url: str | None = None
    """The merchant's own sign-up page; None when there is none."""
    several: bool = False
    """Whether there are several clubs, so that a page has to be loaded anew once it knows whose till it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the web behaves."""

    verify: Verify
    ready: Callable[[], Awaitable[None]]
    """Returns when our own database answers and is migrated, and raises when not; never asks the platform."""
    echo: Callable[[str], str] | None = None
    """A keyed hash of what somebody sends, by which this service knows itself; None where nobody needs that."""
    background: Background | None = None
    longest_wait: float = 30.0
    """The most that `?wait=` may ask for."""
    ask_wait: float = 8.0
    """How long a new enrolment's answer waits for the platform's."""
    heartbeat: float = 5.0
    """Between two comments on a stream; its key is looked at again then."""
    stream_life: float = 3600.0
    streams_per_station: int = 8
    agreed: Callable[[ClubId], Awaitable[Masked[str] | None]] = _open
    """The `Authorization` that must come with a withdrawal of sharing to a club; None where none was agreed on."""
    till: TillOptions = field(default_factory=TillOptions)
    """The first club's."""
    till_of: Callable[[ClubId | None], Awaitable[TillOptions]] | None = None
    """Those of a till's club; of one that is not paired yet for None. Without, `till` is for all."""
    extras: Callable[[ClubId], Awaitable[Sequence[Extra]]] = _nothing
    """What a club asks its new members on its page."""
    page_wait: float = 10.0
    """How long that page waits for what becomes of a code, before it says that it takes a moment longer."""
