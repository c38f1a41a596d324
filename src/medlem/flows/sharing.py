"""Sharing: a customer may end it in the app at any time, and the platform tells us.

What it tells is unsigned, so it is taken for what anybody could have written. It reaches us at an address that nobody
can guess; it says nothing back, whoever it names; and all that it can do is mark a member: their profile is not
shown at a till nor renewed any more, and somebody looks at what is to be kept. It ends no membership, changes no
consent and deletes nothing (docs/decisions/0024-sharing-ended-in-the-app.md).
"""

import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from medlem.club.endpoint import NoticeKind
from medlem.club.errors import NotFound, TooManyRequests
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows import noticing
from medlem.flows.member_tables import WithdrawalAddress
from medlem.flows.ports import Ports

log = logging.getLogger(__name__)

SECRET_BYTES: Final = 32
MOST_A_MINUTE: Final = 120
"""How much of this is listened to, known or not: more than customers do, and too little to guess with."""
LEEWAY: Final = timedelta(minutes=5)
"""How far the platform's clock may be behind ours: a token lives that long."""
NOTICE: Final = timedelta(days=14)
"""How long an address that was replaced is still heard, unless it is ended at once."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That somebody ended sharing, as the platform says; anybody could have written it."""

    sub: str = field(repr=False)
    said_at: datetime | None
    """When it was written, as it says itself."""


async def withdraw(ports: Ports, address: WithdrawalAddress, said: Withdrawal) -> None:
    """Mark the member, if there is one who has not shared anew since. Coming again it changes nothing.

    One transaction writes something in every case, so that it takes as long for a stranger as for a member.

    Raises:
        TooManyRequests: more than one minute's share has come.
    """
    now = ports.clock.now()
    at = min(said.said_at or now, now)
    async with ports.storage.transaction() as tx:
        if not await tx.sharing.count(address, now, MOST_A_MINUTE):
            raise TooManyRequests("Too much has come here within a minute. Send it again later.", 60)
        member = await tx.sharing.withdraw(address.club, said.sub, at + LEEWAY, now)
        marked = await tx.members.get(address.club, member) if member is not None else None
        if marked is not None:
            await noticing.member_changed(tx, marked, NoticeKind.MEMBER_UPDATED, now)
    if member is not None:
        log.warning("member %s has ended sharing in the app: look at what is kept of them", member)


async def find(ports: Ports, secret: Masked[str]) -> WithdrawalAddress:
    """The club that listens at this address.

    Raises:
        NotFound: none does.
    """
    found = await ports.storage.reading.sharing.address(secret, ports.clock.now())
    if found is None:
        raise NotFound("There is no such path.")
    return found


async def address(ports: Ports, club: ClubId, *, replace: bool = False, at_once: bool = False) -> WithdrawalAddress:
    """Where the club listens; made when it is the first time that somebody asks.

    Args:
        ports: the outside world.
        club: whose address.
        replace: make another; the old one is heard for two weeks more, since somebody has to tell the platform.
        at_once: do not hear the old one any more.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        present = await tx.sharing.present_address(club)
        if present is not None and not replace:
            return present
        await tx.sharing.end_addresses(club, now if at_once else now + NOTICE)
        made = WithdrawalAddress(club, Masked(secrets.token_urlsafe(SECRET_BYTES)), now)
        await tx.sharing.add_address(made)
    return made
