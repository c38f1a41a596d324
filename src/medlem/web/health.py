"""How the service is: for supervisors, load balancers and those who collect figures."""

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from medlem.club.enrolment import OPEN
from medlem.club.errors import NotFound
from medlem.club.place import Club
from medlem.flows import outbox
from medlem.web import login
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.wire import Echo, Liveness, Readiness

log = logging.getLogger(__name__)

_NONCE = re.compile(r"[0-9a-f]{32}")

PATIENCE: Final = 2.0
"""Seconds that our own database gets to answer."""


@operation(
    "GET",
    "/health/live",
    door=Door.ANYBODY,
    replies={200: Reply(description="The process runs.", body=Liveness)},
)
async def live(_: Call) -> Answer:
    """Whether the process runs."""
    return json(200, Liveness(live=True))


@operation(
    "GET",
    "/health/ready",
    door=Door.ANYBODY,
    replies={
        200: Reply(description="Send calls here.", body=Readiness),
        503: Reply(description="Send calls elsewhere.", body=Readiness, headers=("Retry-After",)),
    },
)
async def ready(call: Call) -> Answer:
    """Whether the process can serve: its database answers and is migrated. The platform has no say."""
    if call.desk.closing.is_set() or not await _database_answers(call):
        return json(503, Readiness(ready=False), (b"retry-after", b"1"))
    return json(200, Readiness(ready=True))


@operation(
    "GET",
    "/metrics",
    door=Door.OPERATOR,
    replies={200: Reply(description="Prometheus's text format.", media_type="text/plain")},
)
async def metrics(call: Call) -> Answer:
    """Figures for Prometheus. From this machine without a key; from elsewhere with an admin key.

    An admin of one club among several sees that club's own: what the process counts is of all of them together.
    """
    clubs = await call.ports.storage.reading.places.clubs()
    shown = clubs
    if not login.is_this_machine(call.scope, call.visit):
        kinds = Door.ADMIN.kinds
        await call.admit(kinds or frozenset())
        shown = [club for club in clubs if club.id == call.key.club]
    figures = generate_latest(await _counted(call, shown))
    if len(shown) == len(clubs):
        figures = generate_latest() + figures
    return Answer(200, figures, (b"content-type", CONTENT_TYPE_LATEST.encode()))


@operation(
    "GET",
    "/health/echo/{nonce}",
    door=Door.ANYBODY,
    replies={200: Reply(description="A keyed hash of it, which nobody else can make.", body=Echo)},
    refuses=(NotFound,),
)
async def echo(call: Call) -> Answer:
    """Whether this is the service that `medlem doctor` looks for: whoever has the same secret keys knows the answer.

    Takes 32 hexadecimal digits. It tells nothing to anybody else.
    """
    nonce, digest = call.scope["path_params"]["nonce"], call.desk.options.echo
    if digest is None or not _NONCE.fullmatch(nonce):
        raise NotFound("An echo is of 32 hexadecimal digits.")
    return json(200, Echo(echo=digest(nonce)))


OPERATIONS = (live, ready, metrics, echo)


async def _counted(call: Call, clubs: Sequence[Club]) -> CollectorRegistry:
    """Counted when somebody looks, in the database: no other place knows."""
    counted = await call.ports.storage.reading.enrolments.count_open()
    registry = CollectorRegistry()
    labels = ["sales_unit", "state"]
    figure = Gauge("medlem_open_enrolments", "Customers who are being asked, by state.", labels, registry=registry)
    for club in clubs:
        for state in sorted(OPEN):
            figure.labels(club.sales_unit, state).set(counted.get((club.id, state), 0))
    said = "Announcements that a merchant's own register has yet to hear."
    waiting = Gauge("medlem_register_waiting", said, ["sales_unit"], registry=registry)
    for club in clubs:
        if club.id in call.ports.register.told():
            count = await call.ports.storage.reading.announcements.count_waiting(club.id)
            waiting.labels(club.sales_unit).set(count)
    await _count_notices(call, clubs, registry)
    return registry


async def _count_notices(call: Call, clubs: Sequence[Club], registry: CollectorRegistry) -> None:
    """What the merchant's other systems have yet to hear, endpoint by endpoint: a club has a few."""
    labels, reading = ["sales_unit", "endpoint"], call.ports.storage.reading
    said = "Notices that an endpoint has yet to hear, or never heard and that are parked."
    notices = Gauge("medlem_endpoint_notices", said, [*labels, "state"], registry=registry)
    said = "How long the first notice has waited that an endpoint has yet to hear; 0 when none does."
    oldest = Gauge("medlem_endpoint_oldest_seconds", said, labels, registry=registry)
    paused = Gauge("medlem_endpoint_paused", "Whether an endpoint is told nothing any more.", labels, registry=registry)
    now = call.ports.clock.now()
    for club in clubs:
        for endpoint in await reading.outbox.endpoints(club.id):
            left = await outbox.backlog(reading, endpoint)
            notices.labels(club.sales_unit, endpoint.id, "waiting").set(left.waiting)
            notices.labels(club.sales_unit, endpoint.id, "parked").set(left.parked)
            age = 0.0 if left.oldest is None else max(0.0, (now - left.oldest).total_seconds())
            oldest.labels(club.sales_unit, endpoint.id).set(age)
            paused.labels(club.sales_unit, endpoint.id).set(endpoint.paused is not None)


async def _database_answers(call: Call) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await call.desk.options.ready()
    except Exception as error:  # noqa: BLE001 - whatever it is: not ready
        log.warning("not ready: %s", type(error).__name__)
        return False
    return True
