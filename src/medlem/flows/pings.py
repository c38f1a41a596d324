"""The platform calls: a customer has answered, come and look. A call proves nothing by itself.

Vipps MobilePay signs its deliveries; a standard provider shows a token instead (CIBA Core 1.0 sections 9 and 10.2). The
token is made for one question, sent with it, and kept as a hash that is written with the intent, so that a call may
come before the answer to the ask is stored. From that answer on, token and `auth_req_id` belong together.
"""

import secrets
from typing import Final

from medlem.club.enrolment import Finish, State
from medlem.club.errors import UnverifiedWebhook
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.ports import Ports
from medlem.flows.tables import Tables

TOKEN_BYTES: Final = 32
"""256 bits; CIBA Core 1.0 section 7.1 wants 128, and recommends 160."""


def notification_token() -> Masked[str]:
    """A token for one question."""
    return Masked(secrets.token_urlsafe(TOKEN_BYTES))


async def ping(ports: Ports, club: ClubId, request: Masked[str]) -> None:
    """The platform says that there is an answer: remember it, and look soon.

    It is stored even when nobody knows the request yet, for it may overtake the answer to the ask.
    """
    async with ports.storage.transaction() as tx:
        await _pinged(ports, tx, club, request)


async def known(ports: Ports, club: ClubId, token: Masked[str]) -> bool:
    """Whether a token is one that we have sent with a question."""
    return await ports.storage.reading.webhooks.vouched(club, token, None)


async def notified(ports: Ports, club: ClubId, token: Masked[str], request: Masked[str]) -> None:
    """A standard provider says that there is an answer.

    Raises:
        UnverifiedWebhook: the token is not the one that went with this request.
    """
    # Looked at first, so that whoever has no such token keeps no till waiting for the database.
    if await ports.storage.reading.webhooks.vouched(club, token, request):
        async with ports.storage.transaction() as tx:
            if await tx.webhooks.vouched(club, token, request):
                await _pinged(ports, tx, club, request)
                return
    raise UnverifiedWebhook("The notification token is not one of ours for this request.", "Bearer")


async def _pinged(ports: Ports, tx: Tables, club: ClubId, request: Masked[str]) -> None:
    now = ports.clock.now()
    if not await tx.webhooks.ping(club, request, now):
        return
    enrolment = await tx.enrolments.of_request(club, request)
    if enrolment is not None and enrolment.state is State.WAITING and enrolment.finish is Finish.IN_APP:
        await tx.enrolments.wake(enrolment, now)
