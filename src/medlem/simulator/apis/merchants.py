"""Who calls: the checks that stand before every API that takes a merchant's access token.

In the order in which the platform makes them: the gateway looks at the subscription key first, then the token counts,
then the sales unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medlem.simulator.apis.refusals import bare, gateway

if TYPE_CHECKING:
    from medlem.simulator.wire import Call
    from medlem.simulator.world import World

SUBSCRIPTION_KEY = "Ocp-Apim-Subscription-Key"
SALES_UNIT = "Merchant-Serial-Number"
SYSTEM = ("Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version")
SYSTEM_LENGTH = 30


def known_merchant(world: World, call: Call) -> None:
    """Let only the holder of all keys pass."""
    subscribed(world, call)
    if not bearer_is_good(world, call) or not same_sales_unit(world, call):
        raise bare(401)


def subscribed(world: World, call: Call) -> None:
    """Check the subscription key, as the gateway does."""
    given = call.header(SUBSCRIPTION_KEY)
    if not given:
        raise gateway(
            401,
            "Access denied due to missing subscription key. "
            "Make sure to include subscription key when making requests to an API.",
        )
    if given not in {world.unit.subscription_key, world.partner.subscription_key}:
        raise gateway(
            401,
            "Access denied due to invalid subscription key. "
            "Make sure to provide a valid key for an active subscription.",
        )


def bearer_is_good(world: World, call: Call) -> bool:
    """Tell whether the access token is ours and not too old; the word `Bearer` must be there."""
    word, _, token = call.header("Authorization").partition(" ")
    return word == "Bearer" and world.merchant_tokens.good(token, call.at)


def same_sales_unit(world: World, call: Call, *, partner: bool | None = None) -> bool:
    """Tell whether the sales unit is the one whose keys these are; a partner must name it, its owner need not."""
    if partner is None:
        partner = (
            world.merchant_tokens.holder(call.header("Authorization").partition(" ")[2]) == world.partner.client_id
        )
    return call.header(SALES_UNIT) in ({world.unit.msn} if partner else {"", world.unit.msn})


def overlong_system_header(call: Call) -> str:
    """Find a `Vipps-System-*` header over 30 characters; empty when there is none."""
    return next((name for name in SYSTEM if len(call.header(name)) > SYSTEM_LENGTH), "")
