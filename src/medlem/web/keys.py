"""Keys over HTTP: who may call, and who may not any more."""

from medlem.club.errors import IdempotencyConflict, NotFound
from medlem.club.place import Key, KeyKind
from medlem.flows import places
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.reading import id_of
from medlem.web.repeats import once
from medlem.web.wire import KeyInFull, KeyMade, KeysFound, NewKey


@operation(
    "GET",
    "/v1/keys",
    door=Door.ADMIN,
    replies={200: Reply(description="All keys, revoked ones included, without their secrets.", body=KeysFound)},
)
async def page(call: Call) -> Answer:
    """List the club's keys."""
    found = await call.ports.storage.reading.keys.all(call.key.club)
    return json(200, KeysFound([KeyInFull.of(key) for key in found]))


@operation(
    "POST",
    "/v1/keys",
    door=Door.ADMIN,
    body=NewKey,
    replies={201: Reply(description="The key; a repeat shows `key` as null.", body=KeyMade)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def create(call: Call) -> Answer:
    """Make a key. Its secret is shown this once; we keep a keyed hash of it."""
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewKey)
        station = None
        if said.station is not None:
            station = await places.station(call.ports, club, id_of("sta", said.station))
        made = await places.add_key(call.ports, club, KeyKind(said.kind), said.name, station, repeat)
        return json(201, _made(made.key, made.secret.reveal()))  # into the one answer that shows it

    async def again(key: str) -> Answer:
        keys = await call.ports.storage.reading.keys.all(club.id)
        return json(201, _made(next(found for found in keys if found.id == key), None))

    return await once(call, first, again)


@operation(
    "DELETE",
    "/v1/keys/{key}",
    door=Door.ADMIN,
    replies={204: Reply(description="It opens nothing any more.")},
    refuses=(NotFound,),
)
async def revoke(call: Call) -> Answer:
    """Revoke a key. It stops at once, and so do its streams."""
    key = call.path("key", "key")
    await places.revoke_key(call.ports, await call.club(), key)
    call.desk.keys.forget()
    call.desk.streams.end_key(key)
    return done()


OPERATIONS = (page, create, revoke)


def _made(key: Key, secret: str | None) -> KeyMade:
    return KeyMade(key.id, key.kind.value, key.name, key.station, key.created_at, secret)
