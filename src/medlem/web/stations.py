"""Stations over HTTP: till positions, and how a till becomes one of them."""

from datetime import datetime

from medlem.club.errors import Forbidden, IdempotencyConflict, NotFound, TooManyRequests, Unauthenticated
from medlem.flows import places
from medlem.flows.tables import Repeat
from medlem.flows.views import StationView
from medlem.web import login
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.reading import id_of
from medlem.web.repeats import once
from medlem.web.wire import NewStation, Pairing, PairingOffered, StationInFull, StationMade, StationsFound


@operation(
    "GET",
    "/v1/stations",
    door=Door.ADMIN,
    replies={200: Reply(description="The stations in service.", body=StationsFound)},
)
async def page(call: Call) -> Answer:
    """List the club's stations."""
    found = await call.ports.storage.reading.places.stations(call.key.club)
    return json(200, StationsFound([StationInFull.of(station) for station in found if station.removed_at is None]))


@operation(
    "POST",
    "/v1/stations",
    door=Door.ADMIN,
    body=NewStation,
    replies={201: Reply(description="The station with its key; a repeat shows `key` as null.", body=StationMade)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def create(call: Call) -> Answer:
    """Add a station, with a key of its own that is shown this once."""
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewStation)
        store = None if said.store is None else id_of("sto", said.store)
        made = await places.add_station(call.ports, club, said.name, store, repeat)
        new, secret = made.station, made.secret.reveal()  # into the one answer that shows it
        return json(201, StationMade(new.id, new.name, new.store, secret))

    async def again(station: str) -> Answer:
        found = await places.station(call.ports, club, station)
        return json(201, StationMade(found.id, found.name, found.store, None))

    return await once(call, first, again)


@operation(
    "DELETE",
    "/v1/stations/{station}",
    door=Door.ADMIN,
    replies={204: Reply(description="It is out of service.")},
    refuses=(NotFound,),
)
async def remove(call: Call) -> Answer:
    """Take a station out of service. Its keys and its streams end at once."""
    station = call.path("station", "sta")
    await places.remove_station(call.ports, await call.club(), station)
    call.desk.keys.forget()
    call.desk.streams.end_station(station)
    return done()


@operation(
    "POST",
    "/v1/stations/{station}/pairing",
    door=Door.ADMIN,
    replies={201: Reply(description="The code; a repeat shows `code` as null.", body=PairingOffered)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def offer_pairing(call: Call) -> Answer:
    """Make a code of eight characters that makes a till this station, once, within ten minutes."""
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        station = await places.station(call.ports, club, call.path("station", "sta"))
        offer = await places.offer_pairing(call.ports, station, repeat)
        return json(201, PairingOffered(offer.code.reveal(), offer.until))  # into the one answer that shows it

    async def again(until: str) -> Answer:
        return json(201, PairingOffered(None, datetime.fromisoformat(until)))

    return await once(call, first, again)


@operation(
    "POST",
    "/till/pair",
    door=Door.PAIRING,
    body=Pairing,
    replies={200: Reply(description="This browser is the station now.", body=StationView, headers=("Set-Cookie",))},
    refuses=(Unauthenticated, Forbidden, TooManyRequests),
)
async def pair(call: Call) -> Answer:
    """Become the station that the code was made for.

    The answer sets a cookie that stands for a key of this till alone. It heeds no `Idempotency-Key`: a code works once,
    and whoever lost the answer asks for a new one.
    """
    login.refuse_foreign_page(call.scope, call.visit)
    login.require_safe_way(call.scope, call.visit)
    client, now = call.scope["client"], call.ports.clock.now()
    address = client[0] if client else ""
    call.desk.attempts.refuse_guesser(address, now)
    said = await call.read(Pairing)
    try:
        paired = await places.pair(call.ports, said.code)
    except Unauthenticated:
        call.desk.attempts.note_wrong(address, now)
        raise
    cookie = login.cookie_for(call.scope, call.visit, paired.secret)
    return json(200, StationView(paired.station.id, paired.station.name), (b"set-cookie", cookie))


OPERATIONS = (page, create, remove, offer_pairing, pair)
