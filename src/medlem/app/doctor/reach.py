"""The address at which the platform delivers: does it lead to us, as far as can be seen from here?"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from medlem.app.doctor.findings import Finding, Found, well, wrong
from medlem.app.doctor.local import certificate_finding
from medlem.vipps.certificate import end_of
from medlem.vipps.errors import OK
from medlem.vipps.http import Request, Wire
from medlem.vipps.troubles import Unavailable

REDIRECTS: Final = range(300, 400)


async def public_url(wire: Wire, url: str, digest: Callable[[str], str], now: datetime) -> Found:
    """Whether our own service answers where the platform is told to deliver.

    Args:
        wire: the way out.
        url: `PUBLIC_URL`.
        digest: the keyed hash under our secret keys, by which we know our own service.
        now: the time.
    """
    nonce = secrets.token_hex(16)
    place = f"{url.rstrip('/')}/health/echo/{nonce}"
    try:
        reply = await wire.call(Request(operation="echo", method="GET", url=place, within=wire.time_outs.fetch))
    except Unavailable as trouble:
        return [_unreachable(url, str(trouble))]
    if reply.status in REDIRECTS:
        advice = "Let MEDLEM_PUBLIC_URL be the last address: the platform follows no redirect."
        return [wrong("public-url", f"{url} redirects ({reply.status}).", advice)]
    if reply.status not in OK:
        advice = "Let the proxy lead everything below MEDLEM_PUBLIC_URL to the service, and see that the service runs."
        return [wrong("public-url", f"{url} answers {reply.status}.", advice)]
    if (reply.json_object or {}).get("echo") != digest(nonce):
        advice = "Another service answers, or one with other secret keys. Where does the proxy lead, and the name?"
        return [wrong("public-url", f"{url} is answered by somebody else.", advice)]
    found = [well("public-url", f"{url} leads to this service, as seen from here.")]
    if urlsplit(url).scheme == "https":
        found.append(certificate_finding("public-certificate", await end_of(url, wire.time_outs.fetch), now))
    return found


def _unreachable(url: str, why: str) -> Finding:
    if "Certificate" in why or "SSL" in why:
        advice = "Renew it, or add the intermediate certificates: the platform refuses what no browser would take."
        return wrong("public-url", f"{url} has a certificate that is not valid ({why}).", advice)
    advice = (
        "Is the service running, the name in DNS, port 443 open? If it cannot be reached from here but from outside "
        "(some routers), this says nothing."
    )
    return wrong("public-url", f"{url} cannot be reached from here ({why}).", advice)
