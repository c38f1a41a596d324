"""The platform's deliveries. A delivery proves nothing but that there is something to look for.

Whoever cannot sign learns nothing: an unknown sales unit, an unknown event and a wrong signature get the same answer.
The signature is judged by the address that we registered, never by the `Host` that the request names.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

import msgspec

from medlem.club.errors import Flaw, InvalidRequest, UnverifiedWebhook
from medlem.club.masked import Masked
from medlem.club.place import Club
from medlem.flows import check_in, deliveries, pings
from medlem.web.answer import Answer
from medlem.web.call import Call
from medlem.web.delivered import CheckedIn, Ping
from medlem.web.operation import Door, Reply, operation

log = logging.getLogger(__name__)


async def _ping(call: Call, club: Club, raw: bytes) -> None:
    try:
        said = msgspec.json.decode(raw, type=Ping)
    except (ValueError, RecursionError):  # msgspec's DecodeError among them
        detail = "The delivery is signed, but it is not JSON with an auth_req_id."
        raise InvalidRequest(detail, Flaw("", detail)) from None
    await pings.ping(call.ports, club.id, Masked(said.auth_req_id))


async def _check_in(call: Call, club: Club, raw: bytes) -> None:
    try:
        said = msgspec.json.decode(raw, type=CheckedIn)
    except (ValueError, RecursionError):
        detail = "The delivery is signed, but it is no JSON of a check-in."
        raise InvalidRequest(detail, Flaw("", detail)) from None
    if said.sales_unit not in {None, club.sales_unit}:
        log.warning("a check-in at another sales unit than club=%s was ignored", club.id)
        return
    moment = said.moment
    if moment is None:
        log.warning("the moment of a check-in of club=%s could not be read", club.id)
    told = check_in.Told(said.merchant_qr_id, Masked(said.customer_token), said.initiated_at, moment)
    await check_in.arrive(call.ports, club, told)


EVENTS: Final[dict[str, Callable[[Call, Club, bytes], Awaitable[None]]]] = {
    "login.merchant-initiated.ping.v1": _ping,
    "user.checked-in.v1": _check_in,
}
"""Every event that we register for, by the platform's name of it."""


@operation(
    "POST",
    "/hooks/vipps/{sales_unit}/{event}",
    door=Door.PLATFORM,
    replies={200: Reply(description="It is stored, now or before.")},
    refuses=(UnverifiedWebhook,),
)
async def deliver(call: Call) -> Answer:
    """Take a delivery of the platform. A delivery that came before changes nothing."""
    sales_unit, event = (call.scope["path_params"][name] for name in ("sales_unit", "event"))
    raw = await call.body()
    club = await club_named(call, sales_unit) if _to_the_letter(call, sales_unit, event) else None
    if club is None or event not in EVENTS or not await _verified(call, club, event, raw):
        raise UnverifiedWebhook("The delivery is not signed for a registration of ours.")
    await EVENTS[event](call, club, raw)
    await deliveries.note(call.ports, club.id, event)
    return Answer(200)


OPERATIONS = (deliver,)


def _to_the_letter(call: Call, sales_unit: str, event: str) -> bool:
    """Whether the path is spelt as we registered it: a router is more lenient than a signature."""
    spelt = f"/hooks/vipps/{quote(sales_unit, safe='')}/{quote(event, safe='')}"
    return call.scope["raw_path"] == spelt.encode()


async def _verified(call: Call, club: Club, event: str, raw: bytes) -> bool:
    """Whether it is signed for the registration in force, or for one that was replaced and may still deliver."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.visit.headers.items()}
    known, verify = call.ports.storage.reading.webhooks, call.desk.options.verify
    current = await known.registration(club.id, event)
    if current is not None and verify(current, headers, raw):
        return True
    return any(verify(one.subscribed, headers, raw) for one in await known.replaced(club.id, event))


async def club_named(call: Call, sales_unit: str) -> Club | None:
    """The club of a sales unit that a path names."""
    if not sales_unit.isascii() or not sales_unit.isprintable():
        return None  # not worth asking the database, which may not even be able to read it
    return await call.ports.storage.reading.places.club_of(sales_unit)
