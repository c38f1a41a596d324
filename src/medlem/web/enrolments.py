"""Enrolments over HTTP: ask a customer to join, and follow how it goes."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from medlem.club.enrolment import State
from medlem.club.errors import (
    Flaw,
    IdempotencyConflict,
    IdentificationExpired,
    InvalidRequest,
    NotFound,
    TooManyRequests,
)
from medlem.club.member import AlreadyMember
from medlem.club.place import Station
from medlem.flows import enrolment as flow
from medlem.flows.tables import Repeat
from medlem.flows.views import EnrolmentView
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.operation import Door, Query, Reply, operation
from medlem.web.options import Options
from medlem.web.reading import id_of
from medlem.web.repeats import once
from medlem.web.wire import NewEnrolment

OPEN: Final = frozenset({State.ASKING.value, State.WAITING.value})

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,30})?(e-[0-9]{1,2})?", re.IGNORECASE)


def _wait_schema(options: Options) -> Mapping[str, Any]:
    return {"type": "number", "minimum": 0, "maximum": options.longest_wait, "default": 0}


WAIT: Final = Query(
    name="wait", description="Seconds to wait for the next change of state; at once if final.", schema=_wait_schema
)


@operation(
    "POST",
    "/v1/enrolments",
    door=Door.STATION,
    body=NewEnrolment,
    replies={
        202: Reply(
            description="The customer is being asked; `Location` tells how it goes.",
            body=EnrolmentView,
            headers=("Location", "Retry-After"),
        ),
        200: Reply(description="It is final already.", body=EnrolmentView, headers=("Location",)),
    },
    refuses=(NotFound, AlreadyMember, IdentificationExpired, IdempotencyConflict, TooManyRequests),
    repeatable=True,
)
async def create(call: Call) -> Answer:
    """Ask an identified customer to join.

    Answers when the platform has taken the question, or after eight seconds with `asking`; the question goes on when
    the caller hangs up. A customer who is being asked already keeps the enrolment they have.
    """
    station = await call.station()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewEnrolment)
        view = await flow.start(call.ports, station, id_of("idn", said.identification), repeat)
        answer = _told(await _asked(call, station, view.id))
        if repeat is not None and answer.status != flow.ACCEPTED:
            async with call.ports.storage.transaction() as tx:
                await tx.repeats.set_status(call.key.club, repeat, answer.status)
        return answer

    async def again(enrolment: str) -> Answer:
        return _told(await _asked(call, station, enrolment))

    return await once(call, first, again)


@operation(
    "GET",
    "/v1/enrolments/{enrolment}",
    door=Door.STATION,
    query=(WAIT,),
    replies={200: Reply(description="How it stands.", body=EnrolmentView)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Follow an enrolment.

    With `wait` the answer comes at the next change of state, or when the time is up.
    """
    enrolment, seconds = call.path("enrolment", "enr"), _wait(call)
    station = await call.station()
    view = await flow.show(call.ports, station, enrolment)
    if seconds > 0 and view.state in OPEN:
        seen = view.state
        view = await _follow(call, station, enrolment, seconds, lambda now: now.state != seen)
    return json(200, view)


OPERATIONS = (create, show)


async def _asked(call: Call, station: Station, enrolment: str) -> EnrolmentView:
    """Wait until the platform has answered the ask, for a while."""
    seconds = call.desk.options.ask_wait
    return await _follow(call, station, enrolment, seconds, lambda now: now.state != State.ASKING.value)


async def _follow(
    call: Call, station: Station, enrolment: str, seconds: float, enough: Callable[[EnrolmentView], bool]
) -> EnrolmentView:
    with call.ports.storage.watch(enrolment) as watch:
        async with call.desk.patience(seconds) as patience:
            while True:
                # Whether time is up is asked before the look, so that the last look comes after the last wait.
                over = patience.over
                view = await flow.show(call.ports, station, enrolment)
                if over or enough(view):
                    return view
                await patience.until(watch.changed())


def _told(view: EnrolmentView) -> Answer:
    location = (b"location", f"/v1/enrolments/{view.id}".encode())
    if view.state in OPEN:
        return json(202, view, location, (b"retry-after", b"1"))
    return json(200, view, location)


def _wait(call: Call) -> float:
    said, longest = call.query.get("wait", "0"), call.desk.options.longest_wait
    seconds = float(said) if _SECONDS.fullmatch(said) else math.inf
    if seconds > longest:
        detail = f"wait is a number of seconds from 0 to {longest:g}."
        raise InvalidRequest(detail, Flaw("", detail))
    return seconds
