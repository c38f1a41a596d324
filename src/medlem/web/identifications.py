"""Identifications over HTTP: who stands at the counter?"""

from medlem.club.errors import (
    IdempotencyConflict,
    IdentificationExpired,
    InvalidPhoneNumber,
    NotFound,
    PlatformRefusedKeys,
    PlatformSurprisedUs,
    PlatformUnavailable,
    TooManyRequests,
    UnreadableCode,
)
from medlem.flows import scan
from medlem.flows.tables import Repeat
from medlem.flows.views import IdentificationView
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.repeats import once
from medlem.web.wire import Chosen, NewIdentification


@operation(
    "POST",
    "/v1/identifications",
    door=Door.STATION,
    body=NewIdentification,
    replies={201: Reply(description="The customer, and whether they are a member.", body=IdentificationView)},
    refuses=(
        UnreadableCode,
        InvalidPhoneNumber,
        IdempotencyConflict,
        TooManyRequests,
        PlatformRefusedKeys,
        PlatformSurprisedUs,
        PlatformUnavailable,
    ),
    repeatable=True,
)
async def create(call: Call) -> Answer:
    """Identify a customer.

    By what the scanner typed, whole and unchanged, or by a phone number read in the given country (by default the
    club's). The answer is good for fifteen minutes at this station.
    """
    station = await call.station()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewIdentification)
        if said.scan is not None:
            return json(201, await scan.by_scan(call.ports, station, said.scan, repeat))
        country = said.country or (await call.club()).country
        return json(201, await scan.by_number(call.ports, station, said.phone or "", country, repeat))

    async def again(identification: str) -> Answer:
        return json(201, await scan.show(call.ports, station, identification))

    return await once(call, first, again)


@operation(
    "POST",
    "/v1/identifications/{identification}/member",
    door=Door.STATION,
    body=Chosen,
    replies={200: Reply(description="The customer, with the member that was chosen.", body=IdentificationView)},
    refuses=(NotFound, IdentificationExpired, IdempotencyConflict),
    repeatable=True,
)
async def choose(call: Call) -> Answer:
    """Say who the customer is, where that was in doubt.

    Of several whom a number reaches (`choose`) one of the `choices`; or the member shown, when the name that the
    customer says agrees with it (`compare_name`). The same choice again changes nothing.
    """
    station = await call.station()
    identification = call.path("identification", "idn")

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(Chosen)
        return json(200, await scan.choose(call.ports, station, identification, said.member, repeat))

    async def again(chosen: str) -> Answer:
        return json(200, await scan.show(call.ports, station, chosen))

    return await once(call, first, again)


OPERATIONS = (create, choose)
