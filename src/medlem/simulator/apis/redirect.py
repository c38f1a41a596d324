"""The redirect variant of a merchant-initiated login: the phone opens the merchant's page with a code for the answer.

The page gets the code and nothing else. It is good once, for two minutes, and the token endpoint answers only to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from medlem.simulator.apis.discovery import issuer
from medlem.simulator.apis.id_token import login_claims, signed
from medlem.simulator.apis.refusals import oauth
from medlem.simulator.wire import Answer, json_answer

if TYPE_CHECKING:
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.wire import Call
    from medlem.simulator.world import World

GRANT = "urn:vipps:params:grant-type:ciba-redirect"
FLOW = "login_to_webpage"
ID_TOKEN_LIFE = 600
EXPIRES_IN = 3599

WORDS = {
    "access_denied": "The customer said no.",
    "server_error": "Something went wrong.",
    "outdated_app_version": "The customer must update the app.",
    "wrong_challenge": "The customer chose the wrong number.",
    "unknown_reject_reason": "The login was rejected.",
}


def asked_for(world: World, fields: dict[str, str]) -> str:
    """Find the page on which the customer is to finish; empty for the app."""
    if "requested_flow" not in fields:
        return ""
    if fields["requested_flow"] != FLOW:
        raise oauth("invalid_request", f"The requested_flow must be {FLOW}.")
    page = fields.get("redirect_uri", "")
    if page not in world.switches.redirect_uris or "#" in page:
        raise oauth("invalid_request", "The redirect_uri is not one that is registered for the sales unit.")
    return page


def opened(world: World, request: LoginRequest) -> str:
    """Find the address that the phone opens once the customer has answered; empty when the login ends in the app."""
    if not request.redirect_uri or request.state not in {"approved", "declined"}:
        return ""
    error = world.switches.redirect_error or ("access_denied" if request.state == "declined" else "")
    query = {"error": error, "error_description": WORDS[error]} if error else {"code": request.code}
    return f"{request.redirect_uri}?{urlencode(query)}"


def redeem(world: World, call: Call, fields: dict[str, str], client: str) -> Answer:
    """Hand out the tokens for a code, once."""
    if "code" not in fields:
        raise oauth("invalid_request", "The code is required.")
    request = world.requests.by_code(fields["code"])
    if request is None or request.client_id != client:
        raise oauth("invalid_grant", "The code is unknown.")
    if request.redeemed or request.told:
        world.ledger.violation("token")
        raise oauth("invalid_grant", "The code was used before.")
    if call.at >= request.code_expires_at:
        raise oauth("invalid_grant", "The code has expired.")
    world.requests.tell(request)
    world.requests.redeem(request, world.switches.login_token_lifetime)
    person = world.people.known(request.person)
    claims = login_claims(call, request, issuer(call), person.subject(world.unit.msn))
    claims |= {"aud": client, "exp": claims["iat"] + ID_TOKEN_LIFE, "sid": request.sid, "msn": world.unit.msn}
    claims[world.switches.redirect_request_claim] = request.auth_req_id
    return json_answer(
        {
            "access_token": request.access_token,
            "id_token": signed(world, call, claims, "ES256"),
            "expires_in": EXPIRES_IN,
            "scope": request.scope,
            "token_type": "bearer",
        },
        media_type="application/json;charset=UTF-8",
        headers={"Cache-Control": "no-store"},
    )
