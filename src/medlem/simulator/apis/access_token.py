"""Access Token API: `POST /accesstoken/get`, keyed by headers, with an empty body.

What a reader would get wrong: the numbers of the answer are strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medlem.simulator.apis.merchants import SUBSCRIPTION_KEY, same_sales_unit, subscribed
from medlem.simulator.apis.refusals import oauth
from medlem.simulator.merchant_tokens import RESOURCE
from medlem.simulator.wire import Answer, Call, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.world import World


def access_token(world: World, call: Call) -> Answer:
    """Trade the keys of a sales unit for a token."""
    subscribed(world, call)
    client = _whose(world, call)
    if client is None or not same_sales_unit(world, call, partner=client == world.partner.client_id):
        raise oauth("invalid_client", "The client_id and client_secret are not those of this sales unit.", status=401)
    now, lifetime = call.at, world.switches.access_token_lifetime
    token = world.merchant_tokens.issue(client, now, lifetime)
    numbers = {
        "expires_in": int(lifetime),
        "ext_expires_in": 0,
        "expires_on": int(now + lifetime),
        "not_before": int(now),
    }
    return json_answer(
        {
            "token_type": "Bearer",
            **(numbers if world.switches.numbers_as_integers else {name: str(n) for name, n in numbers.items()}),
            "resource": RESOURCE,
            "access_token": token,
        },
        media_type="application/json;charset=UTF-8",
    )


def _whose(world: World, call: Call) -> str | None:
    """The client whose three keys these are; keys of two do not mix."""
    given = call.header("client_id"), call.header("client_secret"), call.header(SUBSCRIPTION_KEY)
    for keys in (world.unit, world.partner):
        if given == (keys.client_id, keys.client_secret, keys.subscription_key):
            return keys.client_id
    return None


ROUTES = (
    Route("POST", "/accesstoken/get", "access_token", access_token),
    Route("POST", "/accessToken/get", "access_token", access_token),
)
