"""Webhooks API: register an address for events, list the addresses, give one up.

The secret is shown once, in the answer to the registration. Whoever lost it registers anew.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from medlem.simulator.apis.merchants import SALES_UNIT, bearer_is_good, overlong_system_header, subscribed
from medlem.simulator.apis.refusals import bare, problem
from medlem.simulator.registrations import CHECK_IN, EVENTS
from medlem.simulator.wire import Answer, Call, NotJson, Refused, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.world import World

MOST_FOR_CHECK_IN = 1
USUAL_PORTS = frozenset({None, 80, 443, 8080})


def register(world: World, call: Call) -> Answer:
    """`POST`: an address and its events, for an id and a secret."""
    _merchant(world, call)
    try:
        body = call.object()
    except NotJson:
        raise _bad(world, "body", "The request body must be a JSON object.") from None
    if strange := sorted(body.keys() - {"url", "events"}):
        raise _bad(world, strange[0], "There is no such field.")
    url, events = body.get("url"), body.get("events")
    if not isinstance(url, str):
        raise _bad(world, "url", "The url is required.")
    if reason := unfit_url(url, plain=world.switches.plain_webhook_urls):
        raise _bad(world, "url", reason)
    if not isinstance(events, list) or not events:
        raise _bad(world, "events", "At least one event is required.")
    for event in events:
        if not isinstance(event, str) or event not in EVENTS:
            raise _bad(world, "events", "There is no such event.")
        most = MOST_FOR_CHECK_IN if event == CHECK_IN else world.switches.registrations_per_event
        if len(world.registrations.for_event(event)) >= most:
            raise _bad(world, "events", f"No more than {most} registrations are allowed for {event}.")
    registration = world.registrations.add(url, events)
    return json_answer({"id": registration.id, "secret": registration.secret}, status=201)


def listed(world: World, call: Call) -> Answer:
    """`GET`: every registration, without its secret."""
    _merchant(world, call)
    return json_answer(
        {
            "webhooks": [
                {"id": registration.id, "url": registration.url, "events": registration.events}
                for registration in world.registrations.everyone()
            ]
        }
    )


def given_up(world: World, call: Call) -> Answer:
    """`DELETE /{id}`: no more deliveries there, not even of what is on its way."""
    _merchant(world, call)
    registration = call.variables["id"]
    if world.registrations.find(registration) is None:
        status = world.switches.unknown_registration_status
        raise _bad(world, "id", "There is no such registration.", status=status)
    world.registrations.remove(registration)
    return Answer(204)


def unfit_url(url: str, *, plain: bool) -> str:
    """Say why an address cannot be registered; empty when it can."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "The url cannot be read."
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "The url must be an absolute https address."
    if plain:
        return ""
    if parts.scheme != "https":
        return "The url must use https."
    if port not in USUAL_PORTS:
        return "The port must be 443, 80 or 8080."
    return "" if _public(parts.hostname) else "The host must be publicly reachable."


def _public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def _merchant(world: World, call: Call) -> None:
    subscribed(world, call)
    if not bearer_is_good(world, call):
        raise bare(401)
    if not call.header(SALES_UNIT):
        raise _bad(world, SALES_UNIT, "The header is required.")
    if call.header(SALES_UNIT) != world.unit.msn:
        raise bare(403)
    if name := overlong_system_header(call):
        raise _bad(world, name, "The header must not be longer than 30 characters.")


def _bad(world: World, name: str, reason: str, *, status: int = 400) -> Refused:
    return problem(
        status,
        "Bad Request" if status == 400 else "Not Found",  # noqa: PLR2004  a status
        "One or more parameters are invalid.",
        instance="/v1/webhooks",
        name=name,
        reason=reason,
        status_as_text=world.switches.problem_status_as_text,
    )


ROUTES = (
    Route("POST", "/webhooks/v1/webhooks", "webhooks", register),
    Route("GET", "/webhooks/v1/webhooks", "webhooks", listed),
    Route("DELETE", "/webhooks/v1/webhooks/{id}", "webhooks", given_up),
)
