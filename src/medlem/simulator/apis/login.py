"""Login API, merchant-initiated: ask a customer in the app, and collect the answer.

Each endpoint is a list of rules in the order in which the platform applies them. No subscription key is needed here.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from medlem.simulator.apis import redirect
from medlem.simulator.apis.ciba import collect, ineligible, unheard
from medlem.simulator.apis.client_auth import authenticated, form
from medlem.simulator.apis.discovery import issuer
from medlem.simulator.apis.id_token import login_claims, signed
from medlem.simulator.apis.qr import checked_in
from medlem.simulator.apis.refusals import gateway, oauth
from medlem.simulator.apis.userinfo import profile
from medlem.simulator.requests import LoginRequest
from medlem.simulator.wire import Answer, Call, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.people import Person
    from medlem.simulator.world import World

NUMBER_HINT = re.compile(r"urn:msisdn:((?:45|46|47|358|299)\d{4,12})", re.ASCII)
NORWEGIAN = re.compile(r"urn:msisdn:47\d{8}", re.ASCII)
OLD_NUMBER_HINT = re.compile(r"urn:mobilenumber:(\d{8})", re.ASCII)
TOKEN_HINT = re.compile(r"urn:customer-token:(.+)", re.ASCII)
BINDING_MESSAGE = re.compile(r"[A-Z0-9-]{5,8}", re.ASCII)
SHORTEST, LONGEST = 60, 900
SCOPES = frozenset(
    {
        "openid", "name", "phoneNumber", "email", "birthDate", "address", "gender", "nin",
        "delegatedConsents", "customFlow", "paymentSourceReferences",
    }
)  # fmt: skip


def backchannel(world: World, call: Call) -> Answer:
    """Put a question on the customer's phone."""
    fields = form(call)
    client = authenticated(world, call, fields)
    scope = granted_scope(world, fields.get("scope", ""))
    binding_message = fields.get("binding_message", "")
    if binding_message and not BINDING_MESSAGE.fullmatch(binding_message):
        raise oauth(world.switches.bad_binding_message, "The binding_message must match ^[A-Z0-9\\-]{5,8}$.")
    lifetime = _expiry(world, fields.get("requested_expiry"))
    page = redirect.asked_for(world, fields)
    msisdn, person = _hinted(world, fields.get("login_hint", ""))
    if person is None:
        raise ineligible(world, "invalid_user")
    reason = person.ineligible()
    if reason and world.switches.ineligible_told_at == "request":
        raise ineligible(world, reason)
    if len(world.requests.pending(person)) >= world.switches.pending_per_person:
        raise gateway(429, "Too many logins for this customer.", retry_after=world.switches.busy_retry_after)
    request = world.ask(
        person,
        LoginRequest(
            auth_req_id=secrets.token_urlsafe(20),
            provider="platform",
            client_id=client,
            person=person.id,
            msisdn=msisdn,
            scope=scope,
            binding_message=binding_message,
            asked_at=call.at,
            expires_at=call.at + lifetime,
            interval=world.switches.interval,
            state="ineligible" if reason else "pending",
            ineligible=reason,
            redirect_uri=page,
        ),
    )
    return json_answer(_asked(world, request, lifetime))


def token(world: World, call: Call) -> Answer:
    """Collect the answer: the tokens of an approved login, once."""
    fields = form(call)
    client = authenticated(world, call, fields)
    if fields.get("grant_type") == redirect.GRANT:
        return redirect.redeem(world, call, fields, client)
    request = collect(world, call, fields, client, "platform")
    person = world.people.known(request.person)
    claims = login_claims(call, request, issuer(call), person.subject(world.unit.msn))
    audience = client if world.switches.audience_as_text else [client]
    claims |= {"aud": audience, "rat": int(request.asked_at), "sid": request.sid, "msn": world.unit.msn}
    everything = profile(world, person, request)
    wanted = everything.keys() if world.switches.id_token_profile else {"email", "email_verified"}
    claims |= {name: value for name, value in everything.items() if name in wanted and name not in claims}
    if world.switches.id_token_request_claim:
        claims[world.switches.id_token_request_claim] = request.auth_req_id
    return json_answer(
        {
            "access_token": request.access_token,
            "token_type": world.switches.token_type,
            "expires_in": int(world.switches.login_token_lifetime),
            "id_token": signed(world, call, claims),
        },
        media_type="application/json;charset=UTF-8",
        headers={"Cache-Control": "no-store"},
    )


