"""The demo's simulator, from outside: its keys, and who lives there."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

NOBODY: Final = 404
WITHIN: Final = 10.0

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""No proxy of the surroundings stands between two processes of one machine."""


def credentials(simulator: str) -> Mapping[str, str]:
    """The keys of its sales unit: `client_id`, `client_secret`, `subscription_key`, `msn`."""
    found: Mapping[str, str] = _call(f"{simulator}/sim/credentials")
    return found


def bring(simulator: str, msisdn: str, name: str, email: str) -> None:
    """Have somebody live there; whoever does already stays as they are."""
    try:
        _call(f"{simulator}/sim/people/{msisdn}")
    except urllib.error.HTTPError as answer:
        answer.close()
        if answer.code != NOBODY:
            raise
        story = "Is a member of the club already."
        _call(f"{simulator}/sim/people", {"msisdn": msisdn, "name": name, "email": email, "story": story})


def tell_withdrawals(simulator: str, url: str) -> None:
    """Have it tell there when somebody ends sharing in the app; its other switches stay as they are."""
    switches = _call(f"{simulator}/sim/switches")
    if switches["revocation_url"] != url:
        _call(f"{simulator}/sim/switches", switches | {"revocation_url": url}, "PUT")


def _call(url: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address is our own child's
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with _direct.open(request, timeout=WITHIN) as answer:
        return json.load(answer)
