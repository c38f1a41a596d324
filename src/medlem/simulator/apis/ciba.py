"""The token endpoint's rules, the same for both providers: OpenID CIBA Core 1.0, sections 10 and 11.

The order of the checks is the specification's: whose request is it, was it answered before, is the client too fast,
what has become of it. Only the last one hands anything out, and only once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from medlem.simulator.apis.refusals import oauth

if TYPE_CHECKING:
    from medlem.simulator.requests import LoginRequest, Provider
    from medlem.simulator.wire import Call, Refused
    from medlem.simulator.world import World

GRANT = "urn:openid:params:grant-type:ciba"


def collect(world: World, call: Call, fields: dict[str, str], client: str, provider: Provider) -> LoginRequest:
    """Come to the answer of a request; returns the approved one, just redeemed."""
    request = _named(world, fields, client, provider)
    if request.redirect_uri:
        world.ledger.violation("token")
        raise oauth("invalid_grant", "This login finishes on a page; the code that is brought there is the way to it.")
    if request.told:
        world.ledger.violation("token")
        raise oauth("invalid_grant", "The auth_req_id was used before.")
    if world.requests.called(request, call.elapsed):
        world.ledger.violation("token")
        world.requests.slow_down(request)
        raise oauth("slow_down", f"Wait {request.interval:g} seconds between calls.")
    world.requests.expire(request)
    if request.redeemed:
        raise oauth("invalid_grant", "The auth_req_id was used before.")
    if request.state == "pending":
        raise oauth("authorization_pending", "The customer has not answered yet.")
    if not call.lost:
        world.requests.tell(request)
    if request.state != "approved":
        raise _no(world, request)
    world.requests.redeem(request, world.switches.login_token_lifetime)
    return request


def unheard(world: World, call: Call) -> None:
    """Count a token call that a gateway answered: it came too soon all the same."""
    fields = dict(parse_qsl(call.body.decode("ascii", "replace")))
    request = world.requests.find(fields.get("auth_req_id", ""))
    if request is not None and (request.redirect_uri or request.told or world.requests.called(request, call.elapsed)):
        world.ledger.violation("token")


def ineligible(world: World, reason: str) -> Refused:
    """Refuse a customer whose app cannot be asked, in the platform's own words."""
    error, description = {
        "invalid_user": ("unknown_user_id", "The customer needs an active app, and to be at least 15 years old."),
        "old_app": ("access_denied", "The customer must update the app."),
    }[reason]
    if world.switches.ineligible_told_in == "error":
        return oauth(reason, description)
    if world.switches.ineligible_told_in == "error_description":
        return oauth(error, reason)
    return oauth(error, description, error_code=reason)


def _named(world: World, fields: dict[str, str], client: str, provider: Provider) -> LoginRequest:
    """Find the request; another client's is as good as none."""
    if "grant_type" not in fields or "auth_req_id" not in fields:
        raise oauth("invalid_request", "The grant_type and the auth_req_id are required.")
    if fields["grant_type"] != GRANT:
        raise oauth("unsupported_grant_type", f"The grant_type must be {GRANT}.")
    request = world.requests.find(fields["auth_req_id"])
    if request is None or (request.client_id, request.provider) != (client, provider):
        raise oauth("invalid_grant", "The auth_req_id is unknown.")
    return request


def _no(world: World, request: LoginRequest) -> Refused:
    if request.ineligible is not None:
        return ineligible(world, request.ineligible)
    if request.state == "expired":
        return oauth("expired_token", "The request has expired.")
    return oauth("access_denied", "The customer said no.")
