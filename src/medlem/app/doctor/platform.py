"""One sales unit's way to the platform: discovery, keys, login, clock.

Nothing here asks or names a customer. The login is tried with an `auth_req_id` that nobody has ever been given
(decision 29): whoever we are is judged before what we ask for, so the refusal tells whether our keys were accepted.
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from medlem.app.doctor.database import clock_finding
from medlem.app.doctor.findings import Finding, Found, look, well, wrong
from medlem.flows.ports import Clock
from medlem.vipps.access_token import AccessToken
from medlem.vipps.discovery import Endpoints, read_endpoints
from medlem.vipps.errors import required_object
from medlem.vipps.http import Request, Wire
from medlem.vipps.keyset import signing_keys
from medlem.vipps.reply import Reply
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.troubles import Surprise

ENVIRONMENTS: Final = {"api.vipps.no": "production", "apitest.vipps.no": "test"}
"""By host; keys, sales units and registrations never cross from one to the other (platform: best practices)."""


class Way:
    """One sales unit, and the connections by which it is looked at."""

    def __init__(self, unit: SalesUnit, wire: Wire, clock: Clock) -> None:
        self.unit = unit
        self.wire = wire
        self.clock = clock
        self.token = AccessToken(unit, wire, clock)
        self._document: asyncio.Task[Reply] | None = None

    @property
    def known_to_vipps(self) -> bool:
        """Whether there are more APIs than the login; another provider has neither of these."""
        return self.unit.subscription_key is not None or self.unit.msn is not None

    async def document(self) -> Reply:
        """The discovery document, as it came; asked for once."""
        if self._document is None:
            asked = Request(
                operation="discovery", method="GET", url=self.unit.discovery_url, within=self.wire.time_outs.fetch
            )
            self._document = asyncio.create_task(self.wire.call(asked))
        return await asyncio.shield(self._document)

    async def endpoints(self) -> Endpoints:
        """What the document says."""
        return read_endpoints(await self.document(), self.unit.discovery_url)


def environment(unit: SalesUnit) -> Found:
    """Whether everything points at one environment of the platform."""
    base, discovery = (urlsplit(url).hostname or "" for url in (unit.base_url, unit.discovery_url))
    named = {ENVIRONMENTS[host] for host in (base, discovery) if host in ENVIRONMENTS}
    if len(named) > 1:
        return [
            wrong(
                "environment",
                f"The APIs are called at {base}, the login at {discovery}: two environments.",
                "Leave MEDLEM_VIPPS_DISCOVERY_URL out, or let it name the host of MEDLEM_VIPPS_BASE_URL.",
            )
        ]
    if named:
        return [well("environment", f"The platform's {named.pop()} environment, everywhere.")]
    return [well("environment", f"Neither of the platform's own hosts: {discovery}.")]


async def discovery(way: Way) -> Found:
    """The login's own description: can it be had, and does it lead where it should?"""
    reply = await way.document()
    document = required_object(reply, "discovery")
    try:
        endpoints = read_endpoints(reply, way.unit.discovery_url)
    except Surprise:
        missing = [name for name in _NEEDED if not isinstance(document.get(name), str)]
        said = f"lacks {', '.join(missing)}" if missing else "names an endpoint that we would not call"
        advice = "Is MEDLEM_VIPPS_DISCOVERY_URL that of a provider with merchant-initiated login (CIBA)?"
        return [wrong("discovery", f"The discovery document {said}.", advice)]
    return [*led_astray(endpoints, way.unit), clock_of(reply)]


_NEEDED: Final = ("issuer", "token_endpoint", "jwks_uri", "backchannel_authentication_endpoint")


def led_astray(endpoints: Endpoints, unit: SalesUnit) -> Found:
    """Whether the document names hosts of somebody else, or of another environment."""
    here = urlsplit(unit.discovery_url)
    issuer = urlsplit(endpoints.issuer)
    found: Found = []
    if _family(issuer.hostname) != _family(here.hostname):
        advice = "ID tokens would be believed of whoever that is. Check MEDLEM_VIPPS_DISCOVERY_URL, letter by letter."
        found.append(wrong("discovery", f"The issuer is {issuer.hostname}, read at {here.hostname}.", advice))
    elif issuer.hostname != here.hostname and {issuer.hostname, here.hostname} <= set(ENVIRONMENTS):
        advice = "Let MEDLEM_VIPPS_BASE_URL and MEDLEM_VIPPS_DISCOVERY_URL name one environment."
        found.append(wrong("discovery", f"The issuer is {issuer.hostname}: another environment.", advice))
    if here.hostname in ENVIRONMENTS and not endpoints.issuer.endswith("/"):
        advice = "Run the doctor again tomorrow; if sign-ups fail meanwhile, tell the platform's support."
        found.append(look("discovery", "The platform's issuer used to end with a slash, and does not.", advice))
    places = {"ask": endpoints.ask, "token": endpoints.token, "keys": endpoints.keys, "userinfo": endpoints.userinfo}
    for name, url in places.items():
        if url and _family(urlsplit(url).hostname) != _family(here.hostname):
            advice = "Our keys would go there. Make sure that this is meant."
            found.append(look("discovery", f"The {name} endpoint is at {urlsplit(url).hostname}.", advice))
        if url and urlsplit(url).scheme != "https" and here.scheme == "https":
            found.append(wrong("discovery", f"The {name} endpoint is not https.", "Do not use this provider."))
    return found or [well("discovery", f"Can be read; the issuer is {endpoints.issuer}.")]


def _family(host: str | None) -> str:
    """The last two labels: hosts of one owner, for the countries where the platform is."""
    return ".".join((host or "").rsplit(".", 2)[-2:])


async def signing(way: Way) -> Found:
    """The keys by which ID tokens are known."""
    endpoints = await way.endpoints()
    reply = await way.wire.call(
        Request(operation="jwks", method="GET", url=endpoints.keys, within=way.wire.time_outs.fetch)
    )
    usable = signing_keys(required_object(reply, "jwks").get("keys"))
    if not usable:
        advice = "No yes can be verified. Tell the platform's support."
        return [wrong("signing-keys", "There is no key with which an ID token could be verified.", advice)]
    unnamed = [key for key in usable if not key.get("kid")]
    if len(usable) > 1 and unnamed:
        advice = "Nothing to do here; the provider should name each."
        return [look("signing-keys", f"{len(unnamed)} of {len(usable)} keys have no name (kid).", advice)]
    return [well("signing-keys", f"{len(usable)} that can be used.")]


def clock_of(reply: Reply) -> Finding:
    """This machine's clock against the platform's."""
    if reply.date is None:
        return look(
            "clock", "The platform does not say what time it is.", "Make sure that NTP sets this machine's clock."
        )
    return clock_finding("clock", reply.at - reply.date, "the platform's")
