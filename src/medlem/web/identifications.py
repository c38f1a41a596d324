"""Identifications over HTTP: who stands at the counter?"""

from medlem.club.errors import (
    IdempotencyConflict,
    InvalidPhoneNumber,
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
from medlem.web.wire import NewIdentification


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


OPERATIONS = (create,)
