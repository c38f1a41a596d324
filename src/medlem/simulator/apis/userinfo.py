"""Userinfo: what the customer shared, read with the access token of her login.

What a reader would get wrong: a subscription key, sent along out of habit, is refused; the number has no plus; and
somebody without an address has one whose every line is empty.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from medlem.simulator.apis.discovery import USERINFO
from medlem.simulator.apis.merchants import SUBSCRIPTION_KEY
from medlem.simulator.apis.refusals import bare
from medlem.simulator.consents import delegated_consents, flow_result
from medlem.simulator.wire import Answer, Call, Route, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from medlem.simulator.people import Address, Person
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.world import World


def userinfo(world: World, call: Call) -> Answer:
    """Tell what was shared in one login."""
    if call.header(SUBSCRIPTION_KEY) and world.switches.subscription_key_at_userinfo == "refuse":
        raise bare(401)
    request = current_login(world, call)
    if request.provider != "platform":
        raise bare(401)
    shared = profile(world, world.people.known(request.person), request)
    if call.twist == "forged":
        shared["sub"] = str(uuid4())
    return json_answer(shared)


def current_login(world: World, call: Call) -> LoginRequest:
    """Find the login of the access token, if that is still good."""
    word, _, token = call.header("Authorization").partition(" ")
    request = world.requests.granting(token)
    if word != "Bearer" or request is None or call.at >= request.token_expires_at:
        raise bare(401)
    return request


def profile(world: World, person: Person, request: LoginRequest) -> dict[str, Any]:
    """Collect the claims of every granted scope."""
    shared: dict[str, Any] = {"sub": person.subject(world.unit.msn), "sid": request.sid}
    for scope, claims in CLAIMS.items():
        if scope in request.scopes:
            shared |= claims(world, person, request)
    if world.switches.other_addresses_unasked:
        shared.setdefault("other_addresses", [])
    return shared


def _name(_world: World, person: Person, _request: LoginRequest) -> dict[str, Any]:
    given, _, family = person.traits.name.rpartition(" ")
    return {"name": person.traits.name, "given_name": given or family, "family_name": family if given else ""}


def _phone_number(world: World, person: Person, _request: LoginRequest) -> dict[str, Any]:
    plus = "+" if world.switches.phone_number_with_plus else ""
    return {"phone_number": f"{plus}{person.msisdn}", "phone_number_verified": True}


def _email(world: World, person: Person, _request: LoginRequest) -> dict[str, Any]:
    if person.traits.email is None:
        return {}
    return {"email": person.traits.email, "email_verified": world.switches.email_verified}


def _birth_date(world: World, person: Person, _request: LoginRequest) -> dict[str, Any]:
    # Born on New Year's Day: so the age that a test gave is right on every day of the year.
    year = datetime.fromtimestamp(world.clock.now(), UTC).year - person.traits.age
    return {"birthdate": f"{year:04d}-01-01"}


def _address(_world: World, person: Person, _request: LoginRequest) -> dict[str, Any]:
    return {"address": _written(person.traits.address), "other_addresses": []}


def _gender(_world: World, person: Person, _request: LoginRequest) -> dict[str, Any]:
    return {} if person.traits.gender is None else {"gender": person.traits.gender}


def _nin(_world: World, _person: Person, _request: LoginRequest) -> dict[str, Any]:
    return {}  # Asked for and granted, but not available: nobody here has a national identity number.


def _delegated_consents(world: World, _person: Person, request: LoginRequest) -> dict[str, Any]:
    if request.consents is None:
        return {}
    return {"delegatedConsents": delegated_consents(request, world.switches)}


def _custom_flow(world: World, _person: Person, request: LoginRequest) -> dict[str, Any]:
    return {} if request.consents is None else {"flowResult": flow_result(request, world.switches)}


CLAIMS: dict[str, Callable[[World, Person, LoginRequest], dict[str, Any]]] = {
    "name": _name,
    "phoneNumber": _phone_number,
    "email": _email,
    "birthDate": _birth_date,
    "address": _address,
    "gender": _gender,
    "nin": _nin,
    "delegatedConsents": _delegated_consents,
    "customFlow": _custom_flow,
}


def _written(address: Address | None) -> dict[str, str]:
    if address is None:
        return dict.fromkeys(("address_type", "country", "formatted", "postal_code", "region", "street_address"), "")
    return {
        "address_type": address.address_type,
        "country": address.country,
        "formatted": f"{address.street_address}\n{address.postal_code}\n{address.region}\n{address.country}",
        "postal_code": address.postal_code,
        "region": address.region,
        "street_address": address.street_address,
    }


ROUTES = (
    Route("GET", USERINFO, "userinfo", userinfo),
    Route("GET", f"{USERINFO}/", "userinfo", userinfo),
)
