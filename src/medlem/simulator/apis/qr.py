"""QR API: a scanned personal QR, or the token of a check-in, becomes a phone number.

Two kinds of personal QR are about. The clear one carries the number and never ages; the tokenised one is opaque and
ages quickly. Which fault stands in which field is told under `extraDetails`, not `invalidParams`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from medlem.simulator.apis.merchants import known_merchant, overlong_system_header
from medlem.simulator.apis.refusals import qr_exchange
from medlem.simulator.seal import CUSTOMER_TOKEN
from medlem.simulator.wire import Answer, Call, NotJson, Refused, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.people import Person
    from medlem.simulator.world import World

CLEAR = re.compile(r"https://qr\.vipps\.no/28/2/01/031/((?:45|46|47|358|299)\d{4,12})\?v=1", re.ASCII)
TOKENISED = re.compile(r"https://qr\.vipps\.no/p/([A-Za-z0-9_-]+)", re.ASCII)

PERSONAL_QR = "personal qr"


def clear_code(person: Person) -> str:
    """Make the clear code, as the Vipps app shows it."""
    return f"https://qr.vipps.no/28/2/01/031/{person.msisdn}?v=1"


def tokenised_code(world: World, person: Person) -> str:
    """Make a tokenised code, as the MobilePay app shows it: a new one each time."""
    return f"https://qr.vipps.no/p/{world.seal.close(PERSONAL_QR, person.id, world.clock.now())}"


def customer_token(world: World, person: Person) -> str:
    """Make the token of a check-in."""
    return world.seal.close(CUSTOMER_TOKEN, person.id, world.clock.now())


def exchange(world: World, call: Call) -> Answer:
    """`POST /qr/v1/exchange`: the whole scanned content for the number."""
    known_merchant(world, call)
    body = _object(call)
    content = body.get("qrCode")
    if not isinstance(content, str) or not content:
        raise qr_exchange("qrCode", "The complete data contained in the QR code is required.")
    _only_the_number(body)
    if clear := CLEAR.fullmatch(content):
        # Whoever is behind it: the number stands in the code, so the platform has nothing to look up.
        return json_answer({"msisdn": clear[1], "version": "1.0"})
    tokenised = TOKENISED.fullmatch(content)
    opened = world.seal.open(PERSONAL_QR, tokenised[1]) if tokenised else None
    person = world.people.who(opened.person) if opened else None
    if opened is None or person is None or call.at - opened.made_at >= world.switches.personal_qr_lifetime:
        raise _unknown(world, "qrCode", "The QR code is not a personal QR code, or it is no longer valid.")
    return json_answer({"msisdn": person.msisdn, "timestamp": int(opened.made_at), "version": "2.0"})


def exchange_customer(world: World, call: Call) -> Answer:
    """`POST /qr/v1/exchange/customer`: a customer token for the number."""
    known_merchant(world, call)
    body = _object(call)
    customer = body.get("customer")
    if not isinstance(customer, dict):
        raise qr_exchange("customer", "Customer object is required.")
    token = customer.get("customerToken")
    if not isinstance(token, str) or not token:
        raise qr_exchange("customer.customerToken", "The customer token is required.")
    if world.switches.requested_data_required and "requestedData" not in body:
        raise qr_exchange("requestedData", "The requested data must be named.")
    _only_the_number(body)
    found = checked_in(world, token)
    if found is None:
        raise _unknown(world, "customer.customerToken", "The customer token is unknown, or no longer valid.")
    person, scanned_at = found
    return json_answer({"msisdn": person.msisdn, "timestamp": int(scanned_at)})


def checked_in(world: World, token: str) -> tuple[Person, float] | None:
    """Find who checked in, and when; None for a token unknown or too old."""
    opened = world.seal.open(CUSTOMER_TOKEN, token)
    person = world.people.who(opened.person) if opened else None
    if opened is None or person is None:
        return None
    if world.clock.now() - opened.made_at >= world.switches.customer_token_lifetime:
        return None
    return person, opened.made_at


def _object(call: Call) -> dict[str, Any]:
    if name := overlong_system_header(call):
        raise qr_exchange(name, "The header must not be longer than 30 characters.")
    try:
        return call.object()
    except NotJson:
        raise qr_exchange("body", "The request body must be a JSON object.") from None


def _unknown(world: World, name: str, reason: str) -> Refused:
    return qr_exchange(name, reason, status=world.switches.unknown_code_status)


def _only_the_number(body: dict[str, Any]) -> None:
    if body.get("requestedData", ["MSISDN"]) != ["MSISDN"]:
        raise qr_exchange("requestedData", "The only value is MSISDN.")


ROUTES = (
    Route("POST", "/qr/v1/exchange", "exchange", exchange),
    Route("POST", "/qr/v1/exchange/customer", "exchange_customer", exchange_customer),
)