def user_exists(world: World, call: Call) -> Answer:
    """Tell whether a number belongs to somebody who can be asked; an old app counts as one."""
    fields = form(call)
    authenticated(world, call, fields)
    hint = NUMBER_HINT.fullmatch(fields.get(world.switches.user_exists_field, ""))
    if hint is None:
        raise oauth("invalid_request", f"{world.switches.user_exists_field} must be urn:msisdn: and a number.")
    if world.user_exists_calls.count(hint[1], call.at) > world.switches.user_exists_per_minute:
        raise gateway(429, "Rate limit is exceeded.", retry_after=60 - call.at % 60)
    person = world.people.at(hint[1])
    return json_answer({"exists": person is not None and person.ineligible() != "invalid_user"})


def granted_scope(world: World, wanted: str) -> str:
    """Find the scope that is granted; what is outside the plan falls away in silence, unless a switch says no."""
    scopes = wanted.split()
    if not scopes:
        raise oauth("invalid_request", "The scope is required.")
    if "openid" not in scopes or not SCOPES.issuperset(scopes):
        raise oauth("invalid_scope", "The scope must contain openid, and nothing that is unknown.")
    outside = set(scopes) - {"openid", *world.switches.plan}
    if outside and world.switches.scope_outside_plan == "refuse":
        raise oauth("invalid_scope", "The sales unit may not ask for all of this scope.")
    return " ".join(scope for scope in scopes if scope not in outside)


def _expiry(world: World, wanted: str | None) -> float:
    if wanted is None:
        return world.switches.default_expiry
    if not re.fullmatch(r"[0-9]{1,6}", wanted) or not SHORTEST <= int(wanted) <= LONGEST:
        raise oauth("invalid_request", f"The requested_expiry must be between {SHORTEST} and {LONGEST} seconds.")
    return int(wanted)


def _hinted(world: World, hint: str) -> tuple[str, Person | None]:
    """Find the number and the person of a hint."""
    if world.switches.norwegian_numbers_only and hint.startswith("urn:msisdn:") and not NORWEGIAN.fullmatch(hint):
        raise oauth("invalid_request", "login_hint must be in format: 'urn:msisdn:47{phonenumber}'")
    if number := NUMBER_HINT.fullmatch(hint):
        return number[1], world.people.at(number[1])
    if (old := OLD_NUMBER_HINT.fullmatch(hint)) and world.switches.accept_mobilenumber_hint:
        return f"47{old[1]}", world.people.at(f"47{old[1]}")
    if token_hint := TOKEN_HINT.fullmatch(hint):
        found = checked_in(world, token_hint[1])
        if found is None:
            raise oauth("invalid_request", "The customer token is unknown, or no longer valid.")
        return found[0].msisdn, found[0]
    raise oauth("invalid_request", "login_hint must be in format: 'urn:msisdn:46|45|47|358|299{phonenumber}'")


def _asked(world: World, request: LoginRequest, lifetime: float) -> dict[str, object]:
    answer: dict[str, object] = {"auth_req_id": request.auth_req_id, "expires_in": int(lifetime)}
    if world.switches.interval_in_answer:
        interval = request.interval
        answer["interval"] = int(interval) if interval == int(interval) else interval
    return answer


ROUTES = (
    Route("POST", "/vipps-login-ciba/api/backchannel/authentication", "backchannel", backchannel),
    Route("POST", "/access-management-1.0/access/oauth2/token", "token", token, unheard),
    Route("POST", "/vipps-login-ciba/api/v1/user-exists", "user_exists", user_exists),
)
