"""Judges what every till was told: all that it has to do with, in its order, and nothing else."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from medlem.flows.tables import Event
from trials.case import MANY, Case
from trials.till import FINAL, Till


async def judge_screens(case: Case) -> None:
    """Every end on the screens that follow, and no gap between two events."""
    tables, history = case.ports.storage.reading, case.history
    ends: dict[str, set[str]] = defaultdict(set)
    for till in case.tills:
        events = await tables.events.after(case.club.id, till.station.id, 0, MANY)
        _judge_stream(case, till, events)
        for event in events:
            told = msgspec.json.decode(event.body)
            if event.kind == "enrolment":
                _judge_event(case, till, told)
                ends[told["id"]] |= {till.station.id} if told["state"] in FINAL else set()
            elif history.identified.get(told["id"]) != till.station.id:
                history.fail("wrong till", f"{till.station.name} was told of identification {told['id']}")
        for wanted, state in till.shown.items():
            if wanted in case.rows and case.rows[wanted].state.value != state:
                history.fail("untold", f"{till.station.name} shows {wanted} as {state}")
    for row in case.rows.values():
        for station in [] if row.is_open else await tables.enrolments.followers(row):
            if station not in ends[row.id]:
                history.fail("untold", f"{row.id} is {row.state}, and {station} was not told")


def _judge_stream(case: Case, till: Till, events: Sequence[Event]) -> None:
    fail, name = case.history.fail, till.station.name
    if [event.position for event in events] != list(range(1, len(events) + 1)):
        fail("stream", f"{name} has a gap in its events")
    written = {event.position: event.body for event in events}
    for position, body in till.seen:
        if written.get(position) != body:
            fail("stream", f"{name} was told another event {position} than was written")
    if till.position is not None and till.position != len(events):
        fail("stream", f"{name} was told {till.position} of {len(events)} events")


def _judge_event(case: Case, till: Till, told: dict[str, str]) -> None:
    story = case.history.stories.get(told["id"])
    if story is None or all(written.state.value != told["state"] for written in story.written):
        case.history.fail("untold", f"{till.station.name} was told {told['id']} is {told['state']}, which never was")
    elif story.msisdn not in till.numbers:
        case.history.fail("wrong till", f"{till.station.name} was told of {told['id']}")
